import { describe, expect, test } from 'vitest';
import { LifeOfALog, LOG_ORIGIN, type Proposed, SoftLink, SoftSession } from '../../../test/signed-log.ts';
import { digestOf } from '../../base/canonical.ts';
import { signatureChecks } from '../../cli/signature-checks.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Intent } from '../../model/review.ts';
import { readLeaf } from './leaf.ts';
import { ProcessRules } from './process-rules.ts';

const ANA = 'usr_ana';
const BEN = 'usr_ben';
const CLEO = 'usr_cleo';
const DAN = 'usr_dan';

const proposed = (tier: Tier, revision = '1'): Proposed => ({
  proposal: 'prp_1',
  revision,
  tier,
  contributors: [CLEO],
});

/** Ana administers, Ben and Cleo respond, Dan owns a service. */
function life(): LifeOfALog {
  return new LifeOfALog()
    .enrolFirst(ANA)
    .enrol(ANA, BEN, 'responder')
    .enrol(ANA, CLEO, 'responder')
    .enrol(ANA, DAN, 'owner');
}

async function codes(log: LifeOfALog): Promise<string[]> {
  return (await rulesOf(log)).findings.kept.map(({ code }) => code);
}

async function rulesOf(log: LifeOfALog): Promise<ProcessRules> {
  const rules = new ProcessRules(LOG_ORIGIN, signatureChecks);
  for (const [i, bytes] of log.bytes.entries()) {
    const leaf = readLeaf(bytes);
    if (!leaf.ok) throw new Error(`entry ${i}: ${leaf.failure.detail}`);
    await rules.entry(i, leaf.value);
  }
  return rules;
}

/** A proposal of a tier, its reviews, its execution and the end of it. */
function carriedOut(log: LifeOfALog, proposal: Proposed, ...reviewers: readonly `usr_${string}`[]): LifeOfALog {
  log.propose(proposal);
  const reviews = reviewers.map(reviewer => log.review(reviewer, proposal));
  return log.conclude(log.execute(proposal, reviews), proposal, 'verified');
}

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

