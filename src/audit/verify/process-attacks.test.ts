import { describe, expect, test } from 'vitest';
import { BEN, CLEO, codes, DAN, life, proposed } from '../../../test/process-log.ts';
import { type LifeOfALog, type Proposed, SoftSession } from '../../../test/signed-log.ts';
import { digestOf } from '../../base/canonical.ts';

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
];

describe('a log whose writer was taken over cannot hide', () => {
  for (const [name, code, attack] of ATTACKS) {
    test(name, async () => {
      const log = life();
      attack(log);
      expect(await codes(log)).toContain(code);
    });
  }
});
