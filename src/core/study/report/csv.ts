import { inertLine } from '../../../base/inert.ts';

/** A cell longer than a spreadsheet takes is cut, and says so. */
const CELL_CHARS_MAX = 32_000;

/** What begins a formula or a command in some spreadsheet, in the wide forms of East Asian keyboards too. */
const FORMULA = /^[\s'"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/u;

/**
 * Rows as CSV (RFC 4180), every cell in quotes. Whatever the cells hold, each is one cell of one line, none is a formula
 * (one that would be begins with an apostrophe), and no character of it is unseen.
 */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map(row => `${row.map(cellOf).join(',')}\r\n`).join('');
}

function cellOf(text: string): string {
  const shown = inertLine(text);
  const cut = shown.length > CELL_CHARS_MAX ? `${shown.slice(0, CELL_CHARS_MAX)}…` : shown;
  return `"${FORMULA.test(cut) ? "'" : ''}${cut.replaceAll('"', '""')}"`;
}
