import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Gap } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { Inventory } from '../../model/inventory.ts';
import { entitiesInvolved } from './entity-roles.ts';
import { extractClaims } from './facts.ts';
import { type SummaryInput, summarise } from './summarise.ts';
import { alertsOf, readerOf, type TestRecord, timeOf } from './testing.ts';
import { toldBy } from './told.ts';
import { createClaimVerifier } from './verify-claim.ts';

const COMPLETE: Coverage = { verdict: 'complete', expected: 2, heard: 2, streams: [] };
const GAP: Gap = {
  stream: 'db1|edr',
  from: timeOf('2026-03-02T08:00:00Z'),
  to: timeOf('2026-03-02T09:00:00Z'),
  isRequired: true,
  because: 'nothing for 60 min',
};

const STORY: readonly TestRecord[] = [
  ...Array.from({ length: 30 }, (_, n) => ({
    time: `2026-03-02T08:${String(n).padStart(2, '0')}:00Z`,
    rule: 'Sign-in',
    action: 'user.session.start',
    outcome: 'failure' as const,
    actor: 'dana',
    host: 'db1',
    ip: `203.0.113.${n % 9}`,
    severity: 'low' as const,
  })),
  {
    time: '2026-03-02T08:31:00Z',
    rule: 'Sign-in',
    action: 'user.session.start',
    outcome: 'success',
    actor: 'dana',
    host: 'db1',
    ip: '203.0.113.4',
    severity: 'medium',
  },
  {
    time: '2026-03-02T08:40:00Z',
    rule: 'New key',
    action: 'CreateAccessKey',
    actor: 'dana',
    target: 'svc-build',
    severity: 'high',
    tactics: ['persistence'],
  },
  {
    time: '2026-03-02T08:50:00Z',
    rule: 'Odd read',
    action: 'GetObject',
    actor: 'svc-build',
    resource: 'orders',
    severity: 'medium',
    tactics: ['exfiltration'],
  },
];

const INVENTORY: Inventory = {
  v: '1',
  version: '1',
  records: [
    {
      kind: 'person',
      name: 'dana',
      aliases: [],
      accounts: [],
      owner: '',
      privileged: 'no',
      criticality: 'low',
      dependents: [],
    },
    {
      kind: 'nhi',
      name: 'build',
      aliases: ['user:svc-build'],
      accounts: [],
      owner: 'ole',
      privileged: 'yes',
      criticality: 'critical',
      dependents: [],
    },
  ],
};

function inputOf(records: readonly TestRecord[], change: Partial<SummaryInput> = {}): SummaryInput {
  const alerts = alertsOf(records);
  return {
    alerts,
    claims: extractClaims(alerts),
    verifier: createClaimVerifier(alerts, readerOf(records)),
    coverage: COMPLETE,
    gaps: [],
    inventory: undefined,
    frequency: undefined,
    ...change,
  };
}

