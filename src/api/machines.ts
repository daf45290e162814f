import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { beginCustody, finishCustody } from '../app/custody.ts';
import { listMachines } from '../app/machines.ts';
import { CUSTODY_DAYS_MAX } from '../model/machine.ts';
import { allow, allowPerson, bodyOf, type Frame, must } from './door.ts';
import { PERSON_SIGNATURE } from './schemas.ts';

const BEGIN = z.strictObject({
  identity: z.string().min(1).max(100),
  days: z.int().min(1).max(CUSTODY_DAYS_MAX),
  from: z.array(z.string().max(50)).max(20).default([]),
});
const FINISH = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/), signature: PERSON_SIGNATURE });

/** Mounted at /api/v1/machines: every machine identity, and who answers for it by their own signature. */
export function machineRoutes(context: ServerContext, serverFolder: string): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await listMachines(context, serverFolder));
    })
    .post('/begin', async c => {
      const owner = await allowPerson(c, context, 'propose');
      return c.json(must(await beginCustody(context, owner, await bodyOf(c, BEGIN))));
    })
    .post('/finish', async c => {
      const owner = await allowPerson(c, context, 'propose');
      const { nonce, signature } = await bodyOf(c, FINISH);
      must(await finishCustody(context, owner, nonce, signature));
      return c.json(await listMachines(context, serverFolder));
    });
}
