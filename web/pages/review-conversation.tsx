import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ProposalView, ReviewView } from '../../src/model/api.ts';
import {
  CHECK_TEXT,
  type CheckName,
  COMMENT_CHARS_MAX,
  type CommentAbout,
  type CommentList,
  type CommentView,
  type CommentWrite,
} from '../../src/model/conversation.ts';
import { request } from '../api/client.ts';
import { commentsQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/conversation.css';

const VERDICT_TEXT = {
  approve: 'approved',
  reject: 'rejected',
  ask_for_more: 'asked for more on',
  revoke: 'revoked',
  break_glass: 'broke glass',
} as const;

const SIGNED_TEXT = {
  passkey: 'with a passkey',
  session: "with this sign-in's key",
  browser_key: 'with a key of the browser (demo)',
  batch: 'together with others, by one signature',
} as const;

/** Entries that are shown before somebody asks for those before them. */
const SHOWN_LAST = 20;

type Entry =
  | { readonly kind: 'review'; readonly at: string; readonly review: ReviewView }
  | { readonly kind: 'comment'; readonly at: string; readonly comment: CommentView };

/** What reviewers signed and what anybody said, in order. It stands below the evidence, and words in it decide nothing. */
export function ReviewConversation({ view }: { readonly view: ProposalView }) {
  const comments = useQuery(commentsQuery(view.row.id));
  const [showsAll, setShowsAll] = useState(false);
  const entries = ordered(view.reviews, comments.data?.rows ?? []);
  const hidden = showsAll ? 0 : Math.max(0, entries.length - SHOWN_LAST);
  return (
    <section className="review-section conversation" aria-label="Conversation" data-testid="conversation">
      <header className="panel-head">
        <h2>Conversation</h2>
        <span className="quiet">comments decide nothing; only signed reviews count</span>
      </header>
      {comments.isPending && <Loading rows={2} what="the conversation" />}
      {comments.isError && (
        <Failed error={comments.error} what="what people said" retry={() => void comments.refetch()} />
      )}
      {comments.isSuccess && entries.length === 0 && (
        <p className="quiet" data-testid="conversation-empty">
          Nobody has reviewed this or said anything yet.
        </p>
      )}
      {hidden > 0 && (
        <button type="button" className="btn-link" onClick={() => setShowsAll(true)} data-testid="conversation-earlier">
          {hidden} earlier {hidden === 1 ? 'entry' : 'entries'}
        </button>
      )}
      <ol className="talk">
        {entries
          .slice(hidden)
          .map(entry =>
            entry.kind === 'review' ? (
              <Reviewed key={entry.review.id} review={entry.review} view={view} />
            ) : (
              <Said key={entry.comment.id} comment={entry.comment} view={view} />
            ),
          )}
      </ol>
      {comments.data?.mayWrite === true && <Composer view={view} />}
    </section>
  );
}

function ordered(reviews: readonly ReviewView[], comments: readonly CommentView[]): readonly Entry[] {
  return [
    ...reviews.map(review => ({ kind: 'review', at: review.at, review }) as const),
    ...comments.map(comment => ({ kind: 'comment', at: comment.at, comment }) as const),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function Reviewed({ review, view }: { readonly review: ReviewView; readonly view: ProposalView }) {
  return (
    <li className={`talk-entry is-review is-${review.verdict}`} data-testid="review-row">
      <p className="talk-head">
        <span>
          <strong>{review.by}</strong> {VERDICT_TEXT[review.verdict]} revision {review.revision}{' '}
          {SIGNED_TEXT[review.signedWith]}
        </span>
        <When at={review.at} logIndex={review.logIndex} />
        <Link
          to="/proposals/$id/signed/$review"
          params={{ id: view.row.id, review: review.id }}
          data-testid="as-signed"
        >
          as they saw it
        </Link>
        {review.revision !== view.row.revision && <Earlier revision={review.revision} />}
      </p>
      {!review.counts && (
        <p className="soft">
          {review.because === 'asks_only'
            ? 'It asks, and is neither a yes nor a no.'
            : `Does not count: ${review.because}`}
        </p>
      )}
      {review.reason !== '' && (
        <p className="talk-text">
          <Inert text={review.reason} form="line" keepLines />
        </p>
      )}
    </li>
  );
}

function Said({ comment, view }: { readonly comment: CommentView; readonly view: ProposalView }) {
  return (
    <li className="talk-entry" data-testid="comment" data-revision={comment.revision}>
      <p className="talk-head">
        <span>
          <strong>{comment.by}</strong> {comment.isContributor && <span className="badge">contributor</span>} said
          {comment.about !== '' && (
            <>
              {' '}
              about <AboutLink about={comment.about} view={view} />
            </>
          )}
        </span>
        <When at={comment.at} logIndex={comment.logIndex} />
        {comment.revision !== view.row.revision && <Earlier revision={comment.revision} />}
      </p>
      {comment.text === undefined ? (
        <p className="failed" data-testid="comment-broken">
          What is stored is not what was written: the log holds another commitment.
        </p>
      ) : (
        <p className="talk-text">
          <Inert text={comment.text} form="line" keepLines />
        </p>
      )}
    </li>
  );
}

function When({ at, logIndex }: { readonly at: string; readonly logIndex: number | undefined }) {
  return (
    <span className="quiet nowrap">
      <MomentText at={at} />
      {logIndex !== undefined && (
        <>
          {' · '}
          <Link to="/audit" search={{ entry: String(logIndex) }}>
            log #{logIndex}
          </Link>
        </>
      )}
    </span>
  );
}

function Earlier({ revision }: { readonly revision: number }) {
  return (
    <span className="badge talk-earlier" data-testid="of-earlier-revision">
      of revision {revision}, which was replaced
    </span>
  );
}

function isRecord(about: CommentAbout): about is `evd_${string}` {
  return about.startsWith('evd_');
}

function AboutLink({ about, view }: { readonly about: CommentAbout; readonly view: ProposalView }) {
  if (!isRecord(about)) return <>the check “{CHECK_TEXT[about as CheckName]}”</>;
  const at = recordsOf(view).indexOf(about);
  if (at < 0) return <>record {about}, which is not cited any more</>;
  return (
    <Link to="/proposals/$id" params={{ id: view.row.id }} search={{ e: about }} resetScroll={false}>
      record {at + 1} of the evidence
    </Link>
  );
}

function recordsOf(view: ProposalView): readonly `evd_${string}`[] {
  return [...new Set(view.presentation.evidence.map(shown => shown.id))];
}

/** What somebody was writing, by proposal: a new revision makes the page anew and must not take their words. */
const drafts = new Map<string, string>();

function Composer({ view }: { readonly view: ProposalView }) {
  const { id, revision } = view.row;
  const cache = useQueryClient();
  const [text, setText] = useState(drafts.get(id) ?? '');
  const [about, setAbout] = useState<CommentAbout>('');
  const write = (next: string) => {
    setText(next);
    drafts.set(id, next);
  };
  const send = useMutation({
    mutationFn: () =>
      request<CommentList>('POST', `/api/v1/proposals/${id}/comments`, {
        revision,
        about,
        text,
      } satisfies CommentWrite),
    onSuccess: list => {
      write('');
      setAbout('');
      cache.setQueryData(commentsQuery(id).queryKey, list);
    },
  });
  const canSend = text.trim() !== '' && !send.isPending;
  return (
    <form
      className="talk-form"
      onSubmit={event => {
        event.preventDefault();
        if (canSend) send.mutate();
      }}
    >
      <label className="field">
        <span className="label">Your comment on revision {revision}</span>
        <textarea
          id="comment"
          className="input"
          rows={2}
          value={text}
          maxLength={COMMENT_CHARS_MAX}
          placeholder="What the others should know. It is no vote."
          onChange={event => write(event.target.value)}
          data-testid="comment-text"
        />
      </label>
      <div className="talk-form-row">
        <label className="talk-about">
          <span className="label">About</span>
          <select
            className="input"
            value={about}
            onChange={event => setAbout(event.target.value as CommentAbout)}
            data-testid="comment-about"
          >
            <option value="">the whole proposal</option>
            <optgroup label="A record of the evidence">
              {recordsOf(view).map((record, index) => (
                <option key={record} value={record}>
                  record {index + 1} ({record.slice(0, 12)}…)
                </option>
              ))}
            </optgroup>
            <optgroup label="A check">
              {Object.entries(CHECK_TEXT).map(([name, shown]) => (
                <option key={name} value={name}>
                  {shown}
                </option>
              ))}
            </optgroup>
          </select>
        </label>
        <button type="submit" className="btn" disabled={!canSend} data-testid="comment-send">
          {send.isPending ? 'Keeping it…' : 'Comment'}
        </button>
      </div>
      <Outcome error={send.error} />
    </form>
  );
}
