import type { Id } from '../base/id.ts';
import { oncePer } from '../base/once.ts';
import type { ReasonsOf } from '../core/study/joins.ts';
import { sightingsIn } from '../core/study/sightings.ts';
import { type Alert, activityTime } from '../model/alert.ts';
import type { JoinReason } from '../model/incident.ts';
import { instructionLike } from '../sources/shared/instruction-like.ts';
import type { ServerContext } from './context.ts';
import { ALERT_COLUMNS, type AlertRecord, alertOf } from './intake-store.ts';
import { fieldReader, recordValue } from './record-fields.ts';

/** An incident is studied by so many of its alerts; how many were left out is said with it. */
const STUDIED_MAX = 2_000;
/**
 * Alerts that stay read, and the bytes of their records together. What an alert and its record say never changes, so
 * what follows from one alone ({@link oncePer}) stays for as long as it does; in which incident it stands is asked each
 * time.
 */
const KEPT_MAX = 4_000;
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

const IDS = 'SELECT id FROM alert WHERE tenant_id = $1 AND incident_id = $2 ORDER BY activity_at, id';
/** Each part is read from the index alone, and the first two only as far as they go. */
const CHOSEN_IDS = `
  WITH chosen AS (
    (SELECT id, activity_at FROM alert WHERE tenant_id = $1 AND incident_id = $2 ORDER BY activity_at, id LIMIT $3)
    UNION (SELECT id, activity_at FROM alert WHERE tenant_id = $1 AND incident_id = $2 ORDER BY activity_at DESC, id DESC LIMIT $3)
    UNION (SELECT id, activity_at FROM alert WHERE tenant_id = $1 AND incident_id = $2 AND duplicate_of IS NULL
            ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'unknown', 'low', 'informational'], severity), activity_at, id LIMIT $4))
  SELECT id FROM chosen ORDER BY activity_at, id`;

const WITHIN_IDS = `
  SELECT id FROM alert WHERE tenant_id = $1 AND incident_id = $2
     AND ($3::float8 IS NULL OR activity_at >= to_timestamp($3 / 1000.0)) AND ($4::float8 IS NULL OR activity_at < to_timestamp($4 / 1000.0))
   ORDER BY activity_at, id LIMIT $5`;

/** An alert with its raw record as a value. */
export interface ReadAlert {
  readonly alert: Alert;
  readonly record: unknown;
  /** Length of the record as it came. */
  readonly byteLength: number;
}

/** What its record says of who held what. */
export const sightingsOf = oncePer(({ alert, record }: ReadAlert) =>
  sightingsIn(alert, fieldReader(new Map([[alert.evidence, record]]))),
);

/** Texts of its record that read like an instruction. */
export const instructionsIn = oncePer(({ record }: ReadAlert) => instructionLike(record));

/** The alerts that an incident is studied by, read once: after news of an incident only the new ones are. */
export class StudiedAlerts {
  private readonly context: ServerContext;
  private readonly kept = new Map<Id<'alert'>, ReadAlert>();
  private keptBytes = 0;

  constructor(context: ServerContext) {
    this.context = context;
  }

  /**
   * The alerts of an incident by activity time, as they were kept. Of one with more than {@link STUDIED_MAX}: the first,
   * the last, and the gravest of those that are no duplicates.
   */
  async of(incident: Id<'incident'>): Promise<{ readonly read: readonly ReadAlert[]; readonly total: number }> {
    const { pool, tenant } = this.context;
    const { rows: counted } = await pool.query<{ total: string }>(
      'SELECT count(*) AS total FROM alert WHERE tenant_id = $1 AND incident_id = $2',
      [tenant, incident],
    );
    const total = Number(counted[0]?.total ?? 0);
    const { rows } =
      total <= STUDIED_MAX
        ? await pool.query<{ id: Id<'alert'> }>(IDS, [tenant, incident])
        : await pool.query<{ id: Id<'alert'> }>(CHOSEN_IDS, [tenant, incident, STUDIED_MAX / 4, STUDIED_MAX / 2]);
    return { read: await this.these(rows.map(row => row.id)), total };
  }

