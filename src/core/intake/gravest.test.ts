import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extractClaims } from '../study/facts.ts';
import { summarise } from '../study/summarise.ts';
import { alertsOf, readerOf } from '../study/testing.ts';
import { createClaimVerifier } from '../study/verify-claim.ts';
import { gravestRule, rulesOf } from './gravest.ts';
import { titleOf } from './incident.ts';

const RECORDS = fc.array(
  fc.record(
    {
      rule: fc.constantFrom('Sign-in', 'New key', 'Dump', 'Beacon'),
      severity: fc.constantFrom('low', 'medium', 'unknown', 'high'),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 12 },
);

describe('what an incident is named after', () => {
  test('is the worst rule, of those the rarest, then the first by name', () => {
    const alert = (rule: string, severity: 'low' | 'high') => ({ rule, title: rule, severity });
    const named = [alert('common', 'high'), alert('common', 'high'), alert('b', 'high'), alert('a', 'high')];
    expect(gravestRule(rulesOf([...named, alert('0', 'low')]))?.rule).toBe('a');
    expect(gravestRule(new Map())).toBeUndefined();
  });

  test('is the same in its title and in the headline of its summary', () => {
    fc.assert(
      fc.property(RECORDS, records => {
        const alerts = alertsOf(records);
        const headline = summarise({
          alerts,
          claims: extractClaims(alerts),
          verifier: createClaimVerifier(alerts, readerOf(records)),
          coverage: { verdict: 'complete', expected: 1, heard: 1, streams: [] },
          gaps: [],
          inventory: undefined,
          frequency: { ofRule: rule => rule.length, total: 100 },
        }).headline;
        expect(titleOf(alerts).startsWith(headline.roles['rule'] ?? 'no rule')).toBe(true);
      }),
    );
  });
});
