import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../model/alert.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import type { Operation, ResponderManifest } from '../../ports/responder.ts';
import { extractClaims } from './facts.ts';
import { containing, enumerateOptions, type OptionsInput } from './options.ts';
import { alertsOf, readerOf, type TestRecord } from './testing.ts';
import { createClaimVerifier } from './verify-claim.ts';

const operation = (name: string, undo: string | undefined): Operation => ({
  name,
  version: '1',
  title: name,
  kind: 'disable_account',
  touches: 'access',
  targetType: 'database_role',
  reversibility: 'exact',
  undo,
  residue: ['sessions that were ended stay ended'],
  d3fend: 'D3-AL',
  concurrencyControl: 'reread',
  settleMs: 1000,
});

const MANIFEST: ResponderManifest = {
  name: 'example-db',
  title: 'Example database',
  operations: [operation('lock-role', 'unlock-role'), operation('unlock-role', 'lock-role')],
  scopes: { read: [], write: [], forbidden: [] },
};

const person = (name: string, change: Partial<InventoryRecord> = {}): InventoryRecord => ({
  kind: 'person',
  name,
  aliases: [],
  accounts: [{ system: 'orders-db', name: `${name}_login` }],
  owner: '',
  privileged: 'unknown',
  criticality: 'unknown',
  dependents: [],
  ...change,
});

const inventoryOf = (...records: readonly InventoryRecord[]): Inventory => ({ v: '1', version: '1', records });
const GAPS: Coverage = { verdict: 'gaps', expected: 2, heard: 1, streams: [] };

function inputOf(
  records: readonly TestRecord[],
  inventory: Inventory | undefined,
  change: Partial<OptionsInput> = {},
): OptionsInput {
  const alerts = alertsOf(records);
  const verifier = createClaimVerifier(alerts, readerOf(records));
  return {
    alerts,
    claims: extractClaims(alerts).map(claim => verifier.settle(claim)),
    coverage: GAPS,
    gaps: [],
    inventory,
    manifests: [MANIFEST],
    systems: [{ system: 'orders-db', responder: 'example-db' }],
    ...change,
  };
}

const SIGN_IN: TestRecord = {
  time: '2026-03-02T08:00:00Z',
  rule: 'Odd sign-in',
  action: 'user.session.start',
  outcome: 'success',
  actor: 'dana',
  note: 'please disable ines at once',
};

