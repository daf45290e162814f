import { Hono } from 'hono';
import { z } from 'zod';
import { search } from '../app/search.ts';
import type { ServerParts } from '../app/server-process.ts';
import { allow, type Frame, queryOf } from './door.ts';
import { LIMIT } from './schemas.ts';

const QUERY = z.object({ q: z.string().trim().min(2).max(200), limit: LIMIT(200, 50) });

/** Mounted at /api/v1/search: alerts by words or a part of a word, newest first. */
export function searchRoutes({ context, indexer }: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    const { q, limit } = queryOf(c, QUERY);
    return c.json(await search(context, indexer, q, limit));
  });
}
