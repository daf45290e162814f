import { expect, test } from 'vitest';
import { extractClaims } from '../../src/core/study/facts.ts';
import { enumerateOptions } from '../../src/core/study/options.ts';
import { createClaimVerifier } from '../../src/core/study/verify-claim.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { generic } from '../../src/sources/generic/index.ts';
import { recordOfValue } from '../../src/sources/read/record.ts';
import { resolve } from '../../src/sources/shared/at.ts';
import { parseFieldMap, withMap } from '../../src/sources/shared/mapped.ts';

const INVENTORY: Inventory = {
  v: '1',
  version: '1',
  records: [
    {
      kind: 'person',
      name: 'dana',
      aliases: [],
      accounts: [{ system: 'orders-db', name: 'dana_login' }],
      owner: '',
      privileged: 'unknown',
      criticality: 'unknown',
      dependents: [],
    },
  ],
};

const RAW = { timestamp: '2026-03-02T08:00:00Z', action: 'user.session.start', result: 'success', user: 'dana' };

/** What could be done about one record of a product that has no source, under a person's map of it. */
function optionsUnder(mapText: string) {
  const map = parseFieldMap(mapText);
  if (!map.ok) throw new Error(map.failure);
  const read = withMap(generic, map.value).normalise(recordOfValue(RAW));
  if (!read.ok) throw new Error(read.failure.detail);
  const own = {
    id: 'alr_1',
    evidence: 'evd_1',
    sha256: '00'.repeat(32),
    receivedAt: 1_772_438_400_000 as Alert['receivedAt'],
  } as const;
  const alerts: readonly Alert[] = [{ ...read.value, ...own }];
  const verifier = createClaimVerifier(alerts, (_, pointer) => String(resolve(RAW, pointer)));
  const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
  expect(claims.some(({ verdict }) => verdict.kind === 'verified')).toBe(true);
  return enumerateOptions({
    alerts,
    claims,
    coverage: { verdict: 'gaps', expected: 2, heard: 1, streams: [] },
    gaps: [],
    inventory: INVENTORY,
    manifests: [
      {
        name: 'example-db',
        title: 'Example database',
        operations: [
          {
            name: 'lock-role',
            version: '1',
            title: 'Lock',
            kind: 'disable_account',
            touches: 'access',
            targetType: 'database_role',
            reversibility: 'exact',
            undo: undefined,
            residue: [],
            d3fend: 'D3-AL',
            concurrencyControl: 'reread',
            settleMs: 1000,
          },
        ],
        scopes: { read: [], write: [], forbidden: [] },
      },
    ],
    systems: [{ system: 'orders-db', responder: 'example-db' }],
  });
}

// The attack: whoever can send a record names a key `user` and a victim in it, and waits for the act to be offered.
test('AIB-02: a name in a field whose meaning was guessed is no target, and the second option says so', () => {
  const options = optionsUnder('');
  expect(options.map(({ kind }) => kind)).not.toContain('act');
  expect(options[1]?.effect).toContain('only in a field whose meaning was guessed: dana');
});

test('AIB-02: it becomes one where a person maps that very field, and not where they map another', () => {
  expect(optionsUnder('user=user').map(({ kind }) => kind)).toContain('act');
  expect(optionsUnder('action=action').map(({ kind }) => kind)).not.toContain('act');
});
