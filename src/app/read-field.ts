import { resolve } from '../sources/shared/at.ts';

/**
 * The text at an RFC 6901 pointer in a raw record; the whole text for the empty pointer. An object or a list is given
 * as its JSON. Undefined where the pointer leads nowhere.
 */
export function valueAt(bytes: Uint8Array, pointer: string): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  if (pointer === '' || pointer === 'line') return text;
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  const value = resolve(record, pointer);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
