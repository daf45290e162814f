import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Explained, GATE_NUMBERS, type GateNumber } from '../../model/explained.ts';
import { gateOf, LEAST, shortfallText } from './gate.ts';

function explained(values: { readonly [N in GateNumber]?: number }, requiredAbsent: readonly string[] = []): Explained {
  return {
    measures: GATE_NUMBERS.map(number => ({
      number,
      value: values[number] ?? 1,
      because: `${number} was counted.`,
      fixes: [`Raise ${number}.`],
    })),
    requiredAbsent,
  };
}

describe('the explainability gate', () => {
  test('asks for more the more an act may do: 0.6 of one person’s acts, 0.8, and 0.9 where it takes two', () => {
    expect([gateOf(explained({}), 'T1'), gateOf(explained({}), 'T2'), gateOf(explained({}), 'T3')]).toMatchObject([
      { isOpen: true, consequence: 'low', least: 0.6, explained: 1 },
      { isOpen: true, consequence: 'medium', least: 0.8 },
      { isOpen: true, consequence: 'high', least: 0.9 },
    ]);
  });

  test('is decided by the least number, never by the mean, and names every number that is too low', () => {
    const verdict = gateOf(explained({ consistency: 0.1, told: 0.79 }), 'T2');
    expect(verdict).toMatchObject({ isOpen: false, explained: 0.1 });
    expect(verdict.shortfalls.map(({ number, value, least }) => [number, value, least])).toEqual([
      ['told', 0.79, 0.8],
      ['consistency', 0.1, 0.8],
    ]);
    expect(shortfallText(verdict)).toContain('told 0.79 of 0.80: told was counted. Raise told.');
  });

  test('of an act for two people lets no statement fail, and no source that it rests on be missing', () => {
    expect(gateOf(explained({ claims: 0.99 }), 'T3').isOpen).toBe(false);
    expect(gateOf(explained({ claims: 0.99 }), 'T2').isOpen).toBe(true);
    const absent = explained({ completeness: 0.95 }, ['Okta']);
    expect(gateOf(absent, 'T2').isOpen).toBe(true);
    expect(gateOf(absent, 'T3')).toMatchObject({ isOpen: false, shortfalls: [{ number: 'completeness', least: 1 }] });
    expect(gateOf(absent, 'T3').shortfalls[0]?.because).toContain('Okta');
  });

  test('opens for no stricter tier what it does not open for a lower one, and for no number that is not one', () => {
    const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(fc.tuple(share, share, share, share, share, share), fc.boolean(), (values, isAbsent) => {
        const told = explained(
          Object.fromEntries(GATE_NUMBERS.map((number, index) => [number, values[index]])),
          isAbsent ? ['a'] : [],
        );
        const open = (['T1', 'T2', 'T3'] as const).map(tier => gateOf(told, tier).isOpen);
        expect(open).toEqual([...open].sort().reverse());
        if (open[0]) expect(Math.min(...values)).toBeGreaterThanOrEqual(LEAST.low);
      }),
    );
  });
});
