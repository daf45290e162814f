import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { unixMsFrom } from '../base/time.ts';
import { techniqueOf } from '../core/study/enrich/technique.ts';
import type { EntityHit, Severity } from '../model/alert.ts';
import type { AlertRow, IncidentEventRow, IncidentPage, Page } from '../model/api.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { IncidentEvent, IncidentRow, JoinReason } from '../model/incident.ts';
import type { SuppressionOutcome } from '../model/suppression.ts';
import type { Db, ServerContext } from './context.ts';
import { seenBy } from './drills/sight.ts';
import { incidentEventOf } from './incident-events.ts';
import type { Overview } from './overview.ts';

/** What the queue can be narrowed down to. Absent: everything. */
export interface QueueFilter {
  readonly severity: readonly Severity[];
  readonly source: string | undefined;
  /** A name, `me` replaced before; `none` for incidents that nobody owns. */
  readonly owner: string | undefined;
  readonly coverage: IncidentRow['coverage'] | undefined;
  readonly state: 'open' | 'closed' | 'suppressed';
  readonly text: string | undefined;
  readonly sort: 'severity' | 'last_seen' | 'first_seen' | 'alerts';
  readonly cursor: string | undefined;
  readonly limit: number;
  /** Who looks: a person's id, or empty for a machine. */
  readonly viewer: string;
}

interface IncidentRecord {
  readonly id: Id<'incident'>;
  readonly title: string;
  readonly severity: Severity;
  readonly severity_rank: number;
  readonly alert_count: number;
  readonly sources: string[];
  readonly entities: { kind: string; label: string }[];
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly updated_at: Date;
  readonly owner: string;
  readonly coverage: IncidentRow['coverage'];
  readonly coverage_text: string;
  readonly merged_into: Id<'incident'> | null;
  readonly open_proposals: string;
}

const OPEN_STATES = [
  'in_review',
  'approved',
  'emergency',
  'checking',
  'executing',
  'in_doubt',
  'succeeded',
  'not_in_effect',
];

const COLUMNS = `
  i.id, i.title, i.severity, i.severity_rank, i.alert_count, i.sources, i.entities, i.first_seen, i.last_seen, i.updated_at, i.owner,
  i.coverage, i.coverage_text, i.merged_into,
  (SELECT count(*) FROM proposal p JOIN proposal_index x ON x.tenant_id = p.tenant_id AND x.proposal_id = p.id
    WHERE p.tenant_id = i.tenant_id AND p.incident_id = i.id AND x.state = ANY($2)
      AND ${seenBy('p.id', '$3')}) AS open_proposals`;

function rowOf(row: IncidentRecord): IncidentRow {
  return {
    id: row.id,
    title: row.title,
    severity: row.severity,
    alertCount: row.alert_count,
    sources: row.sources,
    entities: row.entities,
    firstSeen: unixMsFrom(row.first_seen.getTime()),
    lastSeen: unixMsFrom(row.last_seen.getTime()),
    updatedAt: unixMsFrom(row.updated_at.getTime()),
    coverage: row.coverage,
    coverageText: row.coverage_text,
    owner: row.owner,
    openProposals: Number(row.open_proposals),
  };
}

/** Each order ends with the id, so that no two rows stand at the same place. */
const ORDERS = {
  severity: {
    by: '(i.severity_rank, i.last_seen, i.id)',
    keys: ['severity_rank', 'last_seen', 'id'],
    types: ['int', 'timestamptz', 'text'],
  },
  last_seen: { by: '(i.last_seen, i.id)', keys: ['last_seen', 'id'], types: ['timestamptz', 'text'] },
  first_seen: { by: '(i.first_seen, i.id)', keys: ['first_seen', 'id'], types: ['timestamptz', 'text'] },
  alerts: { by: '(i.alert_count, i.id)', keys: ['alert_count', 'id'], types: ['int', 'text'] },
} as const satisfies Record<
  QueueFilter['sort'],
  { by: string; keys: readonly (keyof IncidentRecord)[]; types: readonly string[] }
