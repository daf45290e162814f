import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerParts } from '../app/server-process.ts';
import { parseId } from '../base/id.ts';
import { allow, allowPerson, bodyOf, type DoorContext, type Frame, refuse } from './door.ts';

const MARK = z.strictObject({ tlp: z.enum(['clear', 'green', 'amber', 'red']) });
const ASK = z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/) });

/** Mounted at /api/v1/incidents, beside the incidents' own. */
export function enrichmentRoutes({ context, enrichment }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/:id/enrichment', async c => {
      await allow(c, context, 'read');
      return c.json(await enrichment.view(incidentOf(c)));
    })
    .post('/:id/tlp', async c => {
      const by = await allow(c, context, 'edit_incident');
      await enrichment.mark(incidentOf(c), (await bodyOf(c, MARK)).tlp, by.id);
      return c.json({ marked: true });
    })
    .post('/:id/look-up', async c => {
      // Something of ours leaves: a person decides that, never a token.
      const person = await allowPerson(c, context, 'edit_incident');
      const { name } = await bodyOf(c, ASK);
      const asked = await enrichment.ask(incidentOf(c), name, person.id);
      return asked === undefined ? refuse('not_found', `no look-up ${name}`) : c.json({ asked }, 202);
    });
}

/** Mounted at /api/v1/enrichment. */
export function enrichmentHealthRoutes({ context, enrichment }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await enrichment.health());
  });
}

function incidentOf(c: DoorContext): `inc_${string}` {
  const id = parseId('incident', c.req.param('id') ?? '');
  return id.ok ? id.value : refuse('not_found', 'not an id of an incident');
}
