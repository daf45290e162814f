/** Numbers that look random, and are the same for the same seed. */
export interface Numbers {
  /** A whole number below `limit`; 0 where that is no more than 1. */
  below(limit: number): number;
}

/** Mulberry32. */
export function createNumbers(seed: number): Numbers {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return limit <= 1 ? 0 : ((t ^ (t >>> 14)) >>> 0) % limit;
    },
  };
}
