import type { ServerContext } from '../context.ts';
import type { StudiedAlerts } from '../studied-alerts.ts';
import { type KeptGround, madeOf, worldOf } from './ground.ts';
import type { Asked } from './question.ts';
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
  const packet = await readBlob(context, 'countersign/packet/v1', record.packetSha256);
  const ground = await readBlob(context, '', record.groundSha256);
  if (packet === undefined || ground === undefined) return { isIdentical: false, because: 'its bytes are not kept' };
  if (record.task !== 'select') return replayed(context, record, TEST_ASKED);
  const kept: KeptGround = JSON.parse(ground);
  const { world, alerts } = await worldOf(studied, kept.alerts, kept.around, record.answer?.latencyMsMax ?? 0);
  const asked = selectAsked(madeOf(packet, record.packetSha256, kept), kept, ground, world, alerts);
  return replayed(context, record, asked);
}

async function replayed<T>(context: ServerContext, record: StoredRecord, asked: Asked<T>): Promise<Replayed> {
  const text = record.responseSha256 === '' ? undefined : await readBlob(context, '', record.responseSha256);
  if (record.responseSha256 !== '' && text === undefined)
    return { isIdentical: false, because: 'the answer’s bytes are not kept' };
  const { answer, outcome } = record;
  const reading = text === undefined || answer === undefined ? undefined : asked.read(rawOf(text, answer, asked));
  const shown =
    outcome.kind === 'used' && reading?.kind === 'used'
      ? reading.shown(record.id)
      : asked.without(outcome.kind === 'used' ? 'ai.rejected' : outcome.because, record.id, reading?.dropped ?? []);
  const { sha256 } = blobOf('countersign/assist/v1', asked.print(shown));
  return sha256 === record.shownSha256
    ? { isIdentical: true, because: '' }
    : { isIdentical: false, because: 'other bytes came out than were shown' };
}
