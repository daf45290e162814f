import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { cellsOf, type Delimiter, delimitedHeaderOf } from '../shared/csv.ts';
import { decodeText } from './encoding.ts';
import { NOT_TEXT, type Piece, pieceOf, refused, textPiece, tooLarge } from './record.ts';

/** A row as an object by header. An empty cell is absent; a row of another length is refused, not shifted. */
function rowPiece(bytes: Uint8Array, header: readonly string[], delimiter: Delimiter): Piece {
  if (bytes.length > RECORD_BYTES_MAX) return tooLarge(bytes);
  const decoded = decodeText(bytes);
  if (decoded === undefined) return refused(bytes, NOT_TEXT);
  const cells = cellsOf(decoded.text, delimiter);
  if (cells === undefined) return refused(bytes, 'a quoted cell of the row does not end');
  if (cells.length !== header.length) {
    return refused(bytes, `the row has ${cells.length} cells where the header has ${header.length}`);
  }
  const value: { [column: string]: string } = Object.create(null) as { [column: string]: string };
  header.forEach((column, index) => {
    const cell = cells[index];
    if (cell !== undefined && cell !== '') value[column] = cell;
  });
  return pieceOf(bytes, decoded, value);
}

/** Reads rows by the header, which is the first line that it is given and no record. */
export function rowReader(): (line: Uint8Array) => Piece | undefined {
  let found: { readonly header: readonly string[]; readonly delimiter: Delimiter } | undefined;
  return line => {
    if (found !== undefined) return rowPiece(line, found.header, found.delimiter);
    found = delimitedHeaderOf(decodeText(line)?.text.trim() ?? '');
    return found === undefined ? textPiece(line) : undefined;
  };
}
