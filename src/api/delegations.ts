import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import {
  beginDelegation,
  DELEGATION_DAYS_MAX,
  endDelegation,
  finishDelegation,
  listDelegations,
} from '../app/delegations.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';
import { ID, PERSON_SIGNATURE } from './schemas.ts';

const BEGIN = z.strictObject({ to: ID('usr'), days: z.int().min(1).max(DELEGATION_DAYS_MAX) });
const FINISH = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/), signature: PERSON_SIGNATURE });

/** Mounted at /api/v1/delegations: who signs in whose stead. Given by the signature of whose seat it is. */
export function delegationRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await listDelegations(context));
    })
    .post('/begin', async c => {
      const from = await allowPerson(c, context, 'propose');
      const { to, days } = await bodyOf(c, BEGIN);
      return c.json(must(await beginDelegation(context, from, to, days)));
    })
    .post('/finish', async c => {
      const from = await allowPerson(c, context, 'propose');
      const { nonce, signature } = await bodyOf(c, FINISH);
      must(await finishDelegation(context, from, nonce, signature));
      return c.json(await listDelegations(context));
    })
    .post('/:id/end', async c => {
      const by = await allowPerson(c, context, 'read');
      must(await endDelegation(context, by, c.req.param('id')));
      return c.json(await listDelegations(context));
    });
}
