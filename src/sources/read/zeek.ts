import { decodeText } from './encoding.ts';
import { NOT_TEXT, type Piece, pieceOf, refused } from './record.ts';

/** The types of Zeek whose values are numbers; `time` and `interval` are seconds (docs.zeek.org, "Zeek Log Formats"). */
const NUMBERS: ReadonlySet<string> = new Set(['time', 'interval', 'count', 'int', 'double', 'port']);
const FIELDS_MAX = 1_000;
/** A number that says more than this would not come back as it was written. */
const NUMBER = /^-?\d{1,15}(?:\.\d{1,9})?(?:e[+-]?\d{1,3})?$/i;

interface Columns {
  separator: string;
  inSet: string;
  empty: string;
  unset: string;
  path: string | undefined;
  fields: readonly string[];
  types: readonly string[];
}

/**
 * Reads the rows of a Zeek log in its TSV form as Zeek's own JSON would say them: `_path` names the log, an unset
 * field is absent, an empty one too, numbers are numbers, and sets and vectors are lists. Lines of the header are no
 * records; a header in the middle of a file begins another log.
 */
export function zeekReader(): (line: Uint8Array) => readonly Piece[] {
  const columns: Columns = {
    separator: '\t',
    inSet: ',',
    empty: '(empty)',
    unset: '-',
    path: undefined,
    fields: [],
    types: [],
  };
  return line => {
    const decoded = decodeText(line);
    if (decoded === undefined) return [refused(line, NOT_TEXT)];
    if (decoded.text.startsWith('#')) {
      const isKnown = readHeader(decoded.text, columns);
      return isKnown ? [] : [refused(line, 'the line of the Zeek header is none that Zeek writes')];
    }
    const cells = decoded.text.split(columns.separator);
    if (columns.fields.length === 0) return [refused(line, 'the Zeek log names no #fields before this row')];
    if (cells.length !== columns.fields.length)
      return [refused(line, `the row has ${cells.length} cells where the header has ${columns.fields.length}`)];
    return [pieceOf(line, decoded, rowOf(cells, columns))];
  };
}

function readHeader(line: string, columns: Columns): boolean {
  if (line.startsWith('#separator ')) {
    const stated = line.slice('#separator '.length).trim();
    const hex = /^\\x([0-9a-f]{2})$/i.exec(stated)?.[1];
    columns.separator = hex === undefined ? stated || '\t' : String.fromCharCode(Number.parseInt(hex, 16));
    columns.fields = [];
    columns.types = [];
    columns.path = undefined;
    return true;
  }
  const [name, ...cells] = line.split(columns.separator);
  const [first = ''] = cells;
  switch (name) {
    case '#set_separator':
      columns.inSet = first || ',';
      return true;
    case '#empty_field':
      columns.empty = first;
      return true;
    case '#unset_field':
      columns.unset = first;
      return true;
    case '#path':
      columns.path = first;
      return true;
    case '#fields':
      if (cells.length > FIELDS_MAX || new Set(cells).size !== cells.length) return false;
      columns.fields = cells;
      return true;
    case '#types':
      columns.types = cells;
      return true;
    default:
      return name === '#open' || name === '#close';
  }
}

type Cell = string | number | boolean | readonly (string | number | boolean)[];

function rowOf(cells: readonly string[], columns: Columns): { readonly [field: string]: Cell } {
  const row: { [field: string]: Cell } = Object.create(null) as { [field: string]: Cell };
  if (columns.path !== undefined && columns.path !== '') row['_path'] = columns.path;
  columns.fields.forEach((field, index) => {
    const cell = cells[index] ?? '';
    if (cell === columns.unset || cell === columns.empty || cell === '') return;
    const type = columns.types[index] ?? 'string';
    const inner = /^(?:set|vector|list|table)\[(\w+)\]$/.exec(type)?.[1];
    row[field] =
      inner === undefined ? cellValue(cell, type) : cell.split(columns.inSet).map(member => cellValue(member, inner));
  });
  return row;
}

function cellValue(cell: string, type: string): string | number | boolean {
  if (type === 'bool' && (cell === 'T' || cell === 'F')) return cell === 'T';
  // Zeek writes what a log may not hold as \xNN.
  if (!NUMBERS.has(type)) return cell.includes('\\x') ? cell.replace(/\\x([0-9a-f]{2})/gi, unescapedByte) : cell;
  return NUMBER.test(cell) && Number.isFinite(Number(cell)) ? Number(cell) : cell;
}

function unescapedByte(whole: string, hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code < 0x80 ? String.fromCharCode(code) : whole;
}
