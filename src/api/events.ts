import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { audienceOfNews, viewerOf } from '../app/drills/sight.ts';
import type { ServerParts } from '../app/server-process.ts';
import type { LiveEvent } from '../model/api.ts';
import { allow, type Frame, personWhoAsks, refuse } from './door.ts';

/** A proxy or a browser closes a connection on which nothing comes; this keeps it open, and shows that it is. */
const KEEP_ALIVE_MS = 15_000;
/** For so long it is remembered whom one piece of news is for. */
const AUDIENCE_MS = 1_000;
/** Pages that listen at once. */
const LISTENERS_MAX = 500;

/** Mounted at /api/v1/events: news as server-sent events. Each only names what to fetch again. */
export function eventRoutes({ context }: ServerParts): Hono<Frame> {
  let listeners = 0;
  // Every open page hears the same news: who may is asked once.
  const audiences = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const audienceOf = (id: string) => {
    const known = audiences.get(id) ?? audienceOfNews(context, id);
    if (!audiences.has(id)) setTimeout(() => audiences.delete(id), AUDIENCE_MS).unref();
    audiences.set(id, known);
    return known;
  };
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    if (listeners >= LISTENERS_MAX) return refuse('system.rate_limited', 'too many pages listen');
    c.header('x-accel-buffering', 'no');
    const person = personWhoAsks(c);
    // Whoever is not shown a proposal is not told that something became of it.
    const isFor = async (event: LiveEvent) => {
      const audience = event.kind === 'proposal' ? await audienceOf(event.id) : undefined;
      return audience === undefined || audience.has(viewerOf(person));
    };
    return streamSSE(c, async stream => {
      listeners += 1;
      const leave = context.live.subscribe(
        event =>
          void isFor(event)
            .then(isTold => (isTold ? stream.writeSSE({ event: event.kind, data: JSON.stringify(event) }) : undefined))
            .catch((error: unknown) => context.logger.warn({ err: error }, 'a page was not told of news')),
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
