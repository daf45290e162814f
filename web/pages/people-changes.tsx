import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Me, PersonChangeView, PersonRow } from '../../src/model/api.ts';
import type { KINDS_OF_ENROLLED } from '../../src/model/person-change.ts';
import type { Role } from '../../src/model/review.ts';
import { meQuery, personChangesQuery } from '../api/queries.ts';
import { passkeyTrouble } from '../crypto/passkey.ts';
import { beginChange, signChange } from '../crypto/person-change.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import { LinkOnce } from './people-link.tsx';
import { RoleChoice } from './people-roles.tsx';
import '../styles/policy.css';

const KIND_TEXT: { readonly [K in (typeof KINDS_OF_ENROLLED)[number]]: string } = {
  reset: 'reset a lost passkey',
  roles: 'change roles',
  remove: 'remove',
};

/** What two others changed of somebody, what waits for a second signature, and the way to begin one. */
export function PeopleChanges({ me, people }: { readonly me: Me; readonly people: readonly PersonRow[] }) {
  const changes = useQuery(personChangesQuery);
  const list = changes.data ?? [];
  const self = me.person;
  const mayBegin =
    self?.roles.some(role => role === 'administrator' || role === 'responder' || role === 'owner') === true;
  const others = people.filter(person => person.id !== self?.id && !person.isPending && !person.hasLeft);
  return (
    <section className="health-section" aria-label="Changes of people">
      <h2>Changes of people</h2>
      <p className="soft">
        An invitation of somebody who may sign for others, a reset of a passkey, other roles or a removal takes the
        signatures of two other people, of whom one is an administrator. A passkey that is reset or removed stops at
        once; a new passkey or role does not count for two-person acts for a day. Everybody is told.
      </p>
      {changes.isError && (
        <Failed error={changes.error} what="the changes of people" retry={() => void changes.refetch()} />
      )}
      {list.length > 0 && (
        <ul className="standing-in">
          {list.map(one => (
            <Change key={one.change} one={one} />
          ))}
        </ul>
      )}
      {list.length === 0 && changes.isSuccess && <p className="quiet">Nobody was changed yet.</p>}
      {mayBegin && <Begin installation={me.installation} people={others} />}
    </section>
  );
}

function Change({ one }: { readonly one: PersonChangeView }) {
  const cache = useQueryClient();
  const sign = useMutation({
    mutationFn: () => signChange(one).catch(troubled),
    onSuccess: () => refresh(cache),
  });
  return (
    <li data-testid="person-change" data-state={one.state}>
      <span>
        <strong>
          <Inert text={one.personName} form="line" />
        </strong>
        : {saidOf(one)}, signed by{' '}
        {one.signedBy.map((signer, i) => (
          <span key={signer.person}>
            {i > 0 && ' and '}
            <Inert text={signer.name} form="line" />
          </span>
        ))}{' '}
        {one.state === 'waits' && (
          <span className="gap-text">
            waits for one more until <MomentText at={one.expiresAt} />
          </span>
        )}
        {one.state === 'expired' && <span className="quiet">never counted</span>}
        {one.state === 'counts' && (
          <span className="quiet">
            {one.kind === 'invite' ? 'link works since' : 'counts since'}{' '}
            <MomentText at={one.signedBy.at(-1)?.at ?? ''} />
          </span>
        )}
        {one.because !== '' && <span className="quiet"> {one.because}</span>}
      </span>
      {one.maySign && (
        <button
          type="button"
          className="btn"
          onClick={() => sign.mutate()}
          disabled={sign.isPending}
          data-testid="change-sign"
        >
          Sign with passkey
        </button>
      )}
      <Outcome error={sign.error} />
    </li>
  );
}

function saidOf({ kind, roles }: PersonChangeView): string {
  switch (kind) {
    case 'invite':
      return `invited as ${roles.join(', ')}`;
    case 'reset':
      return 'passkey reset';
    case 'roles':
      return `roles become ${roles.join(', ')}`;
    case 'remove':
      return 'removed';
  }
}

function Begin({ installation, people }: { readonly installation: string; readonly people: readonly PersonRow[] }) {
  const [personId, setPerson] = useState('');
  const [kind, setKind] = useState<keyof typeof KIND_TEXT>('reset');
  const [roles, setRoles] = useState<readonly Role[]>([]);
  const cache = useQueryClient();
  const person = people.find(one => one.id === personId);
  const begin = useMutation({
    mutationFn: (about: PersonRow) => beginChange({ kind, person: about.id, roles, installation }).catch(troubled),
    onSuccess: () => refresh(cache),
  });
  const reset = () => {
    begin.reset();
    setPerson('');
  };
  if (people.length === 0) return <p className="quiet">There is nobody else whom you could change.</p>;
  if (begin.data !== undefined && begin.data !== '')
    return (
      <LinkOnce link={begin.data} name={person?.name ?? ''} onDone={reset}>
        It works once somebody else has signed the reset too, for 24 hours, and once only. Hand it over in person or by
        a call in which you know who you talk to: whoever opens it becomes {person?.name} here.
      </LinkOnce>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (person !== undefined) begin.mutate(person);
  };
  return (
    <form className="stack" onSubmit={submit} data-testid="change-person">
      <div className="standing-in-form">
        <label className="field">
          <span className="label">Whom</span>
          <select
            className="input"
            value={personId}
            data-testid="change-whom"
            onChange={event => {
              begin.reset();
              setPerson(event.target.value);
              setRoles(people.find(one => one.id === event.target.value)?.roles ?? []);
            }}
          >
            <option value="">nobody</option>
            {people.map(one => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="label">What</span>
          <select
            className="input"
            value={kind}
            onChange={event => setKind(event.target.value as keyof typeof KIND_TEXT)}
            data-testid="change-what"
          >
            {Object.entries(KIND_TEXT).map(([value, says]) => (
              <option key={value} value={value}>
                {says}
              </option>
            ))}
          </select>
        </label>
        <button
          type="submit"
          className="btn"
          disabled={person === undefined || begin.isPending || (kind === 'roles' && isSame(roles, person.roles))}
          data-testid="change-begin"
        >
          Sign with passkey
        </button>
      </div>
      {kind === 'roles' && person !== undefined && (
        <RoleChoice roles={roles} onChange={setRoles} testId="change-role" />
      )}
      <Outcome error={begin.error} />
    </form>
  );
}

function isSame(a: readonly Role[], b: readonly Role[]): boolean {
  return a.length === 0 || [...a].sort().join() === [...b].sort().join();
}

function refresh(cache: ReturnType<typeof useQueryClient>): void {
  void cache.invalidateQueries({ queryKey: ['person-changes'] });
  void cache.invalidateQueries({ queryKey: ['people'] });
  // How many could sign an act of two people stands on every page.
  void cache.invalidateQueries({ queryKey: meQuery.queryKey });
}

function troubled(error: unknown): never {
  throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
}
