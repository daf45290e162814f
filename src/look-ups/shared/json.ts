/** Reading answers of strangers: every member may be anything. */
export type Fields = { readonly [field: string]: unknown };

const TEXT_CHARS_MAX = 300;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** At most so many members that are objects. */
export function listOf(value: unknown, most: number): readonly Fields[] {
  return Array.isArray(value) ? value.slice(0, most).map(fieldsOf) : [];
}

/** A text, cut to what is shown; empty for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_CHARS_MAX).toWellFormed() : '';
}

/** A whole number of seconds since 1970, as a number or its text, as RFC 3339; empty for anything else. */
export function secondsText(value: unknown): string {
  const seconds = typeof value === 'string' && /^\d{1,11}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds > 0 && seconds < 253_402_300_800
    ? new Date(seconds * 1_000).toISOString()
    : '';
}