>;

/** Incidents of the queue, as its indexes have them. */
export const QUEUED = queued('open');

function queued(state: QueueFilter['state']): string {
  return `i.tenant_id = $1 AND i.merged_into IS NULL AND i.alert_count > 0 AND i.state = '${state}'`;
}

/** Where a filter lets at most so many pass, they are all read and sorted. */
const READ_TOGETHER_MAX = 10_000;

/** A page of the queue, newest or gravest first. A cursor of another order or filter gives `request.malformed`. */
export async function listIncidents(
  context: ServerContext,
  overview: Pick<Overview, 'read'>,
  filter: QueueFilter,
): Promise<Result<IncidentPage, Failure>> {
  const order = ORDERS[filter.sort];
  const values: unknown[] = [context.tenant, OPEN_STATES, filter.viewer];
  const where = [queued(filter.state), ...conditions(filter, values)];
  const texts = textConditions(filter.text, values);
  let after = 'true';
  if (filter.cursor !== undefined) {
    const place = readCursor(filter.cursor, order.keys.length);
    if (place === undefined) return fail(failureOf('request.malformed', 'not a cursor of this list'));
    const places = place.map((value, index) => `$${values.push(value)}::${order.types[index] ?? 'text'}`);
    after = `${order.by} < (${places.join(', ')})`;
  }
  const most = `$${values.push(filter.limit + 1)}`;
  const [counts, counted] = await Promise.all([overview.read(), countOf(context, filter)]);
  // Few are read together and sorted; of many the index's own order finds a page soon.
  const isFew = filter.text !== undefined || (counted !== undefined && counted <= READ_TOGETHER_MAX);
  const passing = texts.map(text => [...where, text].join(' AND '));
  const sql = isFew ? readPage(order, passing, after, most) : indexedPage(order, where, after, most);
  const page = await context.pool.query<
    IncidentRecord & { readonly total: string | null; readonly id: Id<'incident'> | null }
  >(sql, values);
  const rows = page.rows.filter(row => row.id !== null);
  const shown = rows.slice(0, filter.limit);
  const last = shown.at(-1);
  const next =
    rows.length > filter.limit && last !== undefined ? writeCursor(order.keys.map(key => last[key])) : undefined;
  const total =
    isWhole(filter) && filter.text === undefined ? counts.openTotal : (counted ?? Number(page.rows[0]?.total ?? 0));
  return ok({ rows: shown.map(rowOf), next, total, ...counts });
}

type Order = (typeof ORDERS)[QueueFilter['sort']];

const descending = (order: Order, of: string) => order.keys.map(key => `${of}.${key} DESC`).join(', ');

/** By an index in the order that is asked for. */
function indexedPage(order: Order, where: readonly string[], after: string, most: string): string {
  return `SELECT ${COLUMNS}, NULL AS total FROM incident i WHERE ${[...where, after].join(' AND ')} ORDER BY ${descending(order, 'i')} LIMIT ${most}`;
}

/** How many a filter lets pass; undefined without one, and for a text, which is counted as its page is read. */
async function countOf(context: ServerContext, filter: QueueFilter): Promise<number | undefined> {
  const values: unknown[] = [context.tenant];
  const where = [queued(filter.state), ...conditions(filter, values)];
  if (filter.text !== undefined || isWhole(filter)) return undefined;
  const { rows } = await context.pool.query<{ total: string }>(
    `SELECT count(*) AS total FROM incident i WHERE ${where.join(' AND ')}`,
    values,
  );
  return Number(rows[0]?.total ?? 0);
}

/** What passes is read once, for its number and for the page. */
function readPage(order: Order, passing: readonly string[], after: string, most: string): string {
  const keys = order.keys.map(key => `i.${key}`).join(', ');
  return `
    WITH passed AS MATERIALIZED (${passing.map(where => `SELECT ${keys} FROM incident i WHERE ${where}`).join(' UNION ALL ')}),
         shown AS (SELECT i.id FROM passed i WHERE ${after} ORDER BY ${descending(order, 'i')} LIMIT ${most})
    SELECT (SELECT count(*) FROM passed) AS total, ${COLUMNS}
      FROM (SELECT) AS once LEFT JOIN (shown JOIN incident i ON i.tenant_id = $1 AND i.id = shown.id) ON true
     ORDER BY ${descending(order, 'i')}`;
}

