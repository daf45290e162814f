import type { Id } from '../../base/id.ts';
import type { RawAnswer } from '../../core/study/assist/read-answer.ts';
import type { Dropped, WithoutModel } from '../../model/assist.ts';
import type { ProviderConfig } from '../../ports/model.ts';
import type { Db, ServerContext } from '../context.ts';
import { cacheKey, keepAnswer } from './answer-cache.ts';
import { sha256Hex } from './compile-prompt.ts';
import { requestDigest } from './egress.ts';
import type { Asked, Outcome, Question, Reading } from './question.ts';
import { type Blob, blobOf, keepBlobs, type StoredRecord, writeRecord } from './records.ts';
import type { Sent } from './sending.ts';
import { costOf } from './spending.ts';

/** A question on its way to one provider. */
export interface Told<T> {
  readonly question: Question<T>;
  readonly provider: ProviderConfig;
  readonly asked: Asked<T>;
  readonly namesWithheld: boolean;
  readonly parameters: { readonly [name: string]: string };
}

/** What came back, from the provider or from an earlier record. */
interface Answered {
  readonly record: Id<'ai_record'>;
  readonly system: string;
  readonly latencyMsMax: number;
  readonly sent?: Sent;
  readonly cached?: StoredRecord & { readonly answer: NonNullable<StoredRecord['answer']>; readonly text: string };
}

/** What a record will say of a call, as far as it is known before it leaves. */
export interface Intended {
  readonly record: Omit<StoredRecord, 'outcome' | 'shownSha256' | 'answer' | 'usage'>;
}

/** Writes down that a question leaves, with everything that it consists of: what a crash leaves is recorded from it. */
export async function intentOf<T>(
  context: ServerContext,
  db: Db,
  told: Told<T>,
  { record, system }: { readonly record: Id<'ai_record'>; readonly system: string },
): Promise<void> {
  await keepBlobs(context, db, questionBlobs(told, system));
  await db.query('INSERT INTO ai_asking (tenant_id, record_id, body, at) VALUES ($1, $2, $3, $4)', [
    context.tenant,
    record,
    JSON.stringify({ record: headOf(context, told, record, system) } satisfies Intended),
    new Date(context.now()),
  ]);
}

/** Reads an answer, or the lack of one, and writes it down. What it gives out is what the record says. */
export async function writeTold<T>(
  context: ServerContext,
  told: Told<T>,
  came: Answered,
): Promise<{
  readonly outcome: Outcome<T> & { readonly dropped: readonly Dropped[] };
  readonly reading: Reading<T>['kind'] | 'none';
}> {
  const { asked, provider } = told;
  // What UTF-8 cannot carry could not be kept: the same text is read now and when it is replayed.
  const text = came.cached?.text ?? came.sent?.reply?.text.toWellFormed();
  const answer = came.cached?.answer ?? answerOf(came);
  const raw = text === undefined || answer === undefined ? undefined : rawOf(text, answer, asked);
  const reading = raw === undefined ? undefined : asked.read(raw);
  const because = becauseOf(reading, came.sent);
  const dropped = reading?.dropped ?? [];
  const shown =
    reading !== undefined && because === undefined
      ? reading.shown(came.record)
      : asked.without(because ?? 'ai.rejected', came.record, dropped);
  const printed = blobOf('countersign/assist/v1', asked.print(shown));
  const usage = came.cached === undefined ? came.sent?.usage : undefined;
  const reply = came.sent?.reply;
  const stored: StoredRecord = {
    ...headOf(context, told, came.record, came.system),
    requestSha256: came.cached?.requestSha256 || came.sent?.requestSha256 || headRequest(told, came.system),
    responseSha256: text === undefined ? '' : sha256Hex(text),
    model: came.cached?.model ?? plain(reply?.model ?? provider.model),
    fingerprint: came.cached?.fingerprint ?? plain(reply?.fingerprint ?? ''),
    usage,
    costMicros: usage === undefined ? 0 : costOf(usage, provider.price),
    latencyMs: came.sent?.latencyMs ?? 0,
    attempts: came.sent?.attempts ?? 0,
    isCached: came.cached !== undefined,
    outcome: because === undefined ? { kind: 'used' } : { kind: 'not_used', because },
    verified: reading?.verified ?? 0,
    dropped,
    shownSha256: printed.sha256,
    answer,
  };
  const blobs: Blob[] = [...questionBlobs(told, came.system), printed];
  if (text !== undefined) blobs.push(blobOf('', text));
  const written = await writeRecord(context, stored, blobs, async db => {
    if (because === undefined && came.cached === undefined) await keepAnswer(context, db, keyOf(told), came.record);
  });
  if (!written.ok) throw new Error(`the record was refused: ${written.failure.code}`);
  const detail = came.sent?.detail ?? '';
  return {
    outcome: { shown, without: because, record: came.record, provider: provider.name, detail, dropped },
    reading: reading?.kind ?? 'none',
  };
}

