import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { cellsOf, type Delimiter, delimitedHeaderOf } from '../shared/csv.ts';
import { decodeText } from './encoding.ts';
import { NOT_TEXT, type Piece, pieceOf, refused, textPiece, tooLarge } from './record.ts';

/** An object of no prototype's names, so that a column may be called anything; faster than one of `Object.create(null)`. */
class Row {
  [column: string]: string;
}
Reflect.deleteProperty(Row.prototype, 'constructor');
Object.setPrototypeOf(Row.prototype, null);

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
  const value = new Row();
  for (let index = 0; index < header.length; index++) {
    const [column, cell] = [header[index], cells[index]];
    if (column !== undefined && cell !== undefined && cell !== '') value[column] = cell;
  }
  return pieceOf(bytes, decoded, value);
}

/** Reads rows by the header, which is the first line that it is given and no record. */
export class Rows {
  private found: { readonly header: readonly string[]; readonly delimiter: Delimiter } | undefined;
  private headerLine: Uint8Array | undefined;

  read(line: Uint8Array): readonly Piece[] {
    if (this.found !== undefined) {
      this.headerLine = undefined;
      return [rowPiece(line, this.found.header, this.found.delimiter)];
    }
    this.found = delimitedHeaderOf(decodeText(line)?.text.trim() ?? '');
    if (this.found === undefined) return [textPiece(line)];
    this.headerLine = line;
    return [];
  }

  /** A header to which no row came may be a lone line of text, and must not vanish. */
  end(): readonly Piece[] {
    if (this.headerLine === undefined) return [];
    const isText = this.found?.header.some(name => name.includes(' ')) ?? true;
    return [
      isText
        ? textPiece(this.headerLine)
        : refused(this.headerLine, 'it reads like the header of a table, and no row follows'),
    ];
  }
}