  /**
   * As {@link of}, where something is asked of a span: of an incident with more alerts than are studied, its alerts within
   * the span are among them, as far as there is room for as many again. By activity time.
   */
  async within(
    incident: Id<'incident'>,
    span: { readonly from?: number; readonly to?: number } | undefined,
  ): Promise<{ readonly read: readonly ReadAlert[]; readonly total: number }> {
    const { read, total } = await this.of(incident);
    if (span === undefined || read.length >= total) return { read, total };
    const { rows } = await this.context.pool.query<{ id: Id<'alert'> }>(WITHIN_IDS, [
      this.context.tenant,
      incident,
      span.from ?? null,
      span.to ?? null,
      STUDIED_MAX,
    ]);
    const known = new Set(read.map(({ alert }) => alert.id));
    const more = await this.these(rows.map(({ id }) => id).filter(id => !known.has(id)));
    const all = [...read, ...more].sort(
      (a, b) => activityTime(a.alert) - activityTime(b.alert) || (a.alert.id < b.alert.id ? -1 : 1),
    );
    return { read: all, total };
  }

  /** These alerts, in this order; those that are not there are passed over. */
  async these(ids: readonly Id<'alert'>[]): Promise<readonly ReadAlert[]> {
    const found = await this.find(ids);
    return ids.flatMap(id => found.get(id) ?? []);
  }

  /** Why each of these stands in its incident, the first three reasons; duplicates are left out. It changes with where they stand, so it is asked. */
  async reasonsOf(ids: readonly Id<'alert'>[]): Promise<ReasonsOf> {
    const { rows } = await this.context.pool.query<{ id: Id<'alert'>; because: readonly JoinReason[] }>(
      `SELECT id, jsonb_path_query_array(because, '$[0 to 2]') AS because FROM alert
        WHERE tenant_id = $1 AND id = ANY($2) AND duplicate_of IS NULL`,
      [this.context.tenant, ids],
    );
    const reasons = new Map(rows.map(row => [row.id, row.because]));
    return id => reasons.get(id) ?? [];
  }

  private async find(ids: readonly Id<'alert'>[]): Promise<ReadonlyMap<Id<'alert'>, ReadAlert>> {
    const found = new Map<Id<'alert'>, ReadAlert>();
    for (const id of ids) {
      const known = this.kept.get(id);
      if (known !== undefined) found.set(id, known);
    }
    for (const one of await this.read(ids.filter(id => !found.has(id)))) found.set(one.alert.id, one);
    this.keep(found);
    return found;
  }

  private async read(ids: readonly Id<'alert'>[]): Promise<readonly ReadAlert[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.context.pool.query<AlertRecord & { readonly bytes: Buffer }>(
      `SELECT ${ALERT_COLUMNS.split(', ')
        .map(column => `a.${column}`)
        .join(', ')}, e.bytes FROM alert a JOIN evidence e ON e.tenant_id = a.tenant_id AND e.id = a.evidence_id
        WHERE a.tenant_id = $1 AND a.id = ANY($2)`,
      [this.context.tenant, ids],
    );
    return rows.map(row => {
      const { columns, ...body } = row.body;
      return {
        alert: alertOf({ ...row, body }),
        record: columns ?? recordValue(row.bytes),
        byteLength: row.bytes.length,
      };
    });
  }

  /** What was asked for last is forgotten last. */
  private keep(found: ReadonlyMap<Id<'alert'>, ReadAlert>): void {
    for (const [id, one] of found) {
      if (!this.kept.delete(id)) this.keptBytes += one.byteLength;
      this.kept.set(id, one);
    }
    for (const [id, one] of this.kept) {
      if (this.kept.size <= KEPT_MAX && this.keptBytes <= KEPT_BYTES_MAX) return;
      this.kept.delete(id);
      this.keptBytes -= one.byteLength;
    }
  }
}
