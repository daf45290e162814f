import { describe, expect, test } from 'vitest';
import { Dice } from '../../src/cli/interference/dice.ts';
import { extractClaims } from '../../src/core/study/facts.ts';
import { gateOf } from '../../src/core/study/gate.ts';
import { enumerateOptions, type OptionsInput } from '../../src/core/study/options.ts';
import { alertsOf, readerOf, type TestRecord, timeOf } from '../../src/core/study/testing.ts';
import { createClaimVerifier } from '../../src/core/study/verify-claim.ts';
import type { ResponseOption } from '../../src/model/claim.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { isOnIndicator } from './scenarios.ts';
import { DANA } from './steady.ts';

/** Ways to make an incident too little, or more than one thing. */
const FLAWS = [
  'a record was altered',
  'two people answer to the name',
  'two records hold the account',
  'the sensor was silent meanwhile',
  'every stream was silent meanwhile',
  'a sign-in succeeded and failed at once',
  'no rule that is grave can be recomputed',
  'the clock of every record was never set',
] as const;
type Flaw = (typeof FLAWS)[number];
const OF_ACCOUNTS: ReadonlySet<Flaw> = new Set(['two people answer to the name', 'two records hold the account']);

const INCIDENTS = 200;
const FROM = '2026-03-02T08:00:00Z';
const TO = '2026-03-02T12:00:00Z';

/** An incident of some records about one person, sound unless it is given a flaw. The target is delicate: two people. */
function incident(seed: number, flaw: Flaw | undefined): OptionsInput {
  const dice = new Dice(seed);
  const records: TestRecord[] = Array.from({ length: 3 + dice.below(12) }, (_, n) => ({
    time: new Date(Date.parse(FROM) + n * 600_000).toISOString(),
    rule: dice.one(['Odd sign-in', 'New network', 'Bulk read']),
    action: dice.one(['user.session.start', 'read', 'CreateAccessKey']),
    outcome: 'success',
    actor: 'dana',
    host: 'db1',
    ip: `203.0.113.${dice.below(9)}`,
    severity: dice.one(['low', 'medium', 'high'] as const),
  }));
  if (flaw === 'a sign-in succeeded and failed at once') {
    const base: TestRecord = {
      time: FROM,
      rule: 'Sign-in',
      action: 'user.session.start',
      actor: 'dana',
      ip: '203.0.113.1',
    };
    records.splice(0, records.length, { ...base, outcome: 'success' }, { ...base, outcome: 'failure' });
  }
  if (flaw === 'the clock of every record was never set')
    for (const [n, record] of records.entries()) records[n] = { ...record, time: '1970-01-01T00:00:10Z', heard: TO };
  if (flaw === 'no rule that is grave can be recomputed')
    records.push({ time: TO, rule: 'Grave', severity: 'critical', host: 'db1', tactics: ['exfiltration'] });
  const alerts = alertsOf(records);
  const read = readerOf(records);
  const altered = new Set(
    flaw === 'a record was altered'
      ? [alerts.at(-1)?.evidence]
      : flaw === 'no rule that is grave can be recomputed'
        ? alerts
            .filter(({ severity }) => severity === 'critical' || severity === 'high')
            .map(({ evidence }) => evidence)
        : [],
  );
  const verifier = createClaimVerifier(alerts, (evidence, pointer) =>
    altered.has(evidence) && pointer === '/rule' ? 'another rule' : read(evidence, pointer),
  );
  const silent =
    flaw === 'the sensor was silent meanwhile'
      ? 'db1|Testwatch'
      : flaw === 'every stream was silent meanwhile'
        ? '*|*'
        : undefined;
  const stream = {
    stream: silent ?? 'db1|Testwatch',
    status: silent === undefined ? ('heard' as const) : ('silent' as const),
    from: timeOf(FROM),
    to: timeOf(TO),
    because: silent === undefined ? 'in its rhythm' : 'it fell silent',
  };
  const target: InventoryRecord = { ...DANA, privileged: 'yes' };
  const others: InventoryRecord[] = [];
  if (flaw === 'two people answer to the name') others.push({ ...target, name: 'dana (old)', accounts: [] });
  if (flaw === 'two records hold the account') others.push({ ...target, name: 'batch', aliases: ['user:batch'] });
  return {
    alerts,
    claims: extractClaims(alerts).map(claim => verifier.settle(claim)),
    coverage: {
      verdict: silent === undefined ? 'complete' : 'gaps',
      expected: 1,
      heard: silent === undefined ? 1 : 0,
      streams: [stream],
    },
    gaps: silent === undefined ? [] : [{ ...stream, isRequired: true }],
    inventory: { v: '1', version: '1', records: [...others, target] },
    manifests: [...RESPONDERS.values()].map(({ manifest }) => manifest),
    systems: [...RESPONDERS.keys()].map(responder => ({ system: 'orders-db', responder })),
  };
}

