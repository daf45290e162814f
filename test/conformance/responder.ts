import { A3, A4, A5, A6, A7, A8, A9, A10, A13, A14, A15 } from './act-checks.ts';
import type { Check } from './calls.ts';
import { A1, A2, A11, A12, A16 } from './plan-checks.ts';

/**
 * What every responder is held to before it is listed, in order, on a real target. One that cannot be held to a check
 * says why where the suite is run.
 */
export const CHECKS: readonly Check[] = [A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16];
