/** How long a provider may ask us to wait. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/**
 * How long to wait, as the provider says it: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), or
 * `Retry-After-Ms`. Undefined where it does not say.
 */
export function retryAfterMs(
  header: (name: string) => string | readonly string[] | undefined,
  now: number,
): number | undefined {
  const one = (name: string) => {
    const value = header(name);
    return typeof value === 'string' ? value.trim() : undefined;
  };
  const [ms, after] = [one('retry-after-ms'), one('retry-after')];
  let wait: number | undefined;
  if (ms !== undefined && /^\d{1,9}(\.\d{1,6})?$/.test(ms)) wait = Number(ms);
  else if (after !== undefined && /^\d{1,9}(\.\d{1,6})?$/.test(after)) wait = Number(after) * 1_000;
  else if (after !== undefined && !Number.isNaN(Date.parse(after))) wait = Date.parse(after) - now;
  return wait === undefined ? undefined : Math.min(Math.max(Math.ceil(wait), 0), RETRY_AFTER_MS_MAX);
}

/** Where vendors put a word for what went wrong. */
const PLACES = [
  ['error', 'code'],
  ['error', 'type'],
  ['error', 'details', '0', 'reason'],
  ['error', 'status'],
  ['code'],
  ['type'],
  ['__type'],
] as const;

/**
 * One word of an error's body, for operators: `model_not_found`. A provider may write into its errors what it was sent,
 * so a word counts only where it is one and `isSecret` does not know it.
 */
export function errorWord(body: string, isSecret: (word: string) => boolean): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  // Google answers with a list of one where it streams.
  const root = Array.isArray(parsed) ? parsed[0] : parsed;
  const words = PLACES.map(path => at(root, path)).filter(
    (word): word is string => typeof word === 'string' && /^[A-Za-z]+([_.][A-Za-z]+)*$/.test(word) && word.length <= 60,
  );
  const word = words.includes('API_KEY_INVALID') ? 'API_KEY_INVALID' : words[0];
  return word === undefined || isSecret(word) ? undefined : word;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? Object.getOwnPropertyDescriptor(inner, name)?.value : undefined,
    value,
  );
}
