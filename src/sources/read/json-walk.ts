import { textFromUtf8 } from '../../base/bytes.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const COMMA = 0x2c;
const COLON = 0x3a;

/** The next byte that is no white space. */
export function pastSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at++;
  return at;
}

/** Where the value that starts here ends (exclusive); undefined where it does not end in these bytes. */
export function endOfValue(bytes: Uint8Array, from: number): number | undefined {
  let depth = 0;
  let isString = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) {
        isString = false;
        if (depth === 0) return at + 1;
      }
    } else if (byte === QUOTE) isString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) return at;
      depth--;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || (byte ?? 0) <= 0x20)) return at;
  }
  return undefined;
}

/** A member of an object: its key, and where its value starts. */
export interface Member {
  readonly key: string;
  readonly value: number;
}

/** The member that starts at or after this place; undefined where none does, or it is not whole up to its value. */
export function memberAt(bytes: Uint8Array, from: number): Member | undefined {
  let at = pastSpace(bytes, from);
  if (bytes[at] === COMMA) at = pastSpace(bytes, at + 1);
  if (bytes[at] !== QUOTE) return undefined;
  const end = endOfValue(bytes, at);
  if (end === undefined) return undefined;
  const colon = pastSpace(bytes, end);
  if (bytes[colon] !== COLON) return undefined;
  const key = keyOf(bytes.subarray(at, end));
  const value = pastSpace(bytes, colon + 1);
  return key === undefined || value >= bytes.length ? undefined : { key, value };
}

function keyOf(bytes: Uint8Array): string | undefined {
  const text = textFromUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(text);
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}
