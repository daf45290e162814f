import type { Secret } from '../../ports/responder.ts';

/**
 * A probe credential is a JSON object: the password (or key) of each account that may be probed, by its name. The one
 * of this name; undefined where there is none, or where the credential is something else.
 */
export function secretNamed(probe: Secret | undefined, name: string): Secret | undefined {
  if (probe === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(probe.reveal());
  } catch {
    return undefined;
  }
  const value = new Map<string, unknown>(
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
  ).get(name);
  return typeof value === 'string' ? { reveal: () => value } : undefined;
}
