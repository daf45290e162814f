import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { digestOf } from '../../src/base/canonical.ts';
import type { InvitationBegun, Me } from '../../src/model/api.ts';
import type { Role } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { meQuery, peopleQuery } from '../api/queries.ts';
import { newLink } from '../crypto/link.ts';
import { passkeyTrouble } from '../crypto/passkey.ts';
import { challengeBytes, closed, WillNotSign } from '../crypto/review.ts';
import { signDigest } from '../crypto/sign.ts';
import { Identifier } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import { InventorySection } from './inventory.tsx';
import { StandingIn } from './people-standing-in.tsx';

const ROLES: readonly { readonly role: Role; readonly says: string }[] = [
  { role: 'responder', says: 'reviews acts up to T3' },
  { role: 'analyst', says: 'works on incidents, proposes, reviews T1' },
  { role: 'owner', says: 'reviews acts on what they own' },
  { role: 'auditor', says: 'reads everything, changes nothing' },
  { role: 'administrator', says: 'invites people, signs the inventory' },
];

/** Who can sign here, and the way for the next one: a link that is signed, works once and is shown once. */
export function PeoplePage() {
  const people = useQuery(peopleQuery);
  const me = useQuery(meQuery);
  const isAdministrator = me.data?.person?.roles.includes('administrator') === true;
  const possible = me.data?.possibleT3Reviewers ?? 0;
  return (
    <main className="page people">
      <div className="page-head">
        <h1>People</h1>
        {me.data !== undefined && (
          <p className={possible < 2 ? 'gap-text' : 'soft'}>
            {possible} could sign a two-person act
            {possible < 2 && '; it takes two, so T3 is unavailable until another is enrolled'}
          </p>
        )}
      </div>
      {people.isPending && <Loading what="the people" rows={3} />}
      {people.isError && <Failed error={people.error} what="the people" retry={() => void people.refetch()} />}
      {people.data !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="People">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Roles</th>
                <th scope="col">Signs with</th>
                <th scope="col">Enrolled</th>
                <th scope="col">Id</th>
              </tr>
            </thead>
            <tbody>
              {people.data.map(person => (
                <tr key={person.id} data-testid="person-row">
                  <td>{person.name}</td>
                  <td>{person.roles.join(', ')}</td>
                  <td>
                    {person.isPending ? (
                      <span className="gap-text">link not used yet</span>
                    ) : (
                      person.credentialKinds.map(kind => kind.replace('_', ' ')).join(', ')
                    )}
                    {person.coolsUntil !== '' && (
                      <span className="gap-text" data-testid="cools-until">
                        {' '}
                        too new for two-person acts until <MomentText at={person.coolsUntil} />
                      </span>
                    )}
                  </td>
                  <td>
                    <MomentText at={person.enrolledAt} />
                  </td>
                  <td>
                    <Identifier text={person.id} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {isAdministrator && me.data !== undefined && <Invite me={me.data} />}
      {me.data !== undefined && <StandingIn me={me.data} people={people.data ?? []} />}
      <InventorySection />
      {!isAdministrator && <p className="quiet">An administrator invites people.</p>}
    </main>
  );
}

function Invite({ me }: { readonly me: Me }) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<readonly Role[]>(['responder']);
  const cache = useQueryClient();
  const invite = useMutation({
    mutationFn: () => makeInvitation(me, name.trim(), [...roles].sort()),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['people'] }),
  });
  if (invite.data !== undefined)
    return (
      <LinkOnce
        link={invite.data}
        name={name}
        onDone={() => {
          invite.reset();
          setName('');
        }}
      />
    );
  return (
    <section className="people-invite" aria-label="Invite a person">
      <h2>Invite a person</h2>
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        <label className="field">
          <span className="label">Name</span>
          <input
            className="input"
            value={name}
            onChange={event => setName(event.target.value)}
            maxLength={100}
            required
            data-testid="invite-name"
          />
        </label>
        <fieldset className="field">
          <legend className="label">Roles</legend>
          {ROLES.map(({ role, says }) => (
            <label key={role} className="check-line">
              <input
                type="checkbox"
                checked={roles.includes(role)}
                onChange={() =>
                  setRoles(roles.includes(role) ? roles.filter(other => other !== role) : [...roles, role])
                }
                data-testid={`role-${role}`}
              />
              {role} <span className="quiet">{says}</span>
            </label>
          ))}
        </fieldset>
        <Outcome error={invite.error} />
        <div className="actions">
          <button
            type="submit"
            className="btn btn-primary"
            disabled={name.trim() === '' || roles.length === 0 || invite.isPending}
            data-testid="invite"
          >
            Sign the invitation
          </button>
        </div>
      </form>
    </section>
  );
}

/** The link's key is made here: the server learns only its public half, so it cannot enrol anybody by itself. */
async function makeInvitation(me: Me, name: string, roles: readonly Role[]): Promise<string> {
  const link = await newLink();
  const begun = await request<InvitationBegun>('POST', '/api/v1/invitations/begin', {
    name,
    roles,
    linkPublicKey: link.key.publicKey,
  });
  const { invitation } = begun;
  const isOurs =
    invitation.linkPublicKey === link.key.publicKey &&
    invitation.roles.join() === roles.join() &&
    invitation.invitedBy === me.person?.id &&
    invitation.installation === me.installation;
  if (!isOurs) throw new WillNotSign("the server's invitation is not the one that was asked for");
  const digest = challengeBytes(digestOf('countersign/invitation/v1', closed(invitation)), begun.challenge);
  try {
    const signature = await signDigest(digest, begun.credentialIds);
    await request('POST', '/api/v1/invitations/finish', { invitation: invitation.id, signature });
  } catch (error) {
    throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
  }
  return `${location.origin}/enrol#${link.seed}`;
}

function LinkOnce({
  link,
  name,
  onDone,
}: {
  readonly link: string;
  readonly name: string;
  readonly onDone: () => void;
}) {
  const [isCopied, setCopied] = useState(false);
  return (
    <section className="people-invite" aria-label="The enrolment link">
      <h2>The link for {name}</h2>
      <p>
        Give it to {name} and nobody else: whoever opens it first becomes {name} here. It works once, and it is not
        shown again.
      </p>
      <code className="link-once" data-testid="invite-link">
        {link}
      </code>
      <div className="actions">
        <button
          type="button"
          className="btn btn-primary"
          onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}
        >
          {isCopied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" className="btn" onClick={onDone}>
          Done
        </button>
      </div>
    </section>
  );
}