/** All that is open: its number is known without counting. */
function isWhole(filter: QueueFilter): boolean {
  return filter.state === 'open' && conditions(filter, []).length === 0;
}

function conditions(filter: QueueFilter, values: unknown[]): string[] {
  const where: string[] = [];
  const add = (sql: (place: string) => string, value: unknown): void => {
    where.push(sql(`$${values.push(value)}`));
  };
  if (filter.severity.length > 0) add(place => `i.severity = ANY(${place})`, filter.severity);
  if (filter.source !== undefined) add(place => `${place} = ANY(i.sources)`, filter.source);
  if (filter.owner !== undefined) add(place => `i.owner = ${place}`, filter.owner === 'none' ? '' : filter.owner);
  if (filter.coverage !== undefined) add(place => `i.coverage = ${place}`, filter.coverage);
  return where;
}

/**
 * Where a text stands: in the beginning of what a row says, which an index alone answers, or in the rest of one that says
 * more. No row passes both. Without a text everything passes the one condition.
 */
function textConditions(text: string | undefined, values: unknown[]): readonly string[] {
  if (text === undefined) return ['true'];
  const place = `lower($${values.push(text)})`;
  return [
    `NOT i.is_told_long AND strpos(i.told_start, ${place}) > 0`,
    `i.is_told_long AND strpos(i.told, ${place}) > 0`,
  ];
}

/** Cursors are opaque to the page, and not secret: they hold the last row's place. */
export function writeCursor(values: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(values), 'utf8').toString('base64url');
}

export function readCursor(cursor: string, length: number): readonly (string | number)[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isPlaces =
      Array.isArray(values) &&
      values.length === length &&
      values.every(value => typeof value === 'string' || typeof value === 'number');
    return isPlaces ? values : undefined;
  } catch {
    return undefined;
  }
}

/** One row, and where it was merged into. */
export async function readIncident(
  context: ServerContext,
  id: string,
  db: Db = context.pool,
  viewer = '',
): Promise<Result<{ readonly row: IncidentRow; readonly mergedInto: Id<'incident'> | undefined }, Failure>> {
  const { rows } = await db.query<IncidentRecord>(
    `SELECT ${COLUMNS} FROM incident i WHERE i.tenant_id = $1 AND i.id = $4`,
    [context.tenant, OPEN_STATES, viewer, id],
  );
  const [row] = rows;
  return row === undefined
    ? fail(failureOf('not_found', `no incident ${id}`))
    : ok({ row: rowOf(row), mergedInto: row.merged_into ?? undefined });
}

interface AlertListRecord {
  readonly id: Id<'alert'>;
  readonly evidence_id: Id<'evidence'>;
  readonly title: string;
  readonly product: string;
  readonly source: string;
  readonly severity: Severity;
  readonly activity_at: Date;
  readonly received_at: Date;
  readonly entities: readonly EntityHit[];
  readonly because: readonly JoinReason[];
  readonly techniques: readonly string[] | null;
  readonly suppression: SuppressionOutcome | null;
}

