import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { leef } from './index.ts';
import { timeByPattern } from './time.ts';

function fieldsOf(line: string) {
  const result = leef.normalise(recordOfValue(line));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value.fields;
}

describe('leef', () => {
  it.each([
    ['tabs of 1.0', 'LEEF:1.0|V|P|1|e|src=192.0.2.1\tusrName=kim'],
    ['a stated character', 'LEEF:2.0|V|P|1|e|^|src=192.0.2.1^usrName=kim'],
    ['a stated code', 'LEEF:2.0|V|P|1|e|x5E|src=192.0.2.1^usrName=kim'],
    ['a stated code with a zero', 'LEEF:2.0|V|P|1|e|0x09|src=192.0.2.1\tusrName=kim'],
    ['nothing stated', 'LEEF:2.0|V|P|1|e||src=192.0.2.1\tusrName=kim'],
    ['a head without the part', 'LEEF:2.0|V|P|1|e|src=192.0.2.1\tusrName=kim'],
    ['tabs that syslog escaped', 'LEEF:1.0|V|P|1|e|src=192.0.2.1#011usrName=kim'],
  ])('divides attributes by %s', (_, line) => {
    expect(fieldsOf(line)).toMatchObject({ src_ip: '192.0.2.1', user: 'kim' });
  });

  it.each([
    ['02/03/2026 01:02:03', 'dd/MM/yyyy HH:mm:ss', '2026-03-02T01:02:03.000Z'],
    ['Mar 2 2026 1:02:03 PM', 'MMM d yyyy h:mm:ss a', '2026-03-02T13:02:03.000Z'],
    ['2026-03-02T01:02:03.5+0100', "yyyy-MM-dd'T'HH:mm:ss.SZ", '2026-03-02T00:02:03.500Z'],
    ['Mon Mar 02 01:02:03 UTC 2026', 'EEE MMM dd HH:mm:ss z yyyy', '2026-03-02T01:02:03.000Z'],
  ])('reads %s by %s', (text, pattern, expected) => {
    expect(new Date(timeByPattern(text, pattern) ?? 0).toISOString()).toBe(expected);
  });

  it.each([
    ['31/02/2026', 'dd/MM/yyyy'],
    ['02/03 01:02', 'dd/MM HH:mm'],
    ['02/03/2026 x', 'dd/MM/yyyy'],
    ['2026', 'yyyy Q'],
    ['Mon', 'W'],
  ])('does not read %s by %s', (text, pattern) => {
    expect(timeByPattern(text, pattern)).toBeUndefined();
  });
});
