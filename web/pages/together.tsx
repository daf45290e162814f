import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { BatchBegin, BatchBegun, Me, ProposalView } from '../../src/model/api.ts';
import type { BatchSignature } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { meQuery, proposalQuery } from '../api/queries.ts';
import { batchToSign } from '../crypto/batch.ts';
import { heldKey, signWithKey } from '../crypto/keys.ts';
import { passkeyTrouble, signWithPasskey } from '../crypto/passkey.ts';
import { Empty, Failed, Loading, Outcome } from '../parts/states.tsx';
import { waitingFor } from './review-bar.tsx';
import { TogetherMember } from './together-member.tsx';
import '../styles/review.css';
import '../styles/together.css';

const IDS_MAX = 20;
const REASON_CHARS_MAX = 2_000;

/** Like proposals, each whole, for one signature over their list. One of them is chosen by chance and has to be opened. */
export function TogetherPage() {
  const search: { readonly ids?: string } = useSearch({ from: '/together' });
  const ids = useMemo(
    () => [...new Set((search.ids ?? '').split(',').filter(id => /^prp_[0-9a-z]+$/.test(id)))].slice(0, IDS_MAX),
    [search.ids],
  );
  const me = useQuery(meQuery);
  const found = useQueries({ queries: ids.map(id => proposalQuery(id)) });
  const failed = found.find(one => one.isError);
  const views = found.flatMap(one => (one.data === undefined ? [] : [one.data]));
  return (
    <main className="page together" id="together">
      <div className="page-head">
        <h1>Sign together</h1>
        <p className="soft">{ids.length} proposals of one operation, one signature, each of them below</p>
        <span className="spacer" />
        <Link to="/decisions">Back to decisions</Link>
      </div>
      {ids.length === 0 && <Empty title="No proposals were selected" />}
      {failed !== undefined && (
        <Failed error={failed.error} what="one of the proposals" retry={() => void failed.refetch()} />
      )}
      {failed === undefined && (views.length < ids.length || me.data === undefined) && <Loading what="the proposals" />}
      {ids.length > 0 && views.length === ids.length && me.data !== undefined && (
        <Together key={ids.join()} views={views} me={me.data} />
      )}
    </main>
  );
}

type Acknowledged = Readonly<Record<string, readonly string[]>>;

