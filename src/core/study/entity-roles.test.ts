import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert, EntityHit } from '../../model/alert.ts';
import type { SourceClock } from '../../model/clock.ts';
import { entitiesInvolved } from './entity-roles.ts';
import { createOrderJudge } from './order.ts';
import { alertsOf, type TestRecord } from './testing.ts';

const at = (minute: number) => `2026-03-02T08:${String(minute).padStart(2, '0')}:00Z`;
const rolesOf = (alerts: readonly Alert[]) =>
  Object.fromEntries(entitiesInvolved(alerts, undefined).entities.map(({ label, role }) => [label, role]));
const of = (alerts: readonly Alert[], label: string) =>
  entitiesInvolved(alerts, undefined).entities.find(entity => entity.label === label);

describe('the entry', () => {
  test('is the party with the earliest sign of entry, and cites the alert that gives it', () => {
    const alerts = alertsOf([
      { time: at(0), rule: 'odd query', actor: 'ole', target: 'ines' },
      { time: at(5), rule: 'phish', actor: 'dana', tactics: ['initial-access'] },
      { time: at(9), rule: 'again', actor: 'kim', tactics: ['initial-access'] },
    ]);
    expect(rolesOf(alerts)).toMatchObject({ dana: 'entry', ole: 'actor', kim: 'actor' });
    expect(of(alerts, 'dana')).toMatchObject({
      because: 'the first sign of entry, in an alert of initial access, at 2026-03-02 08:05 UTC',
      saidBy: [{ alert: 'alr_0001', evidence: 'evd_0001' }],
    });
  });

  test('is nobody without a sign of entry: to be named first is not to be the entry', () => {
    const alerts = alertsOf([{ time: at(0), rule: 'a', actor: 'dana', target: 'ole', ip: '192.168.1.9' }]);
    expect(Object.values(rolesOf(alerts))).not.toContain('entry');
  });

  test('is shown by an outside address that acts, and by none of the private ranges', () => {
    const entryFrom = (ip: string) =>
      Object.values(rolesOf(alertsOf([{ time: at(0), rule: 'a', actor: 'dana', ip }]))).includes('entry');
    expect(['203.0.113.9', '2001:db8::7', '172.32.0.1', '100.128.0.1'].map(entryFrom)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(
      ['10.0.0.1', '172.16.0.1', '172.31.9.9', '192.168.0.1', '100.64.0.1', 'fd00::1', '::1'].some(entryFrom),
    ).toBe(false);
  });

  test('is the recipient of the first message', () => {
    const [first, second] = alertsOf([
      { time: at(0), rule: 'mail', target: 'dana' },
      { time: at(3), rule: 'mail', target: 'ole' },
    ]);
    if (first === undefined || second === undefined) throw new Error('two alerts were made');
    const mail = (alert: Alert) => ({ ...alert, fields: { ...alert.fields, email_from: 'x@example.com' } });
    expect(rolesOf([mail(first), mail(second)])).toMatchObject({ dana: 'entry', ole: 'target' });
  });

  test('is nobody where two are alike, and both say so', () => {
    const alerts = alertsOf([
      { time: at(0), rule: 'a', actor: 'dana', tactics: ['initial-access'] },
      { time: at(0), rule: 'a', actor: 'ole', tactics: ['initial-access'] },
    ]);
    expect(rolesOf(alerts)).toEqual({ dana: 'actor', ole: 'actor' });
    expect(of(alerts, 'ole')?.doubt).toBe('may be the entry: one other is named in the same way at the same time');
  });
});

describe('a pivot', () => {
  test('was acted on and later acts on somebody else', () => {
    const alerts = alertsOf([
      { time: at(0), rule: 'a', actor: 'dana', target: 'ole' },
      { time: at(5), rule: 'b', actor: 'ole', target: 'ines' },
    ]);
    expect(of(alerts, 'ole')).toMatchObject({
      role: 'pivot',
      because: 'acted on at 2026-03-02 08:00, and acted on others until 2026-03-02 08:05 (UTC)',
      saidBy: [{ alert: 'alr_0000' }, { alert: 'alr_0001' }],
    });
  });

  test('is none that acts on itself, on nobody, or only before it was acted on', () => {
    const onItself = alertsOf([
      { time: at(0), rule: 'a', actor: 'ole', target: 'ole' },
      { time: at(5), rule: 'b', actor: 'ole', target: 'ole' },
    ]);
    const onNobody = alertsOf([
      { time: at(0), rule: 'a', actor: 'dana', target: 'ole' },
      { time: at(5), rule: 'b', actor: 'ole' },
    ]);
    const before = alertsOf([
      { time: at(0), rule: 'b', actor: 'ole', target: 'ines' },
      { time: at(5), rule: 'a', actor: 'dana', target: 'ole' },
    ]);
    for (const alerts of [onItself, onNobody, before]) expect(rolesOf(alerts)['ole']).toBe('actor');
  });

  test('is in doubt where the clocks leave open which came first', () => {
    const alerts = alertsOf([
      { time: at(0), rule: 'a', actor: 'dana', target: 'ole' },
      { time: at(1), rule: 'b', actor: 'ole', target: 'ines' },
    ]).map((alert, index) => (index === 0 ? alert : { ...alert, product: 'Offbeat' }));
    const skew = { uncertaintyMs: 1_000, pairs: 9, against: '', isMaterial: false, aheadMs: 0, text: '' };
    const clocks: SourceClock[] = [
      { clock: 'Testwatch', lag: undefined, skew: { ...skew, kind: 'reference' } },
      {
        clock: 'Offbeat',
        lag: undefined,
        skew: {
          ...skew,
          kind: 'measured',
          aheadMs: 120_000,
          against: 'Testwatch',
          isMaterial: true,
          text: 'about 2 min ahead',
        },
      },
    ];
    const doubtOf = (known: readonly SourceClock[]) =>
      entitiesInvolved(alerts, undefined, { judge: createOrderJudge(known) }).entities.find(
        ({ label }) => label === 'ole',
      )?.doubt;
    expect(doubtOf(clocks)).toBe('order uncertain within ±2 min: clock of Offbeat is about 2 min ahead');
    expect(doubtOf([])).toBeUndefined();
  });
});

describe('a role', () => {
  test('of a target names the last stages that befell it, and cites those alerts first', () => {
    const alerts = alertsOf([
      { time: at(0), rule: 'a', actor: 'dana', resource: 'orders' },
      { time: at(5), rule: 'b', actor: 'dana', resource: 'orders', tactics: ['exfiltration'] },
      { time: at(9), rule: 'c', actor: 'dana', resource: 'orders', tactics: ['impact', 'discovery'] },
    ]);
    expect(of(alerts, 'orders')).toMatchObject({
      role: 'target',
      because: 'acted on in 3 alerts, exfiltration and impact among them',
      saidBy: [{ alert: 'alr_0001' }, { alert: 'alr_0002' }, { alert: 'alr_0000' }],
    });
  });

  test('of a machine identity comes with its kind', () => {
    const [alert] = alertsOf([{ time: at(0), rule: 'a' }]);
    if (alert === undefined) throw new Error('one alert was made');
    const hit = (machine: EntityHit['machine']): EntityHit => ({
      kind: 'nhi',
      value: 'ci',
      label: 'ci',
      role: 'actor',
      pointer: '/x',
      vendorId: undefined,
      ...(machine && { machine }),
    });
    for (const hits of [
      [hit('unknown'), hit('role'), hit(undefined)],
      [hit('role'), hit(undefined), hit('unknown')],
    ])
      expect(of([{ ...alert, entities: hits }], 'ci')?.machine).toBe('role');
  });

  test('is the same in any order of the alerts, and always says why and by which of them', () => {
    const record = fc.record(
      {
        time: fc.integer({ min: 0, max: 9 }).map(at),
        rule: fc.constantFrom('a', 'b'),
        actor: fc.constantFrom('dana', 'ole', 'ines'),
        target: fc.constantFrom('dana', 'ole', 'svc'),
        ip: fc.constantFrom('203.0.113.9', '10.0.0.1'),
        host: fc.constantFrom('db1', 'web2'),
        tactics: fc.constantFrom(['initial-access'], ['impact'], []),
      },
      { requiredKeys: ['time', 'rule'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.array(record as fc.Arbitrary<TestRecord>, { maxLength: 25 }),
        fc.infiniteStream(fc.nat()),
        (records, dice) => {
          const alerts = alertsOf(records);
          const { entities } = entitiesInvolved(alerts, undefined);
          const shuffled = alerts
            .map(alert => ({ alert, key: dice.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ alert }) => alert);
          expect(entitiesInvolved(shuffled, undefined).entities).toEqual(entities);
          const ids = new Set(alerts.map(({ id }) => id));
          expect(entities.filter(({ role }) => role === 'entry').length).toBeLessThanOrEqual(1);
          for (const { because, saidBy } of entities) {
            expect(because).not.toBe('');
            expect(saidBy.length).toBeGreaterThan(0);
            expect(saidBy.every(({ alert }) => ids.has(alert))).toBe(true);
          }
        },
      ),
    );
  });
});
