import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { digestOf } from '../../src/base/canonical.ts';
import type { InvitationBegun, InvitationByOne, Me } from '../../src/model/api.ts';
import type { Role } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { meQuery, peopleQuery } from '../api/queries.ts';
import { newLink } from '../crypto/link.ts';
import { passkeyTrouble } from '../crypto/passkey.ts';
import { signInvite } from '../crypto/person-change.ts';
import { challengeBytes, closed, WillNotSign } from '../crypto/review.ts';
import { signDigest } from '../crypto/sign.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import { InventorySection } from './inventory.tsx';
import { PeopleChanges } from './people-changes.tsx';
import { LinkOnce } from './people-link.tsx';
import { RoleChoice } from './people-roles.tsx';
import { StandingIn } from './people-standing-in.tsx';

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
        <p className="soft">
          <Link to="/machines">Machine identities, and who answers for each</Link>
        </p>
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
                  <td className="row-person">
                    <Inert text={person.name} form="line" />
                  </td>
                  <td>{person.roles.join(', ')}</td>
                  <td>
                    {person.isPending ? (
                      <span className="gap-text">link not used yet</span>
                    ) : person.hasLeft ? (
                      <span className="quiet" data-testid="has-left">
                        removed: signs nothing any more
                      </span>
                    ) : person.credentialKinds.length === 0 ? (
                      <span className="gap-text">passkey was reset; the link was not used yet</span>
                    ) : (
                      person.credentialKinds.map(kind => kind.replace('_', ' ')).join(', ')
                    )}
                    {person.coolsUntil !== '' && (
                      <span className="gap-text" data-testid="cools-until">
                        {' '}
                        passkey or role too new for two-person acts until <MomentText at={person.coolsUntil} />
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
      {me.data !== undefined && <PeopleChanges me={me.data} people={people.data ?? []} />}
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
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: ['people'] }),
        cache.invalidateQueries({ queryKey: ['person-changes'] }),
      ]),
  });
  if (invite.data !== undefined)
    return (
      <LinkOnce
        link={invite.data.link}
        name={name}
        onDone={() => {
          invite.reset();
          setName('');
        }}
      >
        {invite.data.takesTwo && (
          <strong data-testid="invite-takes-two">
            It works once somebody else has signed it too, below under Changes of people, within 24 hours.{' '}
          </strong>
        )}
        Give it to {name} and nobody else: whoever opens it first becomes {name} here. It works once, and it is not
        shown again.
      </LinkOnce>
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
        <RoleChoice roles={roles} onChange={setRoles} testId="role" />
        <p className="soft">
          An analyst or an auditor comes by your signature. For everybody else, but the second person here, somebody
          else signs the same invitation before its link works. Be three by the end of the first day: with two, one lost
          passkey leaves nobody to sign second.
        </p>
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

/** A link that was just made, and whether somebody else has to sign before it works. */
interface Made {
  readonly link: string;
  readonly takesTwo: boolean;
}

/** The link's key is made here: the server learns only its public half, so it cannot enrol anybody by itself. */
async function makeInvitation(me: Me, name: string, roles: readonly Role[]): Promise<Made> {
  const made = await newLink();
  const { publicKey } = made.key;
  const wish = { name, roles, linkPublicKey: publicKey };
  const begun = await request<InvitationBegun>('POST', '/api/v1/invitations/begin', wish);
  const takesTwo = 'change' in begun;
  try {
    if (takesTwo) await signInvite(begun.change, { ...wish, installation: me.installation });
    else await signAlone(begun, me, wish);
  } catch (error) {
    throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
  }
  return { link: `${location.origin}/enrol#${made.seed}`, takesTwo };
}

async function signAlone(
  { invitation, challenge, credentialIds }: InvitationByOne,
  me: Me,
  { roles, linkPublicKey }: { readonly roles: readonly Role[]; readonly linkPublicKey: string },
): Promise<void> {
  const isOurs =
    invitation.linkPublicKey === linkPublicKey &&
    invitation.roles.join() === roles.join() &&
    invitation.invitedBy === me.person?.id &&
    invitation.installation === me.installation;
  if (!isOurs) throw new WillNotSign("the server's invitation is not the one that was asked for");
  const digest = challengeBytes(digestOf('countersign/invitation/v1', closed(invitation)), challenge);
  const signature = await signDigest(digest, credentialIds);
  await request('POST', '/api/v1/invitations/finish', { invitation: invitation.id, signature });
}
