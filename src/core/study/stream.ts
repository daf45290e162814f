import { MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { BIN_MS, BINS_PER_DAY, Bins, DAYS_KEPT } from './bins.ts';
import { Lag } from './lag.ts';
import { type MissedBeat, RuleRhythm } from './rhythm.ts';
import type { StreamMemory } from './stream-memory.ts';

/** Rules per stream whose rhythm is learnt, and in all: a rule takes four kilobytes at most. */
const RULES_MAX = 32;
export const RHYTHMS_MAX = 60_000;
/** Pauses and missed beats that a stream keeps: the latest. */
const KEPT_MAX = 512;
/** A shorter silence is no gap: an agent restarts, a spool drains. */
export const GAP_MS_MIN = 40 * MS_PER_MINUTE;

/** From the last record before to the first after. */
export interface Pause {
  readonly from: UnixMs;
  readonly to: UnixMs;
}

/** When something was heard: counts of four weeks, and each pause that could be a gap. Records come in about their order. */
export class Pulse {
  readonly first: UnixMs;
  readonly bins = new Bins();
  readonly pauses: Pause[] = [];
  count = 0;
  last: UnixMs;

  constructor(first: UnixMs) {
    this.first = this.last = first;
  }

  beat(at: UnixMs): void {
    this.count++;
    this.bins.add(Math.floor(at / BIN_MS));
    if (at - this.last >= GAP_MS_MIN) keep(this.pauses, { from: this.last, to: at });
    if (at > this.last) this.last = at;
  }

  /** Pauses of at least {@link GAP_MS_MIN}, the one that goes on included. */
  pausesUntil(now: UnixMs): readonly Pause[] {
    const all = now - this.last >= GAP_MS_MIN ? [...this.pauses, { from: this.last, to: now }] : this.pauses;
    return all.flatMap(pause => this.unfilled(pause));
  }

  /** What records that came later left of a pause: a spool that was delivered late fills it. */
  private unfilled(pause: Pause): readonly Pause[] {
    const end = Math.floor(pause.to / BIN_MS);
    const first = Math.max(Math.floor(pause.from / BIN_MS) + 1, end - DAYS_KEPT * BINS_PER_DAY);
    if (this.bins.between(first, end) === 0) return [pause];
    const parts: Pause[] = [];
    let from: number = pause.from;
    for (let bin = first; bin <= end; bin++) {
      if (bin < end && this.bins.at(bin) === 0) continue;
      const to = bin === end ? pause.to : bin * BIN_MS;
      if (to - from >= GAP_MS_MIN) parts.push({ from: unixMsFrom(from), to: unixMsFrom(to) });
      from = (bin + 1) * BIN_MS;
    }
    return parts;
  }
}

/** What is kept of one stream. */
export class Stream extends Pulse {
  readonly host: string;
  readonly product: string;
  readonly name: string;
  private readonly rhythms: { left: number };
  readonly missed: MissedBeat[] = [];
  readonly lag = new Lag();
  readonly rules = new Map<string, RuleRhythm>();
  /** What an earlier start knew of the silence that this one began with, and when that ended. */
  recalled: StreamMemory | undefined;
  heardAgain: UnixMs | undefined;

  /** `rhythms` is what all streams together may still learn: beyond it a stream is judged by its hours alone. */
  constructor(host: string, product: string, first: UnixMs, rhythms: { left: number }) {
    super(first);
    this.rhythms = rhythms;
    this.host = host;
    this.product = product;
    this.name = `${host}|${product}`;
  }

  /** Takes what was remembered, where nothing was heard since: beside what this start has learnt already. */
  recall(memory: StreamMemory): void {
    if (this.last > memory.last) return;
    this.recalled = memory;
    if (this.count >= memory.count) return;
    this.count = memory.count;
    for (const bin of memory.bins) if (this.bins.at(bin) === 0) this.bins.add(bin);
    this.last = memory.last;
  }

  hear(rule: string, at: UnixMs): void {
    if (this.recalled !== undefined && at > this.recalled.last) this.heardAgain ??= at;
    this.beat(at);
    let rhythm = this.rules.get(rule);
    if (rhythm === undefined) {
      if (this.rules.size >= RULES_MAX || this.rhythms.left <= 0) return;
      this.rhythms.left--;
      rhythm = new RuleRhythm(rule);
      this.rules.set(rule, rhythm);
    }
    const missed = rhythm.hear(at);
    if (missed !== undefined && missed.to - missed.from >= GAP_MS_MIN) keep(this.missed, missed);
  }

  shortestPeriodMs(): number | undefined {
    let shortest: number | undefined;
    for (const rhythm of this.rules.values()) {
      const period = rhythm.periodMs();
      if (period !== undefined && (shortest === undefined || period < shortest)) shortest = period;
    }
    return shortest;
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT_MAX) list.shift();
}
