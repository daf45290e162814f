import { vi } from 'vitest';
import { extractClaims } from '../../src/core/study/facts.ts';
import { enumerateOptions } from '../../src/core/study/options.ts';
import type { oursBy } from '../../src/core/study/ours.ts';
import { type Given, made, timeOf } from '../../src/core/study/testing.ts';
import { createClaimVerifier } from '../../src/core/study/verify-claim.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { takeOut } from './seams.ts';
import { attack, type Outcome } from './twin.ts';

vi.mock('../../src/core/study/ours.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/study/ours.ts')>(), 'oursBy'),
);

const INVENTORY: Inventory = {
  v: '1',
  version: '1',
  records: [
    {
      kind: 'person',
      name: 'dana',
      aliases: ['user:dana@corp-example.net'],
      accounts: [],
      owner: '',
      privileged: 'unknown',
      criticality: 'unknown',
      dependents: [],
    },
    {
      kind: 'service',
      name: 'vpn',
      aliases: ['ip:203.0.113.80'],
      accounts: [],
      owner: '',
      privileged: 'unknown',
      criticality: 'critical',
      dependents: [],
    },
  ],
};

/** What could be kept out after a record in which whoever sent it chose what stands in its fields. */
function offered(domain: string, address: string): Outcome {
  const given: Given = {
    time: '2026-03-02T08:00:00Z',
    raw: { '/host_header': domain, '/src': address, '/rule': 'Scanner', '/time': '2026-03-02T08:00:00Z' },
    entities: [
      ['domain', 'related', '/host_header'],
      ['ip', 'actor', '/src'],
    ],
    change: {
      fields: { rule_name: 'Scanner' },
      pointers: { rule_name: '/rule', time: '/time' },
      occurredAt: timeOf('2026-03-02T08:00:00Z'),
    },
  };
  const { alerts, read } = made([given]);
  const verifier = createClaimVerifier(alerts, read);
  const options = enumerateOptions({
    alerts,
    claims: extractClaims(alerts).map(claim => verifier.settle(claim)),
    coverage: { verdict: 'complete', expected: 1, heard: 1, streams: [] },
    gaps: [],
    inventory: INVENTORY,
    manifests: [...RESPONDERS.values()].map(({ manifest }) => manifest),
    systems: [
      { system: 'resolver', responder: 'dns-block' },
      { system: 'edge', responder: 'cloudflare' },
    ],
  });
  const acts = options.flatMap(({ kind, targetName }) =>
    kind === 'act' && targetName !== undefined ? [targetName] : [],
  );
  return { succeeded: acts.length > 0, seen: acts.length === 0 ? 'nothing of it can be proposed' : acts.join(', ') };
}

for (const [what, domain, address] of [
  ['our own domain, by a request that bears its name', 'www.corp-example.net', '10.0.0.8'],
  ['our own gateway, by a record that is said to come from it', 'localhost', '203.0.113.80'],
  ['everybody of a provider, by the name below which they register', 'github.io', '127.0.0.1'],
] as const)
  attack({
    id: 'AIB-02',
    attack: `gets people asked to keep out ${what}`,
    control: 'what is ours, or everybody’s, is never offered to be kept out',
    run: async () => offered(domain, address),
    without: () => takeOut<typeof oursBy>('oursBy', () => () => false),
  });
