import { Hono } from 'hono';
import type { ServerContext } from '../app/context.ts';
import { listSuppressions } from '../app/suppressing.ts';
import { allow, type Frame } from './door.ts';

/** Mounted at /api/v1/suppressions: which rules are set aside where, until when, and what that hid. */
export function suppressionRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await listSuppressions(context));
  });
}
