import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NoAnswer } from '../shared/wire-text.ts';
import { callText, RpcFault, type RpcValue, readAnswer } from './xml-rpc.ts';

const answer = (value: string) =>
  `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n</methodResponse>\n`;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function written(value: RpcValue): string {
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`;
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (Array.isArray(value))
    return `<array><data>\n${value.map(one => `<value>${written(one)}</value>\n`).join('')}</data></array>`;
  const members = Object.entries(value).map(
    ([name, one]) => `<member>\n<name>${escaped(name)}</name>\n<value>${written(one)}</value>\n</member>\n`,
  );
  return `<struct>\n${members.join('')}</struct>`;
}

const values = fc.letrec<{ value: RpcValue }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter(name => name !== '__proto__'),
      tie('value'),
      { maxKeys: 3 },
    ),
  ),
})).value;

describe('an answer of XML-RPC', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(values, value => {
        expect(readAnswer(answer(written(value)))).toEqual(value);
      }),
    );
  });

  test('that is a fault is one, with its code', () => {
    const fault = written({ faultCode: '70', faultString: 'NOT_RUNNING: miner' });
    const text = `<methodResponse><fault><value>${fault}</value></fault></methodResponse>`;
    expect(() => readAnswer(text)).toThrow(RpcFault);
    expect(() => readAnswer(text)).toThrow(expect.objectContaining({ code: 70 }));
  });

  test.each([
    '',
    'no XML',
    '<methodResponse/>',
    answer('<struct><member><name>a</name></member></struct>'),
    answer('<base64>QQ==</base64>'),
    answer('<string a="b">x</string>'),
    answer('<string>&evil;</string>'),
    answer('<string>a & b</string>'),
    answer('<string><![CDATA[x]]></string>'),
    `<!DOCTYPE x [<!ENTITY e "x">]>${answer('<string>&e;</string>')}`,
    `${answer('<string>x</string>')}<methodResponse/>`,
    answer(`${'<array><data><value>'.repeat(50)}x${'</value></data></array>'.repeat(50)}`),
  ])('that has another form is none: %s', text => {
    expect(() => readAnswer(text)).toThrow(NoAnswer);
  });

  test('of any text is a value, a fault or none, and never another error', () => {
    const token = fc.constantFrom(
      '<value>',
      '</value>',
      '<struct>',
      '<member>',
      '<name>',
      '<int>',
      '&lt;',
      'x',
      '<nil/>',
    );
    fc.assert(
      fc.property(
        fc.array(token).map(parts => answer(parts.join(''))),
        text => {
          try {
            readAnswer(text);
          } catch (error) {
            expect(error instanceof NoAnswer || error instanceof RpcFault).toBe(true);
          }
        },
      ),
    );
  });
});

test('a call holds a name as text, whatever is in it', () => {
  const text = callText('supervisor.stopProcess', ['</string><x>&', true]);
  expect(text).toContain('<string>&lt;/string&gt;&lt;x&gt;&amp;</string>');
  expect(text).toContain('<boolean>1</boolean>');
});
