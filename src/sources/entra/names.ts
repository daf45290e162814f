import { type At, dig, openJson } from '../shared/at.ts';

/** What the tables of a workspace call otherwise than the first letter in upper case. */
const IN_TABLES: ReadonlyMap<string, string> = new Map([['ipAddress', 'IPAddress']]);

/**
 * A member by the name that Graph gives it. The tables of a Log Analytics workspace write it with a capital, and its
 * objects as texts that hold JSON: such a text is opened.
 */
export function get(from: At | undefined, ...path: readonly string[]): At | undefined {
  let at = from;
  for (const key of path) {
    const inTable = IN_TABLES.get(key) ?? key.charAt(0).toUpperCase() + key.slice(1);
    const found = dig(at, key) ?? dig(at, inTable);
    at = typeof found?.value === 'string' ? (openJson(found) ?? found) : found;
  }
  return at;
}
