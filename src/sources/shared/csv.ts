/** What may stand between the cells of a row. */
export type Delimiter = ',' | ';' | '\t';

/** The cells of one row (RFC 4180). Undefined where a quoted cell does not end, or text follows its closing quote. */
export function cellsOf(line: string, delimiter: Delimiter = ','): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter);
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (line.charCodeAt(at) !== 0x22) {
      const end = line.indexOf(delimiter, at);
      if (end < 0) {
        cells.push(line.slice(at));
        return cells;
      }
      cells.push(line.slice(at, end));
      at = end + 1;
      continue;
    }
    let cell = '';
    at += 1;
    for (;;) {
      const quote = line.indexOf('"', at);
      if (quote < 0) return undefined;
      cell += line.slice(at, quote);
      at = quote + 1;
      if (line.charCodeAt(at) !== 0x22) break;
      cell += '"';
      at += 1;
    }
    cells.push(cell);
    if (at >= line.length) return cells;
    if (line[at] !== delimiter) return undefined;
    at += 1;
  }
}

const HEADER_CELL = /^[\p{L}_@#][\p{L}\p{N}_@#.:+ /()%-]{0,79}$/u;
const COLUMNS_MAX = 1_000;
/** Two words around one semicolon or tab are a line of text as often as a header. */
const NARROW_COLUMNS_MIN = 3;

/** The column names, where a first line reads like a header: two or more names, each once. */
export function headerOf(line: string, delimiter: Delimiter = ','): readonly string[] | undefined {
  const cells = cellsOf(line, delimiter)?.map(cell => cell.trim());
  if (cells === undefined || cells.length < 2 || cells.length > COLUMNS_MAX) return undefined;
  if (!cells.every(cell => HEADER_CELL.test(cell)) || new Set(cells).size !== cells.length) return undefined;
  return cells;
}

/** A header and what divides it: commas, else semicolons or tabs where they make three columns or more. */
export function delimitedHeaderOf(
  line: string,
): { readonly header: readonly string[]; readonly delimiter: Delimiter } | undefined {
  for (const delimiter of [',', ';', '\t'] as const) {
    const header = line.includes(delimiter) ? headerOf(line, delimiter) : undefined;
    if (header !== undefined && header.length >= (delimiter === ',' ? 2 : NARROW_COLUMNS_MIN))
      return { header, delimiter };
  }
  return undefined;
}
