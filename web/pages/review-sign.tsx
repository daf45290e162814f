import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { taskText } from '../../src/core/decide/task.ts';
import { wordsOf } from '../../src/core/decide/words.ts';
import type { Me, ProposalView, ReviewBegin, ReviewBegun } from '../../src/model/api.ts';
import type { ReviewSignature, Verdict } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { heldKey, signWithKey } from '../crypto/keys.ts';
import { passkeyTrouble, signWithPasskey } from '../crypto/passkey.ts';
import { digestToSign } from '../crypto/review.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Inert } from '../parts/inert.tsx';
import { Outcome } from '../parts/states.tsx';
import { AskFields, firstAsk, taskOf, useAskable } from './review-ask.tsx';
import { waitingFor } from './review-bar.tsx';

interface SignDialogProps {
  readonly view: ProposalView;
  readonly me: Me;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly acknowledged: readonly string[];
  readonly onReason: (reason: string) => void;
  readonly onSigned: () => void;
  readonly onClose: () => void;
}

const TITLES: { readonly [V in Verdict]: string } = {
  approve: 'Sign this act',
  reject: 'Reject',
  ask_for_more: 'Ask for more',
  revoke: 'Revoke the approval',
  break_glass: 'Break glass',
};
const CONFIRM_CHARS = 4;

/** The one modal: the exact sentence, for two-person acts the end of the target's id typed, then the signature. */
export function SignDialog({ view, me, verdict, reason, acknowledged, onReason, onSigned, onClose }: SignDialogProps) {
  const cache = useQueryClient();
  const [typed, setTyped] = useState('');
  const isApproval = verdict === 'approve';
  const tail = view.act.target.immutableId.slice(-CONFIRM_CHARS);
  const isGlass = verdict === 'break_glass';
  const mustType = isGlass || (isApproval && view.presentation.tier === 'T3');
  const isAsking = verdict === 'ask_for_more';
  const [ask, setAsk] = useState(() => firstAsk(view));
  const askable = useAskable(view, me);
  const owner = ask.owner === '' ? (askable[0]?.id ?? '') : ask.owner;
  const waiting = isApproval
    ? waitingFor(view, reason, acknowledged)
    : isAsking
      ? taskOf(ask, view, owner, Date.now()).missing
      : [];
  const sign = useMutation({
    mutationFn: () => {
      const task = isAsking ? taskOf(ask, view, owner, Date.now()).task : undefined;
      return signReview(view, me, {
        verdict,
        // What is asked is what is signed.
        reason: task === undefined ? reason.trim() : taskText(task.asks),
        acknowledged: isApproval || isGlass ? acknowledged : [],
        ...(task === undefined ? {} : { task }),
      });
    },
    onSuccess: next => {
      cache.setQueryData(['proposal', view.row.id], next);
      void cache.invalidateQueries({ queryKey: ['proposal', view.row.id] });
      void cache.invalidateQueries({ queryKey: ['proposals'] });
      void cache.invalidateQueries({ queryKey: ['me'] });
      onSigned();
      onClose();
      // To the strip that shows what happens now.
      document.getElementById('main')?.scrollTo({ top: 0, behavior: 'smooth' });
    },
  });
  const isReady = !sign.isPending && waiting.length === 0 && (!mustType || typed === tail);
  return (
    <Dialog title={TITLES[verdict]} onClose={onClose} testId="sign-dialog">
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          if (isReady) sign.mutate();
        }}
      >
        <p className="sign-sentence">
          <Inert text={view.presentation.sentence} form="line" />
        </p>
        <dl className="facts">
          <dt>target</dt>
          <dd>
            <Inert text={view.presentation.targetName} /> on {view.act.target.system}, id{' '}
            <code>{view.act.target.immutableId}</code>
          </dd>
          <dt>undo</dt>
          <dd>
            <Inert text={view.presentation.undo.sentence} form="line" />
          </dd>
          <dt>four words</dt>
          <dd className="digest-words">{wordsOf(view.actDigest)}</dd>
        </dl>
        {isApproval && <p className="soft">{placeText(view.row)}</p>}
        {isGlass && (
          <ul className="soft" data-testid="glass-terms">
            <li>It starts at once, on your word alone, and within a quarter of an hour or not at all.</li>
            <li>Everybody is told now. No setting keeps that back.</li>
            <li>Within 24 hours two others say whether it was right. Until they have, you cannot do this again.</li>
          </ul>
        )}
        {isAsking && <AskFields view={view} me={me} askable={askable} draft={ask} onDraft={setAsk} />}
        {isApproval && <OpenTasks view={view} />}
        {!isApproval && !isAsking && (
          <label className="field">
            <span className="label">
              {isGlass ? 'Why this cannot wait' : `Reason ${verdict === 'reject' ? '(may stay empty)' : ''}`}
            </span>
            <textarea
              className="input"
              rows={2}
              value={reason}
              onChange={event => onReason(event.target.value)}
              maxLength={2_000}
              data-testid="dialog-reason"
            />
          </label>
        )}
        {mustType && (
          <label className="field">
            <span className="label">Type the last {CONFIRM_CHARS} characters of the target's id</span>
            <input
              className="input mono input-confirm"
              value={typed}
              onChange={event => setTyped(event.target.value)}
              maxLength={CONFIRM_CHARS}
              autoComplete="off"
              spellCheck={false}
              data-testid="target-confirm"
            />
          </label>
        )}
        {waiting.length > 0 && (
          <p className="gap-text">
            {isAsking ? 'To ask' : 'To approve'}: {waiting.join('; ')}.
          </p>
        )}
        <Outcome error={sign.error} />
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            Not now
          </button>
          <button
            type="submit"
            className={verdict === 'approve' || verdict === 'ask_for_more' ? 'btn btn-primary' : 'btn btn-danger'}
            disabled={!isReady}
            data-testid="sign-confirm"
          >
            {sign.isPending ? 'Waiting for your signature…' : `${TITLES[verdict]}`}
          </button>
        </div>
        <p className="quiet">Your browser recomputed the digests of what this page shows; it signs nothing else.</p>
      </form>
    </Dialog>
  );
}

