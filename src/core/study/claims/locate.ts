import type { Citation } from '../../../model/claim.ts';

/** Fields of one record that are looked through; a record with more is not searched to its end. */
const FIELDS_MAX = 5_000;
const WORD = /[\p{L}\p{N}]/u;

/** Where in a text a value stands as a word of its own, in UTF-16 units; undefined where it does not. */
export function spanIn(text: string, value: string): { readonly start: number; readonly end: number } | undefined {
  if (value === '') return undefined;
  for (let start = text.indexOf(value); start >= 0; start = text.indexOf(value, start + 1)) {
    const end = start + value.length;
    if (isEdge(text[start - 1], value[0]) && isEdge(text[end], value.at(-1)) && !cutsNumber(text, value, end))
      return { start, end };
  }
  return undefined;
}

function isEdge(beside: string | undefined, edge: string | undefined): boolean {
  return beside === undefined || edge === undefined || !WORD.test(beside) || !WORD.test(edge);
}

/** `10.0.0.1` in `10.0.0.1.5`, or `10` in `10.5`. */
function cutsNumber(text: string, value: string, end: number): boolean {
  return /^[\d.]+$/.test(value) && /[\d.]/.test(text[end] ?? '') && /\d/.test(text[end + 1] ?? text[end] ?? '');
}

/**
 * The first field of a record in which a text stands as a word of its own, whatever its case, with the text as it
 * stands there. For what a source states without saying where (techniques, a vendor's own ids).
 */
export function locateIn(record: unknown, text: string): Pick<Citation, 'pointer' | 'value'> | undefined {
  const sought = text.toLowerCase();
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value: record, pointer: '' }];
  let looked = 0;
  for (let at = open.pop(); at !== undefined && looked < FIELDS_MAX; at = open.pop()) {
    looked++;
    const { value, pointer } = at;
    if (typeof value === 'object' && value !== null) {
      const members = Object.entries(value).slice(0, FIELDS_MAX);
      for (const [key, member] of members.reverse())
        open.push({ value: member, pointer: `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` });
      continue;
    }
    if (value === undefined || value === null) continue;
    const field = typeof value === 'string' ? value : JSON.stringify(value);
    const lower = field.toLowerCase();
    // A letter whose lower case is longer would shift what stands behind it.
    const span = lower.length === field.length ? spanIn(lower, sought) : undefined;
    if (span !== undefined) return { pointer, value: field.slice(span.start, span.end) };
  }
  return undefined;
}
