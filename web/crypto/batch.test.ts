import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/canonical.ts';
import { chosenOf } from '../../src/core/decide/batch.ts';
import type { BatchBegin, BatchBegun, ProposalView } from '../../src/model/api.ts';
import type { BatchIntent, Intent } from '../../src/model/review.ts';
import { proposal } from '../dev/data-proposal.ts';
import { batchToSign } from './batch.ts';
import { challengeOf, closed, WillNotSign } from './review.ts';

const me = { id: 'usr_dana', installation: 'ins_1' };
const views = ['prp_a', 'prp_b', 'prp_c'].map(id => proposal({ id }));
const asked: BatchBegin = {
  verdict: 'approve',
  reason: 'the same attack',
  members: views.map(view => ({
    proposal: view.row.id,
    revision: 1,
    actDigest: view.actDigest,
    presentationDigest: view.presentationDigest,
    acknowledged: [],
  })),
};

function intentOf(view: ProposalView, n: number): Intent {
  const nonce = String(n).repeat(32);
  return {
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
    reasonDigest: digestOf('countersign/reason/v1', { nonce, reason: asked.reason }),
    acknowledged: [],
    nonce,
    expiresAt: '2026-01-01T00:00:00.000Z',
  };
}

const intents = views.map((view, i) => intentOf(view, i + 1));
const members = intents.map(intent => ({
  proposal: intent.proposal,
  intentDigest: digestOf('countersign/intent/v1', closed(intent)),
}));

function begun(change: Partial<BatchIntent> = {}, of: readonly Intent[] = intents): BatchBegun {
  const [first] = views;
  if (first === undefined) throw new Error('there is a first');
  const nonce = '7'.repeat(32);
  const listed = change.members ?? members;
  const batch: BatchIntent = {
    v: '1',
    installation: 'ins_1',
    reviewer: 'usr_dana',
    verdict: 'approve',
    responder: first.act.responder,
    operation: first.act.operation,
    operationVersion: first.act.operationVersion,
    tier: first.presentation.tier,
    members: listed,
    opened: chosenOf({ members: listed, nonce }) ?? 'prp_a',
    nonce,
    ...change,
  };
  return {
    batch,
    intents: of,
    challenge: challengeOf(digestOf('countersign/batch-intent/v1', closed(batch))),
    rpId: 'localhost',
    credentialIds: [],
    signWith: 'passkey',
    toOpen: [batch.opened],
  };
}

describe('a page signs a list', () => {
  test('of exactly what it shows, in its order', () => {
    expect(batchToSign(views, asked, begun(), me)).toHaveLength(32);
  });

  test.each<readonly [string, () => BatchBegun]>([
    ['in another order', () => begun({ members: members.toReversed() }, intents.toReversed())],
    ['with one more', () => begun({ members: [...members, { proposal: 'prp_d', intentDigest: 'e'.repeat(64) }] })],
    ['with one less', () => begun({ members: members.slice(1) }, intents.slice(1))],
    [
      'with another intent in it',
      () => begun({ members: members.with(1, { proposal: 'prp_b', intentDigest: 'e'.repeat(64) }) }),
    ],
    ['of another operation', () => begun({ operation: 'drop_role' })],
    ['of another tier', () => begun({ tier: 'T1' })],
    ['of another verdict', () => begun({ verdict: 'reject' })],
    ['of somebody else', () => begun({ reviewer: 'usr_lee' })],
    ['of which another member was opened than was chosen', () => begun({ opened: 'prp_z' })],
  ])('and never one %s', (_what, other) => {
    expect(() => batchToSign(views, asked, other(), me)).toThrow(WillNotSign);
  });
});
