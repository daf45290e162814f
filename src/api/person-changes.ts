import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import {
  beginPersonChange,
  listPersonChanges,
  openPersonChange,
  type PersonChangeRequest,
  signPersonChange,
} from '../app/person-changes.ts';
import { KINDS_OF_ENROLLED } from '../model/person-change.ts';
import { allow, allowPerson, bodyOf, type DoorContext, type Frame, must } from './door.ts';
import { BASE64URL, ID, PERSON_SIGNATURE, ROLE } from './schemas.ts';

const BEGIN = z.strictObject({
  kind: z.enum(KINDS_OF_ENROLLED),
  person: ID('usr'),
  roles: z.array(ROLE).max(5).default([]),
  linkPublicKey: z.union([z.literal(''), BASE64URL]).default(''),
});
const SIGN = z.strictObject({ signature: PERSON_SIGNATURE });

/** Mounted at /api/v1/person-changes: two others reset a passkey, give or take roles, or remove somebody. An invitation that takes two is begun by /invitations. */
export function personChangeRoutes(context: ServerContext): Hono<Frame> {
  const answer = async (c: DoorContext) => {
    const caller = c.get('caller');
    return c.json(await listPersonChanges(context, caller.kind === 'person' ? caller.session.person : undefined));
  };
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return answer(c);
    })
    .post('/begin', async c => {
      const by = await allowPerson(c, context, 'propose');
      return c.json(must(await beginPersonChange(context, by, (await bodyOf(c, BEGIN)) as PersonChangeRequest)));
    })
    .post('/:id/begin', async c => {
      const by = await allowPerson(c, context, 'propose');
      return c.json(must(await openPersonChange(context, by, c.req.param('id'))));
    })
    .post('/:id/sign', async c => {
      const by = await allowPerson(c, context, 'propose');
      must(await signPersonChange(context, by, c.req.param('id'), (await bodyOf(c, SIGN)).signature));
      return answer(c);
    });
}
