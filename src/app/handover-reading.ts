import { type Id, idFloor } from '../base/id.ts';
import { type UnixMs, unixMsFrom } from '../base/time.ts';
import type {
  CameIn,
  ChangedIncident,
  HandoverFacts,
  IncidentBrief,
  OpenedIncidents,
  Rules,
} from '../core/study/handover.ts';
import type { Severity } from '../model/alert.ts';
import type { ServerContext } from './context.ts';
import { QUEUED } from './incidents.ts';

export interface Span {
  readonly from: UnixMs;
  readonly to: UnixMs;
}

const UNOWNED_MAX = 15;
const OPENED_SHOWN_MAX = 15;
const CHANGED_SHOWN_MAX = 20;
const NEWS_MAX = 20;
const RULES_MAX = 10;
const QUARANTINE_MAX = 10;
/** Of a busier span the newest so many are read, and it is said: each question stays within a tenth of a second. */
const INCIDENTS_READ_MAX = 20_000;
const EVENTS_READ_MAX = 20_000;
const ALERTS_READ_MAX = 20_000;

interface BriefRow {
  readonly id: Id<'incident'>;
  readonly title: string;
  readonly severity: Severity;
  readonly alert_count: number;
  readonly owner: string;
  readonly coverage_text: string;
}
const BRIEF = 'i.id, i.title, i.severity, i.alert_count, i.owner, i.coverage_text';

function briefOf(row: BriefRow, nameOf: (id: string) => string): IncidentBrief {
  const { id, title, severity, alert_count: alertCount, coverage_text: coverageText } = row;
  return { id, title, severity, alertCount, owner: row.owner === '' ? '' : nameOf(row.owner), coverageText };
}

/** High and critical ones without an owner, the gravest first. */
export async function unownedGrave({ pool, tenant }: ServerContext): Promise<readonly IncidentBrief[]> {
  const { rows } = await pool.query<BriefRow>(
    `SELECT ${BRIEF} FROM incident i WHERE ${QUEUED} AND i.owner = '' AND i.severity_rank >= 4
      ORDER BY i.severity_rank DESC, i.last_seen DESC, i.id DESC LIMIT $2`,
    [tenant, UNOWNED_MAX],
  );
  return rows.map(row => briefOf(row, id => id));
}

/** Ids sort by the time at which they were made, so what was opened in a span is a range of them. */
const OPENED = `
  WITH opened AS MATERIALIZED (
    SELECT i.id, i.severity, i.severity_rank, i.last_seen FROM incident i
     WHERE ${QUEUED} AND i.id >= $2 AND i.id < $3 ORDER BY i.id DESC LIMIT $4),
  gravest AS (SELECT id FROM opened ORDER BY severity_rank DESC, last_seen DESC, id DESC LIMIT $5)
  SELECT (SELECT coalesce(jsonb_object_agg(severity, many), '{}') FROM (SELECT severity, count(*) AS many FROM opened GROUP BY severity) AS counted) AS counts, ${BRIEF}
    FROM (SELECT) AS once LEFT JOIN (gravest JOIN incident i ON i.tenant_id = $1 AND i.id = gravest.id) ON true
   ORDER BY i.severity_rank DESC, i.last_seen DESC, i.id DESC`;

export async function openedIn(
  { pool, tenant }: ServerContext,
  { from, to }: Span,
  nameOf: (id: string) => string,
): Promise<OpenedIncidents> {
  const { rows } = await pool.query<
    BriefRow & { readonly counts: { readonly [severity: string]: number }; readonly id: Id<'incident'> | null }
  >(OPENED, [tenant, idFloor('incident', from), idFloor('incident', to), INCIDENTS_READ_MAX, OPENED_SHOWN_MAX]);
  const bySeverity = new Map(Object.entries(rows[0]?.counts ?? {}).map(([word, many]) => [word as Severity, many]));
  const total = [...bySeverity.values()].reduce((a, b) => a + b, 0);
  return {
    rows: rows.filter(row => row.id !== null).map(row => briefOf(row, nameOf)),
    bySeverity,
    isCut: total >= INCIDENTS_READ_MAX,
  };
}

/** What was done in a span to incidents that were there before it. Earlier releases wrote one `joined` for each alert. */
const CHANGED = `
  WITH looked AS MATERIALIZED (
    SELECT e.incident_id, e.event FROM incident_event e WHERE e.tenant_id = $1 AND e.at >= $2 AND e.at < $3 ORDER BY e.at DESC LIMIT $5),
  told AS (
    SELECT incident_id AS id, event ->> 'kind' AS kind,
           CASE WHEN event ->> 'kind' = 'joined' THEN coalesce(jsonb_array_length(event -> 'alerts'), 1) ELSE 1 END AS many
      FROM looked WHERE incident_id < $4),
  changed AS (
    SELECT id, coalesce(sum(many) FILTER (WHERE kind = 'joined'), 0)::int AS joined, (count(*) FILTER (WHERE kind = 'owned'))::int AS owned,
           (count(*) FILTER (WHERE kind = 'noted'))::int AS notes, (count(*) FILTER (WHERE kind NOT IN ('joined', 'owned', 'noted', 'opened')))::int AS moved
      FROM told GROUP BY id)
  SELECT ${BRIEF}, c.joined, c.owned, c.notes, c.moved, (count(*) OVER ())::int AS total, (SELECT count(*) FROM looked)::int AS looked
    FROM changed c JOIN incident i ON i.tenant_id = $1 AND i.id = c.id
   WHERE ${QUEUED} ORDER BY i.severity_rank DESC, c.owned + c.notes + c.moved > 0 DESC, i.last_seen DESC, i.id DESC LIMIT $6`;

