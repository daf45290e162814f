import { Hono } from 'hono';
import type { ServerContext } from '../app/context.ts';
import { readTrails } from '../app/trails.ts';
import { allow, type Frame } from './door.ts';

/** Mounted at /api/v1/trails: what targets' own logs say was done with our credentials. */
export function trailRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await readTrails(context));
  });
}
