import { eachOfflineAlert, type OfflineAlert } from '../../app/offline-alerts.ts';
import { type OfflineIncident, studyIncidents } from '../../app/offline-incidents.ts';
import { deriveClaims } from '../../core/study/claims/derive.ts';
import { type ClaimContext, createClaimWorld } from '../../core/study/claims/world.ts';
import { createCoverage } from '../../core/study/coverage.ts';
import { extractClaims } from '../../core/study/facts.ts';
import { enumerateOptions } from '../../core/study/options.ts';
import { summarise } from '../../core/study/summarise.ts';
import { alertsOf, readerOf, type TestRecord } from '../../core/study/testing.ts';
import { type ClaimVerifier, createClaimVerifier } from '../../core/study/verify-claim.ts';
import { type Alert, entityKey } from '../../model/alert.ts';
import { TACTICS } from '../../model/attack.ts';
import type { Claim, Gap, ResponseOption } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { RESPONDERS } from '../../responders/index.ts';
import { Dice } from './dice.ts';

/** An incident with everything that a packet is made of. */
export interface StudiedIncident extends OfflineIncident {
  readonly options: readonly ResponseOption[];
  readonly inventory: Inventory;
}

/** The incidents of files, the largest of each file first. */
export async function incidentsOf(files: readonly string[], max: number): Promise<readonly StudiedIncident[]> {
  const all: StudiedIncident[] = [];
  for (const file of files) {
    const items: OfflineAlert[] = [];
    await eachOfflineAlert([file], 'auto', new Map(), item => items.push(item));
    all.push(...studyIncidents(items, max, inventoryOf).map(withOptions));
  }
  return all;
}

function withOptions(incident: OfflineIncident): StudiedIncident {
  const inventory = inventoryOf(incident.alerts);
  const { coverage, gaps } = incident.summary;
  const manifests = [...RESPONDERS.values()].map(({ manifest }) => manifest);
  const systems = manifests.map(({ name }) => ({ system: `${name}-1`, responder: name }));
  const options = enumerateOptions({ ...incident, coverage, gaps, inventory, manifests, systems });
  return { ...incident, options, inventory };
}

/** Everybody in the alerts with an account on each system, so that there is something to act on. */
export function inventoryOf(alerts: readonly Alert[]): Inventory {
  const records = new Map<string, InventoryRecord>();
  for (const entity of alerts.flatMap(({ entities }) => entities)) {
    const kind = KIND_OF[entity.kind];
    if (kind === undefined || records.size >= RECORDS_MAX || records.has(entityKey(entity))) continue;
    const n = records.size;
    records.set(entityKey(entity), {
      kind,
      name: entity.label,
      aliases: [entityKey(entity)],
      accounts: [...RESPONDERS.keys()].map(name => ({ system: `${name}-1`, name: entity.value })),
      owner: '',
      privileged: (['yes', 'no', 'unknown'] as const)[n % 3] ?? 'unknown',
      criticality: (['critical', 'low', 'unknown', 'high'] as const)[n % 4] ?? 'unknown',
      dependents: [],
    });
  }
  return { v: '1', version: '1', records: [...records.values()] };
}

const RECORDS_MAX = 200;
const KIND_OF: { readonly [kind: string]: InventoryRecord['kind'] | undefined } = {
  user: 'person',
  nhi: 'nhi',
  host: 'host',
  database: 'service',
};

const RULES = [
  'Impossible travel',
  'Sign-in from a new country',
  'Audit log was cleared',
  'Mass download',
  'Password of Dana Miller was reset by Security Team from 10.1.2.3',
  'arn:aws:iam::123456789012:user/kim called https://files.example.test/x?token=a1b2',
  '{"x":1}',
];
const ACTIONS = [
  'ConsoleLogin',
  'CreateAccessKey',
  'user.session.start',
  'block',
  'GetObject',
  'rename to bob',
  undefined,
];
/** Some are words of everyday, as names may be. */
const PEOPLE = [
  'dana',
  'Kim O’Neil',
  'svc-backup',
  'admin',
  'lee@example.test',
  'system',
  'Security Team',
  '__proto__',
];
const SEVERITIES = ['unknown', 'informational', 'low', 'medium', 'high', 'critical'] as const;
/** Stands in command lines of invented incidents, and may leave in no packet. */
export const SEEDED_SECRET = 'hunter2-Zq9';
const MINUTE_MS = 60_000;
const BEGUN_MS = Date.UTC(2026, 2, 2, 8);

