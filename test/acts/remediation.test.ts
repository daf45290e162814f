import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../src/base/time.ts';
import { REMEDIATION_ACTIVITY } from '../../src/connector/remediation-check.ts';
import { D3FEND_TECHNIQUES } from '../../src/core/act/d3fend.ts';
import type { Conclusion } from '../../src/core/act/judge.ts';
import { remediationActivity } from '../../src/core/act/remediation.ts';
import type { Receipt } from '../../src/ports/responder.ts';
import { RESPONDERS } from '../../src/responders/index.ts';

const OPERATIONS = [...RESPONDERS.values()].flatMap(({ manifest }) => manifest.operations);
const CONCLUSIONS: readonly Conclusion[] = ['succeeded', 'failed', 'in_doubt', 'verified', 'not_in_effect'];
const OUTCOMES: readonly Receipt['outcome'][] = [
  'applied',
  'already_applied',
  'refused_drift',
  'refused',
  'failed',
  'unknown',
];

const time = fc.integer({ min: 0, max: 4_102_444_800_000 }).map(unixMsFrom);
const receipt = fc
  .record({ outcome: fc.constantFrom(...OUTCOMES), detail: fc.string(), startedAt: time, lasted: fc.nat(600_000) })
  .map(({ lasted, ...rest }) => ({ ...rest, endedAt: unixMsFrom(rest.startedAt + lasted) }));

const told = fc.record({
  execution: fc.constant('exe_1'),
  proposal: fc.constant('prp_1'),
  actDigest: fc.constant('0'.repeat(64)),
  idempotencyKey: fc.uuid(),
  operation: fc.option(fc.constantFrom(...OPERATIONS), { nil: undefined }),
  plan: fc.record({
    operation: fc.constantFrom(...OPERATIONS.map(({ name }) => name)),
    target: fc.record({
      type: fc.constantFrom(...OPERATIONS.map(({ targetType }) => targetType)),
      system: fc.string({ minLength: 1 }),
      immutableId: fc.string({ minLength: 1, unit: 'binary' }),
    }),
    facts: fc.record({
      displayName: fc.string({ unit: 'binary' }),
      isPrivileged: fc.constant('unknown' as const),
      isMachine: fc.constant('unknown' as const),
      isLastAdministrator: fc.boolean(),
      isOwnIdentity: fc.boolean(),
    }),
  }),
  receipt: fc.option(receipt, { nil: undefined }),
  conclusion: fc.constantFrom(...CONCLUSIONS),
  because: fc.string(),
  concludedAt: time,
  logIndex: fc.nat(),
  productVersion: fc.constant('0.1.0'),
});

describe('an act told as OCSF Remediation Activity', () => {
  test('is valid whatever was done to whatever and however it came out', () => {
    fc.assert(
      fc.property(told, act => {
        REMEDIATION_ACTIVITY.parse(JSON.parse(JSON.stringify(remediationActivity(act))));
      }),
    );
  });

  test('is a success only where the target shows the change, and never where the attacker is still in', () => {
    fc.assert(
      fc.property(told, act => {
        const isSuccess = remediationActivity(act).status_id === 1;
        expect(isSuccess).toBe(act.conclusion === 'succeeded' || act.conclusion === 'verified');
      }),
    );
  });
});

test.each(OPERATIONS.filter(({ d3fend }) => d3fend !== 'none').map(({ d3fend }) => d3fend))(
  '%s, which an operation names, is a technique whose name and tactic are known',
  id => {
    expect(D3FEND_TECHNIQUES.has(id)).toBe(true);
  },
);
