import { describe, expect, test } from 'vitest';
import type { Alert } from '../../../model/alert.ts';
import type { Claim, Gap, Predicate } from '../../../model/claim.ts';
import type { SourceClock } from '../../../model/clock.ts';
import type { Coverage } from '../../../model/coverage.ts';
import { extractClaims } from '../facts.ts';
import { alertOf, readerOf, type TestRecord, timeOf } from '../testing.ts';
import { createClaimVerifier } from '../verify-claim.ts';
import { deriveClaims } from './derive.ts';
import type { RuleHistory } from './kind.ts';
import { locateIn } from './locate.ts';
import { type ClaimContext, computedClaim, createClaimWorld } from './world.ts';

const RECORDS: readonly TestRecord[] = [
  ...Array.from({ length: 5 }, (_, n) => ({
    time: `2026-03-02T08:0${n}:00Z`,
    rule: 'Sign-in',
    action: 'user.session.start',
    outcome: 'failure' as const,
    actor: 'dana',
    host: 'db1',
    note: 'attack.t1110.003',
  })),
  { time: '2026-03-02T09:00:00Z', rule: 'New key', action: 'CreateAccessKey', actor: 'dana', target: 'svc-build' },
];
const COMPLETE: Coverage = { verdict: 'complete', expected: 5, heard: 5, streams: [] };
const GAP: Gap = {
  stream: 'db1|EDR',
  from: timeOf('2026-03-02T08:30:00Z'),
  to: timeOf('2026-03-02T09:30:00Z'),
  isRequired: true,
  because: 'nothing for an hour',
};
const HISTORY: RuleHistory = { days: 30, dailyMaxOf: rule => (rule === 'Sign-in' ? 2 : undefined) };

function incident(context: ClaimContext, change: (alert: Alert) => Alert = alert => alert) {
  const alerts = RECORDS.map(alertOf).map(change);
  const whole: ClaimContext = {
    locate: (evidence, text) => locateIn(RECORDS[Number(evidence.slice('evd_'.length))], text),
    ...context,
  };
  const told = extractClaims(alerts);
  const world = createClaimWorld(alerts, whole);
  return {
    told,
    world,
    claims: deriveClaims(world, told),
    verifier: createClaimVerifier(alerts, readerOf(RECORDS), [], whole),
  };
}

const of = (claims: readonly Claim[], predicate: Predicate): readonly string[] =>
  claims.filter(claim => claim.predicate === predicate).map(({ text }) => text);

describe('what is worked out over an incident', () => {
  const { claims, verifier } = incident({ coverage: COMPLETE, history: HISTORY }, alert => ({
    ...alert,
    techniques: alert.rule === 'Sign-in' ? ['T1110.003'] : [],
  }));

  test('is verified, and each once', () => {
    for (const claim of claims) expect(verifier.verify(claim), claim.id).toEqual({ kind: 'verified' });
    expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  });

  test('counts records, and says since when and until when', () => {
    expect(of(claims, 'count_is')).toContain('5 alerts of "Sign-in", 2026-03-02 08:00 to 08:04 UTC');
    expect(of(claims, 'first_seen')).toContain('dana was first seen in these alerts, 2026-03-02 08:00 UTC');
    expect(of(claims, 'last_seen')).toContain('dana was last seen in these alerts, 2026-03-02 09:00 UTC');
  });

  test('names a technique only where it stands in the raw record, as it stands there', () => {
    const [claim] = claims.filter(({ predicate }) => predicate === 'technique_of');
    expect(claim?.text).toBe('"Sign-in" names the technique T1110.003, 2026-03-02 08:00 to 08:04 UTC');
    expect(claim?.citations.at(-1)).toEqual({ evidence: 'evd_0000', pointer: '/note', value: 't1110.003' });
    const unsaid = incident({ locate: () => undefined }, alert => ({ ...alert, techniques: ['T1110.003'] }));
    expect(of(unsaid.claims, 'technique_of')).toEqual([]);
  });

  test('compares with what was usual only where that is known', () => {
    expect(of(claims, 'baseline_deviation')).toEqual([
      '"Sign-in" fired 5 alerts in a day; in the 30 days before, 2 at most, 2026-03-02 00:00 to 2026-03-03 00:00 UTC',
    ]);
    expect(of(incident({}).claims, 'baseline_deviation')).toEqual([]);
  });

  test('calls two names the same only by an id that is theirs alone', () => {
    const named = (vendorId: string) =>
      incident({ locate: () => ({ pointer: '/rule', value: vendorId }) }, alert => ({
        ...alert,
        entities: alert.entities.map(one => (one.kind === 'user' ? { ...one, vendorId } : one)),
      }));
    expect(of(named('S-1-5-21-1-2-3-500').claims, 'same_as').length).toBeGreaterThan(0);
    expect(of(named('S-1-5-18').claims, 'same_as')).toEqual([]);
  });
});

