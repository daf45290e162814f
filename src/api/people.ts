import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { beginInvitation, finishInvitation } from '../app/invitation.ts';
import { listPeople } from '../app/people.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import { allow, allowPerson, bodyOf, type Frame, must, refuse } from './door.ts';
import { ASSERTION, BASE64URL, ID, PERSON_NAME, PERSON_SIGNATURE, ROLE } from './schemas.ts';

const BEGIN = z.strictObject({ name: PERSON_NAME, roles: z.array(ROLE).min(1).max(5), linkPublicKey: BASE64URL });
const FINISH = z.strictObject({
  invitation: ID('inv'),
  signature: PERSON_SIGNATURE.optional(),
  assertion: ASSERTION.optional(),
  browser_key: z.strictObject({ credentialId: BASE64URL, signature: BASE64URL }).optional(),
});

/** Mounted at /api/v1/people. */
export function peopleRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await listPeople(context));
  });
}

/** Mounted at /api/v1/invitations: an administrator signs who may be enrolled, and as what. */
export function invitationRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .post('/begin', async c => {
      const by = await allowPerson(c, context, 'invite');
      return c.json(must(await beginInvitation(context, by, await bodyOf(c, BEGIN))));
    })
    .post('/finish', async c => {
      const by = await allowPerson(c, context, 'invite');
      const { invitation, ...signed } = await bodyOf(c, FINISH);
      return c.json(must(await finishInvitation(context, by, invitation, signatureOf(signed))));
    });
}

/** The page may send the signature whole, or by its kind. */
export function signatureOf(signed: {
  readonly signature?: PersonSignature | undefined;
  readonly assertion?: z.infer<typeof ASSERTION> | undefined;
  readonly browser_key?: { readonly credentialId: string; readonly signature: string } | undefined;
}): PersonSignature {
  if (signed.signature !== undefined) return signed.signature;
  if (signed.assertion !== undefined) return { kind: 'passkey', assertion: signed.assertion };
  if (signed.browser_key !== undefined) return { kind: 'browser_key', ...signed.browser_key };
  return refuse('request.malformed', 'no signature');
}