describe('the summary', () => {
  const summary = summarise(
    inputOf(STORY, { inventory: INVENTORY, gaps: [GAP], coverage: { ...COMPLETE, verdict: 'gaps' } }),
  );

  test('tells runs as one line with their count and spread, by time', () => {
    expect(summary.story.map(claim => claim.text)).toEqual([
      'dana failed to sign in to db1, 30 times over 9 source addresses, 2026-03-02 08:00 to 08:29 UTC',
      'dana signed in to db1 from 203.0.113.4, 2026-03-02 08:31 UTC',
      'dana made a credential for svc-build by CreateAccessKey, 2026-03-02 08:40 UTC',
      'svc-build reached storage orders by GetObject, 2026-03-02 08:50 UTC',
    ]);
  });

  test('says in which stage of an attack each line stands, where its records say one', () => {
    expect(summary.story.map(line => line.tactics)).toEqual([undefined, undefined, ['persistence'], ['exfiltration']]);
  });

  test('offers searches that could change it, whoever came in first', () => {
    expect(summary.next?.slice(0, 3)).toEqual([
      { text: 'Everything of dana, also before 2026-03-02 08:00 UTC: whether it began earlier', query: 'dana' },
      { text: 'Everything of svc-build: where else they acted', query: 'svc-build' },
      { text: 'Everything with 203.0.113.3: who else reached it', query: '203.0.113.3' },
    ]);
  });

  test('has a headline with what, who, when and how many', () => {
    expect(summary.headline.text).toBe(
      'dana made a credential for svc-build by CreateAccessKey. 33 alerts of 3 kinds within 50 min from 2026-03-02 08:00 UTC: dana (entry) → orders (target). Gravest: "New key" (severity high).',
    );
    expect(summary.headline.count).toBe(33);
  });

  test('names each in a role with its reason, and who they are by the inventory', () => {
    const roles = summary.entities.map(({ label, role }) => `${label}: ${role}`);
    expect(roles.slice(0, 2)).toEqual(['dana: entry', 'svc-build: pivot']);
    expect(summary.entities.every(entity => entity.because !== '')).toBe(true);
    expect(summary.entities[1]?.inventory).toEqual({
      name: 'build',
      privileged: 'yes',
      criticality: 'critical',
      isMachine: true,
      owner: 'ole',
    });
  });

  test('lists a gap as missing and says what its records would change', () => {
    expect(summary.missing[0]).toBe('edr on db1: nothing for 60 min (required)');
    expect(summary.wouldChange[0]).toContain('Records of edr on db1 from 2026-03-02 08:00 to 2026-03-02 09:00 UTC');
  });

  test('leaves out what could not be recomputed, and says so', () => {
    const input = inputOf(STORY);
    const verifier = createClaimVerifier(input.alerts, () => undefined);
    const unproven = summarise({ ...input, verifier });
    expect(unproven.story).toEqual([]);
    expect(unproven.headline.verdict.kind).toBe('failed');
    expect(unproven.missing.some(text => text.startsWith('A statement was left out'))).toBe(true);
  });

  test('says which alerts do not state their time', () => {
    const { missing } = summarise(inputOf([{ rule: 'Odd read', actor: 'dana' }, ...STORY.slice(0, 1)]));
    expect(missing).toContain('1 of 2 alerts do not say when it happened; they stand where they were raised or heard.');
  });
});

const anyRecords = fc.array(
  fc
    .record(
      {
        time: fc.integer({ min: 0, max: 600 }).map(m => new Date(Date.UTC(2026, 2, 2, 8, m)).toISOString()),
        rule: fc.constantFrom(...Array.from({ length: 20 }, (_, n) => `rule ${n}`)),
        action: fc.constantFrom('user.session.start', 'CreateAccessKey', 'GetObject', '<script>', '[{who}] ]['),
        actor: fc.constantFrom('dana', 'ole', '{target}', '[', '$&'),
        target: fc.constantFrom('svc', 'ines'),
        host: fc.constantFrom('db1', 'web2'),
        severity: fc.constantFrom('low', 'high', 'unknown'),
      },
      { requiredKeys: ['rule'], noNullPrototype: true },
    )
    .map(record => record as TestRecord),
  { minLength: 1, maxLength: 60 },
);

