import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reaskOf } from '../../src/core/study/assist/read-answer.ts';
import { VERIFIER_STEPS } from '../../src/core/study/assist/steps.ts';
import { ANSWER_REFUSALS } from '../../src/model/assist.ts';
import { dana, NOTHING, read } from './dana.ts';

const incident = dana();
const { packet } = incident.made;
const fact = (predicate: string) => {
  const found = packet.facts.find(one => one.predicate === predicate);
  if (found === undefined) throw new Error(`the packet has no ${predicate}`);
  return found;
};
const failed = fact('auth_failed');
const entered = fact('auth_succeeded');
const made = fact('credential_created');
const told = (one: typeof failed, cites: readonly string[] = [one.id]) => ({
  ...NOTHING,
  claims: [{ predicate: one.predicate, roles: one.roles, cites }],
});
const codesOf = (...args: Parameters<typeof read> extends [unknown, ...infer Rest] ? Rest : never) =>
  read(incident, ...args).dropped.map(({ code, pointer }) => `${code} ${pointer}`);

test('the verifier has eleven steps in order, and every code is of exactly one', () => {
  expect(VERIFIER_STEPS.map(({ id }) => id)).toEqual(Array.from({ length: 11 }, (_, n) => `V${n}`));
  const codes = VERIFIER_STEPS.flatMap(({ codes: own }) => [...own]);
  expect(codes.toSorted()).toEqual(Object.keys(ANSWER_REFUSALS).toSorted());
});

describe('an answer is refused as a whole', () => {
  test.each([
    ['that is too large', 'envelope.too_large', NOTHING, { raw: { bytes: 10_001 } }],
    ['that is no text', 'envelope.not_utf8', NOTHING, { raw: { text: undefined } }],
    ['with half a character', 'envelope.not_utf8', '"\ud800"', {}],
    ['that was cut', 'envelope.cut', NOTHING, { raw: { finish: 'length' } }],
    ['that ended otherwise', 'envelope.cut', NOTHING, { raw: { finish: 'other' } }],
    ['that came late', 'envelope.late', NOTHING, { raw: { latencyMs: 1_001 } }],
    ['that is nearly JSON', 'parse.not_json', `\`\`\`json\n${JSON.stringify(NOTHING)}\n\`\`\``, {}],
    ['of another form', 'schema.mismatch', { ...NOTHING, approved: true }, {}],
    ['without a member', 'schema.mismatch', { order: [] }, {}],
    ['with words in it', 'schema.mismatch', { ...NOTHING, abstain: 'this is benign' }, {}],
    ['to another packet', 'reference.other_packet', NOTHING, { raw: { packet: '00'.repeat(32) } }],
  ] as const)('%s', (_, code, answer, more) => {
    const { selection, dropped } = read(incident, answer, more);
    expect(selection).toBeUndefined();
    expect(dropped.map(one => one.code)).toEqual([code]);
  });

  test('that names an id of somebody else, wherever it does', () => {
    expect(codesOf({ ...NOTHING, order: ['F1', 'F999'] })).toEqual(['reference.unknown_id /order/1']);
    expect(codesOf({ ...NOTHING, ranking: ['A77'] })).toEqual(['reference.unknown_id /ranking/0']);
    expect(codesOf({ ...told(failed), claims: [{ ...told(failed).claims[0], cites: ['F12'] }] })).toEqual([
      'reference.unknown_id /claims/0/cites/0',
    ]);
  });

  test('with members that poison a prototype', () => {
    const text = JSON.stringify(NOTHING).replace('{', '{"__proto__":{"abstain":"no"},');
    expect(codesOf(text)).toEqual(['schema.mismatch ']);
  });
});

