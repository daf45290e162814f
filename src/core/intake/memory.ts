import type { Undo } from './group.ts';
import { Print, Value } from './group.ts';
import type { LinkClass } from './linking.ts';

/** A sweep leaves so much of the bound, so that one sweep serves many alerts. */
const SWEPT_SHARE = 0.75;

/**
 * The values and fingerprints that a correlator remembers, at most `max` of both together. Above that those are
 * forgotten that have not come for longest: by rank and not by age, so that one alert from the year 2099 forgets
 * nothing else.
 */
export class Memory {
  /** By what kind of thing they are, then by value, so that no key has to be put together for a look-up. */
  private readonly values = new Map<string, Map<string, Value>>();
  private readonly prints = new Map<string, Print>();
  private valueCount = 0;
  private valuesMade = 0;
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.valueCount + this.prints.size;
  }

  value(space: string, name: string, kind: LinkClass, at: number, undo: Undo[] | undefined): Value {
    let among = this.values.get(space);
    if (among === undefined) {
      among = new Map();
      this.values.set(space, among);
    }
    const known = among.get(name);
    if (known !== undefined) {
      if (at > known.lastAt) known.lastAt = at;
      return known;
    }
    const made = new Value(this.valuesMade++, space, name, kind, at);
    among.set(name, made);
    this.valueCount++;
    undo?.push(() => {
      if (this.values.get(space)?.delete(name) === true) this.valueCount--;
    });
    return made;
  }

  print(key: string, at: number, undo: Undo[] | undefined): Print {
    const known = this.prints.get(key);
    if (known !== undefined) {
      if (at > known.lastAt) known.lastAt = at;
      return known;
    }
    const made = new Print(at);
    this.prints.set(key, made);
    undo?.push(() => this.prints.delete(key));
    return made;
  }

  *everyValue(): Generator<Value> {
    for (const among of this.values.values()) yield* among.values();
  }

  *everyPrint(): Generator<Print> {
    yield* this.prints.values();
  }

  get isFull(): boolean {
    return this.size > this.max;
  }

  /** Forgets down to a share of the bound. What was noted for undoing must not be undone afterwards. */
  sweep(): void {
    const aim = Math.floor(this.max * SWEPT_SHARE);
    const times: number[] = [];
    for (const value of this.everyValue()) times.push(value.lastAt);
    for (const print of this.prints.values()) times.push(print.lastAt);
    times.sort((a, b) => a - b);
    const horizon = times[Math.max(0, times.length - aim)] ?? Number.NEGATIVE_INFINITY;
    this.forget(one => one.lastAt < horizon);
    // Where all came at one instant, those that came first go.
    let surplus = this.size - aim;
    if (surplus > 0) this.forget(() => surplus-- > 0);
    // A value that was forgotten and comes again has another number, so what stood beside which is counted anew.
    for (const value of this.everyValue()) value.neighbours = undefined;
  }

  private forget(isForgotten: (one: { readonly lastAt: number }) => boolean): void {
    for (const [key, print] of this.prints) if (isForgotten(print)) this.prints.delete(key);
    for (const [space, among] of this.values) {
      for (const [name, value] of among) {
        if (!isForgotten(value)) continue;
        among.delete(name);
        this.valueCount--;
      }
      if (among.size === 0) this.values.delete(space);
    }
  }
}
