import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { lookAtFinding, readTrails } from '../app/trails.ts';
import { SEEN_WHY_CHARS_MAX, type TrailLookedAt } from '../model/trail.ts';
import { allow, allowPerson, bodyOf, type Frame, must, valid } from './door.ts';

const NUMBER = z.coerce.number().int().min(1).max(2_147_483_647);
const LOOKED_AT: z.ZodType<TrailLookedAt> = z.strictObject({ why: z.string().trim().min(1).max(SEEN_WHY_CHARS_MAX) });

/** Mounted at /api/v1/trails: what targets' own logs say was done with our credentials, and who looked at what was found. */
export function trailRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await readTrails(context));
    })
    .post('/:system/:number/seen', async c => {
      // As with a comment: who says so stands beside it, and nothing is hidden by it.
      const person = await allowPerson(c, context, 'edit_incident');
      const number = valid(NUMBER, c.req.param('number'));
      const { why } = await bodyOf(c, LOOKED_AT);
      must(await lookAtFinding(context, person, { system: c.req.param('system'), number }, why));
      return c.json(await readTrails(context));
    });
}
