/** The cells of one row (RFC 4180). Undefined where a quoted cell does not end, or text follows its closing quote. */
export function cellsOf(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (line.charCodeAt(at) !== 0x22) {
      const end = line.indexOf(',', at);
      if (end < 0) return [...cells, line.slice(at)];
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
    if (line.charCodeAt(at) !== 0x2c) return undefined;
    at += 1;
  }
}

const HEADER_CELL = /^[\p{L}_@#][\p{L}\p{N}_@#.:+ /()-]{0,79}$/u;
const COLUMNS_MAX = 1_000;

/** The column names, where a first line reads like a header: two or more names, each once. */
export function headerOf(line: string): readonly string[] | undefined {
  const cells = cellsOf(line)?.map(cell => cell.trim());
  if (cells === undefined || cells.length < 2 || cells.length > COLUMNS_MAX) return undefined;
  if (!cells.every(cell => HEADER_CELL.test(cell)) || new Set(cells).size !== cells.length) return undefined;
  return cells;
}
