import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ServerParts } from '../app/server-process.ts';
import { allow, type Frame, refuse } from './door.ts';

/** A proxy or a browser closes a connection on which nothing comes; this keeps it open, and shows that it is. */
const KEEP_ALIVE_MS = 15_000;
/** Pages that listen at once. */
const LISTENERS_MAX = 500;

/** Mounted at /api/v1/events: news as server-sent events. Each only names what to fetch again. */
export function eventRoutes({ context }: ServerParts): Hono<Frame> {
  let listeners = 0;
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    if (listeners >= LISTENERS_MAX) return refuse('system.rate_limited', 'too many pages listen');
    c.header('x-accel-buffering', 'no');
    return streamSSE(c, async stream => {
      listeners += 1;
      const leave = context.live.subscribe(
        event => void stream.writeSSE({ event: event.kind, data: JSON.stringify(event) }),
      );
      stream.onAbort(leave);
      try {
        await stream.writeSSE({ event: 'hello', data: '{}', retry: 2_000 });
        while (!stream.aborted && !stream.closed) {
          await stream.sleep(KEEP_ALIVE_MS);
          await stream.write(': still here\n\n');
        }
      } finally {
        leave();
        listeners -= 1;
      }
    });
  });
}
