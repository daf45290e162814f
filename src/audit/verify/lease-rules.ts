import { MS_PER_HOUR, parseTime } from '../../base/time.ts';
import { CROSSING_MS_MAX, type Fault } from './fault.ts';
import type { Leaf } from './leaf.ts';
import type { ExecutionRecord } from './process-records.ts';

/** So long a log may go on after a lease ended, and say nothing of it. */
const SILENCE_MS_MAX = MS_PER_HOUR;

export interface Lease {
  readonly endsAt: number;
  turns: number;
  /** When the log first went on after the end: whoever did not run then could not tell of it. */
  heardAfter: number | undefined;
  heardLast: number | undefined;
}

const fault = (code: string, detail: string): Fault => ({ code, detail });

/**
 * That every lease that ended was told of: that its release was proposed, or that none could be. A server that hides one would
 * have to keep its own log from going on.
 */
export class LeaseRules {
  readonly #leases = new Map<string, Lease>();
  readonly #differing: string[] = [];

  granted({ execution, endsAt }: Leaf<'lease.granted'>, isIntended: boolean): Fault | undefined {
    const ends = parseTime(endsAt);
    if (this.#leases.has(execution)) return fault('lease.again', `${execution} was given a lease before`);
    if (isIntended || ends === undefined)
      return fault('lease.late', `${execution} was given a lease after it was begun, which nobody signed`);
    this.#leases.set(execution, { endsAt: ends, turns: 0, heardAfter: undefined, heardLast: undefined });
    return undefined;
  }

  ended({ execution, number, release, at }: Leaf<'lease.ended'>, isProposed: boolean): Fault | undefined {
    const lease = this.#leases.get(execution);
    if (lease === undefined) return fault('lease.unknown', `${execution} has no lease that could end`);
    lease.turns++;
    const ended = parseTime(at);
    if (ended === undefined || ended < lease.endsAt - CROSSING_MS_MAX)
      return fault('lease.early', `the lease of ${execution} was ended before its time`);
    if (number !== String(lease.turns))
      return fault(
        'lease.turn',
        `people were asked about ${execution} for the ${number}. time, after ${lease.turns - 1}`,
      );
    return release === '' || isProposed
      ? undefined
      : fault('lease.no_release', `${release} is said to release ${execution}, and was never proposed`);
  }

  /** An undo was held against what it undid: that has nothing left that a lease could end. */
  released(
    { execution, undoes, verdict, differences }: Leaf<'execution.compared'>,
    of: Pick<ExecutionRecord, 'outcome'> | undefined,
  ): Fault | undefined {
    if (of?.outcome !== 'verified' && of?.outcome !== 'succeeded')
      return fault('undo.not_done', `${execution} is said to have undone ${undoes}, and never succeeded`);
    this.#leases.delete(undoes);
    if (verdict === 'differs') this.#differing.push(execution);
    return (verdict === 'differs') === (differences !== '0')
      ? undefined
      : fault('undo.other_count', `${execution} left ${differences} differences, and is called ${verdict}`);
  }

  /** Undos that left something else than was declared. A person has to look at each. */
  get differing(): readonly string[] {
    return this.#differing;
  }

  /** The time of any entry: the log goes on. */
  heard(at: string): void {
    if (this.#leases.size === 0) return;
    const time = parseTime(at);
    if (time === undefined) return;
    for (const lease of this.#leases.values()) {
      if (lease.turns > 0 || time <= lease.endsAt) continue;
      lease.heardAfter ??= time;
      lease.heardLast = Math.max(lease.heardLast ?? time, time);
    }
  }

  /** Every lease by its execution. */
  get known(): ReadonlyMap<string, Lease> {
    return this.#leases;
  }
}

/** Leases of acts that took effect, of which the log was silent for too long. `holds` says whether one did. */
export function hiddenLeases(
  leases: ReadonlyMap<string, Lease>,
  holds: (execution: string) => boolean,
): readonly Fault[] {
  return [...leases].flatMap(([execution, { turns, heardAfter, heardLast }]) =>
    turns === 0 && (heardLast ?? 0) - (heardAfter ?? 0) > SILENCE_MS_MAX && holds(execution)
      ? [fault('lease.hidden', `the lease of ${execution} ended, and the log went on without saying so`)]
      : [],
  );
}
