import { parseTime, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { PollTrouble } from '../../ports/poller.ts';

/** The value at a dotted path; own members only, because the keys are the sender's. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as { readonly [key: string]: unknown })[name];
  }
  return at;
}

export function textAt(value: unknown, path: readonly string[]): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** A time as products write it: RFC 3339, or a number of milliseconds since 1970. */
export function timeAt(value: unknown, path: readonly string[]): UnixMs | undefined {
  const found = valueAt(value, path);
  if (typeof found === 'string') return parseTime(found);
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? unixMsFrom(Math.floor(found)) : undefined;
}

/** The document of an answer, or the product is not what it was taken for. */
export function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PollTrouble('refused', 'the answer is not JSON; is the address that of the product?');
  }
}