describe('every summary', () => {
  test('has at most twelve lines by time, each verified and cited from its own alerts', () => {
    fc.assert(
      fc.property(anyRecords, records => {
        const input = inputOf(records);
        const { story, headline } = summarise(input);
        const evidence = new Set(input.alerts.map(alert => alert.evidence));
        expect(story.length).toBeLessThanOrEqual(12);
        expect(story.length).toBeGreaterThan(0);
        for (const claim of [headline, ...story]) {
          expect(claim.verdict).toEqual({ kind: 'verified' });
          expect(claim.citations.length).toBeGreaterThan(0);
          expect(claim.citations.every(citation => evidence.has(citation.evidence))).toBe(true);
        }
        const times = story.map(claim => claim.at ?? Number.MAX_SAFE_INTEGER);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });

  test('has the same digest whatever the order of the alerts', () => {
    fc.assert(
      fc.property(anyRecords, fc.infiniteStream(fc.nat()), (records, dice) => {
        const input = inputOf(records);
        const shuffled = input.alerts
          .map(alert => ({ alert, key: dice.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ alert }) => alert);
        const again = summarise({
          ...input,
          alerts: shuffled,
          claims: extractClaims(shuffled),
          verifier: createClaimVerifier(shuffled, readerOf(records)),
        });
        expect(again.digest).toBe(summarise(input).digest);
      }),
    );
  });

  test('changes its digest with its coverage', () => {
    const complete = summarise(inputOf(STORY));
    const unknown = summarise(inputOf(STORY, { coverage: { ...COMPLETE, verdict: 'unknown' } }));
    expect(unknown.digest).not.toBe(complete.digest);
  });

  test('tells every grave rule and every stage, under a line where there are more than lines', () => {
    const records: TestRecord[] = Array.from({ length: 60 }, (_, n) => ({
      time: `2026-03-02T08:${String(n).padStart(2, '0')}:00Z`,
      rule: `rule ${n}`,
      actor: n % 2 === 0 ? 'dana' : 'ole',
      severity: n < 30 ? 'high' : 'low',
      tactics: n === 45 ? ['impact'] : ['execution'],
    }));
    const { story, missing } = summarise(inputOf(records));
    expect(story.length).toBe(12);
    const told = toldBy(story);
    expect(new Set(told.map(claim => claim.roles['rule']))).toEqual(
      new Set([...Array.from({ length: 30 }, (_, n) => `rule ${n}`), 'rule 45']),
    );
    expect(told.some(({ tactics }) => tactics?.includes('impact'))).toBe(true);
    expect(told.every(({ verdict }) => verdict.kind === 'verified')).toBe(true);
    expect(missing.some(text => text.includes('no room'))).toBe(false);
  });

  test('counts what found no room even under a line', () => {
    const records: TestRecord[] = Array.from({ length: 130 }, (_, n) => ({
      time: '2026-03-02T08:00:00Z',
      rule: `rule ${n}`,
      actor: 'dana',
      severity: 'critical',
    }));
    expect(summarise(inputOf(records)).missing).toContain(
      '78 more grave detections find no room here; the timeline has them.',
    );
  });

  test('shows every alert of the highest severity, or a run that holds it, while there is room', () => {
    const records: TestRecord[] = [
      ...Array.from({ length: 40 }, (_, n) => ({
        time: '2026-03-02T08:00:00Z',
        rule: `noise ${n}`,
        actor: 'dana',
        severity: 'low' as const,
      })),
      { time: '2026-03-02T09:00:00Z', rule: 'the grave one', actor: 'ines', severity: 'critical' },
    ];
    expect(summarise(inputOf(records)).story.some(claim => claim.roles['rule'] === 'the grave one')).toBe(true);
  });
});

describe('entity roles', () => {
  test('one that was acted on and then acts is a pivot; one that only saw is a bystander', () => {
    const alerts = alertsOf([
      { time: '2026-03-02T08:00:00Z', rule: 'a', actor: 'dana', target: 'ole', host: 'sensor' },
      { time: '2026-03-02T08:05:00Z', rule: 'b', actor: 'ole', target: 'ines', host: 'sensor' },
    ]);
    const { entities } = entitiesInvolved(alerts, undefined);
    const roleOf = (label: string) => entities.find(entity => entity.label === label)?.role;
    expect(['dana', 'ole', 'ines', 'sensor'].map(roleOf)).toEqual(['actor', 'pivot', 'target', 'bystander']);
  });

  test('are counted, not cut silently', () => {
    const alerts = alertsOf(
      Array.from({ length: 60 }, (_, n) => ({ time: '2026-03-02T08:00:00Z', rule: 'a', actor: `user-${n}` })),
    );
    expect(entitiesInvolved(alerts, undefined)).toMatchObject({ total: 60, entities: { length: 40 } });
  });
});
