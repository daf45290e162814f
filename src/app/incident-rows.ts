import type { Id } from '../base/id.ts';
import { type RuleTally, tallied } from '../core/intake/gravest.ts';
import { severityOf, titleOf } from '../core/intake/incident.ts';
import { type Alert, activityTime, type EntityHit, SEVERITY_RANK, type Severity } from '../model/alert.ts';
import type { Db } from './context.ts';
import { groupBy } from './group-by.ts';
import { type PlacedAlert, storableJson, withoutNul } from './intake-store.ts';
import { hideSuppressed } from './suppressing.ts';

/** A title is told from this many alerts, and from one of each further rule: an incident of 10,000 costs no more. */
const SAMPLE_MAX = 100;
/** Rules that are counted for an incident: a record names its rule itself, so their number is not ours to trust. */
const RULES_MAX = 1_000;
/** Entities that a row of the queue names. */
const ENTITIES_SHOWN_MAX = 6;
/** Tallies that are kept in memory; others are read again when they are needed. */
const TALLIES_MAX = 4_000;

type Described = Pick<Alert, 'title' | 'rule' | 'severity' | 'entities'>;

/** What a row of the queue is written from. */
interface Tally {
  alertCount: number;
  severity: Severity;
  firstMs: number;
  lastMs: number;
  readonly sources: Set<string>;
  /** Over all alerts, also those beyond the sample. */
  readonly rules: Map<string, RuleTally>;
  readonly sample: Described[];
}

/**
 * The rows of the queue, kept up with what comes in. A row is a function of the incident's alerts; the tallies only
 * spare reading them all again for each batch. After a failed transaction they are forgotten.
 */
export class IncidentRows {
  private readonly tallies = new Map<Id<'incident'>, Tally>();

  forget(): void {
    this.tallies.clear();
  }

  /** Adds the alerts of a batch, which are inserted already, to the rows of their incidents. */
  async add(
    db: Db,
    tenant: string,
    placed: readonly PlacedAlert[],
    isNew: (incident: Id<'incident'>) => boolean,
    at: Date,
  ): Promise<readonly Id<'incident'>[]> {
    const byIncident = groupBy(placed, one => one.incident);
    const unknown = [...byIncident.keys()].filter(id => !this.tallies.has(id) && !isNew(id));
    // Those that were read hold the new alerts already.
    const readNow = new Set(unknown);
    await this.read(db, tenant, unknown);
    for (const [incident, members] of byIncident) {
      if (readNow.has(incident)) continue;
      const tally = this.tallies.get(incident) ?? emptyTally();
      this.tallies.set(incident, tally);
      for (const { alert } of members) count(tally, alert, activityTime(alert));
    }
    await this.write(db, tenant, [...byIncident.keys()], at);
    this.trim();
    return [...byIncident.keys()];
  }

  /** Writes the rows of these incidents anew from their alerts, as after a merge, a split or an undo. */
  async rebuild(db: Db, tenant: string, incidents: readonly Id<'incident'>[], at: Date): Promise<void> {
    for (const id of incidents) this.tallies.delete(id);
    await this.read(db, tenant, incidents);
    await this.write(db, tenant, incidents, at);
    this.trim();
  }

  private async read(db: Db, tenant: string, incidents: readonly Id<'incident'>[]): Promise<void> {
    if (incidents.length === 0) return;
    const { rows } = await db.query<TotalsRow>(TOTALS, [tenant, incidents]);
    const sample = await db.query<SampleRow>(SAMPLE, [tenant, incidents, SAMPLE_MAX]);
    const samples = groupBy(sample.rows, row => row.incident_id);
    for (const [incident, parts] of groupBy(rows, row => row.incident_id)) {
      const tally = emptyTally();
      this.tallies.set(incident, tally);
      tally.severity = severityOf(parts);
      for (const part of parts) {
        tally.alertCount += Number(part.alerts);
        tally.firstMs = Math.min(tally.firstMs, part.first_seen.getTime());
        tally.lastMs = Math.max(tally.lastMs, part.last_seen.getTime());
        for (const source of part.sources) tally.sources.add(source);
        countRule(tally, part.rule, part, Number(part.alerts));
      }
      for (const one of samples.get(incident) ?? []) tally.sample.push({ ...one, entities: one.entities ?? [] });
    }
  }

  private async write(db: Db, tenant: string, incidents: readonly Id<'incident'>[], at: Date): Promise<void> {
    const rows = incidents.map(id => ({ id, tally: this.tallies.get(id) ?? emptyTally() }));
    if (rows.length === 0) return;
    const of = <T>(pick: (tally: Tally) => T): T[] => rows.map(row => pick(row.tally));
    await db.query({
      name: 'incident-rows',
      text: UPSERT,
      values: [
        tenant,
        at,
        incidents,
        of(tally => withoutNul(titleOf(tally.sample, tally.rules))),
        of(tally => tally.severity),
        of(tally => SEVERITY_RANK[tally.severity]),
        of(tally => tally.alertCount),
        of(tally => JSON.stringify([...tally.sources].sort())),
        of(tally => storableJson(entitiesOf(tally.sample))),
        of(tally => (tally.alertCount === 0 ? at.getTime() : tally.firstMs)),
        of(tally => (tally.alertCount === 0 ? at.getTime() : tally.lastMs)),
      ],
    });
    await hideSuppressed(db, tenant, incidents);
  }

