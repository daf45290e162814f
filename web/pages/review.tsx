import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Me, ProposalView } from '../../src/model/api.ts';
import type { Verdict } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { meQuery, proposalQuery } from '../api/queries.ts';
import { requireShownIsDigested } from '../crypto/review.ts';
import { EvidencePanel } from '../parts/evidence.tsx';
import { Identifier, Inert } from '../parts/inert.tsx';
import { useKeys } from '../parts/keys.ts';
import { StateMark, TierMark } from '../parts/marks.tsx';
import { Outcome, PageFailed, PageLoading } from '../parts/states.tsx';
import { useNow } from '../parts/time.tsx';
import { leftText } from './proposal-list.tsx';
import { ReviewBar } from './review-bar.tsx';
import { ReviewChanges } from './review-changes.tsx';
import { ReviewChecks } from './review-checks.tsx';
import { ReviewConversation } from './review-conversation.tsx';
import { ReviewDrill } from './review-drill.tsx';
import { AskedBy, ReviewEvidence, ReviewRecommendation } from './review-evidence.tsx';
import { ReviewGlass } from './review-glass.tsx';
import { ReviewLease } from './review-lease.tsx';
import { LiveStrip } from './review-live.tsx';
import { ReviewQuorum, ReviewRevisions } from './review-people.tsx';
import { DecideFirst, JudgeAfterwards, useReviewTelemetry } from './review-reliance.tsx';
import { ReviewSecondLook } from './review-second-look.tsx';
import { SignDialog } from './review-sign.tsx';
import { ReviewTasks } from './review-tasks.tsx';
import { UndoLeft } from './review-undo.tsx';
import '../styles/incident.css';
import '../styles/review.css';

/** A proposal as a pull request against production: what changes, what was checked, who has to sign, how it is undone. */
export function ReviewPage() {
  const { id } = useParams({ from: '/proposals/$id' });
  const proposal = useQuery(proposalQuery(id));
  const me = useQuery(meQuery);
  if (proposal.isPending || me.data === undefined) return <PageLoading title="Proposal" what="the proposal" />;
  if (proposal.data === undefined) {
    return <PageFailed error={proposal.error} what="this proposal" retry={() => void proposal.refetch()} />;
  }
  // A new revision is another page: nothing ticked or typed for the old one may carry over.
  return <Review key={`${id}/${proposal.data.row.revision}`} view={proposal.data} me={me.data} />;
}

