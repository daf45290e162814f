import { fail, ok, type Result } from '../base/result.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { conditionOf } from '../core/act/power-condition.ts';
import { everyRight, rightsLook } from '../core/act/rights.ts';
import { isDisabledIn, ownerOf } from '../core/decide/custody.ts';
import { policyFloorOf } from '../core/decide/floor.ts';
import { ACTS_COUNTED_MS, ACTS_OF_A_KIND_MAX } from '../core/decide/kinds.ts';
import { tierOf } from '../core/decide/tier.ts';
import {
  CONDITIONS,
  DOINGS,
  type DoingRow,
  type PowerDetailView,
  type PowerOperation,
  type PowerRow,
  type PowersView,
  type RightsLook,
} from '../model/api-powers.ts';
import { FAILURES, type Failure, type FailureCode, failureOf } from '../model/failure.ts';
import { ROTATE_AFTER_MS } from '../model/machine.ts';
import { OWN_SYSTEM } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import type { TrailHealth } from '../model/trail.ts';
import type { Operation, Receipt, ResponderManifest } from '../ports/responder.ts';
import { countersignManifest } from '../responders/countersign/manifest.ts';
import { RESPONDERS } from '../responders/index.ts';
import type { ServerContext } from './context.ts';
import { type StandingMachine, standingMachines } from './custody.ts';
import { readKillSwitchState } from './kill-switch.ts';
import { readPeople } from './people.ts';
import {
  type Connected,
  type Counts,
  countBySystem,
  countKinds,
  type ExecutorFacts,
  type LookRow,
  madeOfPower,
  powerKey,
  readExecutor,
  readLooks,
  readRightsOf,
  readSeen,
  type Seen,
} from './power-facts.ts';
import { readTrailHealth } from './trails.ts';

/** The executor says every few seconds that it is there. */
export const EXECUTOR_QUIET_MS_MAX = 30_000;

const OWN_KINDS: ReadonlySet<string> = new Set(countersignManifest.operations.map(({ kind }) => kind));

/** Everything that is known of every connected system, what is not known first. */
export async function viewPowers(context: ServerContext, person: Person | undefined): Promise<PowersView> {
  const now = context.now();
  const people = new Map((await readPeople(context)).map(one => [one.id, one] as const));
  const executor = await readExecutor(context);
  const isHeard = executor !== undefined && now - executor.at.getTime() <= EXECUTOR_QUIET_MS_MAX;
  const looks = await readLooks(context);
  const seen = await readSeen(context);
  const counts = await countBySystem(context, person);
  const trails = new Map((await readTrailHealth(context)).map(trail => [trail.system, trailOf(trail)] as const));
  const begun = await countKinds(context, now - ACTS_COUNTED_MS);
  const connected = executor?.connected ?? [];
  const standing = await standingMachines(
    context,
    connected.map(one => ({
      identity: identityOf(one),
      made: madeOfPower(context, looks.get(powerKey(one.system, one.responder))?.look),
    })),
  );
  const systems = connected.map(one => {
    const key = powerKey(one.system, one.responder);
    const facts: RowFacts = {
      isHeard,
      look: looks.get(key),
      seen: seen.get(key) ?? [],
      counts: counts.get(key),
      stands: standing.get(identityOf(one)),
      trail: trails.get(one.system) ?? NO_TRAIL,
    };
    return rowOf(context, one, facts, begun, people);
  });
  const names = new Map([...people.values()].map(({ id, name }) => [id as string, name]));
  return {
    at: rfc3339(now),
    killSwitch: await readKillSwitchState(context, names),
    executor: { ...executorRow(executor), isHeard, logKey: context.genesis.logVkey },
    // Acts on this installation itself are not counted against it.
    budget: [...begun]
      .filter(([kind]) => !OWN_KINDS.has(kind))
      .map(([kind, count]) => ({ kind, begun: count, most: ACTS_OF_A_KIND_MAX })),
    systems: systems.sort(byCondition),
  };
}

