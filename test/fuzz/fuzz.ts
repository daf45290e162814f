import type { RawRecord, Source } from '../../src/ports/source.ts';
import { recordOf, recordOfValue } from '../../src/sources/read/record.ts';
import { resolvesTo } from '../../src/sources/shared/resolves-to.ts';
import { casesOf } from '../conformance/source-cases.ts';
import { Dice } from './dice.ts';
import { fileCase } from './files.ts';
import * as mutate from './mutate.ts';

/** A case that a guarantee does not hold for. `seed` makes it again. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** What one record may take at most, however short it is, and more for each byte: several times what any takes. */
const CASE_MS = 250;
const BYTE_MS = 0.01;
/** A case that was slow is tried again: the machine may have been at something else. */
const TRIES = 3;

function timed(length: number, work: () => void): void {
  let spent = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const began = performance.now();
    work();
    spent = performance.now() - began;
    if (spent <= CASE_MS + length * BYTE_MS) return;
  }
  throw new Fault(`slow: ${Math.round(spent)} ms for ${length} bytes`);
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Fault(what);
}

/** Recognises and normalises one record: total, the same each time, pointers that lead to what they claim. */
function checkRecord(source: Source, record: RawRecord): void {
  const score = source.recognise(record);
  check(score >= 0 && score <= 1, `recognise answers ${score}`);
  const result = source.normalise(record);
  if (!result.ok) {
    check(result.failure.detail !== '', 'refuses without a reason');
    return;
  }
  const alert = result.value;
  const text = JSON.stringify(alert);
  check(
    text === JSON.stringify(source.normalise(record)).slice('{"ok":true,"value":'.length, -1),
    'answers differently',
  );
  check(typeof alert.title === 'string' && alert.title !== '', 'has no title');
  check(alert.occurredAt === undefined || Number.isSafeInteger(alert.occurredAt), `happened at ${alert.occurredAt}`);
  for (const { pointer, label } of alert.entities)
    check(resolvesTo(record.value, pointer, label), `\`${label}\` is not at \`${pointer}\``);
}

/** One case of a source: a record of its own that was changed, or bytes of anything. */
export function sourceCase(source: Source, seed: number): void {
  const dice = new Dice(seed);
  if (dice.chance(10)) {
    const random = Uint8Array.from({ length: dice.below(300) }, () => dice.below(256));
    const piece = recordOf(random);
    if (piece.ok) timed(random.length, () => checkRecord(source, piece.record));
    return;
  }
  const { record } = dice.one(casesIn(source));
  const isText = typeof record.value === 'string' || dice.chance(4);
  if (!isText) {
    const made = recordOfValue(mutate.value(dice, record.value));
    timed(made.bytes.length, () => checkRecord(source, made));
    return;
  }
  const made = recordOf(new TextEncoder().encode(mutate.text(dice, record.text)));
  if (made.ok) timed(made.record.bytes.length, () => checkRecord(source, made.record));
}

const cases = new Map<string, ReturnType<typeof casesOf>>();

function casesIn(source: Source): ReturnType<typeof casesOf> {
  const known = cases.get(source.id) ?? casesOf(source);
  cases.set(source.id, known);
  return known;
}

/** One case of the splitter. */
export function splitterCase(seed: number): void {
  const { file, run } = fileCase(new Dice(seed));
  timed(file.length * 3, () => check(run() === undefined, run() ?? ''));
}

export interface Fuzzed {
  readonly cases: number;
  readonly fault: { readonly seed: number; readonly error: unknown } | undefined;
}

/** Runs cases for so many milliseconds, each with the seed after the one before, and stops at the first fault. */
export function fuzz(runCase: (seed: number) => void, seed: number, forMs: number): Fuzzed {
  const until = performance.now() + forMs;
  let count = 0;
  for (; count === 0 || performance.now() < until; count++) {
    try {
      runCase(seed + count);
    } catch (error) {
      return { cases: count + 1, fault: { seed: seed + count, error } };
    }
  }
  return { cases: count, fault: undefined };
}
