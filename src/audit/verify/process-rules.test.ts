import { describe, expect, test } from 'vitest';
import { ANA, BEN, CLEO, carriedOut, codes, DAN, life, proposed, rulesOf, stop } from '../../../test/process-log.ts';
import { digestOf } from '../../base/canonical.ts';
import type { Intent } from '../../model/review.ts';

describe('what was done as it must be has no finding', () => {
  test('T1 by its own contributor, with a session key that a passkey endorsed', async () => {
    const log = life();
    const session = log.endorse(CLEO, 'ses_1');
    log.propose(proposed('T1'));
    const review = log.review(CLEO, proposed('T1'), {}, digest => session.sign('ses_1', digest));
    log.conclude(log.execute(proposed('T1'), [review]), proposed('T1'), 'succeeded');
    expect(await codes(log)).toEqual([]);
  });
  test('T2 by one responder with a passkey', async () => {
    expect(await codes(carriedOut(life(), proposed('T2'), BEN))).toEqual([]);
  });
  test('T3 by a responder and an owner', async () => {
    const rules = await rulesOf(carriedOut(life(), proposed('T3'), BEN, DAN));
    expect(rules.findings.kept).toEqual([]);
    expect(rules.executions).toBe(1);
    expect(rules.unresolved()).toEqual([]);
  });
  test('a second revision, reviewed again after the first was', async () => {
    const log = life();
    log.propose(proposed('T2'));
    log.review(BEN, proposed('T2'));
    expect(await codes(carriedOut(log, proposed('T2', '2'), BEN))).toEqual([]);
  });
  test('an execution in doubt is listed until a person’s signed finding settles it', async () => {
    const log = life();
    log.propose(proposed('T2'));
    const execution = log.execute(proposed('T2'), [log.review(BEN, proposed('T2'))]);
    expect((await rulesOf(log)).unresolved()).toEqual([execution]);
    log.conclude(execution, proposed('T2'), 'in_doubt');
    expect((await rulesOf(log)).unresolved()).toEqual([execution]);
    const statement = {
      v: '1',
      installation: 'ins_test',
      execution,
      proposal: 'prp_1',
      finds: 'failed',
      by: BEN,
      reasonDigest: '0'.repeat(64),
      nonce: log.nonce(),
      expiresAt: log.inMinutes(5),
    } as const;
    const digest = digestOf('countersign/finding/v1', statement);
    log.add({ type: 'execution.found', statement, signature: log.passkeyOf(BEN).sign(digest) });
    const rules = await rulesOf(log);
    expect([rules.findings.kept, rules.unresolved()]).toEqual([[], []]);
  });
  test('a broken glass is no finding, and is listed', async () => {
    const log = life();
    log.propose(proposed('T3'));
    const review = log.review(BEN, proposed('T3'), { verdict: 'break_glass' });
    log.conclude(log.execute(proposed('T3'), [review]), proposed('T3'), 'verified');
    const rules = await rulesOf(log);
    expect([rules.findings.kept, rules.emergencies]).toEqual([[], ['prp_1']]);
  });
});

describe('what a finding says, and what is none', () => {
  test('a rejection that crossed with the beginning wrongs nobody', async () => {
    const log = life();
    const review = log.review(BEN, log.propose(proposed('T2')));
    log.review(CLEO, proposed('T2'), { verdict: 'reject' });
    log.execute(proposed('T2'), [review]);
    expect(await codes(log)).toEqual([]);
  });

  test('every finding names its entry', async () => {
    const log = life();
    log.execute(proposed('T2'), []);
    expect((await rulesOf(log)).findings.kept[0]?.entry).toBe(log.entries.length - 1);
  });

  test('a log that does not begin with its installation', async () => {
    const log = life();
    log.entries.shift();
    expect(await codes(log)).toContain('installation.missing');
  });

  test('a stop that an administrator lifted stops nothing any more', async () => {
    const log = life();
    stop(log, 'yes');
    stop(log, 'no', ANA);
    expect(await codes(carriedOut(log, proposed('T2'), BEN))).toEqual([]);
  });

  // What a review signs, member by member: none can be altered afterwards.
  for (const [member, value] of Object.entries({
    actDigest: 'f'.repeat(64),
    presentationDigest: 'f'.repeat(64),
    policyDigest: 'f'.repeat(64),
    contributorsDigest: 'f'.repeat(64),
    verdict: 'reject',
    tier: 'T1',
    reviewer: CLEO,
    reasonDigest: 'f'.repeat(64),
    acknowledged: ['stream'],
    nonce: 'f'.repeat(32),
    expiresAt: '2027-01-01T00:00:00.000Z',
  } satisfies Partial<Intent>)) {
    test(`an intent whose ${member} was altered after it was signed`, async () => {
      const log = life();
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'));
      const last = log.entries.at(-1);
      if (last?.type !== 'review.signed') throw new Error('the last entry is the review');
      const intent = { ...last.intent, [member]: value };
      log.entries.splice(-1, 1, { ...last, intent, intentDigest: digestOf('countersign/intent/v1', intent) });
      expect(await codes(log)).toEqual(['review.bad_signature']);
    });
  }
});
