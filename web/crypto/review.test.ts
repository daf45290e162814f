import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/canonical.ts';
import type { ProposalView, ReviewBegin, ReviewBegun } from '../../src/model/api.ts';
import type { Intent } from '../../src/model/review.ts';
import { proposal } from '../dev/data-proposal.ts';
import { challengeOf, closed, digestToSign, requireShownIsDigested, WillNotSign } from './review.ts';

const me = { id: 'usr_dana', installation: 'ins_1' };
const view = proposal();
const asked: ReviewBegin = {
  verdict: 'approve',
  revision: 1,
  actDigest: view.actDigest,
  presentationDigest: view.presentationDigest,
  reason: 'because',
  acknowledged: ['b|x', 'a|x'],
};
const intent: Intent = {
  v: '1',
  installation: 'ins_1',
  proposal: view.row.id,
  revision: '1',
  actDigest: view.actDigest,
  presentationDigest: view.presentationDigest,
  policyDigest: view.policyDigest,
  contributorsDigest: 'd'.repeat(64),
  verdict: 'approve',
  tier: view.presentation.tier,
  reviewer: 'usr_dana',
  reasonDigest: digestOf('countersign/reason/v1', { nonce: '1'.repeat(32), reason: 'because' }),
  acknowledged: ['a|x', 'b|x'],
  nonce: '1'.repeat(32),
  expiresAt: '2026-01-01T00:00:00.000Z',
};

function begun(change: Partial<Intent> = {}): ReviewBegun {
  const changed = { ...intent, ...change };
  return {
    intent: changed,
    challenge: challengeOf(digestOf('countersign/intent/v1', closed(changed))),
    rpId: 'localhost',
    credentialIds: [],
    signWith: 'passkey',
  };
}

describe('what the page signs', () => {
  test('is the digest of exactly what was asked about what is shown', () => {
    const digest = digestToSign(view, asked, begun(), me);
    expect(digest).toHaveLength(32);
    expect(challengeOf(digestOf('countersign/intent/v1', closed(intent)))).toBe(begun().challenge);
  });

  const lies: readonly (readonly [string, Partial<Intent>])[] = [
    ['another proposal', { proposal: 'prp_other' }],
    ['another revision', { revision: '2' }],
    ['another act', { actDigest: 'e'.repeat(64) }],
    ['another presentation', { presentationDigest: 'e'.repeat(64) }],
    ['another policy', { policyDigest: 'e'.repeat(64) }],
    ['the opposite verdict', { verdict: 'reject' }],
    ['a lower tier', { tier: 'T1' }],
    ['another reviewer', { reviewer: 'usr_mallory' }],
    ['another installation', { installation: 'ins_2' }],
    ['a gap that was not acknowledged', { acknowledged: ['a|x', 'b|x', 'c|x'] }],
    ['another reason', { reasonDigest: 'e'.repeat(64) }],
  ];
  for (const [what, change] of lies) {
    test(`is never ${what}, though its challenge is right`, () => {
      expect(() => digestToSign(view, asked, begun(change), me)).toThrow(WillNotSign);
    });
  }

  test('is never a challenge that is not the digest of the text', () => {
    const other = { ...begun(), challenge: challengeOf('0'.repeat(64)) };
    expect(() => digestToSign(view, asked, other, me)).toThrow(WillNotSign);
  });

  test('is nothing where the shown act is not the digested one', () => {
    const changed: ProposalView = { ...view, act: { ...view.act, target: { ...view.act.target, immutableId: '1:2' } } };
    expect(() => requireShownIsDigested(changed)).toThrow(WillNotSign);
    expect(() => digestToSign(changed, asked, begun(), me)).toThrow(WillNotSign);
  });

  test('is nothing where the shown sentence is not the digested one', () => {
    const changed: ProposalView = { ...view, presentation: { ...view.presentation, sentence: 'Send a notice.' } };
    expect(() => requireShownIsDigested(changed)).toThrow(WillNotSign);
  });
});
