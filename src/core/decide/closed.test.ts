import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Act } from '../../model/proposal.ts';
import { isOneScript, isSeen, makeSeen, readAct, readPresentation, sealed } from './closed.ts';

const HEX = 'ab'.repeat(32);
const ACT: Act = {
  v: '1',
  tenant: 'default',
  proposal: 'prp_1',
  revision: '1',
  responder: 'postgres-role',
  operation: 'lock',
  operationVersion: '1',
  target: { type: 'database_role', system: 'orders-db', immutableId: '16384' },
  params: { reason: 'x' },
  preconditions: [{ path: 'role.canLogin', value: 'true' }],
  planDigest: HEX,
  undoOperation: 'unlock',
  undoes: '',
  startWithinSeconds: '900',
  salt: HEX,
};
const TEXT = sealed('countersign/act/v1', ACT).text;

const seen = fc.string({ unit: 'grapheme', maxLength: 40 }).filter(text => isSeen(text) && isOneScript(text));
const name = seen.filter(text => text.length > 0);
const acts: fc.Arbitrary<Act> = fc
  .record({
    tenant: name,
    responder: name,
    operation: name,
    immutableId: name,
    params: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.]{0,20}$/), seen, { maxKeys: 4 }),
    preconditions: fc.array(fc.record({ path: name, value: seen }), { maxLength: 4 }),
  })
  .map(({ immutableId, ...changed }) => ({ ...ACT, ...changed, target: { ...ACT.target, immutableId } }));

describe('the reader of what is signed', () => {
  test('reads what we print, and prints it again to the same bytes', () => {
    fc.assert(
      fc.property(acts, act => {
        const { text, digest } = sealed('countersign/act/v1', act);
        const read = readAct(text);
        expect(read.ok && sealed('countersign/act/v1', read.value)).toEqual({ text, digest });
      }),
    );
  });

  test('two acts that differ have two digests', () => {
    fc.assert(
      fc.property(acts, acts, (a, b) => {
        const [first, second] = [sealed('countersign/act/v1', a), sealed('countersign/act/v1', b)];
        expect(first.digest === second.digest).toBe(first.text === second.text);
      }),
    );
  });

  test('no text is read as an act but the one that we would print for it', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length - 1), fc.string({ unit: 'binary', maxLength: 3 }), fc.nat(3), (at, put, cut) => {
        const text = TEXT.slice(0, at) + put + TEXT.slice(at + cut);
        const read = readAct(text);
        if (read.ok) expect(sealed('countersign/act/v1', read.value).text).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['a key twice', TEXT.replace('"revision":"1"', '"revision":"1","revision":"1"')],
    ['an unknown key', TEXT.replace('"v":"1"', '"v":"1","w":"1"')],
    ['a missing key', TEXT.replace(',"v":"1"', '')],
    ['__proto__ as a key', `{"__proto__":{},${TEXT.slice(1)}`],
    ['__proto__ as a parameter', TEXT.replace('"params":{', '"params":{"__proto__":"x",')],
    ['a number for a text', TEXT.replace('"revision":"1"', '"revision":1')],
    ['null', TEXT.replace('"undoes":""', '"undoes":null')],
    ['a leading zero', TEXT.replace('"startWithinSeconds":"900"', '"startWithinSeconds":"0900"')],
    ['a zero-width space', TEXT.replace('orders-db', 'orders\u200b-db')],
    ['a bidi override', TEXT.replace('orders-db', 'orders\u202e-db')],
    ['a soft hyphen', TEXT.replace('orders-db', 'orders\u00ad-db')],
    ['a Hangul filler', TEXT.replace('orders-db', 'orders\u3164-db')],
    ['a Cyrillic letter among Latin ones', TEXT.replace('orders-db', '\u043erders-db')],
    ['a letter that is not composed', TEXT.replace('orders-db', 'o\u0308rders-db')],
    ['a lone surrogate', TEXT.replace('orders-db', '\\ud800')],
    ['a space', `${TEXT} `],
    ['an escape that needs not be one', TEXT.replace('orders-db', '\\u006frders-db')],
    ['another order', `{"v":"1",${TEXT.slice(1).replace(',"v":"1"', '')}`],
    ['a list', '[]'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(text).not.toBe(TEXT);
    expect(readAct(text).ok).toBe(false);
  });

  test('says no to any text, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), text => {
        for (const read of [readAct(text), readPresentation(text)]) expect(read.ok).toBe(false);
      }),
    );
  });

  test('a pointer that no UTF-8 can carry is refused, not thrown at', () => {
    const shown = `{"blast":{"dependents":[],"direct":[],"unknown":[]},"changes":[],"coverage":{"gaps":[],"status":"complete"},"dryRun":"native","evidence":[{"id":"evd_1","pointer":"/\\ud800","says":"x","sha256":"${HEX}","value":"x"}],"reasons":[],"refusals":[],"sentence":"s","targetName":"t","tier":"T2","undo":{"operation":"o","residue":[],"sentence":"s"},"v":"1"}`;
    expect(readPresentation(shown).ok).toBe(false);
    expect(readPresentation(shown.replace('\\ud800', 'user')).ok).toBe(true);
  });
});

describe('what a person can see', () => {
  test('whatever is written out can be seen, and what can be seen stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const shown = makeSeen(text);
        expect(isSeen(shown)).toBe(true);
        if (isSeen(text)) expect(shown).toBe(text);
      }),
    );
  });

  test('a hidden character is shown by its code point', () => {
    expect(makeSeen('a\u202eb\u200bc\n')).toBe('a\\u{202e}b\\u{200b}c\\u{a}');
  });

  test('Latin, Cyrillic and Greek are not mixed in one name', () => {
    expect(isOneScript('payroll')).toBe(true);
    expect(isOneScript('зарплата')).toBe(true);
    expect(isOneScript('pаyroll')).toBe(false);
    expect(isOneScript('payrοll')).toBe(false);
  });
});
