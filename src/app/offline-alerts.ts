import { createHash } from 'node:crypto';
import type { Id } from '../base/id.ts';
import { unixMsFrom } from '../base/time.ts';
import { normaliseRecord } from '../core/intake/normalise.ts';
import type { Alert, NormalisedAlert } from '../model/alert.ts';
import type { FieldMap, RawRecord } from '../ports/source.ts';
import { SOURCES } from '../sources/index.ts';
import { readRecords } from './read-files.ts';

/** A record of a file that became an alert, without a server. */
export interface OfflineAlert {
  /** The vendor's id, else the mapped one, else the SHA-256 of the record. */
  readonly name: string;
  readonly alert: NormalisedAlert;
  /** The parsed record, which pointers lead into. */
  readonly value: unknown;
  /** Of the record's bytes, in hex; worked out when it is asked for. */
  readonly sha256: string;
}

/** What the caller keeps of one record. */
export interface OfflineCounts {
  readonly records: number;
  readonly refused: number;
}

/**
 * Gives each record that becomes an alert to `take`, in the files' order; those that do not are counted. Nothing is
 * kept here, so that a caller decides what a million records cost. Throws `UnreadableFile` as `readRecords` does.
 */
export async function eachOfflineAlert(
  files: readonly string[],
  sourceId: string,
  map: FieldMap,
  take: (item: OfflineAlert) => void,
): Promise<OfflineCounts> {
  let records = 0;
  let refused = 0;
  for (const file of files) {
    for await (const pieces of readRecords(file)) {
      for (const piece of pieces) {
        records++;
        const result = piece.ok ? normaliseRecord(piece.record, SOURCES, sourceId, map) : undefined;
        if (!piece.ok || result?.ok !== true) {
          refused++;
          continue;
        }
        take(new ReadAlert(piece.record, result.value));
      }
    }
  }
  return { records, refused };
}

class ReadAlert implements OfflineAlert {
  readonly name: string;
  readonly alert: NormalisedAlert;
  private readonly record: RawRecord;

  constructor(record: RawRecord, alert: NormalisedAlert) {
    this.record = record;
    this.alert = alert;
    this.name = alert.vendorId ?? this.sha256;
  }

  get value(): unknown {
    return this.record.value;
  }

  get sha256(): string {
    return createHash('sha256').update(this.record.bytes).digest('hex');
  }
}

/** An alert as the store would keep it: numbered in the files' order, heard when its product raised it. */
export function asKept({ alert, sha256 }: OfflineAlert, number: number): Alert {
  const place = String(number).padStart(9, '0');
  const receivedAt = alert.reportedAt ?? alert.endedAt ?? alert.occurredAt ?? unixMsFrom(0);
  const id: Id<'alert'> = `alr_${place}`;
  return { ...alert, id, evidence: `evd_${place}`, sha256, receivedAt };
}
