import type { UnixMs } from '../../base/time.ts';
import type { WithoutModel } from '../../model/assist.ts';

/** Failures in a row after which a provider is left alone, twice as long each time. */
const FAILURES_MAX = 3;
const REST_MS_FIRST = 30_000;
const REST_MS_MAX = 15 * 60_000;

interface Trouble {
  failures: number;
  until: number;
  isProbing: boolean;
  last: WithoutModel | '';
}

export interface BreakerState {
  readonly state: 'closed' | 'open' | 'half_open';
  readonly failures: number;
  readonly until: number;
  readonly lastFailure: WithoutModel | '';
}

/**
 * Which providers are left alone for a while. In memory: a start forgives, and asks once to find out. After the rest one
 * question goes through; the others wait for what becomes of it.
 */
export class Breakers {
  private readonly troubles = new Map<string, Trouble>();
  private readonly now: () => UnixMs;

  constructor(now: () => UnixMs) {
    this.now = now;
  }

  state(provider: string): BreakerState {
    const trouble = this.troubles.get(provider);
    if (trouble === undefined || trouble.failures < FAILURES_MAX)
      return { state: 'closed', failures: trouble?.failures ?? 0, until: 0, lastFailure: trouble?.last ?? '' };
    const isResting = trouble.until > this.now();
    return {
      state: isResting ? 'open' : 'half_open',
      failures: trouble.failures,
      until: trouble.until,
      lastFailure: trouble.last,
    };
  }

  /** Whether it may be asked now. Of a provider that rested, the first who asks is let through. */
  mayAsk(provider: string): boolean {
    const { state } = this.state(provider);
    if (state === 'closed') return true;
    const trouble = this.troubles.get(provider);
    if (state === 'open' || trouble === undefined || trouble.isProbing) return false;
    trouble.isProbing = true;
    return true;
  }

  /** It answered, whatever the answer is worth. */
  answered(provider: string): void {
    this.troubles.delete(provider);
  }

  failed(provider: string, because: WithoutModel): void {
    const trouble = this.troubles.get(provider) ?? { failures: 0, until: 0, isProbing: false, last: '' };
    this.troubles.set(provider, trouble);
    trouble.failures++;
    trouble.last = because;
    trouble.isProbing = false;
    if (trouble.failures < FAILURES_MAX) return;
    trouble.until =
      this.now() + Math.min(REST_MS_FIRST * 2 ** Math.min(trouble.failures - FAILURES_MAX, 10), REST_MS_MAX);
  }

  /** It was let through and was not asked after all. */
  spared(provider: string): void {
    const trouble = this.troubles.get(provider);
    if (trouble !== undefined) trouble.isProbing = false;
  }
}