/** What of one connected system is too long for a row. */
export async function viewPower(
  context: ServerContext,
  asked: Pick<Connected, 'system' | 'responder'>,
): Promise<Result<PowerDetailView, Failure>> {
  const connected = (await readExecutor(context))?.connected ?? [];
  const one = connected.find(({ system, responder }) => system === asked.system && responder === asked.responder);
  if (one === undefined) return fail(failureOf('not_found', 'no such system is connected'));
  const begun = await countKinds(context, context.now() - ACTS_COUNTED_MS);
  return ok({
    rights: (await readRightsOf(context, one)) ?? unlooked(RESPONDERS.get(one.responder)?.manifest).list,
    operations: offeredOf(one).map(operation => operationRow(context, operation, begun.get(operation.kind) ?? 0)),
  });
}

function offeredOf({ responder, operations }: Connected): readonly Operation[] {
  return (RESPONDERS.get(responder)?.manifest.operations ?? []).filter(
    ({ name }) => operations?.includes(name) ?? true,
  );
}

interface RowFacts {
  readonly isHeard: boolean;
  readonly look: { readonly look: LookRow; readonly at: Date } | undefined;
  readonly seen: readonly Seen[];
  readonly counts: Counts | undefined;
  readonly stands: StandingMachine | undefined;
  readonly trail: PowerRow['trail'];
}

const NO_TRAIL: PowerRow['trail'] = { state: 'none', kept: '', readAt: '', unknownChanges: 0, notShown: 0 };

const trailOf = ({ state, kept, readAt, unknownChanges, notShown }: TrailHealth): PowerRow['trail'] => ({
  state,
  kept,
  readAt,
  unknownChanges,
  notShown,
});

/** What acts on this installation itself is one of its own database roles. */
function identityOf({ system, responder }: Connected): string {
  return responder === OWN_SYSTEM ? 'database:own' : `responder:${system}`;
}

function executorRow(executor: ExecutorFacts | undefined) {
  return {
    heardAt: executor === undefined ? '' : executor.at.toISOString(),
    program: executor?.program ?? '',
    refuses: executor?.refuses ?? '',
  };
}

function rowOf(
  context: ServerContext,
  one: Connected,
  facts: RowFacts,
  begun: ReadonlyMap<string, number>,
  people: ReadonlyMap<Person['id'], Person>,
): PowerRow {
  const now = context.now();
  const { look, seen, counts } = facts;
  const manifest = RESPONDERS.get(one.responder)?.manifest;
  const offered = offeredOf(one);
  const doings = DOINGS.map(doing => doingRow(doing, seen));
  const rights = look?.look.rights ?? unlooked(manifest).summary;
  const waits = seen.flatMap(({ waitUntil }) => (waitUntil === null ? [] : [waitUntil.getTime()]));
  const waitUntil = waits.length === 0 ? undefined : unixMsFrom(Math.max(...waits));
  const credential = credentialOf(one, facts, people);
  const { condition, reasons } = conditionOf(
    {
      isExecutorHeard: facts.isHeard,
      doings,
      rights,
      lookedAt: look === undefined ? undefined : unixMsFrom(look.at.getTime()),
      isOwn: one.responder === OWN_SYSTEM,
      isDisabled: credential.isDisabled && !context.genesis.demo,
      isRotationDue: credential.state === 'rotation_due',
      isShared: credential.sharedWith.length > 0,
      troubled: (counts?.troubled ?? []).reduce((sum, { count }) => sum + count, 0),
      isBudgetSpent: offered.some(
        ({ kind, touches }) => touches !== 'own' && (begun.get(kind) ?? 0) >= ACTS_OF_A_KIND_MAX,
      ),
      waitUntil,
      trail: facts.trail,
    },
    now,
  );
  return {
    system: one.system,
    responder: one.responder,
    title: manifest?.title ?? '',
    condition,
    reasons,
    doings,
    rights,
    lookedAt: look === undefined ? '' : look.at.toISOString(),
    credential,
    open: counts?.open ?? 0,
    troubled: counts?.troubled ?? [],
    waitUntil: waitUntil === undefined ? '' : rfc3339(waitUntil),
    trail: facts.trail,
  };
}

