import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { explainRecord } from '../core/study/explain/explain-record.ts';
import type { AlertField, InstructionLike, NormalisedAlert } from '../model/alert.ts';
import type { EvidenceView } from '../model/api.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { resolve } from '../sources/shared/at.ts';
import type { ServerContext } from './context.ts';

/** More of a record than this is not shown; its digest is of the whole. */
const SHOWN_BYTES_MAX = 256 * 1024;

interface EvidenceRecord {
  readonly id: Id<'evidence'>;
  readonly sha256: Buffer;
  readonly source: string;
  readonly received_at: Date;
  readonly length: string;
  readonly bytes: Buffer;
}

/** Finds texts in a record that read like an instruction. A badge, and nothing else follows from it. */
export type FindInstructions = (value: unknown) => readonly InstructionLike[];

/** One raw record as it came, with the alerts that were made of it. */
export async function readEvidence(
  context: ServerContext,
  id: string,
  findInstructions: FindInstructions,
): Promise<Result<EvidenceView, Failure>> {
  const { rows } = await context.pool.query<EvidenceRecord>(
    `SELECT id, sha256, source, received_at, octet_length(bytes) AS length, substring(bytes FROM 1 FOR $3) AS bytes
       FROM evidence WHERE tenant_id = $1 AND id = $2`,
    [context.tenant, id, SHOWN_BYTES_MAX],
  );
  const [row] = rows;
  if (row === undefined) return fail(failureOf('not_found', `no evidence ${id}`));
  const alerts = await context.pool.query<GuessedRecord>(
    'SELECT id, title, incident_id, body FROM alert WHERE tenant_id = $1 AND evidence_id = $2 ORDER BY id',
    [context.tenant, id],
  );
  const raw = row.bytes.toString('utf8');
  const value = jsonOf(raw);
  const byteLength = Number(row.length);
  return ok({
    id: row.id,
    sha256: row.sha256.toString('hex'),
    source: row.source,
    receivedAt: row.received_at.toISOString(),
    byteLength,
    raw,
    isTruncated: byteLength > SHOWN_BYTES_MAX,
    isJson: value !== undefined,
    alerts: alerts.rows.map(alert => ({
      id: alert.id,
      title: alert.title,
      incident: alert.incident_id,
      guessed: guessedOf(alert.body),
    })),
    instructionLike: findInstructions(value ?? raw),
    explained: explainRecord(
      value,
      alerts.rows.map(alert => alert.body),
    ),
  });
}

interface GuessedRecord {
  readonly id: Id<'alert'>;
  readonly title: string;
  readonly incident_id: Id<'incident'>;
  readonly body: Pick<NormalisedAlert, 'fields' | 'pointers' | 'confidence'>;
}

function guessedOf({
  fields,
  pointers,
  confidence = {},
}: GuessedRecord['body']): EvidenceView['alerts'][number]['guessed'] {
  return (Object.entries(confidence) as [AlertField, number][])
    .flatMap(([field, sure]) => {
      const value = fields[field];
      return value === undefined ? [] : [{ field, value, pointer: pointers[field] ?? '', confidence: sure }];
    })
    .sort((a, b) => a.confidence - b.confidence);
}

/** The record as a value, where it is a JSON object or list. */
export function jsonOf(raw: string): unknown {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One field of a raw record as text; `not_found` where there is none. */
export async function fieldOf(
  context: ServerContext,
  id: Id<'evidence'>,
  pointer: string,
): Promise<Result<string, Failure>> {
  const { rows } = await context.pool.query<{ bytes: Buffer }>(
    'SELECT bytes FROM evidence WHERE tenant_id = $1 AND id = $2 AND octet_length(bytes) <= $3',
    [context.tenant, id, SHOWN_BYTES_MAX],
  );
  const [row] = rows;
  const raw = row?.bytes.toString('utf8') ?? '';
  const value = pointer === '' || pointer === 'line' ? raw : resolve(jsonOf(raw), pointer);
  return row === undefined || typeof value !== 'string'
    ? fail(failureOf('not_found', `no text at ${pointer} of ${id}`))
    : ok(value);
}