export async function changedIn(
  { pool, tenant }: ServerContext,
  { from, to }: Span,
  nameOf: (id: string) => string,
): Promise<HandoverFacts['changed']> {
  const { rows } = await pool.query<
    BriefRow &
      Pick<ChangedIncident, 'joined' | 'owned' | 'notes' | 'moved'> & {
        readonly total: number;
        readonly looked: number;
      }
  >(CHANGED, [tenant, new Date(from), new Date(to), idFloor('incident', from), EVENTS_READ_MAX, CHANGED_SHOWN_MAX]);
  return {
    rows: rows.map(row => {
      const { joined, owned, notes, moved } = row;
      return { ...briefOf(row, nameOf), joined, owned, notes, moved };
    }),
    total: rows[0]?.total ?? 0,
    isCut: (rows[0]?.looked ?? 0) >= EVENTS_READ_MAX,
  };
}

export async function lateNewsIn({ pool, tenant }: ServerContext, { from, to }: Span): Promise<HandoverFacts['news']> {
  const { rows } = await pool.query<{
    id: Id<'incident'>;
    title: string;
    stream: string;
    records: number;
    arrived: Date;
    total: number;
  }>(
    `WITH news AS (
       SELECT incident_id, stream, sum(records)::int AS records, max(arrived_at) AS arrived FROM late_news
        WHERE tenant_id = $1 AND arrived_at >= $2 AND arrived_at < $3 GROUP BY incident_id, stream)
     SELECT i.id, i.title, n.stream, n.records, n.arrived, (count(*) OVER ())::int AS total
       FROM news n JOIN incident i ON i.tenant_id = $1 AND i.id = n.incident_id AND i.merged_into IS NULL
      ORDER BY i.severity_rank DESC, n.arrived DESC, i.id DESC, n.stream LIMIT $4`,
    [tenant, new Date(from), new Date(to), NEWS_MAX],
  );
  return {
    rows: rows.map(({ id, title, stream, records, arrived }) => ({
      incident: id,
      title,
      stream,
      records,
      arrivedAt: unixMsFrom(arrived.getTime()),
    })),
    total: rows[0]?.total ?? 0,
  };
}

export async function cameInOver({ pool, tenant }: ServerContext, { from, to }: Span): Promise<CameIn> {
  const { rows } = await pool.query<{ [K in keyof CameIn]: string }>(
    `SELECT coalesce(sum(records), 0) AS records, coalesce(sum(kept), 0) AS kept, coalesce(sum(duplicate), 0) AS duplicate,
            coalesce(sum(quarantined), 0) AS quarantined FROM intake_batch WHERE tenant_id = $1 AND id >= $2 AND id < $3`,
    [tenant, idFloor('batch', from), idFloor('batch', to)],
  );
  const [row] = rows;
  const of = (key: keyof CameIn): number => Number(row?.[key] ?? 0);
  return { records: of('records'), kept: of('kept'), duplicate: of('duplicate'), quarantined: of('quarantined') };
}

export async function quarantinedIn(
  { pool, tenant }: ServerContext,
  { from, to }: Span,
): Promise<HandoverFacts['quarantine']> {
  const { rows } = await pool.query<{ source: string; code: string; records: number }>(
    `SELECT source, code, count(*)::int AS records FROM quarantine WHERE tenant_id = $1 AND received_at >= $2 AND received_at < $3
      GROUP BY source, code ORDER BY count(*) DESC, source, code LIMIT $4`,
    [tenant, new Date(from), new Date(to), QUARANTINE_MAX],
  );
  return rows;
}

export async function noisiestRules({ pool, tenant }: ServerContext, { from, to }: Span): Promise<Rules> {
  const { rows } = await pool.query<{
    rule: string;
    title: string;
    alerts: number;
    repeats: number;
    incident: Id<'incident'>;
    all_alerts: number;
    all_repeats: number;
  }>(
    `WITH looked AS MATERIALIZED (
       SELECT rule, title, incident_id, duplicate_of FROM alert WHERE tenant_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4)
     SELECT rule, min(title COLLATE "C") AS title, count(*)::int AS alerts, count(duplicate_of)::int AS repeats, max(incident_id) AS incident,
            (sum(count(*)) OVER ())::int AS all_alerts, (sum(count(duplicate_of)) OVER ())::int AS all_repeats
       FROM looked GROUP BY rule ORDER BY count(*) DESC, rule COLLATE "C" LIMIT $5`,
    [tenant, idFloor('alert', from), idFloor('alert', to), ALERTS_READ_MAX, RULES_MAX],
  );
  return {
    rows: rows.map(({ rule, title, alerts, repeats, incident }) => ({ rule, title, alerts, repeats, incident })),
    looked: rows[0]?.all_alerts ?? 0,
    repeats: rows[0]?.all_repeats ?? 0,
    isCut: (rows[0]?.all_alerts ?? 0) >= ALERTS_READ_MAX,
  };
}
