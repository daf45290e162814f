import { z } from 'zod';
import { MS_PER_MINUTE, unixMsFrom } from '../base/time.ts';
import { BINS_REMEMBERED_MAX, type StreamMemory } from '../core/study/stream-memory.ts';
import type { ServerContext } from './context.ts';
import type { Streams } from './coverage.ts';

/** What fell silent is written down this often: long before a start would no longer learn from its records. */
const REMEMBER_MS = 10 * MS_PER_MINUTE;
/** Streams that are written at once, and that a start recalls at most: those that fell silent last. */
const WRITTEN_MAX = 500;
const RECALLED_MAX = 20_000;

const MEMORY = z.object({
  host: z.string(),
  product: z.string(),
  count: z.number(),
  last: z.number().transform(unixMsFrom),
  bins: z.array(z.number()).max(BINS_REMEMBERED_MAX),
  beat: z
    .object({ rule: z.string(), periodMs: z.number() })
    .optional()
    .transform(beat => beat),
  wasSilent: z.boolean(),
});

const nameOf = ({ host, product }: StreamMemory): string => `${host}|${product}`;
const stateOf = ({ last, wasSilent }: StreamMemory): string => `${last} ${wasSilent}`;

/** Keeps what a start needs to know of streams that fell silent before the records that it learns from. */
export class StreamMemories {
  private readonly written = new Map<string, string>();
  private next: number;
  private readonly context: ServerContext;
  private readonly streams: Streams;

  constructor(context: ServerContext, streams: Streams) {
    this.context = context;
    this.streams = streams;
    // A start has just learnt, and what comes in first is not to be judged by half of it.
    this.next = context.now() + REMEMBER_MS;
  }

  /** After everything that a start learns from was heard. */
  async recall(): Promise<void> {
    const { rows } = await this.context.pool.query<{ memory: unknown }>(
      'SELECT memory FROM stream_memory WHERE tenant_id = $1 ORDER BY last_at DESC LIMIT $2',
      [this.context.tenant, RECALLED_MAX],
    );
    for (const row of rows) {
      const memory = MEMORY.safeParse(row.memory);
      if (!memory.success) continue;
      const one: StreamMemory = { ...memory.data, beat: memory.data.beat };
      this.streams.recall(one);
      this.written.set(nameOf(one), stateOf(one));
    }
  }

  /** Writes what changed, at most every {@link REMEMBER_MS}. */
  async rememberNowAndThen(): Promise<void> {
    if (this.context.now() < this.next) return;
    this.next = this.context.now() + REMEMBER_MS;
    await this.remember();
  }

  async remember(): Promise<void> {
    const changed = this.streams.memories().filter(one => this.written.get(nameOf(one)) !== stateOf(one));
    for (let start = 0; start < changed.length; start += WRITTEN_MAX) {
      const some = changed.slice(start, start + WRITTEN_MAX);
      await this.context.pool.query(
        `INSERT INTO stream_memory (tenant_id, stream, last_at, memory)
           SELECT $1, stream, last_at, memory FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[]) AS one (stream, last_at, memory)
         ON CONFLICT (tenant_id, stream) DO UPDATE SET last_at = excluded.last_at, memory = excluded.memory`,
        [
          this.context.tenant,
          some.map(nameOf),
          some.map(one => new Date(one.last)),
          some.map(one => JSON.stringify(one)),
        ],
      );
      for (const one of some) this.written.set(nameOf(one), stateOf(one));
    }
  }
}
