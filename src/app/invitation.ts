import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_HOUR, rfc3339, unixMsFrom } from '../base/time.ts';
import { readInvitation, sealed } from '../core/decide/closed.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { InvitationBegun } from '../model/api.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Invitation, Person, Role } from '../model/review.ts';
import { record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, takePending } from './pending.ts';

/** How long an invitation may be used. */
export const INVITATION_HOURS = 24;

/** What an administrator asks for. The link's seed never comes here: only its public key does. */
export interface InvitationRequest {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly linkPublicKey: string;
}

/** Writes out the invitation that the administrator is to sign. Nobody is invited by this. */
export async function beginInvitation(
  context: ServerContext,
  by: Person,
  request: InvitationRequest,
): Promise<Result<InvitationBegun, Failure>> {
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
