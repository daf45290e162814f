import { inventoryOf } from '../../src/cli/interference/incidents.ts';
import { type MadePacket, packetOf } from '../../src/core/study/assist/packet.ts';
import {
  type AnswerWorld,
  type RawAnswer,
  type ReadAnswer,
  readAnswer,
} from '../../src/core/study/assist/read-answer.ts';
import { extractClaims } from '../../src/core/study/facts.ts';
import { enumerateOptions } from '../../src/core/study/options.ts';
import { summarise } from '../../src/core/study/summarise.ts';
import { alertsOf, readerOf, type TestRecord, timeOf } from '../../src/core/study/testing.ts';
import { type ClaimVerifier, createClaimVerifier } from '../../src/core/study/verify-claim.ts';
import type { Gap } from '../../src/model/claim.ts';
import type { Coverage } from '../../src/model/coverage.ts';
import type { Selection } from '../../src/model/packet.ts';
import { RESPONDERS } from '../../src/responders/index.ts';

/** Dana's account is guessed at, entered, and used to make a credential; the log of one host is silent meanwhile. */
const RECORDS: readonly TestRecord[] = [
  {
    rule: 'Failed sign-in',
    action: 'login',
    outcome: 'failure',
    actor: 'dana',
    ip: '203.0.113.5',
    host: 'db1',
    time: '2026-03-02T08:00:00Z',
    severity: 'low',
  },
  {
    rule: 'Sign-in',
    action: 'login',
    outcome: 'success',
    actor: 'dana',
    ip: '203.0.113.5',
    host: 'db1',
    time: '2026-03-02T08:05:00Z',
    severity: 'high',
    tactics: ['initial-access'],
  },
  {
    rule: 'New key',
    action: 'CreateAccessKey',
    actor: 'dana',
    target: 'svc-backup',
    host: 'db1',
    time: '2026-03-02T08:09:00Z',
    severity: 'medium',
    tactics: ['persistence'],
  },
];

const GAP: Gap = {
  stream: 'db1|Wazuh',
  from: timeOf('2026-03-02T08:00:00Z'),
  to: timeOf('2026-03-02T09:00:00Z'),
  isRequired: true,
  because: 'it fell silent',
};

export interface Dana {
  readonly made: MadePacket;
  readonly verifier: ClaimVerifier;
  readonly input: Parameters<typeof packetOf>[0];
}

export function dana(): Dana {
  const alerts = alertsOf(RECORDS).map((alert, n) => ({ ...alert, techniques: n === 1 ? ['T1078'] : [] }));
  const verifier = createClaimVerifier(alerts, readerOf(RECORDS));
  const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
  const coverage: Coverage = { verdict: 'gaps', expected: 1, heard: 0, streams: [] };
  const inventory = inventoryOf(alerts);
  const gaps = [GAP];
  const summary = summarise({ alerts, claims, verifier, coverage, gaps, inventory, frequency: undefined });
  const manifests = [...RESPONDERS.values()].map(({ manifest }) => manifest);
  const systems = manifests.map(({ name }) => ({ system: `${name}-1`, responder: name }));
  const options = enumerateOptions({ alerts, claims, coverage, gaps, inventory, manifests, systems });
  const input = { summary, claims, alerts, gaps, coverage, options, inventory, namesWithheld: true, nonce: 'n' };
  return { made: packetOf(input), verifier, input };
}

export const NOTHING: Selection = {
  claims: [],
  order: [],
  hypotheses: [],
  techniques: [],
  ranking: [],
  requests: [],
  abstain: 'no',
};

const LIMITS = { bytes: 10_000, latencyMs: 1_000 };

/** Reads an answer as the product would; `more` is what of the envelope or the world is otherwise. */
export function read(
  { made, verifier }: Dana,
  selection: object | string,
  more: { readonly raw?: Partial<RawAnswer>; readonly world?: Partial<AnswerWorld> } = {},
): ReadAnswer {
  const text = typeof selection === 'string' ? selection : JSON.stringify(selection);
  const raw: RawAnswer = { text, bytes: text.length, finish: 'stop', latencyMs: 5, packet: made.digest, ...more.raw };
  return readAnswer(raw, made, { verifier, mayRead: () => true, limits: LIMITS, ...more.world });
}
