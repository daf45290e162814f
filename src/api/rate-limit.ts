/** More callers than this are forgotten together: a flood of addresses costs bounded memory. */
const CALLERS_MAX = 10_000;
const MINUTE_MS = 60_000;

/** A token bucket for each caller: `perMinute` at once, refilled evenly. True where the request may pass. */
export function rateLimiter(now: () => number, perMinute: number): (caller: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>();
  return caller => {
    const at = now();
    if (buckets.size > CALLERS_MAX) buckets.clear();
    const bucket = buckets.get(caller) ?? { left: perMinute, at };
    const refilled = Math.min(perMinute, bucket.left + ((at - bucket.at) * perMinute) / MINUTE_MS);
    const mayPass = refilled >= 1;
    buckets.set(caller, { left: mayPass ? refilled - 1 : refilled, at });
    return mayPass;
  };
}
