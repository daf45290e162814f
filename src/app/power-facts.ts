import { z } from 'zod';
import { parseTime } from '../base/time.ts';
import { DOINGS, type Doing, type PowerLook, TROUBLED_MS } from '../model/api-powers.ts';
import { CREDENTIAL_AGE_MS_MAX } from '../model/machine.ts';
import type { ProposalState } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import type { ServerContext } from './context.ts';
import type { MadeHow } from './custody.ts';
import { seenBy, viewerOf } from './drills/sight.ts';

/** A system as the executor says that it is connected to it. */
export interface Connected {
  readonly system: string;
  readonly responder: string;
  /** Which operations it can do; undefined: every one of its responder. */
  readonly operations: readonly string[] | undefined;
}

export interface ExecutorFacts {
  readonly connected: readonly Connected[];
  readonly program: string;
  /** Why it refuses to act at all; empty where it does not. */
  readonly refuses: string;
  readonly at: Date;
}

/** A look without its list, which is long. */
export type LookRow = Omit<PowerLook, 'list'>;

const TEXT = z.string();
const STATUS = z.object({
  systems: z
    .array(z.object({ system: TEXT, responder: TEXT, operations: z.array(TEXT).optional() }))
    .nullish()
    .transform(systems => systems ?? []),
  program: TEXT.optional(),
  log: z.object({ ok: z.boolean().optional(), code: TEXT.optional() }).optional(),
});
const RIGHT = z.strictObject({
  credential: z.enum(['read', 'write']),
  scope: TEXT,
  need: z.enum(['needed', 'forbidden']),
  granted: z.enum(['yes', 'no', 'unknown']),
  because: TEXT,
});
const LOOK: z.ZodType<LookRow> = z.strictObject({
  v: z.literal(1),
  known: z.strictObject({ read: TEXT, write: TEXT, probe: TEXT }),
  isMadeAtStart: z.boolean(),
  sharedWith: z.array(TEXT),
  rights: z.strictObject({
    kind: z.enum(['seen', 'not_told', 'failed']),
    code: TEXT,
    total: z.int(),
    unknown: z.int(),
    missing: z.int(),
    tooMuch: z.int(),
  }),
});
const LIST: z.ZodType<PowerLook['list']> = z.array(RIGHT);

/** A system and the responder that acts on it, as one text. */
export const powerKey = (system: string, responder: string): string => `${system}\n${responder}`;

