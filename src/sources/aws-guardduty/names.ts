import { type At, dig } from '../shared/at.ts';

/** EventBridge and exports write `accountId`, the API writes `AccountId`. Takes the camel-case name of each step. */
export function get(from: At | undefined, ...path: readonly string[]): At | undefined {
  let at = from;
  for (const key of path) at = dig(at, key) ?? dig(at, key.charAt(0).toUpperCase() + key.slice(1));
  return at;
}
