import { type At, textAt } from '../shared/at.ts';
import { readTime } from '../shared/when.ts';
import type { Candidate } from './choose.ts';
import type { Leaf } from './leaves.ts';

const DAY = /^\d{4}[-/]\d{2}[-/]\d{2}$/;
const CLOCK = /^\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?$/;
const ZONE = /^[+-]\d{2}:?\d{2}$/;
const SPLIT_RANK = 6;

/** A time that stands in two keys of one object, `date` and `time`, with `tz` where there is one. Its pointer is the clock's. */
export function splitTimeOf(leaves: readonly Leaf[]): Candidate | undefined {
  const found = new Map<string, At>();
  for (const {
    path: { path },
    at,
  } of leaves) {
    const key = path[path.length - 1]?.toLowerCase();
    if ((key === 'date' || key === 'time' || key === 'tz' || key === 'timezone') && !found.has(key)) found.set(key, at);
  }
  const day = textAt(found.get('date'));
  const at = found.get('time');
  const clock = textAt(at);
  if (day === undefined || at === undefined || clock === undefined || !DAY.test(day) || !CLOCK.test(clock))
    return undefined;
  const zone = textAt(found.get('tz') ?? found.get('timezone'));
  const part = `${day.replaceAll('/', '-')}T${clock}${zone !== undefined && ZONE.test(zone) ? zone : 'Z'}`;
  if (readTime(part) === undefined) return undefined;
  const whole: At =
    at.isInText === true ? { value: part, pointer: at.pointer, isInText: true } : { value: part, pointer: at.pointer };
  return { rank: SPLIT_RANK, at: whole, part, isLogger: false, isTarget: false, rivals: 0 };
}
