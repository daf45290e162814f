import type { Id } from '../../base/id.ts';
import { MS_PER_HOUR } from '../../base/time.ts';
import type { Correlator } from './correlate.ts';
import type { Undo } from './group.ts';
import type { CorrelationInput, Placement } from './placement.ts';

/** An alert whose place may still change, because one that happened before it may still come. */
export interface Pending {
  readonly input: CorrelationInput;
  /** When we heard of it: a clock that runs ahead of ours does not make others late. Absent where nobody heard. */
  readonly heardAt: number | undefined;
  placement: Placement;
  undo: Undo[];
  /** The incident in which the caller has it. */
  incident: Id<'incident'> | undefined;
}

/** What placing a batch did. */
export interface Replaced {
  /** Everything that was placed now, by activity: what is new, and what was placed before and was placed again. */
  readonly placed: readonly Pending[];
  /** The placements that were taken back, of those that were placed again. */
  readonly before: ReadonlyMap<Pending, Placement>;
}

export interface ReorderSettings {
  /** An alert that happened up to this long before the latest that we know is placed as if it had come in its turn. */
  readonly latenessMs: number;
  /** And so many of the latest alerts can be placed again; where more came since, an alert is placed after them. */
  readonly pendingMax: number;
}

export const DEFAULT_REORDER: ReorderSettings = { latenessMs: MS_PER_HOUR, pendingMax: 10_000 };

/**
 * Gives alerts to a correlator by activity, whatever the order in which they come: one that comes late takes back the
 * placements of those after it, and they are placed again behind it. Any order of arrival within the bounds of
 * {@link ReorderSettings} so ends in the same clusters. An alert that is later than that is placed as if it came last.
 */
export class Reorder {
  private pending: Pending[] = [];
  /** Activity of the latest alert whose place is settled. */
  private frontier = Number.NEGATIVE_INFINITY;
  private newest = Number.NEGATIVE_INFINITY;
  private readonly correlator: Correlator;
  private readonly settings: ReorderSettings;

  constructor(correlator: Correlator, settings: ReorderSettings = DEFAULT_REORDER) {
    this.correlator = correlator;
    this.settings = settings;
  }

  /** Alerts whose place may still change. */
  get size(): number {
    return this.pending.length;
  }

  /** Those alerts, in the order in which they were placed. */
  pendingOnes(): readonly Pending[] {
    return this.pending;
  }

  place(batch: readonly { readonly input: CorrelationInput; readonly heardAt?: number }[]): Replaced {
    const inTurn: Pending[] = [];
    const late: Pending[] = [];
    for (const { input, heardAt } of batch) {
      const one: Pending = { input, heardAt, placement: UNPLACED, undo: [], incident: undefined };
      (input.at < this.frontier ? late : inTurn).push(one);
    }
    inTurn.sort((a, b) => compareInputs(a.input, b.input));
    late.sort((a, b) => compareInputs(a.input, b.input));
    const [first] = inTurn;
    const taken = first === undefined ? [] : this.takeBack(first.input);
    const before = new Map(taken.map(one => [one, one.placement]));
    const placed = [...mergedByActivity(taken, inTurn), ...late];
    for (const one of placed) {
      one.undo = [];
      one.placement = this.correlator.add(one.input, one.undo, one.incident);
      this.pending.push(one);
      const at = Math.min(one.input.at, one.heardAt ?? one.input.at);
      if (at > this.newest) this.newest = at;
    }
    this.settle();
    return { placed, before };
  }

  /** Takes back everything that belongs behind this alert, from the last to the first. */
  private takeBack(input: CorrelationInput): readonly Pending[] {
    let from = this.pending.length;
    for (let index = this.pending.length - 1; index >= 0; index--) {
      const one = this.pending[index];
      if (one !== undefined && compareInputs(one.input, input) > 0) from = index;
    }
    const taken = this.pending.splice(from);
    for (const { undo } of taken.toReversed())
      for (let step = undo.pop(); step !== undefined; step = undo.pop()) step();
    return taken.sort((a, b) => compareInputs(a.input, b.input));
  }

  /** Places that nothing that comes in time can change any more stay. */
  private settle(): void {
    const isFull = this.correlator.isFull;
    let count = Math.max(0, this.pending.length - this.settings.pendingMax);
    const horizon = this.newest - this.settings.latenessMs;
    while (count < this.pending.length && (this.pending[count]?.input.at ?? horizon) < horizon) count++;
    if (isFull) count = this.pending.length;
    for (const one of this.pending.splice(0, count)) {
      one.undo = [];
      for (const cluster of one.placement.merged ?? []) cluster.isSettled = true;
      const at = Math.min(one.input.at, one.heardAt ?? one.input.at);
      if (at > this.frontier) this.frontier = at;
    }
    if (isFull) this.correlator.sweep();
  }
}

const UNPLACED: Placement = {
  cluster: -1,
  home: { number: -1, parent: undefined, isSettled: true, incident: undefined, isNamed: true },
  because: [],
  notJoined: [],
};

function mergedByActivity(a: readonly Pending[], b: readonly Pending[]): readonly Pending[] {
  if (a.length === 0) return b;
  return [...a, ...b].sort((x, y) => compareInputs(x.input, y.input));
}

/**
 * The order of placing: by activity, and at one instant by what the alerts say, never by when they came. Two that this
 * holds for equal are exchangeable.
 */
export function compareInputs(a: CorrelationInput, b: CorrelationInput): number {
  return (
    a.at - b.at ||
    compareTexts(a.source, b.source) ||
    compareTexts(a.rule, b.rule) ||
    compareEntities(a.entities, b.entities) ||
    compareTexts(a.title, b.title) ||
    compareLists(a.vendorLinks, b.vendorLinks) ||
    compareLists(a.tactics, b.tactics)
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const order = compareTexts(a[index] ?? '', b[index] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareEntities(a: CorrelationInput['entities'], b: CorrelationInput['entities']): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const [x, y] = [a[index], b[index]];
    if (x === undefined || y === undefined) break;
    const order = compareTexts(x.value, y.value) || compareTexts(x.kind, y.kind) || compareTexts(x.role, y.role);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