function becauseOf<T>(reading: Reading<T> | undefined, sent: Sent | undefined): WithoutModel | undefined {
  if (reading === undefined) return sent?.because ?? 'ai.failed';
  return reading.kind === 'used' ? undefined : reading.kind === 'abstained' ? 'ai.abstained' : 'ai.rejected';
}

function answerOf({ sent, latencyMsMax }: Answered): StoredRecord['answer'] {
  const reply = sent?.reply;
  if (reply === undefined) return undefined;
  const { finish, latencyMs } = reply;
  return { finish, bytes: Buffer.byteLength(reply.text, 'utf8'), latencyMs: Math.round(latencyMs), latencyMsMax };
}

export function rawOf<T>(
  text: string,
  answer: NonNullable<StoredRecord['answer']>,
  asked: Pick<Asked<T>, 'packetSha256'>,
): RawAnswer {
  return {
    text,
    bytes: answer.bytes,
    finish: answer.finish,
    latencyMs: answer.latencyMs,
    packet: asked.packetSha256,
  };
}

/** A stranger's word: bounded, and without what a database or a terminal would trip over. */
const WORD_CHARS_MAX = 200;
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, WORD_CHARS_MAX)
    .toWellFormed();

const headRequest = <T>({ asked }: Told<T>, system: string): string =>
  requestDigest(system, asked.packet, JSON.stringify(asked.schema));

function questionBlobs<T>({ asked }: Told<T>, system: string): readonly Blob[] {
  return [
    { domain: 'countersign/packet/v1', sha256: asked.packetSha256, text: asked.packet },
    blobOf('', JSON.stringify(asked.schema)),
    blobOf('', system),
    blobOf('', asked.ground),
  ];
}

function headOf<T>(context: ServerContext, told: Told<T>, record: Id<'ai_record'>, system: string): Intended['record'] {
  const { question, provider, asked, namesWithheld, parameters } = told;
  return {
    id: record,
    at: context.now(),
    task: question.task,
    incident: question.incident,
    incidentVersion: question.incidentVersion,
    by: question.by,
    prompt: { id: question.prompt.id, version: question.prompt.version, sha256: question.prompt.sha256 },
    schemaSha256: sha256Hex(JSON.stringify(asked.schema)),
    packetSha256: asked.packetSha256,
    requestSha256: headRequest(told, system),
    responseSha256: '',
    groundSha256: sha256Hex(asked.ground),
    systemSha256: sha256Hex(system),
    provider: provider.name,
    model: provider.model,
    fingerprint: '',
    parameters,
    region: provider.region,
    namesWithheld,
    costMicros: 0,
    latencyMs: 0,
    attempts: 1,
    isCached: false,
    verified: 0,
    dropped: [],
  };
}

/** Under what the answer is kept. */
export function keyOf<T>({ question, asked, provider, parameters }: Told<T>): string {
  return cacheKey({
    prompt: question.prompt,
    schemaSha256: sha256Hex(JSON.stringify(asked.schema)),
    packetSha256: asked.packetSha256,
    provider,
    parameters,
  });
}
