import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { invariant } from '../../base/invariant.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Intent, Person, Role, Verdict } from '../../model/review.ts';
import { loadPolicies } from './authorise.ts';
import { quorumOf } from './quorum.ts';
import { contributorsDigest, type HeardReview, type Question, tally } from './tally.ts';

const loaded = loadPolicies({});
invariant(loaded.ok, 'the built-in policies load');
const policy = loaded.value;

const person = (id: Person['id'], ...roles: readonly Role[]): Person => ({
  id,
  name: id,
  roles,
  credentials: [],
  isActive: true,
});
const PEOPLE: ReadonlyMap<Person['id'], Person> = new Map(
  [
    person('usr_rosa', 'responder'),
    person('usr_sam', 'responder'),
    person('usr_olga', 'owner'),
    person('usr_both', 'owner', 'responder'),
    person('usr_nina', 'analyst'),
    person('usr_adam', 'administrator'),
  ].map(one => [one.id, one]),
);
const DEADLINE = unixMsFrom(1_000_000);

function question(tier: Tier, changed: Partial<Question> = {}): Question {
  return {
    installation: 'ins_1',
    proposal: 'prp_1',
    revision: 1,
    actDigest: 'a',
    presentationDigest: 'p',
    policyDigest: policy.digest,
    tier,
    contributors: [],
    subjects: [],
    cooling: new Set(),
    reviewBy: DEADLINE,
    startWithinMs: 900_000,
    isOwn: false,
    seats: quorumOf(tier, undefined),
    standIns: [],
    requiredGaps: [],
    ...changed,
  };
}

let nonce = 0;
function heard(
  of: Question,
  by: Person['id'],
  verdict: Verdict = 'approve',
  changed: Partial<Intent> = {},
): HeardReview {
  nonce++;
  return {
    signedWith: 'passkey',
    credential: `key of ${by}`,
    review: {
      id: `rev_${nonce}`,
      intent: {
        v: '1',
        installation: of.installation,
        proposal: of.proposal,
        revision: String(of.revision),
        actDigest: of.actDigest,
        presentationDigest: of.presentationDigest,
        policyDigest: policy.digest,
        contributorsDigest: contributorsDigest(of.contributors),
        verdict,
        tier: of.tier,
        reviewer: by,
        reasonDigest: '',
        acknowledged: [],
        nonce: String(nonce),
        expiresAt: rfc3339(unixMsFrom(DEADLINE + of.startWithinMs)),
        ...changed,
      },
      intentDigest: String(nonce),
      signature: {
        kind: 'passkey',
        assertion: { credentialId: '', authenticatorData: '', clientDataJson: '', signature: '' },
      },
      reason: '',
      receivedAt: unixMsFrom(nonce),
    },
  };
}
const count = (of: Question, reviews: readonly HeardReview[]) => tally(of, reviews, PEOPLE, policy);