describe('response options', () => {
  test('are to wait and collect, and one act for the account that the inventory gives', () => {
    const options = enumerateOptions(inputOf([SIGN_IN], inventoryOf(person('dana'))));
    expect(options.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
      'wait_and_collect wait_and_collect',
      'act act:example-db:lock-role:orders-db:dana_login',
    ]);
    expect(options[1]).toMatchObject({
      responder: 'example-db',
      operation: 'lock-role',
      system: 'orders-db',
      targetName: 'dana_login',
      residue: ['sessions that were ended stay ended'],
    });
  });

  test('offer of a system what it was connected for, and nothing else that its responder can do', () => {
    const offered = (operations: readonly string[]) =>
      enumerateOptions(
        inputOf([SIGN_IN], inventoryOf(person('dana')), {
          manifests: [{ ...MANIFEST, operations: [...MANIFEST.operations, operation('other', undefined)] }],
          systems: [{ system: 'orders-db', responder: 'example-db', operations }],
        }),
      ).flatMap(({ kind, operation: name }) => (kind === 'act' ? [name] : []));
    expect(offered(['other'])).toEqual(['other']);
    expect(offered(['lock-role', 'unlock-role'])).toEqual(['lock-role']);
    expect(offered([])).toEqual([]);
  });

  test('name no host that named itself to a DHCP server, and no title that speaks of leases takes one away', () => {
    const host = person('build-01', { kind: 'host' });
    const targetsWith = (change: Partial<Alert>) => {
      const alerts = alertsOf([{ ...SIGN_IN, host: 'build-01' }]).map(alert => ({
        ...alert,
        ...change,
        entities: alert.entities.map(hit => (hit.kind === 'host' ? { ...hit, role: 'target' as const } : hit)),
      }));
      const verifier = createClaimVerifier(alerts, readerOf([{ ...SIGN_IN, host: 'build-01' }]));
      const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
      return enumerateOptions(inputOf([], inventoryOf(host), { alerts, claims })).map(({ targetName }) => targetName);
    };
    expect(targetsWith({})).toContain('build-01_login');
    expect(targetsWith({ title: 'DHCP lease granted, DHCPACK', rule: 'dhcp' })).toContain('build-01_login');
    expect(targetsWith({ product: 'Examplar DHCP' })).not.toContain('build-01_login');
  });

  test('an act cites every statement that it rests on, however often one of them happened', () => {
    const failed = Array.from({ length: 30 }, () => ({ ...SIGN_IN, outcome: 'failure' as const }));
    const input = inputOf([...failed, { ...SIGN_IN, time: '2026-03-02T08:40:00Z' }], inventoryOf(person('dana')));
    const [, act] = enumerateOptions(input);
    const cited = new Set(act?.citations.map(({ evidence }) => evidence));
    const claims = input.claims.filter(({ id }) => act?.claims.includes(id));
    expect(claims.length).toBeGreaterThan(1);
    for (const claim of claims)
      expect(
        claim.citations.some(({ evidence }) => cited.has(evidence)),
        claim.text,
      ).toBe(true);
    expect(act?.citations.length).toBeLessThanOrEqual(40);
  });

  test('each act cites claims, and says its effect, what is not known, its undo and the cost of waiting', () => {
    const [, act] = enumerateOptions(inputOf([SIGN_IN], inventoryOf(person('dana'))));
    expect(act?.claims.length).toBeGreaterThan(0);
    expect(act?.citations.length).toBeGreaterThan(0);
    expect(act?.blastUnknown).toContain('Whether it is privileged.');
    expect(act?.blastUnknown).toContain('What it did while telemetry was missing.');
    expect(act?.undo).toContain('unlock-role on dana_login, as a proposal of its own');
    expect(act?.costOfWaiting).toContain('While we wait');
    expect(act?.title).toContain('dana_login on orders-db');
    expect(act?.effect).toContain('dana');
  });

  test('never name a target that stands only in free text, though the inventory knows it', () => {
    const options = enumerateOptions(inputOf([SIGN_IN], inventoryOf(person('ines'))));
    expect(options.every(({ kind }) => kind === 'wait_and_collect')).toBe(true);
    expect(options).toHaveLength(2);
  });

  test('never name a target that the inventory does not know, or on a system that is not connected', () => {
    expect(enumerateOptions(inputOf([SIGN_IN], undefined)).every(({ kind }) => kind !== 'act')).toBe(true);
    const elsewhere = person('dana', { accounts: [{ system: 'payroll', name: 'dana' }] });
    const options = enumerateOptions(inputOf([SIGN_IN], inventoryOf(elsewhere)));
    expect(options.every(({ kind }) => kind !== 'act')).toBe(true);
    expect(options[1]?.effect).toContain('no account on a connected system for dana');
  });

  test('rest on verified claims alone', () => {
    const input = inputOf([SIGN_IN], inventoryOf(person('dana')));
    const failed = input.claims.map(claim => ({ ...claim, verdict: { kind: 'failed', because: 'tampered' } as const }));
    expect(enumerateOptions({ ...input, claims: failed }).every(({ kind }) => kind !== 'act')).toBe(true);
  });

  test('never act on the machine that only saw it', () => {
    const host = person('db1', { kind: 'host' });
    const options = enumerateOptions(inputOf([{ ...SIGN_IN, host: 'db1' }], inventoryOf(host)));
    expect(options.every(({ kind }) => kind !== 'act')).toBe(true);
  });

  test('find an account by an alias, and say what is known of it', () => {
    const nhi = person('build', {
      kind: 'nhi',
      aliases: ['user:dana'],
      owner: 'ole',
      privileged: 'yes',
      criticality: 'high',
      dependents: ['web shop'],
    });
    const [, act] = enumerateOptions(inputOf([SIGN_IN], inventoryOf(nhi)));
    expect(act?.targetName).toBe('build_login');
    expect(act?.blastKnown).toEqual([
      'web shop rests on build.',
      'build is privileged.',
      'build is of high criticality.',
      'build is owned by ole.',
    ]);
    expect(act?.blastUnknown).toContain('Which jobs use this credential elsewhere.');
  });

  test('are at least two and begin with waiting, for any records and any inventory', () => {
    const names = ['dana', 'ole', 'ines'];
    const anyRecord = fc
      .record(
        {
          rule: fc.constantFrom('a', 'b'),
          actor: fc.constantFrom(...names),
          target: fc.constantFrom(...names),
          note: fc.constantFrom(...names),
        },
        { requiredKeys: ['rule'], noNullPrototype: true },
      )
      .map(record => record as TestRecord);
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), fc.subarray(names), (records, known) => {
        const options = enumerateOptions(inputOf(records, inventoryOf(...known.map(name => person(name)))));
        expect(options.length).toBeGreaterThanOrEqual(2);
        expect(options[0]?.id).toBe('wait_and_collect');
        expect(new Set(options.map(({ id }) => id)).size).toBe(options.length);
        const mapped = new Set(records.flatMap(({ actor, target }) => [actor, target]));
        for (const { kind, targetName, claims } of options) {
          if (kind !== 'act') continue;
          const name = targetName?.replace('_login', '');
          expect(known.includes(name ?? '') && mapped.has(name)).toBe(true);
          expect(claims.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  const STOLEN: TestRecord = {
    ...SIGN_IN,
    host: 'app-07',
    action: 'AttachUserPolicy',
    tactics: ['credential-access', 'privilege-escalation'],
  };

  test('say which kinds fit that nothing here can do, and where a person does them, once something verified calls for them', () => {
    const idsOf = (record: TestRecord) =>
      enumerateOptions(inputOf([record], inventoryOf(person('dana')))).map(({ id, kind }) => `${kind} ${id}`);
    expect(idsOf(SIGN_IN).filter(id => id.startsWith('advice'))).toEqual([]);
    const input = inputOf([STOLEN], inventoryOf(person('dana')));
    const advice = enumerateOptions(input).filter(({ kind }) => kind === 'advice');
    expect(advice.map(({ id }) => id)).toEqual(
      idsOf(STOLEN).flatMap(id => (id.startsWith('advice ') ? [id.slice(7)] : [])),
    );
    expect(advice.length).toBeGreaterThan(0);
    for (const option of advice) {
      expect(option.effect).toContain('Nothing here can do this; it is done in');
      expect(option.claims.length).toBeGreaterThan(0);
      expect(option.responder ?? option.operation ?? option.targetName).toBeUndefined();
      expect(option.blastUnknown[0]).toMatch(/\?$/);
    }
    // The manifest's acts lock accounts, so locking is no advice.
    expect(advice.map(({ catalogueKind }) => catalogueKind)).not.toContain('disable_account');
    const failed = input.claims.map(claim => ({ ...claim, verdict: { kind: 'failed', because: 'tampered' } as const }));
    expect(enumerateOptions({ ...input, claims: failed }).some(({ kind }) => kind === 'advice')).toBe(false);
  });

  test('weigh each act and waiting against the explanations: acting is wrong where it is everyday work, waiting is right there', () => {
    const [wait, act] = enumerateOptions(inputOf([STOLEN], inventoryOf(person('dana'))));
    expect(wait?.tradeOffs?.rightUnder).toContain('benign_administration');
    expect(wait?.tradeOffs?.wrongUnder).toContain('credential_theft');
    expect(act?.tradeOffs?.rightUnder).toContain('credential_theft');
    expect(act?.tradeOffs?.wrongUnder).toContain('benign_administration');
    expect(act?.tradeOffs?.doesNotStop.length).toBeGreaterThan(0);
  });

  test('carry the tier that they have at least, and the gate’s word for it', () => {
    const [, act] = enumerateOptions(inputOf([SIGN_IN], inventoryOf(person('dana'))));
    expect(act).toMatchObject({ expectedTier: 'T3', gate: { tier: 'T3', consequence: 'high' } });
    expect(act?.explained?.measures.map(({ number }) => number)).toEqual([
      'claims',
      'told',
      'completeness',
      'resolution',
      'consistency',
      'freshness',
    ]);
  });
});

describe('which operations contain', () => {
  test('of two that undo each other, the one that is declared first', () => {
    expect(containing(MANIFEST.operations).map(({ name }) => name)).toEqual(['lock-role']);
  });

  test('one that nothing undoes counts as itself', () => {
    expect(
      containing([operation('end-sessions', undefined), operation('lock', 'unlock')]).map(({ name }) => name),
    ).toEqual(['end-sessions', 'lock']);
  });
});
