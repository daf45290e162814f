import { createHash } from 'node:crypto';
import { leafHash, rootOfLeaves } from '../audit/tree.ts';
import { bytesToHex } from '../base/bytes.ts';
import type { Id } from '../base/id.ts';
import { ok } from '../base/result.ts';
import { normaliseRecord } from '../core/intake/normalise.ts';
import type { Alert, NormalisedAlert } from '../model/alert.ts';
import type { FieldMap, RawRecord, SourceRegistry } from '../ports/source.ts';
import type { Piece } from '../sources/read/record.ts';
import { nativeSha256 } from '../store/ed25519.ts';
import { type Db, isTaken, record, type ServerContext, transact } from './context.ts';
import { markPlacing, writePlacing } from './incident-moves.ts';
import { IncidentRows } from './incident-rows.ts';
import {
  type BatchHead,
  countHeard,
  insertAlerts,
  insertBatch,
  insertSetAside,
  knownAlerts,
  type PlacedAlert,
  type SetAside,
  withoutNul,
} from './intake-store.ts';
import type { Placer, Placing } from './placer.ts';
import { noteSuppressions, readSuppressing } from './suppressing.ts';

/** Alerts that are written in one transaction, and under one entry of the log. */
export const BATCH_RECORDS_MAX = 1_000;
/** A batch that loses a race, or whose connection breaks, is written again this often. */
const ATTEMPTS_MAX = 3;

/** Where records come from. */
export interface Delivery {
  /** The name that the source is known by here: a configured one, or `file`. */
  readonly from: string;
  /** A parser's id, or `auto`. */
  readonly sourceId: string;
  readonly fieldMap: FieldMap;
  /** The sender's own id of this delivery; the same one twice is one delivery. */
  readonly deliveryId: string | undefined;
}

/** Conservation: `records` is the sum of the other three. */
export interface IntakeCounts {
  readonly records: number;
  readonly kept: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/** What others do when alerts were kept: the search index, the coverage learner, the pages. */
export type KeptListener = (placed: readonly PlacedAlert[], incidents: readonly Id<'incident'>[]) => void;

/** A record that is read but not placed. */
type Prepared =
  | {
      readonly kind: 'alert';
      readonly alert: Alert;
      readonly key: string;
      readonly sha256: Uint8Array;
      readonly bytes: Uint8Array;
      readonly columns: unknown;
    }
  | { readonly kind: 'aside'; readonly aside: SetAside };

/**
 * The way from bytes to incidents. A batch is one transaction: evidence, alerts, what was set aside, incidents and the
 * entry of the log, or nothing. Killing the process at any instant loses at most what was not yet answered, and sending
 * it again makes nothing twice.
 *
 * One batch at a time is placed and written, because where an alert belongs depends on those before it; the next one
 * is read meanwhile.
 */
export class Intake {
  private readonly rows = new IncidentRows();
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private readonly context: ServerContext;
  private readonly registry: SourceRegistry;
  private readonly placer: Placer;
  private readonly onKept: KeptListener;

  constructor(context: ServerContext, registry: SourceRegistry, placer: Placer, onKept: KeptListener) {
    this.context = context;
    this.registry = registry;
    this.placer = placer;
    this.onKept = onKept;
  }

  /** Batches that wait for their turn. The doors refuse new deliveries while it is high. */
  get backlog(): number {
    return this.waiting;
  }

  /** Takes every record of a delivery. Resolves when all of it is durable; rejects where the database does not answer. */
  async take(
    pieces: AsyncIterable<readonly Piece[]>,
    delivery: Delivery,
    onBatch: (counts: IntakeCounts) => void = () => undefined,
  ): Promise<IntakeCounts> {
    const total = { records: 0, kept: 0, duplicate: 0, quarantined: 0 };
    let number = 0;
    let writing: Promise<void> = Promise.resolve();
    const start = (batch: readonly Prepared[]): void => {
      const deliveryId = delivery.deliveryId === undefined ? undefined : `${delivery.deliveryId}#${number}`;
      number += 1;
      writing = this.write(batch, { ...delivery, deliveryId }).then(counts => {
        total.records += counts.records;
        total.kept += counts.kept;
        total.duplicate += counts.duplicate;
        total.quarantined += counts.quarantined;
        onBatch({ ...total });
      });
      // Seen by whoever awaits it next; until then it must not end the process.
      writing.catch(() => undefined);
    };
    let batch: Prepared[] = [];
    for await (const group of pieces) {
      for (const piece of group) {
        batch.push(this.prepare(piece, delivery));
        if (batch.length < BATCH_RECORDS_MAX) continue;
        await writing;
        start(batch);
        batch = [];
      }
    }
    await writing;
    if (batch.length > 0) start(batch);
    await writing;
    return total;
  }