describe('the quorum', () => {
  test.each([
    ['T2', ['usr_rosa'], 'approved'],
    ['T2', ['usr_olga'], 'pending'],
    ['T2', ['usr_nina'], 'pending'],
    ['T2', ['usr_adam'], 'pending'],
    ['T3', ['usr_rosa'], 'pending'],
    ['T3', ['usr_rosa', 'usr_sam'], 'approved'],
    ['T3', ['usr_rosa', 'usr_olga'], 'approved'],
    ['T3', ['usr_olga', 'usr_rosa'], 'approved'],
    ['T3', ['usr_both'], 'pending'],
    ['T3', ['usr_both', 'usr_both'], 'pending'],
    ['T3', ['usr_both', 'usr_olga'], 'approved'],
    ['T3', ['usr_olga', 'usr_nina'], 'pending'],
    ['T3', ['usr_olga', 'usr_olga'], 'pending'],
    ['TX', ['usr_rosa', 'usr_sam'], 'pending'],
  ] as const)('%s by %j is %s', (tier, by, verdict) => {
    const of = question(tier);
    expect(
      count(
        of,
        by.map(one => heard(of, one)),
      ).verdict,
    ).toBe(verdict);
  });

  test('silence is no, whatever the tier', () => {
    for (const tier of ['T1', 'T2', 'T3', 'TX'] as const) expect(count(question(tier), []).verdict).toBe('pending');
  });

  test('one person fills one seat, however often and in whatever roles they sign', () => {
    const anybody = fc.constantFrom<Person['id']>('usr_rosa', 'usr_sam', 'usr_olga', 'usr_both', 'usr_nina');
    fc.assert(
      fc.property(fc.array(anybody, { maxLength: 8 }), by => {
        const of = question('T3');
        const { slots, verdict } = count(
          of,
          by.map(one => heard(of, one)),
        );
        const filled = slots.flatMap(slot => (slot.filledBy === undefined ? [] : [slot.filledBy]));
        expect(new Set(filled).size).toBe(filled.length);
        if (verdict === 'approved') expect(new Set(by).size).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });

  test('the decision does not depend on the order in which reviews are read', () => {
    const anything = fc.record({
      by: fc.constantFrom<Person['id']>('usr_rosa', 'usr_sam', 'usr_olga', 'usr_both', 'usr_nina'),
      verdict: fc.constantFrom<Verdict>('approve', 'approve', 'approve', 'reject', 'revoke', 'ask_for_more'),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (said, dice) => {
        const of = question('T3', { contributors: ['usr_sam'] });
        const reviews = said.map(({ by, verdict }) => heard(of, by, verdict));
        const shuffled = [...reviews].map(review => ({ review, at: dice.next().value })).sort((a, b) => a.at - b.at);
        const other = shuffled.map(({ review }) => review);
        expect(count(of, other).verdict).toBe(count(of, reviews).verdict);
      }),
      { numRuns: 60 },
    );
  });

  test('one reject blocks for good, whatever comes before or after it', () => {
    const of = question('T3');
    const [a, b, no] = [heard(of, 'usr_rosa'), heard(of, 'usr_sam'), heard(of, 'usr_olga', 'reject')];
    for (const reviews of [
      [no, a, b],
      [a, no, b],
      [a, b, no],
    ])
      expect(count(of, reviews).verdict).toBe('rejected');
  });

  test('a revoke stops what was approved', () => {
    const of = question('T2');
    expect(count(of, [heard(of, 'usr_rosa'), heard(of, 'usr_sam', 'revoke')]).verdict).toBe('revoked');
  });

  test('a contributor may stop and not approve, from T2 on', () => {
    const of = question('T2', { contributors: ['usr_sam'] });
    expect(count(of, [heard(of, 'usr_sam')]).notCounted[0]?.because).toBe('contributor');
    expect(count(of, [heard(of, 'usr_rosa'), heard(of, 'usr_sam', 'reject')]).verdict).toBe('rejected');
    const own = question('T1', { contributors: ['usr_sam'] });
    expect(count(own, [heard(own, 'usr_sam')]).verdict).toBe('approved');
  });

  test('somebody who may not review changes nothing, whatever they say', () => {
    const outsider = fc.constantFrom<Person['id']>('usr_adam', 'usr_nobody', 'usr_nina');
    const verdicts = fc.constantFrom<Verdict>('approve', 'reject', 'revoke');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(outsider, verdicts), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (said, isMet) => {
          const of = question('T2');
          const honest = isMet ? [heard(of, 'usr_rosa')] : [];
          const noise = said.map(([by, verdict]) => heard(of, by, verdict));
          expect(count(of, [...noise, ...honest]).verdict).toBe(count(of, honest).verdict);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    ['another act', { actDigest: 'b' }, 'other_act'],
    ['another presentation', { presentationDigest: 'b' }, 'other_presentation'],
    ['another policy', { policyDigest: 'b' }, 'other_policy'],
    ['other contributors', { contributorsDigest: 'b' }, 'other_contributors'],
    ['another revision', { revision: '2' }, 'other_revision'],
    ['another proposal', { proposal: 'prp_2' }, 'other_revision'],
    ['another installation', { installation: 'ins_2' }, 'other_revision'],
    ['another tier', { tier: 'T1' }, 'other_tier'],
    ['after its own end', { expiresAt: '1970-01-01T00:00:00.000Z' }, 'too_late'],
    ['with an end that is no time', { expiresAt: 'never' }, 'too_late'],
  ] as const)('a signature for %s does not count', (_what, changed, because) => {
    const of = question('T2');
    const { verdict, notCounted } = count(of, [heard(of, 'usr_rosa', 'approve', changed)]);
    expect([verdict, notCounted[0]?.because]).toEqual(['pending', because]);
  });

  test('an approval acknowledges every required gap, or does not count', () => {
    const of = question('T2', { requiredGaps: ['web-1|edr', '*|okta'] });
    const some = heard(of, 'usr_rosa', 'approve', { acknowledged: ['web-1|edr'] });
    const all = heard(of, 'usr_sam', 'approve', { acknowledged: ['*|okta', 'web-1|edr'] });
    expect(count(of, [some]).notCounted[0]?.because).toBe('gap_unacknowledged');
    expect(count(of, [all]).verdict).toBe('approved');
  });

  test('a key of a browser session counts for T1 alone', () => {
    for (const tier of ['T1', 'T2', 'T3'] as const) {
      const of = question(tier);
      const bySession = [{ ...heard(of, 'usr_rosa'), signedWith: 'session' as const }];
      expect(count(of, bySession).verdict, tier).toBe(tier === 'T1' ? 'approved' : 'pending');
    }
  });

  test('somebody who is no longer active has no say', () => {
    const of = question('T2');
    const left = new Map(PEOPLE).set('usr_rosa', { ...person('usr_rosa', 'responder'), isActive: false });
    expect(tally(of, [heard(of, 'usr_rosa')], left, policy).notCounted[0]?.because).toBe('not_eligible');
  });
});
