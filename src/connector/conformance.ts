import { A3, A4, A5, A6, A7, A8, A13, A14, A15 } from './act-checks.ts';
import type { Check } from './calls.ts';
import { A1, A2, A11, A12, A16 } from './plan-checks.ts';
import { A18 } from './remediation-check.ts';
import type { ConformanceTarget } from './target.ts';
import { A19 } from './trail-check.ts';
import { A9, A10 } from './undo-checks.ts';

/** What every responder is held to before it is listed, in order, on a real target. None of them can be left out. */
export const CHECKS: readonly Check[] = [
  A1,
  A2,
  A3,
  A4,
  A5,
  A6,
  A7,
  A8,
  A9,
  A10,
  A11,
  A12,
  A13,
  A14,
  A15,
  A16,
  A18,
  A19,
];

/** Checks that stop at each request of an execution wait for time-outs many times over. In milliseconds. */
export const CHECK_MS_MAX = 180_000;

/** The part of a test framework that the suite needs. Vitest and Jest have it as it is; for node:test name `before` and `after`. */
export interface Runner {
  readonly describe: { (name: string, body: () => void): void; skip(name: string, body: () => void): void };
  readonly test: (name: string, body: () => Promise<void>, msMax?: number) => void;
  readonly beforeAll: (work: () => Promise<void>) => void;
  readonly afterAll: (work: () => Promise<void>) => void;
  readonly beforeEach: (work: () => Promise<void>) => void;
}

/**
 * Registers the whole suite for one responder: each check is a test of its own, on one target that is put back before
 * each. With `notHere` (why this machine cannot start the target) the tests are registered as skipped, under that reason.
 */
export function conformance(
  { describe, test, beforeAll, afterAll, beforeEach }: Runner,
  suite: {
    readonly title: string;
    readonly start: () => Promise<ConformanceTarget>;
    readonly notHere?: string | undefined;
    /** What one check may take, in milliseconds; absent for the usual. A6 logs in some two hundred times. */
    readonly checkMsMax?: number;
  },
): void {
  const register = suite.notHere === undefined ? describe : describe.skip.bind(describe);
  register(`${suite.title}${suite.notHere === undefined ? '' : ` (skipped: ${suite.notHere})`}`, () => {
    let target: ConformanceTarget;
    beforeAll(async () => {
      target = await suite.start();
    });
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(async () => {
      await target.restore();
    });
    const msMax = suite.checkMsMax ?? CHECK_MS_MAX;
    for (const { title, run } of CHECKS) test(title, async () => await run(target, target.responder), msMax);
  });
}
