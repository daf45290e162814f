import { startRegistration } from '@simplewebauthn/browser';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { EnrolBegun } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { type EnrolWith, enrol } from '../crypto/enrol.ts';
import { type LinkKey, linkKeyFromFragment } from '../crypto/link.ts';
import { canUsePasskeys, hasPlatformPasskey } from '../crypto/passkey.ts';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import '../styles/door.css';

/** The end of an enrolment link: who one becomes, the passkey, done. The link's secret never leaves the browser. */
export function EnrolPage() {
  const [fragment] = useState(() => location.hash);
  const begun = useQuery({
    queryKey: ['enrol', fragment],
    queryFn: () => begin(fragment),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    // Out of the address bar and the history, as soon as it has been read.
    if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
  }, []);
  return (
    <main className="door-page">
      <h1>Enrol</h1>
      {begun.isPending && <Loading what="the invitation" rows={3} />}
      {begun.isError && <Failed error={begun.error} what="this enrolment link" />}
      {begun.data !== undefined && <EnrolForm link={begun.data.link} begun={begun.data.begun} />}
    </main>
  );
}

async function begin(fragment: string): Promise<{ readonly link: LinkKey; readonly begun: EnrolBegun }> {
  const link = await linkKeyFromFragment(fragment);
  if (link === undefined)
    throw new Error('The link is incomplete. Open it exactly as it was given to you, with everything after the #.');
  return { link, begun: await request<EnrolBegun>('POST', '/api/v1/enrol/begin', { linkPublicKey: link.publicKey }) };
}

function EnrolForm({ link, begun }: { readonly link: LinkKey; readonly begun: EnrolBegun }) {
  const isFirst = begun.invitation === 'genesis';
  const [name, setName] = useState(begun.name);
  const [hasPasskey, setHasPasskey] = useState(canUsePasskeys());
  const cache = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    void hasPlatformPasskey().then(has => setHasPasskey(old => old || has));
  }, []);
  const finish = useMutation({
    mutationFn: (kind: EnrolWith) =>
      enrol({
        begun,
        link,
        name: name.trim(),
        kind,
        register: options =>
          startRegistration({ optionsJSON: options as Parameters<typeof startRegistration>[0]['optionsJSON'] }),
      }),
    onSuccess: async () => {
      await cache.fetchQuery({ ...meQuery, staleTime: 0 });
      await navigate({ to: '/sign-in' });
    },
  });
  return (
    <form
      className="stack"
      onSubmit={event => {
        event.preventDefault();
        finish.mutate('passkey');
      }}
    >
      <p>
        {isFirst
          ? 'You are the first person of this installation: its administrator. Everybody after you is enrolled with your signature.'
          : begun.isReset
            ? `${begun.name}, two others reset your passkey: the old one signs nothing any more. What you sign with the new one counts as yours, for two-person acts from tomorrow on.`
            : `${begun.name}, you were invited. What you sign here with your passkey counts as yours.`}
      </p>
      <label className="field">
        <span className="label">Your name</span>
        <input
          className="input"
          value={name}
          onChange={event => setName(event.target.value)}
          required
          maxLength={100}
          autoComplete="name"
          data-testid="enrol-name"
        />
      </label>
      <dl className="facts">
        <dt>roles</dt>
        <dd>{begun.roles.join(', ')}</dd>
        <dt>installation</dt>
        <dd className="mono">{begun.installation}</dd>
        <dt>for the site</dt>
        <dd className="mono">{begun.origin}</dd>
      </dl>
      {!canUsePasskeys() && (
        <p className="gap-text">
          This browser cannot use passkeys here. Open the page by the name {begun.rpId}, over https or on this machine.
        </p>
      )}
      <Outcome error={finish.error} />
      <div className="actions">
        <button
          type="submit"
          className="btn btn-primary"
          disabled={finish.isPending || name.trim() === '' || !hasPasskey}
          data-testid="enrol-passkey"
        >
          Make a passkey and enrol
        </button>
        {begun.browserKeyAllowed && (
          <button
            type="button"
            className="btn"
            disabled={finish.isPending || name.trim() === ''}
            onClick={() => finish.mutate('browser_key')}
            data-testid="enrol-browser-key"
          >
            No passkey here: use a key of this browser
          </button>
        )}
      </div>
      {begun.browserKeyAllowed && (
        <p className="quiet">
          A key of the browser exists in a demo only. It stays in this browser profile and cannot be copied out of it.
        </p>
      )}
    </form>
  );
}
