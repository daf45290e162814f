import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fail, ok } from '../../base/result.ts';
import { failureOf } from '../../model/failure.ts';
import { MOVES, type ProposalState } from '../../model/proposal.ts';
import type { Observation } from '../../ports/responder.ts';
import { type Conclusion, judge, judgeAgain, type Sent } from './judge.ts';

const seen = (state: Observation['state'], effect: Observation['effect']) => ok({ state, effect, checks: [] });
const UNSEEN = fail(failureOf('responder.unreachable', 'no answer'));

const sent = fc.constantFrom<Sent>(
  'applied',
  'already_applied',
  'refused',
  'refused_drift',
  'failed',
  'unknown',
  'not_known',
);
const look = fc.oneof(
  fc.constant(UNSEEN),
  fc
    .tuple(
      fc.constantFrom<Observation['state']>('in_effect', 'not_in_effect'),
      fc.constantFrom<Observation['effect']>('in_effect', 'not_in_effect', 'unproven'),
    )
    .map(([state, effect]) => seen(state, effect)),
);

describe('what follows from an answer and a look', () => {
  test.each([
    ['applied', seen('in_effect', 'in_effect'), false, ['succeeded', 'verified']],
    ['applied', seen('in_effect', 'unproven'), false, ['succeeded']],
    ['applied', seen('in_effect', 'not_in_effect'), false, ['succeeded', 'not_in_effect']],
    ['applied', seen('not_in_effect', 'not_in_effect'), false, ['succeeded', 'not_in_effect']],
    ['failed', seen('in_effect', 'in_effect'), false, ['succeeded', 'verified']],
    ['refused', seen('not_in_effect', 'not_in_effect'), false, ['failed']],
    ['refused_drift', seen('not_in_effect', 'not_in_effect'), false, ['failed']],
    ['unknown', seen('not_in_effect', 'not_in_effect'), false, ['in_doubt']],
    ['unknown', seen('not_in_effect', 'not_in_effect'), true, ['failed']],
    ['not_known', seen('not_in_effect', 'not_in_effect'), true, ['failed']],
    ['unknown', seen('in_effect', 'in_effect'), false, ['succeeded', 'verified']],
    ['applied', UNSEEN, true, ['in_doubt']],
  ] as const)('%s, %j, settled %s: %j', (answer, look_, isSettled, conclusions) => {
    expect(judge(answer, look_, isSettled)).toEqual(conclusions);
  });

  test('nothing is called verified that was not seen in effect', () => {
    fc.assert(
      fc.property(sent, look, fc.boolean(), (answer, look_, isSettled) => {
        const isVerified = judge(answer, look_, isSettled).includes('verified');
        expect(isVerified).toBe(look_.ok && look_.value.state === 'in_effect' && look_.value.effect === 'in_effect');
      }),
    );
  });

  test('nothing is called failed while it may still arrive', () => {
    fc.assert(
      fc.property(fc.constantFrom<Sent>('unknown', 'not_known'), look, (answer, look_) => {
        expect(judge(answer, look_, false)).not.toContain('failed');
      }),
    );
  });

  test('every conclusion, and every one that a later look adds, is a move of the table', () => {
    const isPath = (from: ProposalState, path: readonly Conclusion[]) => {
      let at: ProposalState = from;
      for (const next of path) {
        expect(Object.values<ProposalState>(MOVES[at]), `${at} → ${next}`).toContain(next);
        at = next;
      }
    };
    const last = fc.constantFrom<Conclusion>('succeeded', 'failed', 'in_doubt', 'verified', 'not_in_effect');
    fc.assert(
      fc.property(sent, look, fc.boolean(), last, (answer, look_, isSettled, before) => {
        isPath('executing', judge(answer, look_, isSettled));
        isPath(before, judgeAgain(before, answer, look_, isSettled));
      }),
    );
  });

  test('a later look never takes back what was settled', () => {
    fc.assert(
      fc.property(sent, look, fc.boolean(), (answer, look_, isSettled) => {
        expect(judgeAgain('verified', answer, look_, isSettled)).toEqual([]);
        expect(judgeAgain('failed', answer, look_, isSettled)).toEqual([]);
      }),
    );
  });
});
