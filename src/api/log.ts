import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { listEntries, readLogStatus, readProof } from '../app/log-reading.ts';
import { readPeople } from '../app/people.ts';
import type { ServerParts } from '../app/server-process.ts';
import { readLogPath } from '../store/log-tiles.ts';
import { allow, type DoorContext, type Frame, must, queryOf, refuse } from './door.ts';
import { LIMIT } from './schemas.ts';

const ENTRIES = z.object({
  before: z.coerce.number().int().min(0).optional(),
  limit: LIMIT(500, 100),
  type: z
    .string()
    .regex(/^[a-z_]+\.[a-z_]+$/)
    .optional(),
  proposal: z
    .string()
    .regex(/^prp_[0-9a-z]{1,32}$/)
    .optional(),
});

/** Mounted at /api/v1/log: the log as people read it. */
export function logRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/', async c => {
      await allow(c, context, 'read_log');
      return c.json(await readLogStatus(context));
    })
    .get('/entries', async c => {
      await allow(c, context, 'read_log');
      const { before, limit, type, proposal } = queryOf(c, ENTRIES);
      const people = await readPeople(context);
      const names = new Map<string, string>(people.map(person => [person.id, person.name]));
      return c.json(await listEntries(context, { before, limit, type, proposal }, names));
    })
    .get('/proof/:index', async c => {
      await allow(c, context, 'read_log');
      const index = Number(c.req.param('index'));
      if (!Number.isSafeInteger(index) || index < 0) return refuse('not_found', 'not an index');
      return c.text(must(await readProof(context, index)));
    });
}

/** Mounted at /log: the log as C2SP tlog-tiles, which `countersign verify URL` reads. */
export function tileRoutes({ context }: ServerParts): Hono<Frame> {
  return new Hono<Frame>()
    .get('/checkpoint', async c => {
      await allow(c, context, 'read_log');
      return answerPath(c, context, 'checkpoint');
    })
    .get('/tile/*', async c => {
      await allow(c, context, 'read_log');
      return answerPath(c, context, c.req.path.slice(c.req.path.indexOf('/tile/') + 1));
    });
}

async function answerPath(c: DoorContext, context: ServerContext, path: string): Promise<Response> {
  const found = await readLogPath(context.pool, context.tenant, path);
  if (found === undefined) return refuse('not_found', `the log does not reach to ${path}`);
  c.header('content-type', found.contentType);
  c.header('cache-control', found.cacheControl);
  return c.body(Uint8Array.from(found.bytes).buffer);
}
