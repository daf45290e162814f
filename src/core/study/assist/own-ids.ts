import type { Gap } from '../../../model/claim.ts';

/** The id by which an assist refers to a gap of the summary. */
export function gapId({ stream, from, to }: Pick<Gap, 'stream' | 'from' | 'to'>): string {
  return `gap:${stream}:${from}:${to}`;
}

/** The id by which an assist refers to a rule that fired. */
export function ruleId(rule: string): string {
  return `rule:${rule}`;
}
