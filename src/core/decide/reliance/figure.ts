import type { Figure } from '../../../model/reliance.ts';

/** Of a normal distribution: 95 per cent lie within so many standard deviations. */
const Z_95 = 1.959964;

/** A share with Wilson's interval, or how many it would take. */
export function shareOf(hits: number, n: number, needs: number): Figure {
  if (n < needs) return { kind: 'unknown', n, needs };
  const share = hits / n;
  const spread = Z_95 ** 2 / n;
  const middle = (share + spread / 2) / (1 + spread);
  const half = (Z_95 / (1 + spread)) * Math.sqrt((share * (1 - share)) / n + spread / (4 * n));
  return { kind: 'known', value: share, n, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** A score with its standard error. */
export function scoreOf(value: number, error: number, n: number): Figure {
  return { kind: 'known', value, n, low: value - Z_95 * error, high: value + Z_95 * error };
}

/** The value below which so much of a normal distribution lies (Acklam; error under 1.2e-9). `p` lies within 0 and 1. */
export function probit(p: number): number {
  if (p > 0.5) return -probit(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_TOP, q) / (polynomial(TAIL_BOTTOM, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(MIDDLE_TOP, r) * q) / (polynomial(MIDDLE_BOTTOM, r) * r + 1);
}

/** Density of the standard normal distribution. */
export function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Highest power first. */
function polynomial(factors: readonly number[], x: number): number {
  return factors.reduce((sum, factor) => sum * x + factor, 0);
}

const MIDDLE_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const MIDDLE_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
