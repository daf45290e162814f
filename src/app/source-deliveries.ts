import { unixMsFrom } from '../base/time.ts';
import type { SourceDelivery } from '../model/api.ts';
import type { StreamCoverage } from '../model/coverage.ts';
import type { ServerContext } from './context.ts';
import { type Poll, readPolls } from './polls.ts';
import type { SyslogStatus } from './syslog.ts';

/** Gaps of one source that are listed. */
const GAPS_SHOWN = 5;
/** Gaps of all sources that count as missing telemetry. */
const GAPS_MAX = 500;

interface StateRow {
  readonly source: string;
  readonly watermark: Date | null;
  readonly polled_at: Date | null;
  readonly whole_at: Date | null;
  readonly trouble: string | null;
  readonly trouble_text: string;
  readonly fix: string;
  readonly trouble_since: Date | null;
  readonly retry_at: Date | null;
}

interface GapRow {
  readonly source: string;
  readonly kind: 'missing' | 'reread';
  readonly gap_from: Date;
  readonly gap_to: Date;
  readonly why: string;
}

/** How the records of each source get here, how that goes, and what came, by the name of the source. */
export interface Deliveries {
  readonly ways: ReadonlyMap<string, readonly SourceDelivery[]>;
  readonly came: ReadonlyMap<string, { readonly kept: number; readonly lastAt: string }>;
}

/** Reads them. `folder` is the server's. */
export async function readDeliveries(
  context: ServerContext,
  folder: string,
  syslog: readonly SyslogStatus[],
): Promise<Deliveries> {
  const came = await context.pool.query<{ source: string; kept: string; last: Date }>(
    'SELECT source, sum(kept) AS kept, max(received_at) AS last FROM intake_batch WHERE tenant_id = $1 GROUP BY source',
    [context.tenant],
  );
  const pushing = await context.pool.query<{ id: string; scheme: string; old_until: Date | null }>(
    'SELECT id, scheme, old_until FROM source_config WHERE tenant_id = $1',
    [context.tenant],
  );
  const gaps = await readGaps(context);
  const lastOf = new Map(came.rows.map(row => [row.source, row.last.toISOString()]));
  const ways = new Map<string, SourceDelivery[]>();
  const add = (source: string, way: SourceDelivery) => ways.set(source, [...(ways.get(source) ?? []), way]);
  const usual = { reachedAt: undefined, wholeAt: undefined, waiting: 0, trouble: undefined, gaps: [] };
  for (const row of pushing.rows) {
    const oldUntil =
      row.old_until !== null && row.old_until.getTime() > context.now() ? row.old_until.toISOString() : '';
    const text = `pushes to /ingest/${row.id}, ${row.scheme === 'github' ? 'signed as GitHub does' : 'with a token or a signature'}`;
    add(row.id, {
      ...usual,
      how: 'push',
      text: oldUntil === '' ? text : `${text}; its secrets of before count until ${oldUntil}`,
      lastAt: lastOf.get(row.id),
    });
  }
  for (const { poll, state } of await readPollStates(context, folder))
    add(
      poll.source,
      pollDelivery(
        poll,
        state,
        gaps.filter(gap => gap.source === poll.source),
      ),
    );
  for (const one of syslog)
    add(one.source, {
      ...usual,
      how: 'syslog',
      text: `syslog over ${one.transport.toUpperCase()} on ${one.address}, ${one.connections} connected`,
      lastAt: one.lastHeard === undefined ? undefined : new Date(one.lastHeard).toISOString(),
      waiting: one.waiting,
      trouble:
        one.trouble === undefined
          ? undefined
          : {
              text: `its records cannot be written: ${one.trouble}`,
              fix: SYSLOG_FIX,
              since: undefined,
              retryAt: undefined,
            },
    });
  return {
    ways,
    came: new Map(came.rows.map(row => [row.source, { kept: Number(row.kept), lastAt: row.last.toISOString() }])),
  };
}

const SYSLOG_FIX = 'its senders wait, and nothing is lost; look at Health for the database.';

function pollDelivery(poll: Poll, state: StateRow | undefined, gaps: readonly GapRow[]): SourceDelivery {
  return {
    how: 'poll',
    text: `read from ${poll.url} every ${poll.everySeconds} s`,
    lastAt: state?.polled_at?.toISOString(),
    reachedAt: state?.watermark?.toISOString(),
    wholeAt: state?.whole_at?.toISOString(),
    waiting: 0,
    trouble:
      state === undefined || state.trouble === null
        ? undefined
        : {
            text: state.trouble_text,
            fix: state.fix,
            since: state.trouble_since?.toISOString(),
            retryAt: state.retry_at?.toISOString(),
          },
    gaps: gaps.slice(0, GAPS_SHOWN).map(gap => ({
      kind: gap.kind,
      from: gap.gap_from.toISOString(),
      to: gap.gap_to.toISOString(),
      why: gap.why,
    })),
  };
}

async function readPollStates(
  context: ServerContext,
  folder: string,
): Promise<readonly { readonly poll: Poll; readonly state: StateRow | undefined }[]> {
  const polls = await readPolls(folder);
  if (polls.length === 0) return [];
  const { rows } = await context.pool.query<StateRow>(
    'SELECT source, watermark, polled_at, whole_at, trouble, trouble_text, fix, trouble_since, retry_at FROM poll_state WHERE tenant_id = $1',
    [context.tenant],
  );
  const states = new Map(rows.map(row => [row.source, row]));
  return polls.map(poll => ({ poll, state: states.get(poll.source) }));
}

async function readGaps(context: ServerContext): Promise<readonly GapRow[]> {
  const { rows } = await context.pool.query<GapRow>(
    'SELECT source, kind, gap_from, gap_to, why FROM source_gap WHERE tenant_id = $1 ORDER BY seq DESC LIMIT $2',
    [context.tenant, GAPS_MAX],
  );
  return rows;
}

/** The stretches that products said they no longer have, as coverage: the source was silent to us then. */
export async function declaredGaps(context: ServerContext): Promise<readonly StreamCoverage[]> {
  return (await readGaps(context))
    .filter(gap => gap.kind === 'missing')
    .map(gap => ({
      stream: `*|${gap.source}`,
      status: 'silent',
      from: unixMsFrom(gap.gap_from.getTime()),
      to: unixMsFrom(gap.gap_to.getTime()),
      because: gap.why,
    }));
}

/** One sentence and its fix for Health; undefined where nothing is read or listened for. */
export async function deliveryHealth(
  context: ServerContext,
  folder: string,
  syslog: readonly SyslogStatus[],
): Promise<{ readonly isWell: boolean; readonly text: string; readonly fix: string } | undefined> {
  const states = await readPollStates(context, folder);
  if (states.length + syslog.length === 0) return undefined;
  const troubled = [
    ...states.flatMap(({ poll, state }) =>
      state === undefined || state.trouble === null
        ? []
        : [{ source: poll.source, text: state.trouble_text, fix: state.fix }],
    ),
    ...syslog.flatMap(one =>
      one.trouble === undefined ? [] : [{ source: one.source, text: one.trouble, fix: SYSLOG_FIX }],
    ),
  ];
  const [first] = troubled;
  if (first === undefined)
    return { isWell: true, text: `${states.length + syslog.length} sources are read or listened for.`, fix: '' };
  const more = troubled.length > 1 ? ` So are ${troubled.length - 1} more.` : '';
  return { isWell: false, text: `${first.source} is not heard just now: ${first.text}.${more}`, fix: first.fix };
}
