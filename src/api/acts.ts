import { Hono } from 'hono';
import { z } from 'zod';
import { readActs } from '../app/acts.ts';
import type { ServerContext } from '../app/context.ts';
import { allow, type Frame, queryOf } from './door.ts';
import { LIMIT } from './schemas.ts';

const AFTER = z.strictObject({
  after: z.coerce.number().int().min(-1).max(Number.MAX_SAFE_INTEGER).default(-1),
  limit: LIMIT(1_000, 200),
});

/** Mounted at /api/v1/acts: what was done, for a product that keeps such events. */
export function actRoutes(context: ServerContext, productVersion: string): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read_log');
    const acts = await readActs(context, queryOf(c, AFTER), productVersion);
    return c.body(acts.map(act => `${JSON.stringify(act)}\n`).join(''), 200, {
      'content-type': 'application/x-ndjson',
    });
  });
}
