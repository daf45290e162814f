import { digestOf } from '../../src/base/canonical.ts';
import type { LiveEvent, ProposalView } from '../../src/model/api.ts';
import type { Intent, Verdict } from '../../src/model/review.ts';
import { challengeOf, closed } from '../crypto/review.ts';
import { rfc } from './data.ts';
import { proposal } from './data-proposal.ts';

/** What the fixtures answer. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const listeners = new Set<(event: LiveEvent) => void>();
export const proposals = new Map<string, ProposalView>([
  ['prp_t3', proposal({ id: 'prp_t3', tier: 'T3' })],
  ['prp_lock1', proposal()],
]);
const begun = new Map<string, { readonly id: string; readonly verdict: Verdict; readonly reason: string }>();
export function liveEvents(listener: (event: LiveEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tell(event: LiveEvent): void {
  for (const listener of listeners) listener(event);
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const refused = (status: number, code: string, shown: string): Answer => ({
  status,
  body: { code, shown, requestId: 'req_fixture' },
});

export const missing = (): Answer => refused(404, 'not_found', 'There is nothing here under that name.');

export function change(id: string, by: (view: ProposalView) => ProposalView): Answer {
  const found = proposals.get(id);
  if (found === undefined) return missing();
  const next = by(found);
  proposals.set(id, next);
  tell({ kind: 'proposal', id: next.row.id, state: next.row.state });
  return ok(next);
}

export function propose(body: Record<string, unknown>): Answer {
  if (body['option'] === 'disable:ldap')
    return refused(422, 'proposal.target_not_found', 'The target was not found in the target system.');
  const view =
    body['kind'] === 'undo'
      ? proposal({ id: `prp_undo${proposals.size}`, undoes: body['of'] as `prp_${string}` })
      : proposal({ id: `prp_new${proposals.size}` });
  proposals.set(view.row.id, view);
  return ok(view);
}

export function beginReview(id: string, body: Record<string, unknown>): Answer {
  const view = proposals.get(id);
  if (view === undefined) return missing();
  const nonce = `${begun.size}`.padStart(32, '0');
  const reason = String(body['reason']);
  const verdict = body['verdict'] as Verdict;
  const intent: Intent = {
    v: '1',
    installation: 'ins_fixture',
    proposal: view.row.id,
    revision: String(view.row.revision),
    actDigest: view.actDigest,
    presentationDigest: view.presentationDigest,
    policyDigest: view.policyDigest,
    contributorsDigest: 'd'.repeat(64),
    verdict,
    tier: view.presentation.tier,
    reviewer: 'usr_dana',
    reasonDigest: digestOf('countersign/reason/v1', { nonce, reason }),
    acknowledged: body['acknowledged'] as string[],
    nonce,
    expiresAt: rfc(-5),
  };
  begun.set(nonce, { id, verdict, reason });
  return ok({
    intent,
    challenge: challengeOf(digestOf('countersign/intent/v1', closed(intent))),
    rpId: 'localhost',
    credentialIds: [],
    signWith: 'passkey',
  });
}

const STEP_MS = 1_200;

export function finishReview(body: Record<string, unknown>): Answer {
  const said = begun.get(String(body['nonce']));
  if (said === undefined) return missing();
  const { id, verdict, reason } = said;
  if (verdict === 'approve') play(id);
  return change(id, view => ({
    ...view,
    row: {
      ...view.row,
      state: verdict === 'approve' ? 'approved' : verdict === 'reject' ? 'rejected' : view.row.state,
      approvals: view.row.needed,
      mySeat: verdict === 'ask_for_more' ? view.row.mySeat : 'reviewed',
    },
    quorum:
      verdict === 'approve'
        ? view.quorum.map(slot => ({ ...slot, filledBy: slot.filledBy ?? 'Dana Weiss' }))
        : view.quorum,
    reviews: [
      ...view.reviews,
      {
        id: `rev_${view.reviews.length + 2}`,
        by: 'Dana Weiss',
        verdict,
        at: rfc(0),
        reason,
        revision: 1,
        counts: true,
        because: '',
        signedWith: 'passkey',
        logIndex: 10_411,
      },
    ],
    moves:
      verdict === 'reject'
        ? [...view.moves, { state: 'rejected', at: rfc(0), by: 'Dana Weiss', text: reason, logIndex: 10_412 }]
        : view.moves,
  }));
}

function play(id: string): void {
  const checks = [
    'signatures',
    'log inclusion',
    'log consistency',
    'policy',
    'expiry',
    'kill switch',
    'live target',
  ].map(name => ({ name, ok: true, detail: 'holds' }));
  const steps: readonly ((view: ProposalView) => ProposalView)[] = [
    view => ({ ...view, row: { ...view.row, state: 'checking' } }),
    view => ({
      ...view,
      row: { ...view.row, state: 'executing' },
      execution: {
        id: 'exe_1',
        checks,
        intendedAt: rfc(0),
        logIndex: 10_412,
        outcome: undefined,
        observations: [],
      },
    }),
    view => ({
      ...view,
      row: { ...view.row, state: 'succeeded' },
      moves: [...view.moves, { state: 'succeeded', at: rfc(0), by: 'executor', text: 'applied', logIndex: 10_413 }],
    }),
    view => ({
      ...view,
      row: { ...view.row, state: 'verified' },
      canUndo: true,
      moves: [...view.moves, { state: 'verified', at: rfc(0), by: 'executor', text: 'observed', logIndex: 10_414 }],
      execution: view.execution && {
        ...view.execution,
        outcome: 'confirmed',
        observations: [
          {
            at: rfc(0),
            state: 'rolcanlogin = false',
            effect: 'login refused, 2 sessions ended',
            checks: [{ text: 'the held connection was closed by the server', ok: 'yes' }],
          },
        ],
      },
    }),
  ];
  steps.forEach((step, index) => {
    setTimeout(() => change(id, step), STEP_MS * (index + 1));
  });
}
