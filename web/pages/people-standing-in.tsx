import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { DelegationView, Me, PersonRow } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { delegationsQuery } from '../api/queries.ts';
import { signDelegation } from '../crypto/delegation.ts';
import { passkeyTrouble } from '../crypto/passkey.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/policy.css';

const DAYS = [1, 3, 7, 14] as const;

/** Who signs in whose stead, and the way to let somebody sign in one's own seats for a while. */
export function StandingIn({ me, people }: { readonly me: Me; readonly people: readonly PersonRow[] }) {
  const delegations = useQuery(delegationsQuery);
  const self = me.person?.id;
  const isReviewer = me.person?.roles.some(role => role === 'responder' || role === 'owner') === true;
  const list = delegations.data ?? [];
  return (
    <section className="health-section" aria-label="Standing in">
      <h2>Standing in</h2>
      <p className="soft">
        Where the inventory names an owner, that owner signs acts of two people on what they own. Whoever is away lets
        somebody else sign in those seats, and in no others. It ends by itself, and whoever has it cannot hand it on.
      </p>
      {delegations.isError && (
        <Failed error={delegations.error} what="who stands in" retry={() => void delegations.refetch()} />
      )}
      {list.length > 0 && (
        <ul className="standing-in">
          {list.map(one => (
            <Standing
              key={one.id}
              one={one}
              mayEnd={one.from === self || one.to === self || me.person?.roles.includes('administrator') === true}
            />
          ))}
        </ul>
      )}
      {list.length === 0 && delegations.isSuccess && <p className="quiet">Nobody stands in for anybody.</p>}
      {isReviewer && self !== undefined && (
        <HandOver
          me={self}
          people={people.filter(
            person => person.id !== self && !person.isPending && !person.hasLeft && canSign(person),
          )}
        />
      )}
    </section>
  );
}

function canSign({ roles }: PersonRow): boolean {
  return roles.includes('responder') || roles.includes('owner');
}

function Standing({ one, mayEnd }: { readonly one: DelegationView; readonly mayEnd: boolean }) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => request('POST', `/api/v1/delegations/${one.id}/end`),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['delegations'] }),
  });
  return (
    <li data-testid="standing-in">
      <span>
        <Inert text={one.toName} form="line" /> signs for <Inert text={one.fromName} form="line" /> until{' '}
        <MomentText at={one.until} />
      </span>
      {mayEnd && (
        <button type="button" className="btn-link" onClick={() => end.mutate()} disabled={end.isPending}>
          End it now
        </button>
      )}
      <Outcome error={end.error} />
    </li>
  );
}

function HandOver({ me, people }: { readonly me: string; readonly people: readonly PersonRow[] }) {
  const [to, setTo] = useState('');
  const [days, setDays] = useState<number>(3);
  const cache = useQueryClient();
  const give = useMutation({
    mutationFn: () =>
      signDelegation(me, to, days).catch((error: unknown) => {
        throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
      }),
    onSuccess: () => {
      setTo('');
      void cache.invalidateQueries({ queryKey: ['delegations'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    give.mutate();
  };
  if (people.length === 0) return <p className="quiet">Nobody else here could sign in your seats.</p>;
  return (
    <form className="standing-in-form" onSubmit={submit} data-testid="hand-over">
      <label className="field">
        <span className="label">Let sign in my seats</span>
        <select className="input" value={to} onChange={event => setTo(event.target.value)} data-testid="hand-over-to">
          <option value="">nobody</option>
          {people.map(person => (
            <option key={person.id} value={person.id}>
              {person.name}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span className="label">for</span>
        <select className="input" value={days} onChange={event => setDays(Number(event.target.value))}>
          {DAYS.map(one => (
            <option key={one} value={one}>
              {one === 1 ? 'a day' : `${one} days`}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="btn" disabled={to === '' || give.isPending} data-testid="hand-over-sign">
        Sign with passkey
      </button>
      <Outcome error={give.error} />
    </form>
  );
}
