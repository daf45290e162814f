import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_MINUTE, unixMsFrom } from '../../../base/time.ts';
import { type DecisionRecord, TEAM_PEOPLE_MIN, type TeamReliance } from '../../../model/reliance.ts';
import { teamReliance } from './team.ts';

const DAY = 19_700;
function decision(person: number, day: number, n: number, change: Partial<DecisionRecord> = {}): DecisionRecord {
  const at = (DAY + day) * MS_PER_DAY + n * MS_PER_MINUTE;
  return {
    person: `usr_${person}`,
    tier: 'T2',
    kind: 'one/two',
    shownAt: unixMsFrom(at - MS_PER_MINUTE),
    decidedAt: unixMsFrom(at),
    dwell: {},
    evidenceOpened: 1,
    evidenceRequired: 1,
    evidenceCited: 3,
    claims: 3,
    verdict: 'approve',
    preJudgement: undefined,
    advised: 'do',
    judgedAfterwards: undefined,
    wasUndone: undefined,
    drill: undefined,
    ...change,
  };
}
const team = (people: number, days = 10, change: Partial<DecisionRecord> = {}) =>
  Array.from({ length: days }, (_, day) =>
    Array.from({ length: people }, (_, person) => decision(person, day, person, change)),
  ).flat();
const decisionsOf = ({ all }: TeamReliance) => (all.kind === 'shown' ? all.figures.decisions : undefined);
const ANY = fc.array(
  fc.record({
    person: fc.nat(8),
    day: fc.nat(12),
    n: fc.nat(1_000),
    tier: fc.constantFrom('T1', 'T2', 'T3'),
    kind: fc.constantFrom('a', 'b', 'c', 'd'),
  } as const),
  { maxLength: 150 },
);

describe('what is said of a team', () => {
  test(`is nothing below ${TEAM_PEOPLE_MIN} people`, () => {
    expect(teamReliance(team(TEAM_PEOPLE_MIN - 1)).all).toEqual({ kind: 'too_few_people' });
    expect(teamReliance(team(TEAM_PEOPLE_MIN)).all.kind).toBe('shown');
    expect(teamReliance([]).all).toEqual({ kind: 'too_few_people' });
  });

  test('is nothing where one person made most of the decisions', () => {
    const busy = Array.from({ length: 10 }, (_, day) =>
      Array.from({ length: 40 }, (_, n) => decision(0, day, n + 10)),
    ).flat();
    expect(teamReliance([...team(TEAM_PEOPLE_MIN), ...busy]).all).toEqual({ kind: 'too_few_people' });
  });

  test('names nobody, in no group and no figure', () => {
    fc.assert(
      fc.property(ANY, drawn => {
        const records = drawn.map(({ person, day, n, ...rest }) => decision(person, day, n, rest));
        expect(JSON.stringify(teamReliance(records))).not.toContain('usr_');
      }),
    );
  });

  test('has no group of too few people, and never exactly one that the whole less the others would tell', () => {
    fc.assert(
      fc.property(ANY, drawn => {
        const records = drawn.map(({ person, day, n, ...rest }) => decision(person, day, n, rest));
        for (const [groups, of] of [
          [teamReliance(records).byTier, (record: DecisionRecord) => record.tier],
          [teamReliance(records).byKind, (record: DecisionRecord) => record.kind],
        ] as const) {
          const named = new Set(groups.map(group => group.of));
          for (const { of: name, group } of groups) {
            if (group.kind !== 'shown') continue;
            const its = records.filter(record => (name === 'other' ? !named.has(of(record)) : of(record) === name));
            expect(new Set(its.map(record => record.person)).size).toBeGreaterThanOrEqual(TEAM_PEOPLE_MIN);
          }
          const rest = records.filter(record => !named.has(of(record)));
          const isRestLarge = new Set(rest.map(record => record.person)).size >= TEAM_PEOPLE_MIN;
          if (rest.length > 0 && named.size > 1) expect(isRestLarge).toBe(true);
        }
      }),
    );
  });

  test('does not change by what one person did today', () => {
    const before = teamReliance(team(6));
    const alone = teamReliance([...team(6), decision(3, 11, 1, { verdict: 'reject' })]);
    expect(alone).toEqual(before);
    // Once as many people have decided, all of it is told at once.
    const others = Array.from({ length: 5 }, (_, person) => decision(person, 12, person));
    expect(decisionsOf(teamReliance([...team(6), decision(3, 11, 1), ...others]))).toBe(66);
  });

  test('is told of small parts together', () => {
    const records = [
      ...team(8, 10, { kind: 'large' }),
      ...team(3, 10, { kind: 'small' }),
      ...team(8, 10, { kind: 'middle' }).slice(0, 48),
    ];
    const { byKind } = teamReliance(records);
    expect(byKind.map(({ of, group }) => [of, group.kind])).toEqual([
      ['large', 'shown'],
      ['other', 'shown'],
    ]);
  });
});
