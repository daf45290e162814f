import { textFromUtf8 } from '../../base/bytes.ts';
import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { cellsOf } from '../shared/csv.ts';
import { type Piece, refused, tooLarge } from './record.ts';

/** A row as an object by header. An empty cell is absent; a row of another length is refused, not shifted. */
export function rowPiece(bytes: Uint8Array, header: readonly string[]): Piece {
  if (bytes.length > RECORD_BYTES_MAX) return tooLarge(bytes.slice(0, RECORD_BYTES_MAX));
  const text = textFromUtf8(bytes);
  if (text === undefined) return refused(bytes, 'the record is not valid UTF-8');
  const cells = cellsOf(text);
  if (cells === undefined) return refused(bytes, 'a quoted cell of the row does not end');
  if (cells.length !== header.length) {
    return refused(bytes, `the row has ${cells.length} cells where the header has ${header.length}`);
  }
  const value: { [column: string]: string } = Object.create(null) as { [column: string]: string };
  header.forEach((column, index) => {
    const cell = cells[index];
    if (cell !== undefined && cell !== '') value[column] = cell;
  });
  return { ok: true, record: { bytes, text, value } };
}