  /** Runs where no batch is being placed or written: for people's changes to incidents. */
  exclusively<T>(work: (rows: IncidentRows) => Promise<T>): Promise<T> {
    const run = this.turn.then(() => work(this.rows));
    this.turn = run.catch(() => undefined);
    return run;
  }

  private prepare(piece: Piece, delivery: Delivery): Prepared {
    const bytes = piece.ok ? piece.record.bytes : piece.bytes;
    const sha256 = createHash('sha256').update(bytes).digest();
    const setAside = (code: string, detail: string): Prepared => ({
      kind: 'aside',
      aside: {
        id: `rec_${createHash('sha256').update(`${delivery.from}\n`).update(sha256).digest('hex').slice(0, 26)}`,
        code,
        detail,
        sha256,
        bytes,
      },
    });
    if (!piece.ok) return setAside(piece.refusal.code, piece.refusal.detail);
    const normalised = normaliseRecord(piece.record, this.registry, delivery.sourceId, delivery.fieldMap);
    if (!normalised.ok) return setAside(normalised.failure.code, normalised.failure.detail);
    const hex = sha256.toString('hex');
    const alert = alertFrom(normalised.value, {
      id: this.context.newId('alert'),
      evidence: this.context.newId('evidence'),
      sha256: hex,
      receivedAt: this.context.now(),
    });
    return { kind: 'alert', alert, key: keyOf(delivery.from, alert), sha256, bytes, columns: columnsOf(piece.record) };
  }

  private async write(batch: readonly Prepared[], delivery: Delivery): Promise<IntakeCounts> {
    this.waiting += 1;
    const run = this.turn.then(() => this.writeNow(batch, delivery));
    this.turn = run.catch(() => undefined);
    try {
      return await run;
    } finally {
      this.waiting -= 1;
    }
  }

  private async writeNow(batch: readonly Prepared[], delivery: Delivery): Promise<IntakeCounts> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.writeOnce(batch, delivery);
      } catch (error) {
        // What the placer and the rows hold may be ahead of the database now: both start again from what it has.
        this.rows.forget();
        await this.placer.reload();
        if (attempt >= ATTEMPTS_MAX || !isTaken(error)) throw error;
      }
    }
  }

  private async writeOnce(batch: readonly Prepared[], delivery: Delivery): Promise<IntakeCounts> {
    const { context } = this;
    const head: BatchHead = {
      tenant: context.tenant,
      id: context.newId('batch'),
      source: delivery.from,
      deliveryId: delivery.deliveryId,
      receivedAt: new Date(context.now()),
    };
    const kept: PlacedAlert[] = [];
    const suppressing = await readSuppressing(context, head.receivedAt.getTime());
    const done = await transact<{ counts: IntakeCounts; incidents: readonly Id<'incident'>[] }>(
      context,
      async client => {
        const fresh = await this.freshOf(client, batch);
        const { placed, placing } = this.place(fresh);
        await insertAlerts(client, head, placed);
        await noteSuppressions(suppressing, client, head, placed);
        await countHeard(client, head, placed);
        const quarantined = await insertSetAside(client, head, asideOf(batch));
        const moved = await writePlacing(client, context.tenant, placing, head.receivedAt);
        const opened = new Set(placing.events.filter(event => event.kind === 'opened').map(event => event.incident));
        const touched = await this.rows.add(
          client,
          context.tenant,
          placed,
          id => opened.has(id) && !moved.has(id),
          head.receivedAt,
        );
        await this.rows.rebuild(client, context.tenant, [...moved], head.receivedAt);
        await markPlacing(client, context.tenant, placing);
        const counts = {
          records: batch.length,
          kept: placed.length,
          quarantined,
          duplicate: batch.length - placed.length - quarantined,
        };
        await this.note(client, head, batch, counts);
        kept.push(...placed);
        return ok({ counts, incidents: [...new Set([...touched, ...moved])] });
      },
    );
    if (!done.ok) throw new Error(done.failure.detail);
    if (kept.length > 0) this.onKept(kept, done.value.incidents);
    return done.value.counts;
  }

  /** Those that no earlier delivery, and no earlier record of this one, brought. A newer version of a kept alert is fresh. */
  private async freshOf(client: Db, batch: readonly Prepared[]): Promise<readonly Fresh[]> {
    const alerts = batch.filter(one => one.kind === 'alert');
    const { tenant } = this.context;
    const known = await knownAlerts(
      client,
      tenant,
      alerts.map(one => one.key),
    );
    const changed = alerts.filter(one => known.has(one.key) && known.get(one.key)?.sha256 !== one.alert.sha256);
    for (const [key, version] of await knownAlerts(client, tenant, changed.map(versionKey))) known.set(key, version);
    const fresh: Fresh[] = [];
    for (const one of alerts) {
      const first = known.get(one.key);
      if (first === undefined) {
        known.set(one.key, { id: one.alert.id, sha256: one.alert.sha256 });
        fresh.push({ ...one, versionOf: undefined });
        continue;
      }
      const key = versionKey(one);
      if (first.sha256 === one.alert.sha256 || known.has(key)) continue;
      known.set(key, { id: one.alert.id, sha256: one.alert.sha256 });
      fresh.push({ ...one, key, versionOf: first.id });
    }
    return fresh;
  }

  private place(fresh: readonly Fresh[]): { readonly placed: readonly PlacedAlert[]; readonly placing: Placing } {
    const placing = this.placer.place(fresh.map(one => one.alert));
    const placed = placing.placed.map((place, index) => {
      const one = fresh[index];
      if (one === undefined) throw new RangeError('the placer answers once for each alert');
      const { alert, key, sha256, bytes, columns } = one;
      return {
        alert,
        key,
        sha256,
        bytes,
        columns,
        incident: place.incident,
        duplicateOf: place.duplicateOf ?? one.versionOf,
        because: place.because,
      };
    });
    return { placed, placing };
  }

  private async note(client: Db, head: BatchHead, batch: readonly Prepared[], counts: IntakeCounts): Promise<void> {
    const leaves = batch.map(one => leafHash(one.kind === 'alert' ? one.sha256 : one.aside.sha256, nativeSha256));
    const root = rootOfLeaves(leaves, nativeSha256);
    await insertBatch(client, head, { ...counts, root });
    await record(this.context, client, {
      type: 'intake.batch',
      batch: head.id,
      source: head.source,
      records: String(counts.records),
      kept: String(counts.kept),
      duplicate: String(counts.duplicate),
      quarantined: String(counts.quarantined),
      root: bytesToHex(root),
    });
  }
}

