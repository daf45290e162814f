import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { type ExecutionFacts, type ProposalFacts, stateOf } from './state.ts';
import type { Tally } from './tally.ts';

const tallied = (verdict: Tally['verdict'], approvedAt?: number): Tally => ({
  verdict,
  needed: 1,
  slots: [],
  counted: [],
  notCounted: [],
  approvedAt: approvedAt === undefined ? undefined : unixMsFrom(approvedAt),
  glass: verdict === 'emergency' ? { by: 'usr_1', at: unixMsFrom(100), until: unixMsFrom(200) } : undefined,
});
const FACTS: ProposalFacts = {
  isSuperseded: false,
  isWithdrawn: false,
  isDenied: false,
  tally: tallied('pending'),
  reviewBy: unixMsFrom(1_000),
  startWithinMs: 100,
  execution: undefined,
  isUndone: false,
};
const executed = (changed: Partial<ExecutionFacts>): ProposalFacts => ({
  ...FACTS,
  execution: { checked: 'ok', isIntended: true, concluded: [], ...changed },
});
const at = (ms: number) => unixMsFrom(ms);

describe('the state of a proposal follows from facts and the clock', () => {
  test.each([
    ['nobody has said anything', FACTS, 999, 'in_review'],
    ['nobody has said anything in time', FACTS, 1_000, 'expired'],
    ['it was approved', { ...FACTS, tally: tallied('approved', 500) }, 599, 'approved'],
    ['it was approved and not started in time', { ...FACTS, tally: tallied('approved', 500) }, 600, 'expired'],
    ['it was rejected', { ...FACTS, tally: tallied('rejected') }, 1, 'rejected'],
    ['it was approved, and then somebody rejected', { ...FACTS, tally: tallied('rejected', 5) }, 6, 'revoked'],
    ['it was revoked', { ...FACTS, tally: tallied('revoked', 5) }, 6, 'revoked'],
    ['it was withdrawn', { ...FACTS, isWithdrawn: true }, 1, 'withdrawn'],
    [
      'it was withdrawn after it was approved',
      { ...FACTS, isWithdrawn: true, tally: tallied('approved', 1) },
      2,
      'withdrawn',
    ],
    ['it was changed', { ...FACTS, isSuperseded: true, tally: tallied('approved', 1) }, 2, 'superseded'],
    ['it was denied', { ...FACTS, isDenied: true }, 1, 'denied'],
    ['it was claimed', executed({ checked: undefined, isIntended: false }), 1, 'checking'],
    ['a check said no', executed({ checked: 'refused', isIntended: false }), 1, 'refused'],
    ['a check found another world', executed({ checked: 'stale', isIntended: false }), 1, 'stale'],
    ['checked, and no intent yet', executed({ isIntended: false }), 1, 'checking'],
    ['the intent stands', executed({}), 1, 'executing'],
    ['nobody knows', executed({ concluded: ['in_doubt'] }), 1, 'in_doubt'],
    ['a later look settled it', executed({ concluded: ['in_doubt', 'succeeded', 'verified'] }), 1, 'verified'],
    ['it was undone', { ...executed({ concluded: ['succeeded', 'verified'] }), isUndone: true }, 1, 'undone'],
    [
      'it failed, and something else was undone',
      { ...executed({ concluded: ['failed'] }), isUndone: true },
      1,
      'failed',
    ],
  ] as const)('%s', (_what, facts, now, state) => {
    expect(stateOf(facts, at(now))).toBe(state);
  });

  test('what happened outranks whatever people and the clock say afterwards', () => {
    const people = fc.record({
      isSuperseded: fc.boolean(),
      isWithdrawn: fc.boolean(),
      isDenied: fc.boolean(),
      tally: fc.constantFrom(tallied('pending'), tallied('rejected'), tallied('revoked', 1)),
    });
    fc.assert(
      fc.property(people, fc.nat(), (said, now) => {
        const facts = { ...executed({ concluded: ['succeeded', 'verified'] }), ...said };
        expect(stateOf(facts, at(now))).toBe('verified');
      }),
    );
  });

  test('time alone never moves a proposal towards execution', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (earlier, more) => {
        const [before, after] = [stateOf(FACTS, at(earlier)), stateOf(FACTS, at(earlier + more))];
        expect(['in_review', 'expired']).toContain(after);
        if (before === 'expired') expect(after).toBe('expired');
      }),
    );
  });
});
