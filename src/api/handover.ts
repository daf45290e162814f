import { Hono } from 'hono';
import { z } from 'zod';
import { readHandover } from '../app/handover.ts';
import type { ServerParts } from '../app/server-process.ts';
import { parseTime, type UnixMs } from '../base/time.ts';
import { allow, type Frame, must, queryOf, refuse } from './door.ts';

const SPAN = z.object({ from: z.string().max(40).optional(), to: z.string().max(40).optional() });

/** Mounted at /api/v1/handover: what whoever takes over has to know of a span. */
export function handoverRoutes(parts: ServerParts): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, parts.context, 'read');
    const { from, to } = queryOf(c, SPAN);
    const caller = c.get('caller');
    const person = caller.kind === 'person' ? caller.session.person : undefined;
    return c.json(must(await readHandover(parts, { from: timeIn(from), to: timeIn(to) }, person)));
  });
}

function timeIn(text: string | undefined): UnixMs | undefined {
  if (text === undefined) return undefined;
  return parseTime(text) ?? refuse('request.malformed', 'a time is written as RFC 3339');
}