function Review({ view, me }: { readonly view: ProposalView; readonly me: Me }) {
  const search: { readonly e?: string; readonly p?: string } = useSearch({ from: '/proposals/$id' });
  const navigate = useNavigate({ from: '/proposals/$id' });
  const cache = useQueryClient();
  const [acknowledged, setAcknowledged] = useState<readonly string[]>([]);
  const [reason, setReason] = useState('');
  const [signing, setSigning] = useState<Verdict | undefined>();
  const { presentation, row } = view;
  const shownIsDigested = useMemo(() => digestTrouble(view), [view]);
  const opened = new Set<string>(view.evidenceOpened);
  const open = useMutation({
    mutationFn: (evidence: string) => request('POST', `/api/v1/proposals/${row.id}/evidence-opened`, { evidence }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['proposal', row.id] }),
  });
  const openEvidence = (index: number) => {
    const item = presentation.evidence[index];
    if (item === undefined) return;
    void navigate({ search: { e: item.id, p: item.pointer }, replace: true, resetScroll: false });
    if (!opened.has(item.id)) open.mutate(item.id);
  };
  const canReview = row.state === 'in_review' && row.mySeat === 'can_review';
  const telemetry = useReviewTelemetry(view, canReview);
  const recommendation = telemetry.asksFirst ? (
    <DecideFirst view={view} />
  ) : view.origin.kind === 'person' ? (
    <AskedBy view={view} />
  ) : (
    <ReviewRecommendation view={view} isAllowed={opened.size > 0} />
  );
  const isBlockedHere = shownIsDigested !== undefined;
  const nextUnopened = presentation.evidence.findIndex(item => !opened.has(item.id));
  useKeys([
    { keys: 'e', label: 'Open the evidence', run: () => openEvidence(nextUnopened < 0 ? 0 : nextUnopened) },
    {
      keys: 'a',
      label: 'Approve: opens the signing step',
      run: () => canReview && !isBlockedHere && setSigning('approve'),
    },
    {
      keys: 'r',
      label: 'Reject: opens the signing step',
      run: () => canReview && !isBlockedHere && setSigning('reject'),
    },
    { keys: 'm', label: 'Ask for more', run: () => canReview && !isBlockedHere && setSigning('ask_for_more') },
    { keys: 'c', label: 'Write the reason', run: () => document.getElementById('reason')?.focus() },
    { keys: 'w', label: 'Write a comment', run: () => document.getElementById('comment')?.focus() },
    {
      keys: 'u',
      label: 'Undo…',
      run: () => document.querySelector<HTMLButtonElement>('[data-testid="undo"]')?.focus(),
    },
    {
      keys: 'esc',
      label: 'Close the evidence, or back to the incident',
      run: () =>
        search.e === undefined
          ? void navigate(
              row.incident === '' ? { to: '/decisions' } : { to: '/incidents/$id', params: { id: row.incident } },
            )
          : void navigate({ search: {}, replace: true, resetScroll: false }),
    },
  ]);
  const cited = presentation.evidence.filter(
    item => item.id === search.e && (search.p === undefined || item.pointer === search.p),
  );
  return (
    <main className="page review" data-testid="review" data-state={row.state}>
      <Head view={view} />
      {shownIsDigested !== undefined && (
        <p className="failed" role="alert" data-testid="digest-differs">
          <strong>Do not sign.</strong> {shownIsDigested}
        </p>
      )}
      <Outcome error={open.error} />
      <LiveStrip view={view} />
      {view.drill !== undefined && <ReviewDrill view={view} drill={view.drill} />}
      <ReviewLease view={view} />
      <UndoLeft view={view} />
      {view.glass !== undefined && <ReviewGlass view={view} glass={view.glass} />}
      {view.secondLook !== undefined && <ReviewSecondLook view={view} look={view.secondLook} />}
      <ReviewChanges view={view} />
      <ReviewChecks view={view} acknowledged={acknowledged} onAcknowledge={setAcknowledged} />
      <div className={search.e === undefined ? 'review-split' : 'review-split has-evidence'}>
        <div className="review-left">
          <ReviewEvidence
            view={view}
            opened={opened}
            selected={search.e}
            selectedPointer={search.p}
            onOpen={openEvidence}
          />
          {telemetry.showsWords && <ReviewTasks view={view} />}
        </div>
        {search.e === undefined ? (
          recommendation
        ) : (
          <EvidencePanel
            id={search.e}
            cited={cited.map(({ pointer, value }) => ({ pointer, value }))}
            onClose={() => void navigate({ search: {}, replace: true, resetScroll: false })}
          />
        )}
      </div>
      {search.e !== undefined && recommendation}
      <div className="review-columns">
        <ReviewQuorum view={view} possible={me.possibleT3Reviewers} />
        <ReviewRevisions view={view} />
      </div>
      {/* What others said would be a recommendation, too. */}
      {telemetry.showsWords && <ReviewConversation view={view} />}
      <JudgeAfterwards view={view} me={me.person?.id} />
      <ReviewBar
        view={view}
        me={me}
        reason={reason}
        onReason={setReason}
        acknowledged={acknowledged}
        isBlocked={isBlockedHere}
        onSign={setSigning}
      />
      {signing !== undefined && (
        <SignDialog
          view={view}
          me={me}
          verdict={signing}
          reason={reason}
          acknowledged={acknowledged}
          onReason={setReason}
          onSigned={telemetry.tell}
          onClose={() => setSigning(undefined)}
        />
      )}
    </main>
  );
}

function digestTrouble(view: ProposalView): string | undefined {
  try {
    requireShownIsDigested(view);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function signedText({ glass, row }: ProposalView): string {
  if (glass !== undefined) return 'on the word of one person';
  return row.approvals === undefined ? `takes ${row.needed} to sign` : `${row.approvals} of ${row.needed} signed`;
}

function Head({ view }: { readonly view: ProposalView }) {
  const { row, presentation } = view;
  const now = useNow();
  return (
    <div className="page-head review-head">
      <TierMark tier={presentation.tier} />
      <h1 data-testid="sentence">
        <Inert text={presentation.sentence} form="line" />
      </h1>
      <span className="spacer" />
      <StateMark state={row.state} />
      <span className="soft nowrap" data-testid="quorum-count">
        {signedText(view)}
      </span>
      {row.state === 'in_review' && <span className="soft nowrap">{leftText(row.reviewBy, now)}</span>}
      <div className="review-ids">
        <Identifier text={row.id} />
        <span className="quiet">revision {row.revision}</span>
        {row.incident !== '' && (
          <Link to="/incidents/$id" params={{ id: row.incident }}>
            the incident
          </Link>
        )}
        <Link to="/audit" search={{ proposal: row.id }}>
          its log entries
        </Link>
        {row.undoes !== undefined && (
          <Link to="/proposals/$id" params={{ id: row.undoes }}>
            the act that this undoes
          </Link>
        )}
        {view.undoneBy !== undefined && (
          <Link to="/proposals/$id" params={{ id: view.undoneBy }}>
            the proposal that undoes this
          </Link>
        )}
      </div>
    </div>
  );
}
