import { fail, ok, type Result } from '../base/result.ts';
import { normaliseRecord } from '../core/intake/normalise.ts';
import type { NormalisedAlert } from '../model/alert.ts';
import type { PreviewSample, SourceDryRun, SourcePreview } from '../model/api.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { FieldMap, RawRecord } from '../ports/source.ts';
import { INFERRED_RECORDS_MAX, inferSchema } from '../sources/generic/infer.ts';
import { SOURCES } from '../sources/index.ts';
import { type Piece, recordOf } from '../sources/read/record.ts';
import { createSplitter } from '../sources/read/splitter.ts';
import { parseFieldMap } from '../sources/shared/mapped.ts';
import type { ServerContext } from './context.ts';
import { readPushSource } from './sources.ts';

/** How records are to be read: by which source, under which map. */
export interface Reading {
  readonly kind: string;
  readonly fieldMap: Readonly<Record<string, string>>;
}

export interface PreviewRequest extends Reading {
  readonly records: { readonly text: string } | { readonly newest: 'unrecognised' | 'quarantine' };
}

/** Samples that are shown one by one. */
const SAMPLES_MAX = 20;
const SAMPLE_CHARS_MAX = 4_000;
/** Stored records that a preview takes, and that a dry run normalises again. */
const NEWEST_MAX = 100;
const DRY_RUN_MAX = 500;
/** Alerts among which those of one source are looked for: it may have fallen silent long ago. */
const SCANNED_MAX = 50_000;
/** Bytes of all records that one request looks at. */
const BYTES_MAX = 16 * 1024 * 1024;

/** What would be made of records that a person pasted, or of the newest that nobody recognised. Nothing is stored. */
export async function previewRecords(
  context: ServerContext,
  request: PreviewRequest,
): Promise<Result<SourcePreview, Failure>> {
  const map = fieldMapOf(request);
  if (!map.ok) return map;
  const pieces =
    'text' in request.records
      ? piecesOf(request.records.text)
      : (await newestBytes(context, request.records.newest)).map(recordOf);
  const looked = pieces.slice(0, INFERRED_RECORDS_MAX);
  const records = looked.flatMap(piece => (piece.ok ? [piece.record] : []));
  const schema = inferSchema(records);
  return ok({
    records: looked.length,
    omittedRecords: pieces.length - looked.length,
    recognised: countRecognised(records),
    paths: schema.paths,
    omittedPaths: schema.omitted,
    samples: looked.slice(0, SAMPLES_MAX).map(piece => sampleOf(piece, request.kind, map.value)),
  });
}

/** What another reading would change in the newest records that a source sent. Their bytes are kept, so it is exact. */
export async function dryRun(
  context: ServerContext,
  id: string,
  reading: Reading,
): Promise<Result<SourceDryRun, Failure>> {
  const map = fieldMapOf(reading);
  if (!map.ok) return map;
  const source = await readPushSource(context, id);
  if (source === undefined) return fail(failureOf('source.unknown', id));
  const changes = new Changes();
  for (const record of await newestOf(context, id)) {
    changes.add(
      normaliseRecord(record, SOURCES, source.kind, source.fieldMap),
      normaliseRecord(record, SOURCES, reading.kind, map.value),
    );
  }
  return ok(changes.summary());
}

/** The map, where the kind exists and every key is one of our fields. */
function fieldMapOf({ kind, fieldMap }: Reading): Result<FieldMap, Failure> {
  if (kind !== 'auto' && !SOURCES.sources.some(source => source.id === kind))
    return fail(failureOf('source.unknown', kind));
  for (const key of Object.keys(fieldMap)) {
    const known = parseFieldMap(`${key}=x`);
    if (!known.ok) return fail(failureOf('request.malformed', `fieldMap: ${known.failure}`));
  }
  return ok(new Map(Object.entries(fieldMap)));
}

function piecesOf(text: string): readonly Piece[] {
  const splitter = createSplitter();
  return [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()];
}

function surest(record: RawRecord): PreviewSample['recognised'] {
  let best: PreviewSample['recognised'];
  for (const source of SOURCES.sources) {
    const sureness = source.recognise(record);
    if (sureness > (best?.sureness ?? 0)) best = { source: source.id, sureness };
  }
  return best;
}

function countRecognised(records: readonly RawRecord[]): SourcePreview['recognised'] {
  const counts = new Map<string, number>();
  for (const record of records) {
    const source = surest(record)?.source;
    if (source !== undefined) counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([source, count]) => ({
      source,
      title: SOURCES.sources.find(one => one.id === source)?.title ?? source,
      records: count,
    }));
}

