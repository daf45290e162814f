import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import { askerOf } from '../../src/model/proposal.ts';
import type { JudgementRequest, PreJudgementRequest, ReviewSection } from '../../src/model/reliance.ts';
import { request } from '../api/client.ts';
import { shownQuery } from '../api/queries.ts';
import { useDwell } from '../parts/dwell.ts';
import { Outcome } from '../parts/states.tsx';

const PARTS: { readonly [S in ReviewSection]: string } = {
  changes: '.review [aria-label="What changes"]',
  checks: '.review [aria-label="Checks"]',
  evidence: '.review [aria-label="What it rests on"]',
  recommendation: '.review [aria-label="Recommendation"]',
  people: '.review [aria-label="Who signs"]',
};

/**
 * What the page tells of how it is read: that it was shown, and after a review how long its parts were on screen. Whether
 * any of it gets there changes nothing of what can be done here.
 */
export function useReviewTelemetry(view: ProposalView, canReview: boolean) {
  const at = { proposal: view.row.id, revision: view.row.revision };
  const shown = useQuery({ ...shownQuery(at), enabled: canReview });
  const dwell = useDwell(PARTS);
  const tell = () =>
    void request('POST', '/api/v1/reliance/dwell', { ...at, sections: dwell() }).catch(() => undefined);
  const asksFirst = canReview && shown.data?.preJudgement === 'asked';
  // Until it is known whether the page asks first, nobody's words are shown. Where that is not to be had, they are.
  return { asksFirst, showsWords: !asksFirst && !(canReview && shown.isPending), tell };
}

const CHOICES: readonly { readonly says: PreJudgementRequest['says']; readonly name: string }[] = [
  { says: 'do', name: 'Do it' },
  { says: 'do_not', name: 'Do not' },
  { says: 'cannot_tell', name: 'I cannot tell yet' },
];

/** One review in eight: what do you think, before anybody recommends? It binds nobody. An approval waits for it, a rejection does not. */
export function DecideFirst({ view }: { readonly view: ProposalView }) {
  const cache = useQueryClient();
  const at = { proposal: view.row.id, revision: view.row.revision };
  const say = useMutation({
    mutationFn: (says: PreJudgementRequest['says']) =>
      request('POST', '/api/v1/reliance/pre-judgement', { ...at, says }),
    onSuccess: (_, says) => {
      cache.setQueryData(shownQuery(at).queryKey, { preJudgement: says });
      void cache.invalidateQueries({ queryKey: ['proposal', view.row.id] });
    },
  });
  return (
    <section className="review-section" aria-label="Decide first" data-testid="decide-first">
      <header className="panel-head">
        <h2>Before you see the recommendation</h2>
      </header>
      <div className="stack">
        <p>From the evidence alone: should this be done?</p>
        <div className="actions is-left">
          {CHOICES.map(({ says, name }) => (
            <button
              key={says}
              type="button"
              className="btn"
              disabled={say.isPending}
              onClick={() => say.mutate(says)}
              data-testid={`decide-first-${says}`}
            >
              {name}
            </button>
          ))}
        </div>
        <p className="quiet">
          One review in eight asks. It is not your verdict and binds you to nothing. An approval waits for it, a
          rejection does not. What it shows over time you see first, under Reviewing.
        </p>
        <Outcome error={say.error} />
      </div>
    </section>
  );
}

const SETTLED: ReadonlySet<string> = new Set([
  'rejected',
  'revoked',
  'expired',
  'verified',
  'succeeded',
  'failed',
  'not_in_effect',
  'undone',
]);
const AFTERWARDS: readonly { readonly says: JudgementRequest['shouldHaveBeenDone']; readonly name: string }[] = [
  { says: 'yes', name: 'Yes' },
  { says: 'no', name: 'No' },
  { says: 'cannot_tell', name: 'Cannot tell' },
];

/** Once it is over: whoever had no part in it may say whether it was right. Agreement alone proves nothing. */
export function JudgeAfterwards({ view, me }: { readonly view: ProposalView; readonly me: string | undefined }) {
  const { row, origin, contributors, reviews } = view;
  const [name] = useState(() => `judge-${row.id}`);
  const say = useMutation({
    mutationFn: (shouldHaveBeenDone: JudgementRequest['shouldHaveBeenDone']) =>
      request('POST', '/api/v1/reliance/judgement', { proposal: row.id, revision: row.revision, shouldHaveBeenDone }),
  });
  const hasPart = me === askerOf(origin) || row.mySeat === 'reviewed' || contributors.some(({ id }) => id === me);
  if (me === undefined || !SETTLED.has(row.state) || hasPart || reviews.length === 0) return null;
  return (
    <section className="review-section" aria-labelledby={name} data-testid="judge-afterwards">
      <header className="panel-head">
        <h2 id={name}>Looking back: should it have been done?</h2>
      </header>
      {say.isSuccess ? (
        <p role="status">Kept. It changes nothing here; it is what the figures under Reviewing are measured by.</p>
      ) : (
        <div className="actions is-left">
          {AFTERWARDS.map(({ says, name: label }) => (
            <button key={says} type="button" className="btn" disabled={say.isPending} onClick={() => say.mutate(says)}>
              {label}
            </button>
          ))}
        </div>
      )}
      <Outcome error={say.error} />
    </section>
  );
}
