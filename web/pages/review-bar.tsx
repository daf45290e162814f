import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { wordsOf } from '../../src/core/decide/words.ts';
import type { Me, ProposalView } from '../../src/model/api.ts';
import { askerOf } from '../../src/model/proposal.ts';
import type { Verdict } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { Outcome } from '../parts/states.tsx';
import { awaitedText, isSignedByMe } from './review-people.tsx';

interface ReviewBarProps {
  readonly view: ProposalView;
  readonly me: Me;
  readonly reason: string;
  readonly onReason: (reason: string) => void;
  readonly acknowledged: readonly string[];
  /** What this page shows is not what was digested. */
  readonly isBlocked: boolean;
  readonly onSign: (verdict: Verdict) => void;
}

const REASON_CHARS_MAX = 2_000;

/** The verdicts. Rejecting asks for nothing that approving does not ask for. */
export function ReviewBar({ view, me, reason, onReason, acknowledged, isBlocked, onSign }: ReviewBarProps) {
  const { row, presentation } = view;
  if (row.state === 'approved' || row.state === 'emergency')
    return <ApprovedBar onRevoke={() => onSign('revoke')} isBlocked={isBlocked} />;
  if (row.state !== 'in_review') return null;
  if (row.mySeat !== 'can_review') return <SeatText view={view} me={me} />;
  const waiting = waitingFor(view, reason, acknowledged);
  const openTasks = view.tasks.filter(task => task.state === 'open').length;
  return (
    <footer className="review-bar">
      <label className="review-reason">
        <span className="visually-hidden">Reason</span>
        <textarea
          id="reason"
          className="input"
          rows={1}
          value={reason}
          maxLength={REASON_CHARS_MAX}
          placeholder={
            presentation.tier === 'T1' ? 'Reason (may stay empty)' : 'Reason: why, in a sentence. Needed to approve.'
          }
          onChange={event => onReason(event.target.value)}
          data-testid="reason"
        />
      </label>
      <div className="review-verdicts">
        <button
          type="button"
          className="btn"
          onClick={() => onSign('reject')}
          disabled={isBlocked}
          data-testid="reject"
        >
          Reject <kbd>r</kbd>
        </button>
        <button
          type="button"
          className="btn"
          onClick={() => onSign('ask_for_more')}
          disabled={isBlocked}
          data-testid="ask-for-more"
        >
          Ask for more <kbd>m</kbd>
        </button>
        {view.mayBreakGlass && (
          <button
            type="button"
            className="btn-link"
            onClick={() => onSign('break_glass')}
            disabled={isBlocked}
            data-testid="break-glass"
          >
            Break glass…
          </button>
        )}
        <span className="spacer" />
        <span
          className="digest-words"
          title="Four words of the act's digest. Compare them by voice with the other reviewer."
          data-testid="digest-words"
        >
          {wordsOf(view.actDigest)}
        </span>
        <button
          type="button"
          className="btn btn-primary"
          onClick={() => onSign('approve')}
          disabled={isBlocked || waiting.length > 0}
          aria-describedby="sign-waits"
          data-testid="sign"
        >
          Sign… <kbd>a</kbd>
        </button>
      </div>
      <p id="sign-waits" className="quiet sign-waits" data-testid="sign-waits">
        {waiting.length === 0 ? 'Signing shows the exact sentence once more.' : `To approve: ${waiting.join('; ')}.`}
        {openTasks > 0 &&
          ` ${openTasks} of ${view.tasks.length} that reviewers asked for ${openTasks === 1 ? 'is' : 'are'} open.`}
      </p>
    </footer>
  );
}

/** What the reviewer has yet to do. The server decides by itself; this only says it earlier. */
export function waitingFor(view: ProposalView, reason: string, acknowledged: readonly string[]): readonly string[] {
  const needsReason = view.presentation.tier !== 'T1' && reason.trim() === '';
  const unacknowledged = view.presentation.coverage.gaps.filter(
    gap => gap.required && !acknowledged.includes(gap.stream),
  ).length;
  const needsEvidence =
    view.presentation.tier !== 'T1' && view.presentation.evidence.length > 0 && view.evidenceOpened.length === 0;
  return [
    needsEvidence ? 'open a record of the evidence' : '',
    view.isWithheld ? 'say first what you think' : '',
    unacknowledged > 0 ? `acknowledge ${unacknowledged} missing ${unacknowledged === 1 ? 'stream' : 'streams'}` : '',
    needsReason ? 'write a reason' : '',
  ].filter(text => text !== '');
}

function ApprovedBar({ onRevoke, isBlocked }: { readonly onRevoke: () => void; readonly isBlocked: boolean }) {
  return (
    <footer className="review-bar">
      <div className="review-verdicts">
        <span className="soft">Approved and not started. It can still be stopped.</span>
        <span className="spacer" />
        <button type="button" className="btn btn-danger" onClick={onRevoke} disabled={isBlocked} data-testid="revoke">
          Revoke
        </button>
      </div>
    </footer>
  );
}

function SeatText({ view, me }: { readonly view: ProposalView; readonly me: Me }) {
  const text = {
    contributor: 'You contributed to this proposal, so others have to review it.',
    subject: 'This is about an account of yours, so others have to decide it.',
    reviewed: isSignedByMe(view) ? awaitedText(view) : 'You have reviewed this revision. It waits for others.',
    not_eligible: `Your roles (${me.person?.roles.join(', ') ?? 'none'}) do not review ${view.presentation.tier}.`,
    no_seat:
      'No open seat is yours: it is somebody else’s by the inventory, or you and who signed stand in for one another.',
    none: 'You have no seat in this review.',
    can_review: '',
  }[view.row.mySeat];
  return (
    <footer className="review-bar">
      <div className="review-verdicts">
        <span className="soft" data-testid="my-seat">
          {text}
        </span>
        <span className="spacer" />
        <span className="digest-words" data-testid="digest-words">
          {wordsOf(view.actDigest)}
        </span>
        <Withdraw view={view} me={me} />
      </div>
    </footer>
  );
}

function Withdraw({ view, me }: { readonly view: ProposalView; readonly me: Me }) {
  const cache = useQueryClient();
  const asker = askerOf(view.origin);
  const withdraw = useMutation({
    mutationFn: () =>
      request('POST', `/api/v1/proposals/${view.row.id}/withdraw`, { reason: 'withdrawn by who asked for it' }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['proposal', view.row.id] }),
  });
  if (me.person?.id !== asker) return null;
  return (
    <>
      <button
        type="button"
        className="btn"
        disabled={withdraw.isPending}
        onClick={() => withdraw.mutate()}
        data-testid="withdraw"
      >
        Withdraw
      </button>
      <Outcome error={withdraw.error} />
    </>
  );
}

/** Starts the undo: a proposal of its own, gated like the act. */
export function UndoButton({ view }: { readonly view: ProposalView }) {
  const navigate = useNavigate();
  const undo = useMutation({
    mutationFn: () => request<ProposalView>('POST', '/api/v1/proposals', { kind: 'undo', of: view.row.id }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  return (
    <span className="undo">
      <button
        type="button"
        className="btn"
        onClick={() => undo.mutate()}
        disabled={undo.isPending}
        data-testid="undo"
        title="Makes a new proposal, which needs its own review"
      >
        {undo.isPending ? 'Planning…' : 'Undo…'} <kbd>u</kbd>
      </button>
      <Outcome error={undo.error} />
    </span>
  );
}
