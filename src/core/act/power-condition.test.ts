import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, rfc3339, unixMsFrom } from '../../base/time.ts';
import { CONDITIONS, DOINGS, type RightRow } from '../../model/api-powers.ts';
import { conditionOf, type PowerFacts } from './power-condition.ts';
import { everyRight, rightsLook } from './rights.ts';

const NOW = unixMsFrom(Date.UTC(2026, 10, 1));
const at = (before: number) => rfc3339(unixMsFrom(NOW - before));
const NEVER = DOINGS.map(doing => ({ doing, wellAt: '', illAt: '', code: '', shown: '' }));
const well: PowerFacts = {
  isExecutorHeard: true,
  doings: NEVER.map(row => ({ ...row, wellAt: at(MS_PER_HOUR) })),
  rights: rightsLook('seen', []).summary,
  lookedAt: NOW,
  isOwn: false,
  isDisabled: false,
  isRotationDue: false,
  isShared: false,
  troubled: 0,
  isBudgetSpent: false,
  waitUntil: undefined,
  trail: { state: 'read', kept: 'its log', readAt: at(1), unknownChanges: 0, notShown: 0 },
};
const right = (need: RightRow['need'], granted: RightRow['granted']): RightRow => ({
  credential: 'write',
  scope: 'x',
  need,
  granted,
  because: '',
});
const seeing = (one: RightRow) => ({ rights: rightsLook('seen', [one]).summary });
const trailing = (changed: Partial<PowerFacts['trail']>) => ({ trail: { ...well.trail, ...changed } });
const planned = (wellAt: string, illAt: string) => ({
  doings: [{ doing: 'plan' as const, wellAt, illAt, code: '', shown: '' }],
});

describe('the condition of a connected system', () => {
  test.each<[string, Partial<PowerFacts>, string, readonly string[]]>([
    ['that answers', {}, 'well', []],
    ['whose executor is silent', { isExecutorHeard: false }, 'unknown', ['executor_silent']],
    [
      'that was never asked anything',
      { doings: NEVER, rights: rightsLook('not_told', []).summary },
      'unknown',
      ['never_heard'],
    ],
    [
      'that is this installation itself',
      { isOwn: true, doings: NEVER, rights: rightsLook('not_told', []).summary },
      'well',
      [],
    ],
    ['that was looked at alone', { doings: NEVER }, 'well', []],
    [
      'that answered last 31 days ago',
      { ...planned(at(31 * MS_PER_DAY), ''), rights: rightsLook('not_told', []).summary },
      'unknown',
      ['not_heard_of_late'],
    ],
    ['that failed after it had answered', planned(at(MS_PER_HOUR), at(1)), 'failing', ['plan_failing']],
    ['that answered after it had failed', planned(at(1), at(MS_PER_HOUR)), 'well', []],
    ['that lacks a right', seeing(right('needed', 'no')), 'failing', ['right_missing']],
    ['that has a right that is forbidden', seeing(right('forbidden', 'yes')), 'attention', ['right_too_much']],
    ['of which a right is not known', seeing(right('forbidden', 'unknown')), 'well', ['rights_unknown']],
    ['whose secret is old', { isRotationDue: true }, 'attention', ['rotation_due']],
    ['whose credential is not opened', { isDisabled: true }, 'failing', ['credential_disabled']],
    [
      'whose own log has a change that nobody signed',
      trailing({ unknownChanges: 1 }),
      'failing',
      ['changed_by_nobody'],
    ],
    ['whose own log cannot be read any more', trailing({ state: 'silent' }), 'attention', ['trail_silent']],
    ['that keeps no log of its own', trailing({ state: 'none', kept: '', readAt: '' }), 'well', []],
    ['that asked to be left alone', { waitUntil: unixMsFrom(NOW + 1) }, 'attention', ['asks_to_wait']],
    ['that asked to be left alone until just now', { waitUntil: NOW }, 'well', []],
  ])('%s', (_name, changed, condition, reasons) => {
    expect(conditionOf({ ...well, ...changed }, NOW)).toEqual({ condition, reasons });
  });

  test('is never better for knowing less or for one thing more that is wrong', () => {
    const facts = fc.record({
      isExecutorHeard: fc.boolean(),
      isDisabled: fc.boolean(),
      isRotationDue: fc.boolean(),
      isShared: fc.boolean(),
      troubled: fc.nat(3),
      isBudgetSpent: fc.boolean(),
    });
    const rank = (some: object) => CONDITIONS.indexOf(conditionOf({ ...well, ...some }, NOW).condition);
    fc.assert(
      fc.property(facts, some => {
        expect(rank({ ...some, isExecutorHeard: false })).toBe(0);
        expect(rank({ ...some, isDisabled: true })).toBeLessThanOrEqual(rank(some));
        expect(rank({ ...some, isShared: true })).toBeLessThanOrEqual(rank(some));
        expect(rank({ ...some, ...seeing(right('needed', 'no')) })).toBeLessThanOrEqual(rank(some));
      }),
    );
  });
});

describe('the rights of a system', () => {
  const scopes = { read: ['look'], write: ['change'], forbidden: ['destroy'] };
  const told = { credential: 'write', scope: 'destroy', need: 'forbidden', granted: 'yes', because: '' } as const;

  test('are all that its manifest speaks of, and what was not told is unknown', () => {
    expect(everyRight({ scopes }, [told], 'untold').map(row => [row.credential, row.scope, row.granted])).toEqual([
      ['read', 'look', 'unknown'],
      ['read', 'destroy', 'unknown'],
      ['write', 'change', 'unknown'],
      ['write', 'destroy', 'yes'],
    ]);
  });

  test('are none that a target made up', () => {
    const made = { ...told, scope: 'whatever', granted: 'no' as const };
    expect(everyRight({ scopes }, [made], '').some(({ scope }) => scope === 'whatever')).toBe(false);
  });
});
