import { Hono } from 'hono';
import type { ServerContext } from '../app/context.ts';
import { viewPowers } from '../app/powers.ts';
import { allow, type Frame, personWhoAsks } from './door.ts';

/** Mounted at /api/v1/powers: every connected system, how it does and what may be done there. */
export function powerRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await viewPowers(context, personWhoAsks(c)));
  });
}