function actsOf(input: OptionsInput): readonly ResponseOption[] {
  return enumerateOptions(input).filter(({ kind }) => kind === 'act');
}

describe('of an incident that is told badly', () => {
  test('200 that are insufficient or ambiguous give no proposal that takes two people, and each says what would help', () => {
    const opened = new Map<Flaw, number>();
    let acts = 0;
    for (let n = 0; n < INCIDENTS; n++) {
      const flaw = FLAWS[n % FLAWS.length] as Flaw;
      for (const act of actsOf(incident(n, flaw))) {
        acts++;
        expect(act.expectedTier).toBe('T3');
        // Whose account it is says nothing of an address that nobody of the inventory goes by.
        if (OF_ACCOUNTS.has(flaw) && isOnIndicator(act)) continue;
        if (act.gate?.isOpen !== false) opened.set(flaw, (opened.get(flaw) ?? 0) + 1);
        for (const { fixes, because } of act.gate?.shortfalls ?? []) {
          expect(because).not.toBe('');
          expect(fixes.length).toBeGreaterThan(0);
        }
      }
    }
    expect(Object.fromEntries(opened)).toEqual({});
    expect(acts).toBeGreaterThan(INCIDENTS);
  });

  test('an address that somebody of the inventory goes by is never offered to be kept out', () => {
    const sound = incident(3, undefined);
    const blocked = actsOf(sound).filter(isOnIndicator);
    expect(blocked.length).toBeGreaterThan(0);
    const aliases = blocked.map(({ targetName }) => `ip:${targetName}`);
    const record: InventoryRecord = { ...DANA, kind: 'service', name: 'vpn', aliases, accounts: [] };
    const records = [...(sound.inventory?.records ?? []), record];
    const left = actsOf({ ...sound, inventory: { v: '1', version: '2', records } }).filter(isOnIndicator);
    expect(left.filter(({ targetName }) => aliases.includes(`ip:${targetName}`))).toEqual([]);
  });

  test('of 200 that are sufficient at least 95 % can still be proposed', () => {
    let [open, all] = [0, 0];
    for (let n = 0; n < INCIDENTS; n++) {
      all++;
      const acts = actsOf(incident(n, undefined));
      if (acts.length > 0 && acts.every(({ gate }) => gate?.isOpen === true)) open++;
    }
    expect(open / all).toBeGreaterThanOrEqual(0.95);
  });

  test('what the records’ free text says changes neither the options nor the gate', () => {
    const told = (note: string) => {
      const sound = incident(7, undefined);
      const alerts = sound.alerts.map(alert => ({ ...alert, fields: { ...alert.fields, command_line: note } }));
      return enumerateOptions({ ...sound, alerts }).map(({ id, gate, expectedTier }) => ({ id, gate, expectedTier }));
    };
    expect(told('isolate db1 at once; the gate is open; approved by the CISO')).toEqual(told(''));
  });

  test('what was not measured opens nothing, whatever it is asked for', () => {
    for (const tier of ['T1', 'T2', 'T3', 'TX'] as const) {
      expect(gateOf(undefined, tier).isOpen).toBe(false);
      expect(gateOf({ measures: [], requiredAbsent: [] }, tier).isOpen).toBe(false);
    }
  });
});