function sampleOf(piece: Piece, kind: string, map: FieldMap): PreviewSample {
  if (!piece.ok) {
    const raw = new TextDecoder().decode(piece.bytes.slice(0, SAMPLE_CHARS_MAX));
    return { raw, recognised: undefined, result: { ok: false, ...piece.refusal } };
  }
  const { record } = piece;
  const read = normaliseRecord(record, SOURCES, kind, map);
  const raw = record.text.slice(0, SAMPLE_CHARS_MAX).toWellFormed();
  if (!read.ok) return { raw, recognised: surest(record), result: { ok: false, ...read.failure } };
  const { source, title, severity, fields, confidence = {}, pointers, warnings } = read.value;
  return {
    raw,
    recognised: surest(record),
    result: { ok: true, source, title, severity, fields, confidence, pointers, warnings },
  };
}

/** The newest records that no source but `generic` recognised, or that were set aside. */
async function newestBytes(
  context: ServerContext,
  which: 'unrecognised' | 'quarantine',
): Promise<readonly Uint8Array[]> {
  const { rows } =
    which === 'quarantine'
      ? await context.pool.query<{ bytes: Buffer }>(
          'SELECT bytes FROM quarantine WHERE tenant_id = $1 ORDER BY received_at DESC, id DESC LIMIT $2',
          [context.tenant, NEWEST_MAX],
        )
      : await context.pool.query<{ bytes: Buffer }>(
          `SELECT e.bytes FROM (SELECT evidence_id, source FROM alert WHERE tenant_id = $1 ORDER BY received_at DESC LIMIT $3) a
             JOIN evidence e ON e.tenant_id = $1 AND e.id = a.evidence_id WHERE a.source = 'generic' LIMIT $2`,
          [context.tenant, NEWEST_MAX, SCANNED_MAX],
        );
  return withinBytes(rows).map(row => row.bytes);
}

/** The newest records of a configured source, as intake read them. */
async function newestOf(context: ServerContext, id: string): Promise<readonly RawRecord[]> {
  const { rows } = await context.pool.query<{ bytes: Buffer; columns: object | null }>(
    `SELECT e.bytes, a.body -> 'columns' AS columns
       FROM (SELECT evidence_id, batch_id, body, received_at FROM alert WHERE tenant_id = $1 ORDER BY received_at DESC LIMIT $4) a
       JOIN intake_batch b ON b.tenant_id = $1 AND b.id = a.batch_id AND b.source = $2
       JOIN evidence e ON e.tenant_id = $1 AND e.id = a.evidence_id
      ORDER BY a.received_at DESC LIMIT $3`,
    [context.tenant, id, DRY_RUN_MAX, SCANNED_MAX],
  );
  return withinBytes(rows).flatMap(({ bytes, columns }) => {
    const piece = recordOf(bytes);
    if (!piece.ok) return [];
    // A row of CSV: the names of its columns stand beside it.
    return [columns === null ? piece.record : { ...piece.record, value: columns }];
  });
}

function withinBytes<T extends { readonly bytes: Uint8Array }>(rows: readonly T[]): readonly T[] {
  let bytes = 0;
  return rows.filter(row => {
    bytes += row.bytes.length;
    return bytes <= BYTES_MAX;
  });
}

type Read = ReturnType<typeof normaliseRecord>;
interface Change {
  added: number;
  removed: number;
  changed: number;
  readonly example: { readonly before: string | undefined; readonly after: string | undefined };
}

/** What two readings of the same records differ in, added up. */
class Changes {
  private readonly fields = new Map<string, Change>();
  private records = 0;
  private changed = 0;
  private refusedBefore = 0;
  private refusedAfter = 0;

  add(before: Read, after: Read): void {
    this.records += 1;
    if (!before.ok) this.refusedBefore += 1;
    if (!after.ok) this.refusedAfter += 1;
    const old = before.ok ? statedBy(before.value) : new Map<string, string>();
    const now = after.ok ? statedBy(after.value) : new Map<string, string>();
    let differs = before.ok !== after.ok;
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const was = old.get(name);
      const is = now.get(name);
      if (was === is) continue;
      differs = true;
      const one = this.fields.get(name) ?? { added: 0, removed: 0, changed: 0, example: { before: was, after: is } };
      if (was === undefined) one.added += 1;
      else if (is === undefined) one.removed += 1;
      else one.changed += 1;
      this.fields.set(name, one);
    }
    if (differs) this.changed += 1;
  }

  summary(): SourceDryRun {
    const size = (one: Change): number => one.added + one.removed + one.changed;
    return {
      records: this.records,
      changed: this.changed,
      refusedBefore: this.refusedBefore,
      refusedAfter: this.refusedAfter,
      fields: [...this.fields].sort(([, a], [, b]) => size(b) - size(a)).map(([field, one]) => ({ field, ...one })),
    };
  }
}

const EXAMPLE_CHARS_MAX = 200;

/** The fields, and what a map can set besides. */
function statedBy(alert: NormalisedAlert): ReadonlyMap<string, string> {
  const stated = new Map<string, string>(Object.entries(alert.fields));
  stated.set('title', alert.title).set('product', alert.product);
  if (alert.vendorId !== undefined) stated.set('id', alert.vendorId);
  return new Map([...stated].map(([name, text]) => [name, text.slice(0, EXAMPLE_CHARS_MAX).toWellFormed()]));
}
