import type { Result } from '../base/result.ts';
import type { NormalisedAlert } from '../model/alert.ts';

/** One raw record as it came out of a file or a delivery. */
export interface RawRecord {
  /** The exact bytes that are kept and hashed. For one line of NDJSON: that line. */
  readonly bytes: Uint8Array;
  /** The record as text, decoded: strict UTF-8 unless a note says otherwise. */
  readonly text: string;
  /** The parsed value: an object for JSON, rows of CSV and Zeek and messages of mail, else the text itself. */
  readonly value: unknown;
  /** True where the bytes alone do not give the value back: it was decoded from another encoding than UTF-8. */
  readonly isDecoded?: true;
  /** How it was read, where that is worth a word: its decoding, or what stood around it. Warnings on the alert. */
  readonly notes?: readonly string[];
}

/** Why a record cannot be an alert. It is quarantined with this, and counted. */
export interface Refusal {
  readonly code: 'source.rejected_input' | 'source.unrecognised';
  readonly detail: string;
}

/**
 * A product whose alerts we read.
 *
 * Obligations: `recognise` and `normalise` are pure and total; no bytes make them throw, and the same bytes
 * give the same answer. Every entity and field points into the record. An unknown severity is `unknown`.
 */
export interface Source {
  readonly id: string;
  readonly title: string;
  /**
   * Keys of which every JSON object of this product has at least one at its top. An object with none of them is not
   * shown to {@link recognise}, which would answer 0; absent where that cannot be said.
   */
  readonly keys?: readonly string[];
  /** How sure this source is that the record is its own: 0 no, 1 certainly. The registry takes the highest. */
  recognise(record: RawRecord): number;
  normalise(record: RawRecord): Result<NormalisedAlert, Refusal>;
}

/** `--map id=alert.id,time=ts,…`: our field to a dotted path in the record. */
export type FieldMap = ReadonlyMap<string, string>;

/** The sources that an installation has, and how a person's field map is laid over one of them. */
export interface SourceRegistry {
  readonly sources: readonly Source[];
  /** The same source, with the mapped fields taken from where the map says. */
  withMap(source: Source, map: FieldMap): Source;
}
