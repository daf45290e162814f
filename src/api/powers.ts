import { Hono } from 'hono';
import type { ServerContext } from '../app/context.ts';
import { viewPower, viewPowers } from '../app/powers.ts';
import { allow, type Frame, must, personWhoAsks } from './door.ts';

/** Mounted at /api/v1/powers: every connected system, how it does and what may be done there. */
export function powerRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read');
      return c.json(await viewPowers(context, personWhoAsks(c)));
    })
    .get('/:responder/:system', async c => {
      await allow(c, context, 'read');
      return c.json(must(await viewPower(context, c.req.param())));
    });
}