function doingRow(doing: DoingRow['doing'], seen: readonly Seen[]): DoingRow {
  const of = (went: Seen['went']) => seen.find(one => one.doing === doing && one.went === went);
  const ill = of('ill');
  return {
    doing,
    wellAt: of('well')?.at.toISOString() ?? '',
    illAt: ill?.at.toISOString() ?? '',
    code: ill?.code ?? '',
    shown: ill === undefined ? '' : shownOf(ill.code),
  };
}

const OF_RECEIPT: { readonly [O in Receipt['outcome']]: string } = {
  applied: '',
  already_applied: '',
  refused_drift: '',
  refused: 'The system refused the change.',
  failed: 'The change failed there.',
  unknown: 'No answer came, so it was settled by reading.',
};

/** A code in words: of a failure, or of what came of an act. */
function shownOf(code: string): string {
  if (Object.hasOwn(FAILURES, code)) return FAILURES[code as FailureCode].shown;
  return Object.hasOwn(OF_RECEIPT, code) ? OF_RECEIPT[code as Receipt['outcome']] : code;
}

function unlooked(manifest: ResponderManifest | undefined): RightsLook {
  const rights = manifest === undefined ? [] : everyRight(manifest, [], 'the executor has not looked yet');
  return rightsLook('not_told', rights);
}

function credentialOf(
  one: Connected,
  { look, stands }: RowFacts,
  people: ReadonlyMap<Person['id'], Person>,
): PowerRow['credential'] {
  const owner = stands === undefined ? undefined : ownerOf(stands.facts, people);
  const { madeAt, refusedAfterMs, custody } = stands?.facts ?? {};
  const after = (ms: number | undefined) => (madeAt === undefined || ms === undefined ? '' : timeText(madeAt + ms));
  const state = stands?.state ?? 'ownerless';
  const isOwn = one.responder === OWN_SYSTEM;
  return {
    readSince: look?.look.known.read ?? '',
    writeSince: look?.look.known.write ?? '',
    probeSince: look?.look.known.probe ?? '',
    isMadeAtStart: look?.look.isMadeAtStart ?? false,
    sharedWith: look?.look.sharedWith ?? [],
    rotateBy: after(ROTATE_AFTER_MS),
    refusedFrom: isOwn ? '' : after(refusedAfterMs),
    identity: identityOf(one),
    ownerName: owner?.name ?? '',
    isByDefault: custody === undefined,
    until: custody?.until ?? '',
    state,
    // What the installation runs on is shown and not stopped.
    isDisabled: !isOwn && isDisabledIn(state),
  };
}

const timeText = (at: number): string => rfc3339(at as UnixMs);

/** On a target of which nothing delicate is known, with nothing missing: what is found out of one only raises it. */
function operationRow(context: ServerContext, operation: Operation, actsOfLate: number): PowerOperation {
  const { name, title, kind, touches, reversibility } = operation;
  const facts = {
    kind,
    touches,
    reversibility,
    isPrivileged: 'no',
    isMachine: 'no',
    isCritical: 'no',
    isLastAdministrator: false,
    isOwnIdentity: false,
    marks: [],
    actsOfLate,
    dependentsKnown: true,
    coverage: 'complete',
    hasRequiredGap: false,
    undoesTier: undefined,
  } as const;
  const { tier } = tierOf({ ...facts, policyFloor: policyFloorOf(context.policy().floors, facts).tier });
  return { name, title, kind, touches, reversibility, floor: tier };
}

function byCondition(a: PowerRow, b: PowerRow): number {
  const rank = ({ condition }: PowerRow) => CONDITIONS.indexOf(condition);
  return rank(a) - rank(b) || (a.system < b.system ? -1 : 1);
}