  private trim(): void {
    for (const id of this.tallies.keys()) {
      if (this.tallies.size <= TALLIES_MAX) return;
      this.tallies.delete(id);
    }
  }
}

function emptyTally(): Tally {
  return {
    alertCount: 0,
    severity: 'unknown',
    firstMs: Number.MAX_SAFE_INTEGER,
    lastMs: 0,
    sources: new Set(),
    rules: new Map(),
    sample: [],
  };
}

function count(tally: Tally, alert: Alert, activityMs: number): void {
  tally.severity = tally.alertCount === 0 ? alert.severity : severityOf([tally, alert]);
  tally.alertCount += 1;
  tally.firstMs = Math.min(tally.firstMs, activityMs);
  tally.lastMs = Math.max(tally.lastMs, activityMs);
  tally.sources.add(alert.source);
  if (tally.sample.length < SAMPLE_MAX || (!tally.rules.has(alert.rule) && tally.sample.length < 2 * SAMPLE_MAX)) {
    tally.sample.push({ title: alert.title, rule: alert.rule, severity: alert.severity, entities: alert.entities });
  }
  countRule(tally, alert.rule, alert, 1);
}

function countRule(tally: Tally, rule: string, alert: Pick<Alert, 'title' | 'severity'>, alerts: number): void {
  const known = tally.rules.get(rule);
  if (known !== undefined || tally.rules.size < RULES_MAX) tally.rules.set(rule, tallied(known, alert, alerts));
}

/** Kinds that a row names, the most telling first. */
const KIND_ORDER = ['user', 'nhi', 'host', 'access_key', 'mailbox', 'cloud_account', 'database', 'ip', 'domain'];

function entitiesOf(sample: readonly Described[]): readonly { readonly kind: string; readonly label: string }[] {
  const counts = new Map<string, { readonly entity: EntityHit; count: number }>();
  for (const { entities } of sample) {
    for (const entity of entities) {
      if (!KIND_ORDER.includes(entity.kind)) continue;
      const key = `${entity.kind}:${entity.value}`;
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { entity, count: 1 });
      else known.count += 1;
    }
  }
  return [...counts.values()]
    .sort(
      (a, b) =>
        KIND_ORDER.indexOf(a.entity.kind) - KIND_ORDER.indexOf(b.entity.kind) ||
        b.count - a.count ||
        (a.entity.value < b.entity.value ? -1 : 1),
    )
    .slice(0, ENTITIES_SHOWN_MAX)
    .map(({ entity }) => ({ kind: entity.kind, label: entity.label }));
}

interface TotalsRow {
  readonly incident_id: Id<'incident'>;
  readonly alerts: string;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly sources: string[];
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
}
const TOTALS = `
  SELECT incident_id, rule, severity, min(title COLLATE "C") AS title, count(*) AS alerts, min(activity_at) AS first_seen,
         max(activity_at) AS last_seen, array_agg(DISTINCT source) AS sources
    FROM alert WHERE tenant_id = $1 AND incident_id = ANY($2) GROUP BY incident_id, rule, severity
   ORDER BY severity, rule COLLATE "C"`;

interface SampleRow {
  readonly incident_id: Id<'incident'>;
  readonly title: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly entities: readonly EntityHit[] | null;
}
const SAMPLE = `
  SELECT a.incident_id, a.title, a.rule, a.severity, a.body -> 'entities' AS entities
    FROM unnest($2::text[]) AS wanted (id)
   CROSS JOIN LATERAL (SELECT * FROM alert WHERE tenant_id = $1 AND incident_id = wanted.id ORDER BY activity_at, id LIMIT $3) AS a`;

const UPSERT = `
  INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
  SELECT $1, id, title, severity, severity_rank, alert_count, ARRAY(SELECT jsonb_array_elements_text(sources)), entities,
         to_timestamp(first_ms / 1000.0), to_timestamp(last_ms / 1000.0), $2
    FROM unnest($3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::jsonb[], $9::jsonb[], $10::float8[], $11::float8[])
      AS new (id, title, severity, severity_rank, alert_count, sources, entities, first_ms, last_ms)
  ON CONFLICT (tenant_id, id) DO UPDATE SET
    title = excluded.title, severity = excluded.severity, severity_rank = excluded.severity_rank, alert_count = excluded.alert_count,
    sources = excluded.sources, entities = excluded.entities, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    updated_at = excluded.updated_at,
    -- What is new opens an incident again; see src/app/closing.ts.
    state = CASE WHEN excluded.alert_count > incident.alert_count THEN 'open' ELSE incident.state END`;