/** What the executor said of itself last; undefined where it never did. */
export async function readExecutor(context: ServerContext): Promise<ExecutorFacts | undefined> {
  const { rows } = await context.pool.query<{ body: unknown; at: Date }>(
    `SELECT body - 'policy' AS body, at FROM executor_status WHERE tenant_id = $1`,
    [context.tenant],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { systems, program, log } = STATUS.parse(row.body);
  return {
    connected: systems.map(({ system, responder, operations }) => ({ system, responder, operations })),
    program: program ?? '',
    refuses: log?.ok === false ? (log.code ?? 'the log') : '',
    at: row.at,
  };
}

export async function readConnected(context: ServerContext): Promise<readonly Connected[]> {
  return (await readExecutor(context))?.connected ?? [];
}

/** The executor's last look at each system. One that does not read as such is none. */
export async function readLooks(
  context: ServerContext,
): Promise<ReadonlyMap<string, { readonly look: LookRow; readonly at: Date }>> {
  const { rows } = await context.pool.query<{ system: string; responder: string; body: unknown; at: Date }>(
    `SELECT system, responder, body - 'list' AS body, at FROM power_look WHERE tenant_id = $1`,
    [context.tenant],
  );
  return new Map(
    rows.flatMap(({ system, responder, body, at }) => {
      const read = LOOK.safeParse(body);
      return read.success ? [[powerKey(system, responder), { look: read.data, at }] as const] : [];
    }),
  );
}

/** Every right that the last look at one system has; undefined where there was none, or it does not read as such. */
export async function readRightsOf(
  context: ServerContext,
  { system, responder }: Pick<Connected, 'system' | 'responder'>,
): Promise<PowerLook['list'] | undefined> {
  const { rows } = await context.pool.query<{ list: unknown }>(
    `SELECT body -> 'list' AS list FROM power_look WHERE tenant_id = $1 AND system = $2 AND responder = $3`,
    [context.tenant, system, responder],
  );
  const read = LIST.safeParse(rows[0]?.list);
  return read.success ? read.data : undefined;
}

export interface Seen {
  readonly doing: Doing;
  readonly went: 'well' | 'ill';
  readonly code: string;
  readonly at: Date;
  readonly waitUntil: Date | null;
}

/** When each thing went well and ill last, by system and responder. */
export async function readSeen(context: ServerContext): Promise<ReadonlyMap<string, readonly Seen[]>> {
  const { rows } = await context.pool.query<Seen & { system: string; responder: string }>(
    `SELECT system, responder, doing, went, code, at, wait_until AS "waitUntil" FROM power_seen
      WHERE tenant_id = $1 AND doing = ANY ($2)`,
    [context.tenant, DOINGS],
  );
  const seen = new Map<string, Seen[]>();
  for (const { system, responder, ...one } of rows) {
    const key = powerKey(system, responder);
    seen.set(key, [...(seen.get(key) ?? []), one]);
  }
  return seen;
}

/** What is known of the secret of a power. What a demo started itself is made anew with each start. */
export function madeOfPower(context: ServerContext, look: LookRow | undefined): MadeHow {
  const madeAt = look === undefined ? undefined : parseTime(look.known.write);
  return context.genesis.demo
    ? { madeAt, isUseSeen: false }
    : { madeAt, isUseSeen: false, refusedAfterMs: CREDENTIAL_AGE_MS_MAX };
}

const OPEN: readonly ProposalState[] = ['in_review', 'approved', 'emergency', 'checking', 'executing'];
const TROUBLED: readonly ProposalState[] = ['failed', 'in_doubt', 'not_in_effect', 'succeeded'];

export interface Counts {
  readonly open: number;
  readonly troubled: readonly { readonly state: string; readonly count: number }[];
}

/** Proposals on each system that are open, and acts of late that ended badly, as far as this person is told of drills. */
export async function countBySystem(
  context: ServerContext,
  person: Pick<Person, 'id'> | undefined,
): Promise<ReadonlyMap<string, Counts>> {
  const { rows } = await context.pool.query<{ system: string; responder: string; state: string; count: number }>(
    `SELECT act -> 'target' ->> 'system' AS system, act ->> 'responder' AS responder, state, count(*)::int AS count FROM (
       SELECT r.act::jsonb AS act, i.state FROM proposal_index i
         JOIN revision r ON r.tenant_id = i.tenant_id AND r.proposal_id = i.proposal_id AND r.revision = i.revision
        WHERE i.tenant_id = $1 AND ${seenBy('i.proposal_id', '$2')}
          AND (i.state = ANY ($3) OR i.state = ANY ($4) AND i.updated_at > $5)) acts
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [context.tenant, viewerOf(person), OPEN, TROUBLED, new Date(context.now() - TROUBLED_MS)],
  );
  const counts = new Map<string, Counts>();
  for (const { system, responder, state, count } of rows) {
    const key = powerKey(system, responder);
    const { open, troubled } = counts.get(key) ?? { open: 0, troubled: [] };
    const isOpen = OPEN.some(one => one === state);
    counts.set(key, {
      open: open + (isOpen ? count : 0),
      troubled: isOpen ? troubled : [...troubled, { state, count }],
    });
  }
  return counts;
}

/** Acts of each kind that executors began since then. */
export async function countKinds(context: ServerContext, since: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await context.pool.query<{ kind: string; count: number }>(
    `SELECT body ->> 'kind' AS kind, count(*)::int AS count FROM execution_fact
      WHERE tenant_id = $1 AND kind = 'intended' AND at > $2 GROUP BY 1`,
    [context.tenant, new Date(since)],
  );
  return new Map(rows.map(({ kind, count }) => [kind, count]));
}