describe('that one thing came before another', () => {
  test('is told where the clocks leave no doubt, and in no other order', () => {
    const { claims, told, world } = incident({});
    expect(of(claims, 'before')).toEqual([
      '"user.session.start" began before "CreateAccessKey", 2026-03-02 08:00 to 09:00 UTC',
    ]);
    const [first, second] = told.map(({ id }) => id);
    const reversed = { id: `before.${second}~${first}`, predicate: 'before' as const, roles: {}, at: undefined };
    expect(computedClaim({ ...reversed, until: undefined }, world)).toMatch(/did not come before/);
  });

  test('is not told where the clock of one may be off by more', () => {
    const skew = { kind: 'measured', aheadMs: 7_200_000, uncertaintyMs: 60_000, against: 'Other', isMaterial: true };
    const clocks = [
      { clock: 'Testwatch', skew: { ...skew, aheadMs: 0, isMaterial: false, text: 'right' } },
      { clock: 'Late', skew: { ...skew, text: '2 h ahead' } },
    ] as unknown as readonly SourceClock[];
    const { claims } = incident({ clocks }, alert =>
      alert.rule === 'New key' ? { ...alert, product: 'Late' } : alert,
    );
    expect(of(claims, 'before')).toEqual([]);
  });
});

describe('that something was not seen', () => {
  const sure = 'No sign-in of dana stands in these alerts, although the telemetry that would show it was heard';
  const weak = 'No sign-in of dana stands in these alerts; not all telemetry that would show it is there';
  const starts = (context: ClaimContext): string | undefined =>
    of(incident(context).claims, 'not_observed').find(text => text.includes('sign-in'));

  test('is sure only where the telemetry that would show it was heard', () => {
    expect(starts({ coverage: COMPLETE })).toContain(sure);
    expect(starts({ coverage: { ...COMPLETE, heard: 4 } })).toContain(sure);
    expect(starts({ coverage: { ...COMPLETE, heard: 3 } })).toContain(weak);
    expect(starts({ coverage: { ...COMPLETE, expected: 0, heard: 0 } })).toContain(weak);
    expect(starts({ coverage: { ...COMPLETE, verdict: 'unknown' } })).toContain(weak);
    expect(starts({ coverage: COMPLETE, gaps: [GAP] })).toContain(weak);
    expect(starts({})).toContain(weak);
  });

  test('is not said of what was seen', () => {
    const { claims } = incident({ coverage: COMPLETE });
    expect(of(claims, 'not_observed').filter(text => text.includes('new credential'))).toEqual([]);
  });

  test('told as sure by somebody else fails, whatever coverage he claims', () => {
    const { verifier } = incident({ coverage: { ...COMPLETE, heard: 1 } });
    const [bold] = incident({ coverage: COMPLETE }).claims.filter(({ predicate }) => predicate === 'not_observed');
    expect(bold?.basis).toMatchObject({ kind: 'query', coverage: 100 });
    expect(bold && verifier.verify(bold).kind).toBe('failed');
  });

  test('a gap is told with its reason, and rests on the coverage that was computed', () => {
    const { claims, verifier } = incident({ gaps: [GAP] });
    const [claim] = claims.filter(({ predicate }) => predicate === 'coverage_gap');
    expect(claim?.text).toBe('Telemetry of EDR on db1 is missing: nothing for an hour, 2026-03-02 08:30 to 09:30 UTC');
    expect(claim && verifier.verify(claim)).toEqual({ kind: 'verified' });
    expect(claim && incident({}).verifier.verify(claim).kind).toBe('failed');
  });
});
