import type { Severity } from '../../model/alert.ts';

const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['informational', 'informational'],
  ['information', 'informational'],
  ['info', 'informational'],
  ['debug', 'informational'],
  ['notice', 'low'],
  ['low', 'low'],
  ['minor', 'low'],
  ['warn', 'medium'],
  ['warning', 'medium'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['err', 'high'],
  ['error', 'high'],
  ['high', 'high'],
  ['major', 'high'],
  ['important', 'high'],
  ['severe', 'high'],
  ['crit', 'critical'],
  ['critical', 'critical'],
  ['fatal', 'critical'],
  ['emergency', 'critical'],
]);

/** A vendor's word; what we do not know is `unknown`, never `low`. */
export function severityOfWord(text: string | undefined): Severity {
  return text === undefined ? 'unknown' : (WORDS.get(text.trim().toLowerCase()) ?? 'unknown');
}

/** OCSF severity_id: 0 unknown, 1 informational … 5 critical, 6 fatal, 99 other. */
export function severityOfOcsf(id: number | undefined): Severity {
  const words: readonly Severity[] = ['unknown', 'informational', 'low', 'medium', 'high', 'critical', 'critical'];
  return id === undefined ? 'unknown' : (words[id] ?? 'unknown');
}

export const OCSF_SEVERITY_ID: { readonly [S in Severity]: number } = {
  unknown: 0,
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
};