/** The alerts of an incident, in order of activity, each with why it stands here; duplicates are folded into the first. */
export async function listAlerts(
  context: ServerContext,
  incident: string,
  cursor: string | undefined,
  limit: number,
): Promise<Result<Page<AlertRow>, Failure>> {
  const after = cursor === undefined ? undefined : readCursor(cursor, 2);
  if (cursor !== undefined && after === undefined)
    return fail(failureOf('request.malformed', 'not a cursor of this list'));
  const { rows } = await context.pool.query<AlertListRecord>(
    `SELECT a.id, a.evidence_id, a.title, a.product, a.source, a.severity, a.activity_at, a.received_at, a.body -> 'entities' AS entities, a.because,
            a.body -> 'techniques' AS techniques,
            (SELECT s.outcome FROM alert_suppression s WHERE s.tenant_id = a.tenant_id AND s.alert_id = a.id) AS suppression
       FROM alert a WHERE a.tenant_id = $1 AND a.incident_id = $2 AND a.duplicate_of IS NULL
        AND ($3::timestamptz IS NULL OR (a.activity_at, a.id) > ($3, $4))
      ORDER BY a.activity_at, a.id LIMIT $5`,
    [context.tenant, incident, after?.[0] ?? null, after?.[1] ?? '', limit + 1],
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const duplicates = await context.pool.query<{ id: string; count: string }>(
    `SELECT duplicate_of AS id, count(*) AS count FROM alert
      WHERE tenant_id = $1 AND incident_id = $2 AND duplicate_of = ANY($3) GROUP BY duplicate_of`,
    [context.tenant, incident, shown.map(row => row.id)],
  );
  const repeats = new Map(duplicates.rows.map(row => [row.id, Number(row.count)]));
  return ok({
    rows: shown.map(row => ({
      id: row.id,
      evidence: row.evidence_id,
      title: row.title,
      product: row.product,
      source: row.source,
      severity: row.severity,
      activityAt: unixMsFrom(row.activity_at.getTime()),
      receivedAt: unixMsFrom(row.received_at.getTime()),
      entities: row.entities,
      because: row.because,
      duplicates: repeats.get(row.id) ?? 0,
      ...(row.suppression === null ? {} : { suppression: row.suppression }),
      techniques: (row.techniques ?? []).map(id => techniqueOf(id) ?? { id, name: '', tactics: [] }),
    })),
    next:
      rows.length > limit && last !== undefined ? writeCursor([last.activity_at.toISOString(), last.id]) : undefined,
    total: undefined,
  });
}

/** What was done to an incident before that is not shown. */
const EVENTS_MAX = 500;

/** What people and the correlator did to an incident, newest first; arrivals of alerts are in the alert list. */
export async function listEvents(
  context: ServerContext,
  incident: string,
  names: ReadonlyMap<string, string>,
): Promise<readonly IncidentEventRow[]> {
  const { rows } = await context.pool.query<{ seq: string; event: IncidentEvent; at: Date; by: string }>(
    'SELECT seq, event, at, by FROM events_of_incident($1, $2) ORDER BY seq DESC',
    [incident, EVENTS_MAX],
  );
  const undone = new Set(rows.flatMap(row => (row.event.kind === 'undone' ? [row.event.event] : [])));
  return rows.map(row => ({
    seq: Number(row.seq),
    at: row.at.toISOString(),
    by: names.get(row.by) ?? row.by,
    kind: row.event.kind,
    text: eventText(incidentEventOf(row.event), names),
    canUndo: UNDOABLE.has(row.event.kind) && !undone.has(Number(row.seq)),
  }));
}

export const UNDOABLE: ReadonlySet<IncidentEvent['kind']> = new Set<IncidentEvent['kind']>([
  'merged',
  'split',
  'detached',
  'undone',
]);

function eventText(event: IncidentEvent, names: ReadonlyMap<string, string>): string {
  switch (event.kind) {
    case 'opened':
      return `Opened by alert ${event.alert}.`;
    case 'joined':
      return `${event.alerts.length} alerts joined.`;
    case 'moved':
      return `${event.alerts.length} alerts went from ${event.from} to ${event.incident} ${event.because}.`;
    case 'merged':
      return `${event.from} was merged into ${event.incident}: ${event.because}`;
    case 'split':
      return `${event.alerts.length} alerts were split off into ${event.into}.`;
    case 'detached':
      return `Alert ${event.alert} was detached into ${event.into}.`;
    case 'undone':
      return `Change ${event.event} was undone.`;
    case 'owned':
      return event.owner === '' ? 'Nobody owns it now.' : `Owned by ${names.get(event.owner) ?? event.owner}.`;
    case 'noted':
      return event.text;
  }
}