/** Whoever signs while something is still awaited is told so. */
function OpenTasks({ view }: { readonly view: ProposalView }) {
  const open = view.tasks.filter(task => task.state === 'open').length;
  if (open === 0) return null;
  return (
    <p className="gap-text" data-testid="sign-open-tasks">
      {open === 1 ? 'One thing that a reviewer asked for has' : `${open} things that reviewers asked for have`} not come
      yet. You decide without {open === 1 ? 'it' : 'them'}.
    </p>
  );
}

async function signReview(
  view: ProposalView,
  me: Me,
  said: Pick<ReviewBegin, 'verdict' | 'reason' | 'acknowledged' | 'task'>,
): Promise<ProposalView> {
  if (me.person === null) throw new Error('Sign in first.');
  const path = `/api/v1/proposals/${view.row.id}/reviews`;
  const begin: ReviewBegin = {
    ...said,
    acknowledged: [...said.acknowledged].sort(),
    revision: view.row.revision,
    actDigest: view.actDigest,
    presentationDigest: view.presentationDigest,
  };
  const begun = await request<ReviewBegun>('POST', `${path}/begin`, begin);
  const digest = digestToSign(view, begin, begun, { id: me.person.id, installation: me.installation });
  const signature = await signatureFor(digest, begun);
  return request<ProposalView>('POST', `${path}/finish`, { nonce: begun.intent.nonce, signature });
}

async function signatureFor(digest: Uint8Array, begun: ReviewBegun): Promise<ReviewSignature> {
  if (begun.signWith === 'passkey') {
    try {
      return { kind: 'passkey', assertion: await signWithPasskey(digest, begun.rpId, begun.credentialIds) };
    } catch (error) {
      throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
    }
  }
  const key = await heldKey(begun.signWith);
  if (key === undefined) throw new Error('The key of this sign-in is not in this browser any more. Sign in again.');
  const signature = await signWithKey(key, digest);
  return begun.signWith === 'session'
    ? { kind: 'session', session: key.id as `ses_${string}`, signature }
    : { kind: 'browser_key', credentialId: key.id, signature };
}

function placeText({ needed, approvals }: ProposalView['row']): string {
  if (approvals === undefined) return `It takes ${needed} to sign. Nothing happens until the last one has.`;
  return needed - approvals > 1
    ? `Yours is ${approvals + 1} of ${needed}. Nothing happens until the last one has signed.`
    : 'Yours is the last one needed. It starts as soon as you have signed.';
}
