import { MS_PER_HOUR } from '../../src/base/time.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import type { Invitation, Person, Role } from '../../src/model/review.ts';
import { createAuthenticator, createLinkKey } from '../authenticator.ts';
import { digestBytes, type Installation, type Member, ORIGIN, RP_ID, signAs } from './installation.ts';
import { TENANT } from './tenant.ts';

/** Somebody whom nobody here knows, with the link and the passkey that they come by. */
export interface MadeUp {
  readonly person: Person['id'];
  readonly link: ReturnType<typeof createLinkKey>;
  readonly authenticator: Member['authenticator'];
}

export const madeUp = (world: Installation): MadeUp => ({
  person: world.context.newId('person'),
  link: createLinkKey(),
  authenticator: createAuthenticator(RP_ID, ORIGIN),
});

/** A day from now. */
export const expiresAt = (world: Installation) => new Date(world.context.now() + 24 * MS_PER_HOUR).toISOString();

/** An invitation as an earlier version wrote them, straight into the table. */
export async function storeByOne(world: Installation, by: Member, { person, link }: MadeUp, role: Role, at: Date) {
  const invitation: Invitation = {
    v: '1',
    installation: world.genesis.installation,
    id: world.context.newId('invitation'),
    person,
    roles: [role],
    linkPublicKey: link.publicKey,
    invitedBy: by.person.id,
    nonce: 'ab'.repeat(16),
    expiresAt: expiresAt(world),
  };
  const { text } = sealed('countersign/invitation/v1', invitation);
  const signature = JSON.stringify(signAs(by, 'countersign/invitation/v1', invitation));
  await world.serverPool.query(
    'INSERT INTO invitation (tenant_id, id, person_id, name, body, signature, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [TENANT, invitation.id, person, 'Mallory', text, signature, at],
  );
  return invitation.id;
}

/** Whoever was made up opens the link, without any rule of the server being asked. */
export async function storeEnrolment(
  world: Installation,
  invitation: string,
  { person, link, authenticator }: MadeUp,
  role: Role,
  { at = new Date(world.context.now() + 1), isByOne = false } = {},
): Promise<Member> {
  const { credential } = authenticator;
  const { installation, rpId, origin } = world.genesis;
  const { text, digest } = sealed('countersign/enrolment/v1', {
    v: '1',
    installation,
    invitation,
    person,
    credential,
    rpId,
    origin,
  });
  await world.serverPool.query(
    `INSERT INTO enrolment (tenant_id, person_id, credential_id, name, roles, statement, link_signature, invitation_id, created_at, is_by_one)
     VALUES ($1, $2, $3, 'Mallory', $4, $5, $6, $7, $8, $9)`,
    [TENANT, person, credential.id, [role], text, link.sign(digestBytes(digest)), invitation, at, isByOne],
  );
  return {
    person: { id: person, name: 'Mallory', roles: [role], credentials: [credential], isActive: true },
    authenticator,
  };
}