/** Incidents of an invented product: from one alert to some hundred, with gaps, tactics, failures and odd names. */
export function inventedIncidents(count: number, seed: number): readonly StudiedIncident[] {
  return Array.from({ length: count }, (_, index) => invented(new Dice(seed + index), index));
}

function invented(dice: Dice, index: number): StudiedIncident {
  const size = index % 7 === 0 ? 200 + dice.below(200) : 1 + dice.below(30);
  const records = Array.from({ length: size }, (_, n) => recordOf(dice, n));
  const techniques = ['T1078', 'T1110.003', 'T1562.008', 'T1021', 'not a technique'];
  const alerts = alertsOf(records).map(alert => ({
    ...alert,
    techniques: dice.chance(3) ? [dice.one(techniques)] : [],
    fields: {
      ...alert.fields,
      ...(dice.chance(4)
        ? { command_line: `run --password ${SEEDED_SECRET} ${dice.one(PEOPLE)} C:\\\\Users\\\\dana` }
        : {}),
    },
  }));
  const read = readerOf(records.map((record, n) => (n % 11 === 10 ? { rule: record.rule } : record)));
  const inventory = inventoryOf(alerts);
  const [from, to] = [alerts[0]?.receivedAt ?? 0, alerts.at(-1)?.receivedAt ?? 0] as Gap['from'][];
  const gaps = Array.from(
    { length: dice.below(5) },
    (_, n): Gap => ({
      stream: `${dice.one(['db1', 'app-07', '*'])}|${dice.one(['Okta', 'Wazuh', 'Falco'])}`,
      from: from ?? (0 as Gap['from']),
      to: ((to ?? 0) + n) as Gap['to'],
      isRequired: dice.chance(2),
      because: 'it fell silent',
    }),
  );
  const verdict = gaps.length > 0 ? 'gaps' : dice.one(['complete', 'unknown'] as const);
  const coverage: Coverage = {
    verdict,
    expected: gaps.length + 1,
    heard: 1,
    streams: createCoverage().streams(from ?? (0 as Gap['from'])),
  };
  const verifier = createClaimVerifier(alerts, read, [], { coverage, gaps });
  const claims = claimsOf(alerts, verifier, { coverage, gaps });
  const summary = summarise({ alerts, claims, verifier, coverage, gaps, inventory, frequency: undefined });
  return withOptions({ alerts, claims, summary, verifier, read });
}

/** What the records say, and what is worked out from it: settled. */
function claimsOf(alerts: readonly Alert[], verifier: ClaimVerifier, context: ClaimContext): readonly Claim[] {
  const told = extractClaims(alerts);
  const world = createClaimWorld(alerts, context, new Map(told.map(claim => [claim.id, claim])));
  return [...told, ...deriveClaims(world, told, DERIVED_OF_EACH_MAX)].map(claim => verifier.settle(claim));
}

const DERIVED_OF_EACH_MAX = 12;

function recordOf(dice: Dice, n: number): TestRecord {
  const outcome = dice.one(['success', 'failure', undefined] as const);
  const action = dice.one(ACTIONS);
  const time = new Date(BEGUN_MS + n * dice.below(20) * MINUTE_MS).toISOString();
  return {
    rule: dice.one(RULES),
    severity: dice.one(SEVERITIES),
    tactics: dice.chance(2) ? [dice.one(TACTICS)] : [],
    host: dice.one(['db1', 'app-07', 'host']),
    ip: `203.0.113.${dice.below(9)}`,
    ...(dice.chance(8) ? {} : { time }),
    ...(action === undefined ? {} : { action }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(dice.chance(5) ? {} : { actor: dice.one(PEOPLE) }),
    ...(dice.chance(3) ? { target: dice.one(PEOPLE) } : {}),
  };
}
