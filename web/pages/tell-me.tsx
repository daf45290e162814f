import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { NOTICE_KIND_TEXT, NOTICE_KINDS, NOTICE_KINDS_ALWAYS, type TellMe } from '../../src/model/notice.ts';
import { request } from '../api/client.ts';
import { tellMeQuery } from '../api/queries.ts';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import '../styles/tell-me.css';

/** What the person who is signed in is told of, where and when. A mail opens pages; it decides nothing. */
export function TellMePage() {
  const tellMe = useQuery(tellMeQuery);
  return (
    <main className="page tell-me">
      <div className="page-head">
        <h1>Tell me</h1>
        <p className="soft">A notice opens a page. Nothing is approved by mail or chat.</p>
      </div>
      {tellMe.isPending && <Loading what="what you are told of" rows={3} />}
      {tellMe.isError && (
        <Failed error={tellMe.error} what="what you are told of" retry={() => void tellMe.refetch()} />
      )}
      {tellMe.data !== undefined && (
        <>
          <Address tellMe={tellMe.data} />
          <Wishes key={JSON.stringify(tellMe.data)} tellMe={tellMe.data} />
        </>
      )}
    </main>
  );
}

function useKeep() {
  const cache = useQueryClient();
  return (said: TellMe) => cache.setQueryData(tellMeQuery.queryKey, said);
}

function Address({ tellMe }: { readonly tellMe: TellMe }) {
  const keep = useKeep();
  const [address, setAddress] = useState(tellMe.address);
  const code = location.hash.slice(1);
  const name = useMutation({
    mutationFn: (wanted: string) => request<TellMe>('POST', '/api/v1/tell-me/address', { address: wanted }),
    onSuccess: said => {
      keep(said);
      setAddress(said.address);
    },
  });
  const confirm = useMutation({
    mutationFn: () => request<TellMe>('POST', '/api/v1/tell-me/confirm', { code }),
    onSuccess: said => {
      history.replaceState(null, '', location.pathname);
      keep(said);
    },
  });
  const needsConfirming = code !== '' && !tellMe.isConfirmed && tellMe.address !== '';
  return (
    <section className="health-section" aria-label="Address">
      <h2>Where</h2>
      {tellMe.because !== '' && <p className="gap-text">{tellMe.because}</p>}
      {needsConfirming && (
        <div className="stack">
          <p>
            Notices are to go to <strong className="wrap-anywhere">{tellMe.address}</strong>.
          </p>
          <div className="actions is-left">
            <button
              type="button"
              className="btn btn-primary"
              disabled={confirm.isPending}
              onClick={() => confirm.mutate()}
              data-testid="confirm-address"
            >
              This is my address
            </button>
          </div>
          <Outcome error={confirm.error} />
        </div>
      )}
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          name.mutate(address.trim());
        }}
      >
        <label className="field">
          <span className="label">Mail address</span>
          <input
            className="input"
            type="email"
            value={address}
            onChange={event => setAddress(event.target.value)}
            maxLength={254}
            data-testid="tell-me-address"
          />
        </label>
        <p className={tellMe.isConfirmed ? 'soft' : 'gap-text'} data-testid="address-state">
          {stateText(tellMe)}
        </p>
        <Outcome error={name.error} />
        <div className="actions is-left">
          <button
            type="submit"
            className="btn"
            disabled={
              name.isPending || address.trim() === '' || (tellMe.isConfirmed && address.trim() === tellMe.address)
            }
            data-testid="set-address"
          >
            Send a mail to check it
          </button>
          {tellMe.address !== '' && (
            <button type="button" className="btn" disabled={name.isPending} onClick={() => name.mutate('')}>
              Take it out
            </button>
          )}
        </div>
      </form>
    </section>
  );
}

function stateText({ address, isConfirmed, isWaiting }: TellMe): string {
  if (address === '') return 'No address: you are told on these pages only.';
  if (isConfirmed) return 'Confirmed. Notices go there.';
  return isWaiting
    ? 'Not confirmed yet: open the link in the mail while you are signed in. Until then nothing else is sent.'
    : 'Not confirmed: the link is too old. Send another mail to check it.';
}

function Wishes({ tellMe }: { readonly tellMe: TellMe }) {
  const keep = useKeep();
  const [kinds, setKinds] = useState(tellMe.kinds);
  const [from, setFrom] = useState(clockOf(tellMe.quiet.from));
  const [to, setTo] = useState(clockOf(tellMe.quiet.to));
  const [isQuiet, setQuiet] = useState(tellMe.quiet.from !== tellMe.quiet.to);
  const zone = isQuiet && tellMe.quiet.from !== tellMe.quiet.to ? tellMe.quiet.zone : ownZone();
  const save = useMutation({
    mutationFn: () =>
      request<TellMe>('PUT', '/api/v1/tell-me', {
        kinds,
        quiet: isQuiet ? { from: minuteOf(from), to: minuteOf(to), zone } : { from: 0, to: 0, zone },
      }),
    onSuccess: keep,
  });
  return (
    <section className="health-section" aria-label="Kinds">
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <fieldset className="field">
          <legend className="label">Of what</legend>
          {NOTICE_KINDS.map(kind => {
            const isAlways = NOTICE_KINDS_ALWAYS.includes(kind);
            return (
              <label key={kind} className="check-line">
                <input
                  type="checkbox"
                  checked={isAlways || kinds.includes(kind)}
                  disabled={isAlways}
                  onChange={() =>
                    setKinds(kinds.includes(kind) ? kinds.filter(other => other !== kind) : [...kinds, kind])
                  }
                  data-testid={`kind-${kind}`}
                />
                {NOTICE_KIND_TEXT[kind]} {isAlways && <span className="quiet">always</span>}
              </label>
            );
          })}
        </fieldset>
        <fieldset className="field">
          <legend className="label">Quiet hours</legend>
          <label className="check-line">
            <input
              type="checkbox"
              checked={isQuiet}
              onChange={() => {
                setQuiet(!isQuiet);
                if (!isQuiet && from === to) {
                  setFrom('22:00');
                  setTo('06:00');
                }
              }}
              data-testid="quiet"
            />
            Keep everything for later between these hours, but a two-person act that runs out and break-glass
          </label>
          {isQuiet && (
            <div className="quiet-hours">
              <label className="field">
                <span className="label">From</span>
                <input
                  className="input"
                  type="time"
                  value={from}
                  onChange={event => setFrom(event.target.value)}
                  required
                />
              </label>
              <label className="field">
                <span className="label">To</span>
                <input
                  className="input"
                  type="time"
                  value={to}
                  onChange={event => setTo(event.target.value)}
                  required
                />
              </label>
              <span className="quiet">{zone}</span>
            </div>
          )}
        </fieldset>
        <Outcome error={save.error} />
        <div className="actions is-left">
          <button type="submit" className="btn btn-primary" disabled={save.isPending} data-testid="save-wishes">
            {save.isSuccess ? 'Saved' : 'Save'}
          </button>
        </div>
      </form>
    </section>
  );
}

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function minuteOf(clock: string): number {
  const [hour = '0', minute = '0'] = clock.split(':');
  return Number(hour) * 60 + Number(minute);
}
