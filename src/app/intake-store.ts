import type { Id } from '../base/id.ts';
import type { Alert, EntityHit, Json } from '../model/alert.ts';
import { activityTime } from '../model/alert.ts';
import type { IncidentEvent, JoinReason } from '../model/incident.ts';
import type { Db } from './context.ts';

/** An alert with the place that was found for it. */
export interface PlacedAlert {
  readonly alert: Alert;
  readonly key: string;
  readonly sha256: Uint8Array;
  readonly bytes: Uint8Array;
  /** A CSV row by its header; undefined for any other record. */
  readonly columns: unknown;
  readonly incident: Id<'incident'>;
  readonly duplicateOf: Id<'alert'> | undefined;
  readonly because: readonly JoinReason[];
}

/** A record that no alert could be made of. Its id is of its bytes, so that it is set aside once. */
export interface SetAside {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly sha256: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface BatchHead {
  readonly tenant: string;
  readonly id: Id<'batch'>;
  readonly source: string;
  readonly deliveryId: string | undefined;
  readonly receivedAt: Date;
}

/** PostgreSQL cannot store U+0000 in text or jsonb; what a vendor wrote is kept whole in the evidence's bytes. */
export function withoutNul(text: string): string {
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text;
}

/** As {@link withoutNul} for everything inside, lone surrogates included, which jsonb refuses as well. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return /\\u0000|\\ud[89a-f]/i.test(text)
    ? JSON.stringify(value, (_key, member: unknown) =>
        typeof member === 'string' ? withoutNul(member).toWellFormed() : member,
      )
    : text;
}

/** The alerts that earlier deliveries brought under these keys. */
export async function knownAlerts(
  db: Db,
  tenant: string,
  keys: readonly string[],
): Promise<Map<string, { readonly id: Id<'alert'>; readonly sha256: string }>> {
  if (keys.length === 0) return new Map();
  const { rows } = await db.query<{ alert_key: string; id: Id<'alert'>; sha256: string }>({
    name: 'intake-known',
    text: `SELECT alert_key, id, body ->> 'sha256' AS sha256 FROM alert WHERE tenant_id = $1 AND alert_key = ANY($2)`,
    values: [tenant, keys],
  });
  return new Map(rows.map(row => [row.alert_key, { id: row.id, sha256: row.sha256 }]));
}

// One JSON text for the batch: the bodies stand in it as they are, where arrays of jsonb would quote each a second time.
const ALERT_INSERT = `
  INSERT INTO alert (tenant_id, id, alert_key, evidence_id, source, product, vendor_id, title, rule, severity, activity_at,
                     received_at, body, duplicate_of, incident_id, because, batch_id)
  SELECT $1, id, alert_key, evidence_id, source, product, vendor_id, title, rule, severity, to_timestamp(activity_ms / 1000.0),
         $2, body, duplicate_of, incident_id, because, $3
    FROM json_to_recordset($4::json)
      AS new (id text, alert_key text, evidence_id text, source text, product text, vendor_id text, title text, rule text, severity text,
              activity_ms float8, body jsonb, duplicate_of text, incident_id text, because jsonb)`;

const EVIDENCE_INSERT = `
  INSERT INTO evidence (tenant_id, id, sha256, bytes, source, received_at, batch_id)
  SELECT $1, id, sha256, bytes, source, $2, $3 FROM unnest($4::text[], $5::bytea[], $6::bytea[], $7::text[]) AS new (id, sha256, bytes, source)`;

/** Writes the alerts with their evidence, in two statements whatever their number. A key that is taken fails the transaction. */
export async function insertAlerts(db: Db, batch: BatchHead, placed: readonly PlacedAlert[]): Promise<void> {
  if (placed.length === 0) return;
  const of = <T>(pick: (one: PlacedAlert) => T): T[] => placed.map(pick);
  await db.query({
    name: 'intake-evidence',
    text: EVIDENCE_INSERT,
    values: [
      batch.tenant,
      batch.receivedAt,
      batch.id,
      of(one => one.alert.evidence),
      of(one => Buffer.from(one.sha256)),
      of(one => Buffer.from(one.bytes.buffer, one.bytes.byteOffset, one.bytes.byteLength)),
      of(one => one.alert.source),
    ],
  });
  await db.query({
    name: 'intake-alert',
    text: ALERT_INSERT,
    values: [batch.tenant, batch.receivedAt, batch.id, storableJson(placed.map(rowOf))],
  });
}

function rowOf(one: PlacedAlert): object {
  const { alert } = one;
  return {
    id: alert.id,
    alert_key: one.key,
    evidence_id: alert.evidence,
    source: alert.source,
    product: alert.product,
    vendor_id: alert.vendorId,
    title: alert.title,
    rule: alert.rule,
    severity: alert.severity,
    activity_ms: activityTime(alert),
    body: bodyOf(one),
    duplicate_of: one.duplicateOf,
    incident_id: one.incident,
    because: one.because,
  };
}

/**
 * What the columns do not hold; `alertOf` puts it together again. The OCSF form is left out, which halves what is
 * written: it is a pure function of the evidence, and `normaliseRecord` gives it again.
 */
function bodyOf({ alert, columns }: PlacedAlert): object {
  const {
    id: _id,
    evidence: _evidence,
    source: _source,
    product: _product,
    vendorId: _vendorId,
    title: _title,
    rule: _rule,
    severity: _severity,
    receivedAt: _at,
    ocsf: _ocsf,
    ...rest
  } = alert;
  return columns === undefined ? rest : { ...rest, columns };
}

export interface AlertRecord {
  readonly id: Id<'alert'>;
  readonly evidence_id: Id<'evidence'>;
  readonly source: string;
  readonly product: string;
  readonly vendor_id: string | null;
  readonly title: string;
  readonly rule: string;
  readonly severity: Alert['severity'];
  readonly received_at: Date;
  readonly body: { readonly [key: string]: Json };
}

/** The columns of {@link AlertRecord}. */
export const ALERT_COLUMNS = 'id, evidence_id, source, product, vendor_id, title, rule, severity, received_at, body';

/** The rest of an alert, as {@link bodyOf} leaves it. JSON has no undefined: what is absent is not stated. */
interface StoredBody
  extends Omit<
    Alert,
    'id' | 'evidence' | 'source' | 'product' | 'vendorId' | 'title' | 'rule' | 'severity' | 'receivedAt' | 'entities'
  > {
  readonly entities: readonly (Omit<EntityHit, 'vendorId'> & Partial<Pick<EntityHit, 'vendorId'>>)[];
}

/** An alert as it was when it was kept, but for its OCSF form, which is empty here. */
export function alertOf(row: AlertRecord): Alert {
  const body = row.body as unknown as StoredBody;
  // Member by member: objects that begin with a spread are each of a shape of their own in memory, and reading thousands
  // of those takes many times as long.
  return {
    id: row.id,
    evidence: row.evidence_id,
    source: row.source,
    product: row.product,
    vendorId: row.vendor_id ?? undefined,
    title: row.title,
    rule: row.rule,
    severity: row.severity,
    occurredAt: body.occurredAt,
    endedAt: body.endedAt,
    reportedAt: body.reportedAt,
    receivedAt: row.received_at.getTime() as Alert['receivedAt'],
    fields: body.fields,
    pointers: body.pointers,
    entities: body.entities.map(entity => ({ vendorId: undefined, ...entity })),
    techniques: body.techniques,
    tactics: body.tactics,
    vendorLinks: body.vendorLinks,
    ocsf: {},
    warnings: body.warnings,
    sha256: body.sha256,
    ...(body.confidence === undefined ? {} : { confidence: body.confidence }),
  };
}

/** A product names itself: a longer name is cut where it is counted. */
const PRODUCT_CHARS_MAX = 256;

/** Counts what a batch brought by source and product. */
export async function countHeard(db: Db, batch: BatchHead, placed: readonly PlacedAlert[]): Promise<void> {
  const counts = new Map<string, { readonly source: string; readonly product: string; alerts: number }>();
  for (const { alert } of placed) {
    const product = withoutNul(alert.product.slice(0, PRODUCT_CHARS_MAX)).toWellFormed();
    const key = `${alert.source}\n${product}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { source: alert.source, product, alerts: 1 });
    else known.alerts += 1;
  }
  const rows = [...counts.values()];
  if (rows.length === 0) return;
  await db.query({
    name: 'intake-heard',
    text: `INSERT INTO source_heard (tenant_id, source, product, alerts, last_at)
           SELECT $1, source, product, alerts, $2 FROM unnest($3::text[], $4::text[], $5::int[]) AS new (source, product, alerts)
           ON CONFLICT (tenant_id, source, product)
           DO UPDATE SET alerts = source_heard.alerts + excluded.alerts, last_at = greatest(source_heard.last_at, excluded.last_at)`,
    values: [
      batch.tenant,
      batch.receivedAt,
      rows.map(row => row.source),
      rows.map(row => row.product),
      rows.map(row => row.alerts),
    ],
  });
}

/** Sets records aside; resolves to how many were not aside already. */
export async function insertSetAside(db: Db, batch: BatchHead, aside: readonly SetAside[]): Promise<number> {
  if (aside.length === 0) return 0;
  const { rowCount } = await db.query(
    `INSERT INTO quarantine (tenant_id, id, source, code, detail, sha256, bytes, received_at, batch_id)
     SELECT $1, id, $2, code, detail, sha256, bytes, $3, $4
       FROM unnest($5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[]) AS new (id, code, detail, sha256, bytes)
     ON CONFLICT DO NOTHING`,
    [
      batch.tenant,
      batch.source,
      batch.receivedAt,
      batch.id,
      aside.map(one => one.id),
      aside.map(one => one.code),
      aside.map(one => withoutNul(one.detail).toWellFormed()),
      aside.map(one => Buffer.from(one.sha256)),
      aside.map(one => Buffer.from(one.bytes)),
    ],
  );
  return rowCount ?? 0;
}

/** Appends what happened to incidents, in this order. */
export async function insertEvents(
  db: Db,
  tenant: string,
  at: Date,
  by: string,
  events: readonly IncidentEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await db.query({
    name: 'intake-events',
    text: `INSERT INTO incident_event (tenant_id, incident_id, event, at, by)
           SELECT $1, incident_id, event, $2, $3
             FROM json_to_recordset($4::json) AS new (place int, incident_id text, event jsonb) ORDER BY place`,
    values: [
      tenant,
      at,
      by,
      storableJson(events.map((event, place) => ({ place, incident_id: event.incident, event }))),
    ],
  });
}

/** A delivery that was cut off is sent again under its id: only the first batch of that name has it. */
export async function insertBatch(
  db: Db,
  batch: BatchHead,
  counts: {
    readonly records: number;
    readonly kept: number;
    readonly duplicate: number;
    readonly quarantined: number;
    readonly root: Uint8Array;
  },
): Promise<void> {
  await db.query(
    `INSERT INTO intake_batch (tenant_id, id, source, delivery_id, records, kept, duplicate, quarantined, root, received_at)
     VALUES ($1, $2, $3, CASE WHEN EXISTS (SELECT 1 FROM intake_batch WHERE tenant_id = $1 AND source = $3 AND delivery_id = $4) THEN NULL ELSE $4 END,
             $5, $6, $7, $8, $9, $10)`,
    [
      batch.tenant,
      batch.id,
      batch.source,
      batch.deliveryId ?? null,
      counts.records,
      counts.kept,
      counts.duplicate,
      counts.quarantined,
      Buffer.from(counts.root),
      batch.receivedAt,
    ],
  );
}