/** Each is a server that is wholly taken over, with the log's key: it writes what it likes, and cannot sign for people. */
const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  ['an execution that nobody proposed', 'execution.no_proposal', log => log.execute(proposed('T2'), [])],
  ['an execution that nobody reviewed', 'execution.no_review', log => log.execute(log.propose(proposed('T2')), [])],
  [
    'an execution that names a review of another proposal',
    'execution.no_review',
    log => {
      const other: Proposed = { ...proposed('T2'), proposal: 'prp_2' };
      log.propose(other);
      log.execute(log.propose(proposed('T2')), [log.review(BEN, other)]);
    },
  ],
  [
    'an act that was edited after it was reviewed',
    'execution.other_act',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.execute(proposed('T2'), [review], { actDigest: 'f'.repeat(64) });
    },
  ],
  [
    'a proposal that was written to fit, after the review',
    'execution.review_of_other_act',
    log => {
      log.propose(proposed('T2'), { actDigest: 'f'.repeat(64) });
      const review = log.review(BEN, proposed('T2'));
      log.execute(proposed('T2'), [review], { actDigest: 'f'.repeat(64) });
    },
  ],
  [
    'an older revision',
    'execution.superseded',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.propose(proposed('T2', '2'));
      log.pass(1).execute(proposed('T2'), [review]);
    },
  ],
  [
    'a review of the first revision for the second',
    'execution.no_review',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.execute(log.propose(proposed('T2', '2')), [review]);
    },
  ],
  [
    'two executions of one proposal',
    'execution.again',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.execute(proposed('T2'), [review]);
      log.execute(proposed('T2'), [review]);
    },
  ],
  [
    'an execution after a rejection',
    'execution.rejected',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.review(CLEO, proposed('T2'), { verdict: 'reject' });
      log.pass(1).execute(proposed('T2'), [review]);
    },
  ],
  [
    'an execution after a revocation',
    'execution.rejected',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.review(BEN, proposed('T2'), { verdict: 'revoke' });
      log.pass(1).execute(proposed('T2'), [review]);
    },
  ],
  [
    'a rejection that is cited as an approval',
    'execution.not_an_approval',
    log => {
      log.execute(log.propose(proposed('T2')), [log.review(BEN, proposed('T2'), { verdict: 'reject' })]);
    },
  ],
  [
    'a question that is cited as an approval',
    'execution.not_an_approval',
    log => {
      log.execute(log.propose(proposed('T2')), [log.review(BEN, proposed('T2'), { verdict: 'ask_for_more' })]);
    },
  ],
  [
    'an execution after a withdrawal',
    'execution.withdrawn',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.add({ type: 'proposal.withdrawn', proposal: 'prp_1', revision: '1', by: CLEO });
      log.pass(1).execute(proposed('T2'), [review]);
    },
  ],
  [
    'an execution long after its approval',
    'execution.late',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      log.pass(16).execute(proposed('T2'), [review]);
    },
  ],
  [
    'a review after the time to review',
    'execution.late_review',
    log => {
      log.propose(proposed('T2'), { reviewBy: log.inMinutes(1) });
      log.pass(2).execute(proposed('T2'), [log.review(BEN, proposed('T2'))]);
    },
  ],
  [
    'a signature that had expired',
    'execution.late_review',
    log => {
      log.propose(proposed('T2'));
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'), { expiresAt: log.inMinutes(-1) })]);
    },
  ],
  [
    'a T2 that its contributor reviewed',
    'execution.reviewed_by_contributor',
    log => {
      log.execute(log.propose(proposed('T2')), [log.review(CLEO, proposed('T2'))]);
    },
  ],
  [
    'a contributor who was left out when it was signed',
    'execution.review_of_other_contributors',
    log => {
      log.propose(proposed('T2'));
      const hidden = digestOf('countersign/contributors/v1', []);
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'), { contributorsDigest: hidden })]);
    },
  ],
  [
    'a T2 that an owner reviewed',
    'execution.reviewer_not_eligible',
    log => {
      log.execute(log.propose(proposed('T2')), [log.review(DAN, proposed('T2'))]);
    },
  ],
  [
    'a T3 with one review',
    'execution.one_person',
    log => {
      log.execute(log.propose(proposed('T3')), [log.review(BEN, proposed('T3'))]);
    },
  ],
  [
    'a T3 that one person reviewed twice',
    'execution.one_person',
    log => {
      log.propose(proposed('T3'));
      log.execute(proposed('T3'), [log.review(BEN, proposed('T3')), log.review(BEN, proposed('T3'))]);
    },
  ],
  [
    'a T3 that was executed as T2',
    'execution.one_person',
    log => {
      log.propose(proposed('T3'));
      log.execute(proposed('T3'), [log.review(BEN, proposed('T3'))], { tier: 'T2' });
    },
  ],
  [
    'a T2 that the executor found to be T3',
    'execution.one_person',
    log => {
      log.propose(proposed('T2'));
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'))], { tier: 'T3' });
    },
  ],
  [
    'a review that was signed for a lower tier',
    'execution.review_of_other_tier',
    log => {
      log.propose(proposed('T2'));
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'), { tier: 'T1' })]);
    },
  ],
  [
    'a review of another presentation',
    'execution.review_of_other_presentation',
    log => {
      log.propose(proposed('T2'));
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'), { presentationDigest: 'f'.repeat(64) })]);
    },
  ],
  [
    'a review under another policy',
    'execution.review_of_other_policy',
    log => {
      log.propose(proposed('T2'));
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'), { policyDigest: 'f'.repeat(64) })]);
    },
  ],
  [
    'a T2 that was signed with a session key',
    'execution.passkey_missing',
    log => {
      const session = log.endorse(BEN, 'ses_1');
      log.propose(proposed('T2'));
      log.execute(proposed('T2'), [log.review(BEN, proposed('T2'), {}, digest => session.sign('ses_1', digest))]);
    },
  ],
  [
    'an act that may never be done',
    'execution.review_of_other_tier',
    log => {
      log.execute(log.propose(proposed('TX')), [log.review(BEN, proposed('TX'))]);
    },
  ],
  [
    'a review that somebody else signed',
    'review.bad_signature',
    log => {
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'), {}, digest => log.passkeyOf(CLEO).sign(digest));
    },
  ],
  [
    'a passkey without user verification',
    'review.bad_signature',
    log => {
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'), {}, digest => log.passkeyOf(BEN).sign(digest, { uv: false }));
    },
  ],
  [
    'a review by somebody who was never enrolled',
    'review.bad_signature',
    log => {
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'), { reviewer: 'usr_nobody' });
    },
  ],
  [
    'a signature over another intent',
    'review.bad_signature',
    log => {
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'), {}, () => log.passkeyOf(BEN).sign('0'.repeat(64)));
    },
  ],
  [
    'a session that nobody endorsed',
    'review.bad_signature',
    log => {
      log.propose(proposed('T1'));
      log.review(BEN, proposed('T1'), {}, digest => new SoftSession().sign('ses_1', digest));
    },
  ],
  [
    'a session of somebody else',
    'review.bad_signature',
    log => {
      const session = log.endorse(CLEO, 'ses_1');
      log.propose(proposed('T1'));
      log.review(BEN, proposed('T1'), {}, digest => session.sign('ses_1', digest));
    },
  ],
  [
    'a session that has run out',
    'review.bad_signature',
    log => {
      const session = log.endorse(BEN, 'ses_1', 60);
      log.pass(61).propose(proposed('T1'));
      log.review(BEN, proposed('T1'), {}, digest => session.sign('ses_1', digest));
    },
  ],
  [
    'a session that was ended',
    'review.bad_signature',
    log => {
      const session = log.endorse(BEN, 'ses_1');
      log.add({ type: 'session.ended', session: 'ses_1' }).propose(proposed('T1'));
      log.review(BEN, proposed('T1'), {}, digest => session.sign('ses_1', digest));
    },
  ],
  ['a session of nine hours', 'session.too_long', log => log.endorse(BEN, 'ses_1', 9 * 60)],
  ['a session that somebody else endorsed', 'session.bad_signature', log => log.endorse(BEN, 'ses_1', 60, CLEO)],
  [
    'a nonce that was signed before',
    'nonce.again',
    log => {
      log.propose(proposed('T3'));
      const nonce = log.nonce();
      for (const reviewer of [BEN, DAN] as const) log.review(reviewer, proposed('T3'), { nonce });
    },
  ],
  [
    'an entry that was played again',
    'review.again',
    log => {
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'));
      const last = log.entries.at(-1);
      if (last !== undefined) log.entries.push(last);
    },
  ],
  [
    'a digest that is not the intent’s',
    'review.other_digest',
    log => {
      log.propose(proposed('T2'));
      log.review(BEN, proposed('T2'));
      const last = log.entries.at(-1);
      if (last?.type === 'review.signed') log.entries.splice(-1, 1, { ...last, intentDigest: 'f'.repeat(64) });
    },
  ],
  [
    'an invitation by somebody who is no administrator',
    'invitation.not_administrator',
    log => log.invite(BEN, 'usr_eve', ['responder']),
  ],
  [
    'an invitation that the administrator did not sign',
    'invitation.bad_signature',
    log => log.invite(ANA, 'usr_eve', ['responder'], BEN),
  ],
  [
    'an enrolment without an invitation',
    'enrolment.no_invitation',
    log => log.enrolBy({ id: 'inv_eve', link: new SoftLink() }, 'usr_eve', ['responder']),
  ],
  [
    'an enrolment by another key than the link’s',
    'enrolment.bad_signature',
    log => {
      const { id } = log.invite(ANA, 'usr_eve', ['responder']);
      log.enrolBy({ id, link: new SoftLink() }, 'usr_eve', ['responder']);
    },
  ],
  [
    'a link that is used twice',
    'enrolment.no_invitation',
    log => {
      const invitation = log.invite(ANA, 'usr_eve', ['responder']);
      log.enrolBy(invitation, 'usr_eve', ['responder']).enrolBy(invitation, 'usr_eve', ['responder']);
    },
  ],
  [
    'a link that is used by somebody else',
    'enrolment.other_person',
    log => {
      log.enrolBy(log.invite(ANA, 'usr_eve', ['responder']), 'usr_mallory', ['responder']);
    },
  ],
  [
    'a key for somebody who is enrolled already',
    'enrolment.other_person',
    log => {
      log.enrolBy(log.invite(ANA, BEN, ['responder']), BEN, ['responder']);
    },
  ],
  [
    'more roles than were offered',
    'enrolment.other_roles',
    log => {
      log.enrolBy(log.invite(ANA, 'usr_eve', ['analyst']), 'usr_eve', ['administrator']);
    },
  ],
  [
    'a link that had expired',
    'enrolment.late',
    log => {
      const invitation = log.invite(ANA, 'usr_eve', ['responder']);
      log.pass(61).enrolBy(invitation, 'usr_eve', ['responder']);
    },
  ],
  ['a second first administrator', 'enrolment.no_invitation', log => log.enrolFirst('usr_eve')],
  [
    'a second installation',
    'installation.again',
    log => {
      const [first] = log.entries;
      if (first !== undefined) log.entries.push(first);
    },
  ],
  [
    'an inventory that no administrator signed',
    'inventory.not_signed',
    log => {
      const inventoryDigest = 'e'.repeat(64);
      log.add({
        type: 'inventory.signed',
        version: '2',
        inventoryDigest,
        signature: log.passkeyOf(BEN).sign(inventoryDigest),
        by: BEN,
      });
    },
  ],
  [
    'a decision that the reviews do not carry',
    'decision.one_person',
    log => {
      log.propose(proposed('T3'));
      const review = log.review(BEN, proposed('T3'));
      log.add({ type: 'proposal.decided', proposal: 'prp_1', revision: '1', decision: 'approved', reviews: [review] });
    },
  ],
  [
    'an outcome of what was never intended',
    'execution.not_intended',
    log => log.conclude('exe_9', proposed('T2'), 'verified'),
  ],
  [
    'an execution while everything was stopped',
    'execution.stopped',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      stop(log, 'yes');
      log.pass(1).execute(proposed('T2'), [review]);
    },
  ],
  ['a stop that was lifted without a signature', 'kill_switch.not_signed', log => stop(log, 'no')],
];

function stop(log: LifeOfALog, isOn: 'yes' | 'no', by?: string): void {
  const statement = {
    v: '1',
    installation: 'ins_test',
    seq: '1',
    isOn,
    by: by ?? BEN,
    nonce: log.nonce(),
    expiresAt: log.inMinutes(5),
  } as const;
  const digest = digestOf('countersign/kill-switch/v1', statement);
  const signature = by === undefined ? ({ kind: 'none' } as const) : log.passkeyOf(by).sign(digest);
  log.add({ type: 'kill_switch.set', statement, signature, reasonCommit: '' });
}

describe('a log whose writer was taken over cannot hide', () => {
  for (const [name, code, attack] of ATTACKS) {
    test(name, async () => {
      const log = life();
      attack(log);
      expect(await codes(log)).toContain(code);
    });
  }

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
