import { bytesToHex, sha256 } from '../base/bytes.ts';
import type { Result } from '../base/result.ts';
import { normaliseRecord } from '../core/intake/normalise.ts';
import type { FieldMap } from '../ports/source.ts';
import { SOURCES } from '../sources/index.ts';
import type { Piece } from '../sources/read/record.ts';
import { parseFieldMap } from '../sources/shared/mapped.ts';
import { readRecords } from './read-files.ts';

/** The ids that `--source` takes, `auto` first. */
export const SOURCE_IDS: readonly string[] = ['auto', ...SOURCES.sources.map(source => source.id)];

/** Reads `--map`. Fails with a sentence for the person who wrote it. */
export function fieldMapOf(text: string): Result<FieldMap, string> {
  return parseFieldMap(text);
}

/**
 * What our sources make of a file's records, as NDJSON lines in the records' order, in batches as they are read.
 * Throws `UnreadableFile` as {@link readRecords} does; a record that is refused is a line that says why.
 */
export async function* normalisedLines(
  path: string,
  sourceId: string,
  map: FieldMap,
): AsyncGenerator<readonly string[]> {
  for await (const pieces of readRecords(path)) yield pieces.map(piece => normalisedLine(piece, sourceId, map));
}

/** One line of the output, without its line break. The id is the vendor's, else the mapped one, else the record's SHA-256. */
export function normalisedLine(piece: Piece, sourceId: string, map: FieldMap): string {
  if (!piece.ok) return JSON.stringify({ ok: false, ...piece.refusal });
  const result = normaliseRecord(piece.record, SOURCES, sourceId, map);
  if (!result.ok) return JSON.stringify({ ok: false, ...result.failure });
  const alert = result.value;
  return JSON.stringify({
    id: alert.vendorId ?? bytesToHex(sha256(piece.record.bytes)),
    source: alert.source,
    ok: true,
    fields: alert.fields,
    ...(alert.confidence === undefined ? {} : { confidence: alert.confidence }),
    ocsf: alert.ocsf,
    entities: alert.entities,
    warnings: alert.warnings,
  });
}
