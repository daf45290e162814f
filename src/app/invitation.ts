import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_HOUR, rfc3339, unixMsFrom } from '../base/time.ts';
import { readInvitation, sealed } from '../core/decide/closed.ts';
import { isAlone } from '../core/decide/person-change.ts';
import { hasPower } from '../core/decide/power.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { InvitationBegun, InvitationByOne } from '../model/api.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Invitation, Person, Role } from '../model/review.ts';
import { record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';
import { readPeople } from './people.ts';
import { beginInvite, type InviteRequest } from './person-changes.ts';

/** How long an invitation may be used. */
export const INVITATION_HOURS = 24;

/**
 * Writes out what the administrator is to sign: an invitation, or the change that somebody else signs too where who is invited
 * may sign for others. Nobody is invited by this.
 */
export async function beginInvitation(
  context: ServerContext,
  by: Person,
  request: InviteRequest,
): Promise<Result<InvitationBegun, Failure>> {
  if (takesTwo(request.roles, await readPeople(context))) {
    const begun = await beginInvite(context, by, request);
    return begun.ok ? ok({ change: begun.value }) : begun;
  }
  return beginByOne(context, by, request);
}

/** Whether one administrator alone may not invite somebody as this. The first one may invite the second person here. */
export function takesTwo(roles: readonly Role[], people: Iterable<Person>): boolean {
  return hasPower(roles) && !isAlone(people);
}

/** What one administrator signs alone. That somebody comes by it is asked again when they do. */
export async function beginByOne(
  context: ServerContext,
  by: Person,
  request: InviteRequest,
): Promise<Result<InvitationByOne, Failure>> {
  const invitation: Invitation = {
    v: '1',
    installation: context.genesis.installation,
    id: context.newId('invitation'),
    person: context.newId('person'),
    roles: [...new Set(request.roles)].sort(),
    linkPublicKey: request.linkPublicKey,
    invitedBy: by.id,
    nonce: bytesToHex(randomBytes(16)),
    expiresAt: rfc3339(unixMsFrom(context.now() + INVITATION_HOURS * MS_PER_HOUR)),
  };
  const { text, digest } = sealed('countersign/invitation/v1', invitation);
  const read = readInvitation(text);
  if (!read.ok) return fail(failureOf('request.malformed', read.failure));
  await keepPending(context, context.pool, {
    nonce: invitation.id,
    kind: 'invitation',
    person: by.id,
    body: JSON.stringify({ text, name: request.name }),
  });
  const challenge = Buffer.from(digest, 'hex').toString('base64url');
  return ok({ invitation, challenge, credentialIds: by.credentials.map(credential => credential.id) });
}

/** Makes the invitation stand, where the administrator who asked for it signed it themselves. */
export async function finishInvitation(
  context: ServerContext,
  by: Person,
  id: string,
  signature: PersonSignature,
): Promise<Result<{ readonly invitation: Invitation; readonly person: Id<'person'> }, Failure>> {
  return transact(context, async client => {
    const taken = await takePending(context, client, 'invitation', id, 'review.nonce_used');
    if (!taken.ok) return taken;
    if (taken.value.person !== by.id) return fail(failureOf('access.denied', 'somebody else began this invitation'));
    const { text, name }: { text: string; name: string } = JSON.parse(taken.value.body);
    const invitation: Invitation = JSON.parse(text);
    if (takesTwo(invitation.roles, await readPeople(context, client)))
      return fail(failureOf('invitation.takes_two', invitation.id));
    const { digest } = sealed('countersign/invitation/v1', invitation);
    const signed = await checkPersonSignature(signature, digest, by.credentials, signingRules(context), context.verify);
    if (!signed.ok) return fail(failureOf('review.bad_signature', `invitation: ${signed.failure}`));
    await client.query(
      'INSERT INTO invitation (tenant_id, id, person_id, name, body, signature, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [
        context.tenant,
        invitation.id,
        invitation.person,
        name,
        text,
        JSON.stringify(signature),
        new Date(context.now()),
      ],
    );
    await record(context, client, { type: 'person.invited', invitation, signature });
    return ok({ invitation, person: invitation.person });
  });
}