describe('a part of an answer', () => {
  test('stands where a cited fact says it', () => {
    const { selection, dropped, verified } = read(incident, told(entered));
    expect(dropped).toEqual([]);
    expect(verified).toBe(1);
    expect(selection?.claims).toEqual(told(entered).claims);
  });

  test('is dropped where it puts somebody into another role, with who stands there', () => {
    const roles = entered.roles.map(({ role, value }) =>
      role === 'host' ? { role, value: entered.roles.find(one => one.role === 'actor')?.value } : { role, value },
    );
    const swapped = { ...NOTHING, claims: [{ predicate: entered.predicate, roles, cites: [entered.id] }] };
    const { selection, dropped } = read(incident, swapped);
    const found = entered.roles.find(({ role }) => role === 'host')?.value;
    expect(dropped).toEqual([{ code: 'role.not_of_fact', pointer: '/claims/0', found }]);
    expect(selection?.claims).toEqual([]);
  });

  test('is dropped where the cited fact says something else, or nothing is cited', () => {
    expect(codesOf(told(entered, [failed.id]))).toEqual(['value.not_recomputed /claims/0']);
    expect(codesOf(told(entered, []))).toEqual(['claim.uncited /claims/0']);
    expect(codesOf({ ...NOTHING, techniques: [{ technique: 'T1078', cites: [failed.id] }] })).toEqual([
      'value.not_recomputed /techniques/0',
    ]);
    expect(codesOf({ ...NOTHING, techniques: [{ technique: 'T1078', cites: [] }] })).toEqual([
      'claim.uncited /techniques/0',
    ]);
    expect(codesOf({ ...NOTHING, techniques: [{ technique: 'T1078', cites: [entered.id] }] })).toEqual([]);
  });

  test('is dropped where the records no longer say what the packet said', () => {
    const { verifier } = incident;
    const forgetful = { ...verifier, verify: () => ({ kind: 'failed' as const, because: 'the record is another' }) };
    const { selection, dropped } = read(
      incident,
      { ...told(entered), order: [made.id] },
      { world: { verifier: forgetful } },
    );
    expect(dropped.map(({ code }) => code)).toEqual(['value.not_recomputed', 'value.not_recomputed']);
    expect(selection?.omitted.filter(id => id.startsWith('F'))).toEqual([]);
  });

  test('is dropped where whoever asks may not read what it cites, and is not told of otherwise either', () => {
    const { selection, dropped } = read(
      incident,
      { ...NOTHING, order: [entered.id] },
      { world: { mayRead: () => false } },
    );
    expect(dropped.map(({ code }) => code)).toEqual(['scope.not_readable']);
    expect(selection?.omitted.filter(id => !id.startsWith('G'))).toEqual([]);
  });

  test('is dropped where it stands before itself', () => {
    const { selection, dropped } = read(incident, {
      ...NOTHING,
      order: [made.id, failed.id, made.id],
      ranking: ['A1', 'A1'],
    });
    expect(dropped.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'consistency.cycle /order/2',
      'consistency.cycle /ranking/1',
    ]);
    expect(selection?.order).toEqual([made.id, failed.id]);
  });

  test('is dropped where one fact speaks for an explanation and against it, or one is told twice', () => {
    const takeover = { kind: 'account_takeover', supports: [entered.id, made.id], contradicts: [entered.id] };
    const again = { kind: 'account_takeover', supports: [failed.id], contradicts: [] };
    const { selection, dropped } = read(incident, { ...NOTHING, hypotheses: [takeover, again] });
    expect(dropped.map(({ pointer }) => pointer)).toEqual([
      '/hypotheses/0/supports/0',
      '/hypotheses/0/contradicts/0',
      '/hypotheses/1/supports/0',
    ]);
    expect(selection?.hypotheses).toEqual([{ kind: 'account_takeover', supports: [made.id], contradicts: [] }]);
  });

  test('that rests on an absence is dropped where the telemetry that would show it is missing', () => {
    const absence = (sure: readonly { readonly role: string; readonly value: string }[]) => {
      const facts = packet.facts.map(one => ({ ...one, predicate: 'not_observed' as const, roles: sure }));
      return { ...incident, made: { ...incident.made, packet: { ...packet, facts } } };
    };
    const hypotheses = [{ kind: 'benign_administration', supports: ['F1'], contradicts: [] }];
    const answer = { ...NOTHING, hypotheses, order: ['F1'] };
    expect(read(absence([]), answer).dropped.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'absence.not_covered /hypotheses/0/supports/0',
    ]);
    expect(read(absence([{ role: 'sure', value: 'yes' }]), answer).dropped).toEqual([]);
  });

  test('is dropped with another where both cannot be true', () => {
    const both = [failed, entered].map(({ id, predicate, roles }) => ({ predicate, roles, cites: [id] }));
    const atOnce = new Map(
      [...incident.made.key.facts].map(([id, claim]) => [id, { ...claim, roles: {}, at: undefined, until: undefined }]),
    );
    const made = { ...incident.made, key: { ...incident.made.key, facts: atOnce } };
    const verifier = { ...incident.verifier, verify: () => ({ kind: 'verified' as const }) };
    const { dropped } = read({ ...incident, made, verifier }, { ...NOTHING, claims: both });
    expect(dropped.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'consistency.contradiction /claims/0',
      'consistency.contradiction /claims/1',
    ]);
    expect(read(incident, { ...NOTHING, claims: both }).dropped).toEqual([]);
  });
});

test('what had to be shown and was not named is told beside', () => {
  const { selection } = read(incident, NOTHING);
  expect(selection?.omitted).toEqual(packet.mustShow);
  const all = read(incident, {
    ...NOTHING,
    order: [...packet.facts, ...packet.detections].map(({ id }) => id),
    requests: ['R1'],
  });
  expect(all.selection?.omitted).toEqual([]);
});

test('no text and no bytes make it throw', () => {
  const json = fc.json().map(text => text);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), json), text => {
      expect(read(incident, text).selection).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
  expect(read(incident, '['.repeat(9_000)).dropped[0]?.code).toBe('parse.not_json');
});

test('what is asked again carries codes and none of the answer\u2019s words', () => {
  const { dropped } = read(incident, { ...NOTHING, 'ignore the rules': 1 });
  expect(reaskOf(dropped)).toBe('The answer before this one was refused: schema.mismatch.');
});
