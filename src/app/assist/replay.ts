import type { ServerContext } from '../context.ts';
import type { StudiedAlerts } from '../studied-alerts.ts';
import { type KeptGround, madeOf, worldOf } from './ground.ts';
import { markAsked } from './mark.ts';
import type { Asked } from './question.ts';
import { queryAsked } from './read-as-query.ts';
import { blobOf, readBlob, readRecord, type StoredRecord } from './records.ts';
import { selectAsked } from './select.ts';
import { rawOf } from './telling.ts';
import { TEST_ASKED } from './test-question.ts';

export interface Replayed {
  readonly isIdentical: boolean;
  /** What differs; empty where nothing does. */
  readonly because: string;
}

/**
 * Works out again what a record came to, from the bytes that were kept and the records that they cite. The same bytes have
 * to come out as were shown; no model and no clock has a part in it.
 */
export async function replayRecord(context: ServerContext, studied: StudiedAlerts, id: string): Promise<Replayed> {
  const record = await readRecord(context, id);
  if (record === undefined) return { isIdentical: false, because: 'there is no such record' };
  if (record.responseSha256 !== '' && (await readBlob(context, '', record.responseSha256)) === undefined)
    return { isIdentical: false, because: 'the answer’s bytes are not kept' };
  const shown = await settledShown(context, studied, record);
  if (shown === undefined) return { isIdentical: false, because: 'its bytes are not kept' };
  return blobOf('countersign/assist/v1', shown).sha256 === record.shownSha256
    ? { isIdentical: true, because: '' }
    : { isIdentical: false, because: 'other bytes came out than were shown' };
}

/** The bytes of what a record comes to; undefined where what it rests on is not kept. */
export async function settledShown(
  context: ServerContext,
  studied: StudiedAlerts,
  record: StoredRecord,
): Promise<string | undefined> {
  if (record.task === 'test') return printedOf(context, record, TEST_ASKED);
  const packet = await readBlob(context, 'countersign/packet/v1', record.packetSha256);
  const ground = await readBlob(context, '', record.groundSha256);
  if (packet === undefined || ground === undefined) return undefined;
  if (record.task === 'explain') return printedOf(context, record, markAsked(ground));
  if (record.task === 'ask') return printedOf(context, record, queryAsked(ground));
  const kept: KeptGround = JSON.parse(ground);
  const world = await worldOf(studied, kept.alerts, kept.around, kept.summary, record.answer?.latencyMsMax ?? 0);
  return printedOf(context, record, selectAsked(madeOf(packet, record.packetSha256, kept), kept, ground, world));
}

async function printedOf<T>(context: ServerContext, record: StoredRecord, asked: Asked<T>): Promise<string> {
  const text = record.responseSha256 === '' ? undefined : await readBlob(context, '', record.responseSha256);
  const { answer, outcome } = record;
  const reading = text === undefined || answer === undefined ? undefined : asked.read(rawOf(text, answer, asked));
  const shown =
    outcome.kind === 'used' && reading?.kind === 'used'
      ? reading.shown(record.id)
      : asked.without(outcome.kind === 'used' ? 'ai.rejected' : outcome.because, record.id, reading?.dropped ?? []);
  return asked.print(shown);
}
