import { createHash } from 'node:crypto';
import { Streams } from '../../app/coverage.ts';
import { asKept, type OfflineAlert } from '../../app/offline-alerts.ts';
import { correlateAll, correlationInput, type OfflinePlace } from '../../app/offline-correlate.ts';
import { invariant } from '../../base/invariant.ts';
import { unixMsFrom } from '../../base/time.ts';
import { presentCoverage } from '../../core/decide/present.ts';
import { tierOf } from '../../core/decide/tier.ts';
import { tierFactsOf } from '../../core/decide/tier-facts.ts';
import { normaliseRecord } from '../../core/intake/normalise.ts';
import { coverageFor, coverageQuestionOf } from '../../core/study/coverage-for.ts';
import { extractClaims } from '../../core/study/facts.ts';
import { identify } from '../../core/study/identify.ts';
import { enumerateOptions } from '../../core/study/options.ts';
import { clocksOf } from '../../core/study/skew.ts';
import { summarise } from '../../core/study/summarise.ts';
import { type ClaimVerifier, createClaimVerifier, type ReadField } from '../../core/study/verify-claim.ts';
import type { Alert } from '../../model/alert.ts';
import type { Claim, Gap, ResponseOption, Summary } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { Plan } from '../../ports/responder.ts';
import { RESPONDERS } from '../../responders/index.ts';
import { SOURCES } from '../../sources/index.ts';
import { recordOf } from '../../sources/read/record.ts';
import { resolve } from '../../sources/shared/at.ts';
import { instructionLike } from '../../sources/shared/instruction-like.ts';
import { INVENTORY, SYSTEMS, WORLD } from './world.ts';

/** Everything that our rules make of the world with one more record in it. */
export interface Look {
  /** Undefined where no source can read the record that carries the text. */
  readonly carrier: Alert | undefined;
  readonly alerts: readonly Alert[];
  readonly places: readonly OfflinePlace[];
  /** The alerts of the incident that is studied: the one that the world's own alerts are in. */
  readonly members: readonly Alert[];
  /** Settled. */
  readonly claims: readonly Claim[];
  readonly verifier: ClaimVerifier;
  readonly summary: Summary;
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly options: readonly ResponseOption[];
  readonly tiers: readonly { readonly option: string; readonly tier: string; readonly reasons: readonly string[] }[];
  /** Texts of the carrying record that read like an instruction: a badge, which may differ. */
  readonly badges: number;
}

const manifests = [...RESPONDERS.values()].map(responder => responder.manifest);

function itemOf(bytes: Uint8Array): OfflineAlert | undefined {
  const piece = recordOf(bytes);
  const read = piece.ok ? normaliseRecord(piece.record, SOURCES, 'auto', new Map()) : undefined;
  if (!piece.ok || read?.ok !== true) return undefined;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name: read.value.vendorId ?? sha256, alert: read.value, value: piece.record.value, sha256 };
}

interface Kept {
  readonly items: readonly OfflineAlert[];
  readonly alerts: readonly Alert[];
}

let world: Kept | undefined;

/** The world's own records, read once: they are the same in each run. */
function worldKept(): Kept {
  if (world !== undefined) return world;
  const items = WORLD.map(record => {
    const item = itemOf(Buffer.from(JSON.stringify(record)));
    invariant(item !== undefined, 'every record of the world is readable');
    return item;
  });
  world = { items, alerts: items.map(asKept) };
  return world;
}

/** Runs the whole pipeline over the world and the record of these bytes: normalise, dedupe, correlate, study, options, tier. */
export function lookAt(bytes: Uint8Array): Look {
  const carried = itemOf(bytes);
  const { items: own, alerts: kept } = worldKept();
  const items = carried === undefined ? own : [...own, carried];
  const alerts = carried === undefined ? kept : [...kept, asKept(carried, kept.length)];
  const places = correlateAll(alerts.map(correlationInput));
  const home = places[ANCHOR]?.cluster;
  const members = alerts.filter((_, index) => places[index]?.cluster === home);
  const around = alerts.filter((_, index) => places[index]?.cluster !== home);
  const read: ReadField = (evidence, pointer) => textAt(items[Number(evidence.slice('evd_'.length))]?.value, pointer);
  const { coverage, gaps } = coverageFor(coverageQuestionOf(members), streamsOf(alerts), INVENTORY);
  const verifier = createClaimVerifier(members, read, around);
  const claims = extractClaims(members);
  const summary = summarise({
    alerts: members,
    claims,
    verifier,
    coverage,
    gaps,
    inventory: INVENTORY,
    frequency: undefined,
    identified: identify(members, around, read),
    clocks: clocksOf(members),
  });
  const settled = claims.map(claim => verifier.settle(claim));
  const options = enumerateOptions({
    alerts: members,
    claims: settled,
    coverage,
    gaps,
    inventory: INVENTORY,
    manifests,
    systems: SYSTEMS,
  });
  return {
    carrier: carried === undefined ? undefined : alerts.at(-1),
    alerts,
    places,
    members,
    claims: settled,
    verifier,
    summary,
    coverage,
    gaps,
    options,
    tiers: options.flatMap(option => tierOfOption(option, coverage, gaps)),
    badges: carried === undefined ? 0 : instructionLike(carried.value).length,
  };
}

/** The first sign-in, which stands behind the records of the agent that falls silent. */
const ANCHOR = WORLD.findIndex(record => 'uuid' in record);

/** The tier that a proposal of this option would have, where a live read of the target adds nothing to the inventory. */
function tierOfOption(option: ResponseOption, coverage: Coverage, gaps: readonly Gap[]): Look['tiers'] {
  const operation = manifests
    .find(({ name }) => name === option.responder)
    ?.operations.find(({ name }) => name === option.operation);
  if (operation === undefined) return [];
  const plan = {
    target: { system: option.system },
    facts: {
      displayName: option.targetName,
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    blast: { direct: [], dependents: [], unknown: [] },
  } as unknown as Plan;
  const made = tierOf(
    tierFactsOf(operation, plan, INVENTORY, presentCoverage(coverage, gaps), {
      undoesTier: undefined,
      actsOfLate: 0,
      floors: [],
    }),
  );
  return [{ option: option.id, tier: made.tier, reasons: made.reasons }];
}

function streamsOf(alerts: readonly Alert[]): ReturnType<Streams['all']> {
  const now = alerts.reduce((latest, { receivedAt }) => Math.max(latest, receivedAt), 0);
  const streams = new Streams(() => unixMsFrom(now));
  streams.hear(alerts);
  return streams.all();
}

function textAt(record: unknown, pointer: string): string | undefined {
  const value = resolve(record, pointer);
  if (typeof value === 'string') return value;
  return value === undefined || value === null || typeof value === 'object' ? undefined : JSON.stringify(value);
}
