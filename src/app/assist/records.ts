import { gunzipSync, gzipSync } from 'node:zlib';
import { digestOfCanonical } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import { ok, type Result } from '../../base/result.ts';
import type { AiRecord } from '../../model/assist.ts';
import type { Failure } from '../../model/failure.ts';
import { type Db, record, type ServerContext, transact } from '../context.ts';
import { sha256Hex } from './compile-prompt.ts';

/** A record with what replaying it needs beside what everybody is shown. */
export interface StoredRecord extends AiRecord {
  readonly incidentVersion: string;
  /** Digest of what reading its answer rests on. */
  readonly groundSha256: string;
  /** Of the system text that was sent: the prompt, with reason codes below it where the question was repeated. */
  readonly systemSha256: string;
  readonly answer:
    | {
        readonly finish: 'stop' | 'length' | 'other';
        readonly bytes: number;
        readonly latencyMs: number;
        readonly latencyMsMax: number;
      }
    | undefined;
}

/** What its digest is over: a domain of ours, or the bytes alone. */
export type BlobDomain = '' | 'countersign/packet/v1' | 'countersign/assist/v1';

export interface Blob {
  readonly domain: BlobDomain;
  readonly sha256: string;
  readonly text: string;
}

export function blobOf(domain: BlobDomain, text: string): Blob {
  return { domain, sha256: domain === '' ? sha256Hex(text) : digestOfCanonical(domain, text), text };
}

/** Above this a text is kept compressed: what reading rests on is long and repeats itself. */
const COMPRESSED_FROM = 2_048;

/** Keeps bytes under their digest; the same bytes once. */
export async function keepBlobs(context: ServerContext, db: Db, blobs: readonly Blob[]): Promise<void> {
  for (const { domain, sha256, text } of blobs) {
    const bytes = Buffer.from(text, 'utf8');
    const isLong = bytes.length >= COMPRESSED_FROM;
    await db.query(
      'INSERT INTO ai_blob (tenant_id, domain, sha256, media, bytes, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
      [
        context.tenant,
        domain,
        sha256,
        isLong ? 'gzip' : 'text',
        isLong ? gzipSync(bytes) : bytes,
        new Date(context.now()),
      ],
    );
  }
}

/** The text of these digests; one that is missing, or whose bytes are not those of its digest, is undefined. */
export async function readBlob(
  context: ServerContext,
  domain: BlobDomain,
  sha256: string,
): Promise<string | undefined> {
  const { rows } = await context.pool.query<{ media: string; bytes: Buffer }>(
    'SELECT media, bytes FROM ai_blob WHERE tenant_id = $1 AND domain = $2 AND sha256 = $3',
    [context.tenant, domain, sha256],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const text = (row.media === 'gzip' ? gunzipSync(row.bytes) : row.bytes).toString('utf8');
  return blobOf(domain, text).sha256 === sha256 ? text : undefined;
}

/**
 * Writes a record with its bytes and its entry in the log, or nothing of it. Nothing of an answer is shown before this
 * resolves.
 */
export function writeRecord(
  context: ServerContext,
  stored: StoredRecord,
  blobs: readonly Blob[],
  alongside: (db: Db) => Promise<void> = async () => undefined,
): Promise<Result<void, Failure>> {
  return transact(context, async client => {
    await keepBlobs(context, client, blobs);
    await client.query(
      `INSERT INTO ai_record (tenant_id, id, incident_id, incident_version, task, provider, outcome, is_cached, input_tokens, output_tokens, cost_micros, body, at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        context.tenant,
        stored.id,
        stored.incident ?? '',
        stored.incidentVersion,
        stored.task,
        stored.provider,
        outcomeWord(stored),
        stored.isCached,
        stored.usage?.inputTokens ?? 0,
        stored.usage?.outputTokens ?? 0,
        stored.costMicros,
        JSON.stringify(stored),
        new Date(stored.at),
      ],
    );
    await record(context, client, entryOf(stored));
    await alongside(client);
    return ok(undefined);
  });
}

const outcomeWord = ({ outcome }: AiRecord): string => (outcome.kind === 'used' ? 'used' : outcome.because);
/** What a provider calls itself is a stranger's text, and a leaf has bounds. */
const WORD_CHARS_MAX = 200;
const word = (text: string): string => text.toWellFormed().slice(0, WORD_CHARS_MAX).toWellFormed();
const yesNo = (value: boolean): 'yes' | 'no' => (value ? 'yes' : 'no');

function entryOf(stored: StoredRecord) {
  return {
    type: 'ai.called',
    record: stored.id,
    task: stored.task,
    incident: stored.incident ?? '',
    by: word(stored.by),
    prompt: stored.prompt.id,
    promptVersion: stored.prompt.version,
    promptSha256: stored.prompt.sha256,
    schemaSha256: stored.schemaSha256,
    packetSha256: stored.packetSha256,
    requestSha256: stored.requestSha256,
    responseSha256: stored.responseSha256,
    provider: word(stored.provider),
    model: word(stored.model),
    region: word(stored.region),
    namesWithheld: yesNo(stored.namesWithheld),
    isCached: yesNo(stored.isCached),
    attempts: String(stored.attempts),
    costMicros: String(stored.costMicros),
    outcome: outcomeWord(stored),
    verified: String(stored.verified),
    dropped: String(stored.dropped.length),
    shownSha256: stored.shownSha256,
  } as const;
}

/** As it was stored; JSON has no undefined, so those members are put back. */
export function storedOf(body: StoredRecord): StoredRecord {
  return { ...body, incident: body.incident, usage: body.usage, answer: body.answer };
}

export async function readRecord(context: ServerContext, id: string): Promise<StoredRecord | undefined> {
  const { rows } = await context.pool.query<{ body: StoredRecord }>(
    'SELECT body FROM ai_record WHERE tenant_id = $1 AND id = $2',
    [context.tenant, id],
  );
  return rows[0] === undefined ? undefined : storedOf(rows[0].body);
}

/** The newest first, before a given one; of one incident where it is named. */
export async function listRecords(
  context: ServerContext,
  filter: { readonly incident: string | undefined; readonly before: string | undefined; readonly limit: number },
): Promise<readonly StoredRecord[]> {
  const { rows } = await context.pool.query<{ body: StoredRecord }>(
    `SELECT body FROM ai_record WHERE tenant_id = $1 AND ($2::text IS NULL OR incident_id = $2) AND ($3::text IS NULL OR id < $3)
      ORDER BY id DESC LIMIT $4`,
    [context.tenant, filter.incident ?? null, filter.before ?? null, filter.limit],
  );
  return rows.map(row => storedOf(row.body));
}

/** The last record about this state of an incident. */
export async function lastOfIncident(
  context: ServerContext,
  incident: Id<'incident'>,
  version: string,
): Promise<StoredRecord | undefined> {
  const { rows } = await context.pool.query<{ body: StoredRecord }>(
    `SELECT body FROM ai_record WHERE tenant_id = $1 AND incident_id = $2 AND incident_version = $3 AND task = 'select' ORDER BY id DESC LIMIT 1`,
    [context.tenant, incident, version],
  );
  return rows[0] === undefined ? undefined : storedOf(rows[0].body);
}

/** What is given out of a record: not what only replaying needs. */
export function recordView(stored: StoredRecord): AiRecord {
  const { incidentVersion: _version, groundSha256: _ground, systemSha256: _system, answer: _answer, ...shown } = stored;
  return shown;
}
