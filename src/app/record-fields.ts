import { locateIn } from '../core/study/claims/locate.ts';
import type { ClaimContext } from '../core/study/claims/world.ts';
import type { ReadField } from '../core/study/verify-claim.ts';
import { resolve } from '../sources/shared/at.ts';
import { jsonOf } from './evidence.ts';

/** A raw record as a value: JSON opened, anything else as its text. */
export function recordValue(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  return jsonOf(text) ?? text;
}

/** Reads cited fields out of raw records. */
export function fieldReader(records: ReadonlyMap<string, unknown>): ReadField {
  return (evidence, pointer) => {
    const record = records.get(evidence);
    const value = pointer === 'line' || pointer === '' ? record : resolve(record, pointer);
    if (typeof value === 'string') return value;
    return value === undefined || value === null || typeof value === 'object' ? undefined : JSON.stringify(value);
  };
}

/** Finds in raw records what a source states without saying where. */
export function fieldLocator(records: ReadonlyMap<string, unknown>): NonNullable<ClaimContext['locate']> {
  return (evidence, text) => locateIn(records.get(evidence), text);
}