function Together({ views, me }: { readonly views: readonly ProposalView[]; readonly me: Me }) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [reason, setReason] = useState('');
  const [acknowledged, setAcknowledged] = useState<Acknowledged>({});
  const [begun, setBegun] = useState<{ readonly asked: BatchBegin; readonly begun: BatchBegun } | undefined>();
  const waiting = views.flatMap(view => waitingFor(view, reason, acknowledged[view.row.id] ?? []));
  const gone = views.filter(view => view.row.state !== 'in_review');
  const toOpen = (begun?.begun.toOpen ?? []).filter(
    id => views.find(view => view.row.id === id)?.evidenceOpened.length === 0,
  );
  const begin = async (verdict: BatchBegin['verdict']) => {
    const asked: BatchBegin = {
      verdict,
      reason: reason.trim(),
      members: views.map(view => ({
        proposal: view.row.id,
        revision: view.row.revision,
        actDigest: view.actDigest,
        presentationDigest: view.presentationDigest,
        acknowledged: verdict === 'approve' ? [...(acknowledged[view.row.id] ?? [])].sort() : [],
      })),
    };
    return { asked, begun: await request<BatchBegun>('POST', '/api/v1/proposals/batches/begin', asked) };
  };
  const onSigned = () => {
    void cache.invalidateQueries({ queryKey: ['proposals'] });
    void cache.invalidateQueries({ queryKey: ['proposal'] });
    void navigate({ to: '/decisions' });
  };
  const choose = useMutation({ mutationFn: () => begin('approve'), onSuccess: setBegun });
  const sign = useMutation({
    mutationFn: async () => {
      if (begun !== undefined) await finish(views, begun, me);
    },
    onSuccess: onSigned,
  });
  const reject = useMutation({ mutationFn: async () => finish(views, await begin('reject'), me), onSuccess: onSigned });
  const isBusy = choose.isPending || sign.isPending || reject.isPending;
  const steps = [...new Set(waiting)];
  return (
    <>
      <ol className="together-members">
        {views.map(view => (
          <TogetherMember
            key={view.row.id}
            view={view}
            isChosen={begun?.begun.toOpen.includes(view.row.id) === true}
            acknowledged={acknowledged[view.row.id] ?? []}
            onAcknowledge={streams => {
              setAcknowledged({ ...acknowledged, [view.row.id]: streams });
              setBegun(undefined);
            }}
          />
        ))}
      </ol>
      <footer className="review-bar">
        <label className="review-reason">
          <span className="visually-hidden">Reason for all of them</span>
          <textarea
            className="input"
            rows={1}
            value={reason}
            maxLength={REASON_CHARS_MAX}
            placeholder="Reason for all of them"
            onChange={event => {
              setReason(event.target.value);
              setBegun(undefined);
            }}
            data-testid="together-reason"
          />
        </label>
        <div className="review-verdicts">
          <button
            type="button"
            className="btn"
            disabled={isBusy || gone.length > 0}
            onClick={() => reject.mutate()}
            data-testid="together-reject"
          >
            Reject all {views.length}
          </button>
          <span className="spacer" />
          {begun === undefined ? (
            <button
              type="button"
              className="btn btn-primary"
              disabled={isBusy || waiting.length > 0 || gone.length > 0}
              onClick={() => choose.mutate()}
              data-testid="together-choose"
            >
              Choose one to open
            </button>
          ) : (
            <button
              type="button"
              className="btn btn-primary"
              disabled={isBusy || toOpen.length > 0}
              onClick={() => sign.mutate()}
              data-testid="together-sign"
            >
              {sign.isPending ? 'Waiting for your signature…' : `Sign all ${views.length}`}
            </button>
          )}
        </div>
        <p className="quiet sign-waits" data-testid="together-waits">
          {gone.length > 0
            ? `${gone.length} of them ${gone.length === 1 ? 'is' : 'are'} not in review any more: go back and select again.`
            : steps.length > 0
              ? `To approve: ${steps.join('; ')}.`
              : begun === undefined
                ? 'One of them is chosen by chance, and you open its evidence before you sign.'
                : toOpen.length > 0
                  ? `Open a record of what is marked as chosen (${toOpen.length}).`
                  : 'One signature counts for each of them in this order. If one changes, it counts for none.'}
        </p>
        <Outcome error={choose.error ?? sign.error ?? reject.error} />
      </footer>
    </>
  );
}

async function finish(
  views: readonly ProposalView[],
  { asked, begun }: { readonly asked: BatchBegin; readonly begun: BatchBegun },
  me: Me,
): Promise<void> {
  if (me.person === null) throw new Error('Sign in first.');
  const digest = batchToSign(views, asked, begun, { id: me.person.id, installation: me.installation });
  const signature = await signatureFor(digest, begun);
  await request('POST', '/api/v1/proposals/batches/finish', { nonce: begun.batch.nonce, signature });
}

async function signatureFor(digest: Uint8Array, begun: BatchBegun): Promise<BatchSignature> {
  if (begun.signWith === 'passkey') {
    try {
      return { kind: 'passkey', assertion: await signWithPasskey(digest, begun.rpId, begun.credentialIds) };
    } catch (error) {
      throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
    }
  }
  const key = await heldKey('browser_key');
  if (key === undefined) throw new Error('The key of this sign-in is not in this browser any more. Sign in again.');
  return { kind: 'browser_key', credentialId: key.id, signature: await signWithKey(key, digest) };
}
