import { MS_PER_HOUR, MS_PER_MINUTE, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { DrillSetting } from '../../model/drill.ts';

/** One shift of a team. */
export interface Shift {
  /** `2026-11-27T08`: when it begins, in UTC. */
  readonly id: string;
  readonly from: UnixMs;
  readonly to: UnixMs;
}

/** The shift that this moment falls into; shifts begin at midnight UTC. */
export function shiftAt(now: UnixMs, { shiftHours }: Pick<DrillSetting, 'shiftHours'>): Shift {
  const long = shiftHours * MS_PER_HOUR;
  const from = unixMsFrom(Math.floor(now / long) * long);
  return { id: rfc3339(from).slice(0, 13), from, to: unixMsFrom(from + long) };
}

/** Whether drills are on: nothing is made after the last day that was signed. */
export function isDrilling(setting: DrillSetting | undefined, now: UnixMs): setting is DrillSetting {
  return setting !== undefined && rfc3339(now).slice(0, 10) <= setting.until;
}

/** Of one shift, so that a team of fifty is not put before fifty of them. */
export const DRILLS_PER_SHIFT_MAX = 6;
/** The last part of a shift, in which no drill is put: it would be the next one's to decide. */
const TAIL_MS = 30 * MS_PER_MINUTE;

/** What there was in a shift so far. */
export interface DrillsOfShift {
  readonly shift: Shift;
  readonly now: UnixMs;
  /** Members who look at proposals in this shift, without leads. */
  readonly onShift: readonly string[];
  /** Those of them who decided on a drill in it. */
  readonly drilled: readonly string[];
  readonly made: number;
  readonly open: number;
  /** When the next one is due, where that was drawn. */
  readonly dueAt: UnixMs | undefined;
}

export type NextDrill =
  | { readonly kind: 'none' }
  /** Nobody knows the moment before: it is drawn once, and kept. */
  | { readonly kind: 'draw'; readonly dueAt: UnixMs }
  | { readonly kind: 'make' };

/**
 * What comes next: at least one in each shift in which somebody looks at proposals, and another one, at another moment,
 * while somebody on shift decided on none. `draw` is 32 random bits.
 */
export function nextDrill(of: DrillsOfShift, draw: number): NextDrill {
  const { shift, now, onShift, drilled, made, open, dueAt } = of;
  const isOwed = onShift.some(person => !drilled.includes(person));
  if (made >= DRILLS_PER_SHIFT_MAX || open > 0 || !isOwed) return { kind: 'none' };
  if (dueAt !== undefined) return now >= dueAt ? { kind: 'make' } : { kind: 'none' };
  const room = shift.to - TAIL_MS - now;
  // Too late for chance: the first one is still made, and further ones are not.
  if (room <= 0) return made === 0 && now < shift.to ? { kind: 'draw', dueAt: now } : { kind: 'none' };
  return { kind: 'draw', dueAt: unixMsFrom(now + Math.floor((room * draw) / 2 ** 32)) };
}
