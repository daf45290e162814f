import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BatchIntent } from '../../model/review.ts';
import type { ExecutionFacts } from '../decide/state.ts';
import { batchTurn, memberState } from './batch-turn.ts';

const ENDS = ['succeeded', 'failed', 'in_doubt', 'verified', 'not_in_effect'] as const;

const facts: fc.Arbitrary<ExecutionFacts> = fc.record({
  checked: fc.constantFrom('ok', 'refused', 'stale', undefined),
  isIntended: fc.boolean(),
  concluded: fc.array(fc.constantFrom(...ENDS), { maxLength: 3 }),
});

const listOf = (length: number) => ({
  members: Array.from({ length }, (_, n) => ({ proposal: `prp_${n}` as const, intentDigest: '' })),
});

test('an act of a list begins only where each other one was not begun or ended as expected', () => {
  fc.assert(
    fc.property(fc.array(fc.array(facts, { maxLength: 2 }), { minLength: 2, maxLength: 6 }), fc.nat(), (all, n) => {
      const own = n % all.length;
      const turn = batchTurn(
        [listOf(all.length) as unknown as BatchIntent],
        `prp_${own}`,
        member => all[Number(member.slice('prp_'.length))] ?? [],
        false,
      );
      const others = all.filter((_, at) => at !== own).map(memberState);
      const expected = others.includes('surprise') ? 'stop' : others.includes('under_way') ? 'wait' : 'go';
      expect(turn.kind).toBe(expected);
    }),
  );
});

test('of two that were claimed at the same moment the later one gives way, and never both', () => {
  const claimed: ExecutionFacts = { checked: undefined, isIntended: false, concluded: [] };
  const batch = listOf(2) as unknown as BatchIntent;
  expect(batchTurn([batch], 'prp_0', () => [claimed], true)).toEqual({ kind: 'go' });
  expect(batchTurn([batch], 'prp_1', () => [claimed], true)).toEqual({ kind: 'wait', because: 'prp_0' });
});