type Fresh = Extract<Prepared, { kind: 'alert' }> & { readonly versionOf: Id<'alert'> | undefined };

/** Member by member: the OCSF form is made when somebody asks for it, which nobody does here, and a spread would ask. */
function alertFrom(from: NormalisedAlert, own: Pick<Alert, 'id' | 'evidence' | 'sha256' | 'receivedAt'>): Alert {
  return {
    source: from.source,
    vendorId: from.vendorId,
    product: from.product,
    title: from.title,
    rule: from.rule,
    severity: from.severity,
    occurredAt: from.occurredAt,
    endedAt: from.endedAt,
    reportedAt: from.reportedAt,
    fields: from.fields,
    pointers: from.pointers,
    ...(from.confidence === undefined ? {} : { confidence: from.confidence }),
    entities: from.entities,
    techniques: from.techniques,
    tactics: from.tactics,
    vendorLinks: from.vendorLinks,
    ocsf: {},
    warnings: from.warnings,
    ...own,
  };
}

/** A vendor's id longer than this is replaced by its hash. */
const VENDOR_ID_CHARS_MAX = 256;
const SEPARATOR = '\u001f';

/** What makes two records the same alert: who sent it, the product and the vendor's own id, or else the bytes. */
function keyOf(from: string, alert: Alert): string {
  if (alert.vendorId === undefined) return [from, 'sha256', alert.sha256].join(SEPARATOR);
  const id =
    alert.vendorId.length > VENDOR_ID_CHARS_MAX
      ? createHash('sha256').update(alert.vendorId).digest('hex')
      : alert.vendorId;
  return withoutNul(
    [from, alert.source, alert.product.slice(0, VENDOR_ID_CHARS_MAX), id].join(SEPARATOR),
  ).toWellFormed();
}

/**
 * What the bytes alone do not give back is kept beside them, or pointers would lead nowhere: a row does not carry the
 * names of its columns, and a line not its encoding.
 */
function columnsOf(record: RawRecord): unknown {
  if (record.isDecoded === true) return record.value;
  const isRow = typeof record.value === 'object' && record.value !== null && !/^\s*[[{]/.test(record.text.slice(0, 16));
  return isRow ? record.value : undefined;
}

/** The key of a record that has a kept alert's id and other bytes: the vendor changed it since. */
function versionKey(one: { readonly key: string; readonly alert: Alert }): string {
  return `${one.key}${SEPARATOR}${one.alert.sha256}`;
}

function asideOf(batch: readonly Prepared[]): readonly SetAside[] {
  return [
    ...new Map(batch.flatMap(one => (one.kind === 'aside' ? [[one.aside.id, one.aside] as const] : []))).values(),
  ];
}
