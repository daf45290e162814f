import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { MadePacket, PacketKey } from '../../core/study/assist/packet.ts';
import type { AnswerWorld } from '../../core/study/assist/read-answer.ts';
import { deriveClaims } from '../../core/study/claims/derive.ts';
import { type ClaimContext, createClaimWorld } from '../../core/study/claims/world.ts';
import { extractClaims } from '../../core/study/facts.ts';
import { clocksOf } from '../../core/study/skew.ts';
import { createClaimVerifier } from '../../core/study/verify-claim.ts';
import type { Alert } from '../../model/alert.ts';
import type { Claim, ResponseOption, Summary } from '../../model/claim.ts';
import type { Failure } from '../../model/failure.ts';
import { failureOf } from '../../model/failure.ts';
import type { Inventory } from '../../model/inventory.ts';
import { ANSWER_BYTES_MAX } from '../../ports/model.ts';
import { alertsAround } from '../bindings.ts';
import type { ServerContext } from '../context.ts';
import { fieldLocator, fieldReader } from '../record-fields.ts';
import { signedInventory } from '../signed-inventory.ts';
import type { StudiedAlerts } from '../studied-alerts.ts';
import { type Studied, type Study, windowOf } from '../study.ts';

/** Everything of an incident that a packet is made of, in one state of it. */
export interface Ground extends World {
  readonly incident: Id<'incident'>;
  readonly version: string;
  readonly studied: Studied;
  readonly around: readonly Id<'alert'>[];
  readonly inventory: Inventory | undefined;
}

/** Somebody may add to an incident while it is read; then it is read once more. */
const READINGS_MAX = 3;

export async function groundOf(
  context: ServerContext,
  study: Study,
  incident: Id<'incident'>,
  latencyMsMax: number,
): Promise<Result<Ground, Failure>> {
  for (let left = READINGS_MAX; left > 0; left--) {
    const version = await study.versionOf(incident);
    if (version === undefined) return fail(failureOf('not_found', `incident ${incident} has no alerts`));
    const studied = await study.studyOf(incident);
    if (!studied.ok) return studied;
    const { read } = await study.studied.of(incident);
    const alerts = read.map(one => one.alert);
    const around = await alertsAround(context, alerts, windowOf(alerts));
    const inventory = await signedInventory(context);
    if ((await study.versionOf(incident)) !== version) continue;
    const world = await worldOf(
      study.studied,
      read.map(one => one.alert.id),
      around,
      studied.value.summary,
      latencyMsMax,
    );
    return ok({ incident, version, studied: studied.value, around, inventory, ...world });
  }
  return fail(failureOf('system.not_ready', `incident ${incident} changes faster than it can be read`));
}

/** The records of an incident, and what they say. */
export interface World {
  readonly world: AnswerWorld;
  readonly alerts: readonly Alert[];
  readonly claims: readonly Claim[];
}

/** Derived claims of one kind. */
const DERIVED_OF_EACH_MAX = 12;

/** What an answer is held against: the records themselves, read again, and the coverage that the summary states. */
export async function worldOf(
  studied: StudiedAlerts,
  ids: readonly Id<'alert'>[],
  aroundIds: readonly Id<'alert'>[],
  { coverage, gaps }: Pick<Summary, 'coverage' | 'gaps'>,
  latencyMs: number,
): Promise<World> {
  const own = await studied.these(ids);
  const around = await studied.these(aroundIds);
  const alerts = own.map(one => one.alert);
  const records = new Map<string, unknown>([...around, ...own].map(one => [one.alert.evidence, one.record]));
  const context: ClaimContext = { coverage, gaps, clocks: clocksOf(alerts), locate: fieldLocator(records) };
  const verifier = createClaimVerifier(
    alerts,
    fieldReader(records),
    around.map(one => one.alert),
    context,
  );
  const told = extractClaims(alerts);
  const world = createClaimWorld(alerts, context, new Map(told.map(claim => [claim.id, claim])));
  const readable = new Set<string>(alerts.map(alert => alert.evidence));
  return {
    alerts,
    claims: [...told, ...deriveClaims(world, told, DERIVED_OF_EACH_MAX)].map(claim => verifier.settle(claim)),
    world: {
      verifier,
      mayRead: evidence => readable.has(evidence),
      limits: { bytes: ANSWER_BYTES_MAX, latencyMs },
    },
  };
}

/** A part of the key in a form that JSON has. */
type KeptPart = { readonly map: readonly (readonly [string, unknown])[] } | { readonly list: readonly unknown[] };

/** What is kept of a ground, so that an answer can be read again: the key of its packet and what rules said. */
export interface KeptGround {
  readonly v: 1;
  readonly summary: Summary;
  readonly options: readonly ResponseOption[];
  readonly alerts: readonly Id<'alert'>[];
  readonly around: readonly Id<'alert'>[];
  readonly key: { readonly [name: string]: KeptPart };
}

export function keptGround(ground: Ground, key: PacketKey): KeptGround {
  const parts = Object.entries(key).map(([name, part]): [string, KeptPart] => [
    name,
    part instanceof Map ? { map: [...part] } : { list: [...part] },
  ]);
  return {
    v: 1,
    summary: ground.studied.summary,
    options: ground.studied.options,
    alerts: ground.alerts.map(alert => alert.id),
    around: ground.around,
    key: Object.fromEntries(parts),
  };
}

/** The packet as it was made, from its bytes and what was kept beside them. */
export function madeOf(text: string, digest: string, { key }: KeptGround): MadePacket {
  const parts = Object.entries(key).map(([name, part]) => [name, 'map' in part ? new Map(part.map) : part.list]);
  return { packet: JSON.parse(text), text, digest, key: Object.fromEntries(parts) as PacketKey };
}
