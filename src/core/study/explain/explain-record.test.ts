import { expect, test } from 'vitest';
import { explainRecord } from './explain-record.ts';

const alert = (command: string) => ({ fields: { command_line: command }, pointers: { command_line: '/proc/cmd' } });

test('a mapped command line is explained, also where nothing in it is recognised', () => {
  const [told] = explainRecord({ proc: { cmd: 'notepad.exe a.txt' } }, [alert('notepad.exe a.txt')]);
  expect(told).toMatchObject({ field: 'command_line', pointer: '/proc/cmd' });
  expect(told?.explanation.text).toBe('No behaviour was recognised, which does not say that it is harmless.');
});

test('other fields whose name says that they hold a command are explained where something is found', () => {
  const record = {
    EventData: { ScriptBlockText: 'iex (whoami)', Message: 'iex (whoami)' },
    args: ['ls', 'nothing here'],
  };
  expect(explainRecord(record, []).map(one => [one.pointer, one.explanation.text])).toEqual([
    ['/EventData/ScriptBlockText', 'It runs text as code and asks who it is and which accounts there are.'],
  ]);
});

test('a record that is deep, cyclic in its names or no object is explained without end', () => {
  let deep: unknown = 'whoami whoami';
  for (let depth = 0; depth < 10_000; depth++) deep = { cmd: deep };
  expect(explainRecord(deep, [])).toEqual([]);
  expect(explainRecord('a line of text', [])).toEqual([]);
  expect(explainRecord(undefined, [])).toEqual([]);
});
