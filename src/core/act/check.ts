import { type Closed, canonical } from '../../base/canonical.ts';
import { rfc3339, type UnixMs } from '../../base/time.ts';
import type { FailureCode } from '../../model/failure.ts';
import { type Act, isOwnTarget, type Presentation, stricter, TIER_RANK, type Tier } from '../../model/proposal.ts';
import { readAct, readPresentation, sealed } from '../decide/closed.ts';
import { ownersOf } from '../decide/owners.ts';
import { namedSeats } from '../decide/present.ts';
import { quorumOf } from '../decide/quorum.ts';
import { subjectsOf } from '../decide/subject.ts';
import { type Question, type Tally, tally } from '../decide/tally.ts';
import { tierOf } from '../decide/tier.ts';
import { tierFactsOf } from '../decide/tier-facts.ts';
import { TIMES } from '../decide/times.ts';
import type { BatchTurn } from './batch-turn.ts';
import type { CheckInput, StoredRevision } from './check-input.ts';
import { checkLease } from './check-lease.ts';
import { driftOf } from './drift.ts';

/** `authority`: it may not be done. `world`: things changed, look again. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly code: FailureCode | 'none';
  readonly detail: string;
  readonly kind: 'authority' | 'world';
}

export interface CheckReport {
  readonly checks: readonly Check[];
  readonly verdict: 'ok' | 'refused' | 'stale';
  readonly act: Act | undefined;
  /** The strictest of the code's floor on a live read, and what was reviewed. */
  readonly tier: Tier;
  readonly tally: Tally | undefined;
}

/**
 * Every check at the moment of use (controls 4.7). All of them run and all are recorded, also after the first that
 * fails. An approval is evidence for this decision and not the decision: no is no, whoever signed.
 */
export function checkExecution(input: CheckInput): CheckReport {
  const act = readAct(input.revision.actText);
  const presentation = readPresentation(input.revision.presentationText);
  const checks: Check[] = [];
  const check = (name: string, ok: boolean, code: FailureCode, detail: string, kind: Check['kind'] = 'authority') => {
    checks.push({ name, ok, code: ok ? 'none' : code, detail, kind });
  };
  check('the kill switch is off', !input.isStopped, 'execution.stopped', input.isStopped ? 'on' : 'off');
  check(
    'the act reads as it was signed',
    act.ok && isSameDigest(input, act.value),
    'execution.digest_mismatch',
    act.ok ? 'recomputed from the stored act' : act.failure,
  );
  check(
    'what was shown reads as it was signed',
    presentation.ok &&
      sealed('countersign/presentation/v1', presentation.value).digest === input.revision.presentationDigest,
    'execution.digest_mismatch',
    presentation.ok ? 'recomputed from the stored presentation' : presentation.failure,
  );
  check(
    'nothing withdrew or replaced it',
    !input.isWithdrawn && !input.isSuperseded,
    'execution.expired',
    input.isSuperseded ? 'a newer revision exists' : input.isWithdrawn ? 'withdrawn' : 'current',
  );
  check(
    'somebody answers for the credential',
    input.credential.ok,
    input.credential.ok ? 'execution.credential_ownerless' : input.credential.failure.code,
    input.credential.ok ? 'somebody who is here' : input.credential.failure.detail,
  );
  check(
    'the log holds the decision',
    input.log.ok,
    input.log.ok ? 'execution.not_in_log' : input.log.failure.code,
    input.log.ok ? 'included and consistent' : input.log.failure.detail,
  );
  check(
    'the policy is the one that was signed',
    input.revision.policyDigest === input.policy.digest,
    'execution.policy_changed',
    input.policy.digest,
    'world',
  );
  checkNextPolicy(input, presentation.ok ? presentation.value : undefined, check);
  const tier = liveTier(input, act.ok ? act.value : undefined, presentation.ok ? presentation.value : undefined);
  check(
    'the reviewed tier is strict enough',
    TIER_RANK[tier] <= TIER_RANK[input.revision.tier] && tier !== 'TX',
    'execution.tier_raised',
    `needs ${tier}, was reviewed as ${input.revision.tier}`,
    tier === 'TX' ? 'authority' : 'world',
  );
  const counted = act.ok && presentation.ok ? countedReviews(input, act.value, presentation.value) : undefined;
  checkSeats(input, presentation.ok ? presentation.value : undefined, check);
  checkReviews(input, counted, act.ok ? act.value : undefined, check);
  checkTurn(input.turn, check);
  checkLease(input, act.ok ? act.value : undefined, presentation.ok ? presentation.value : undefined, check);
  checkTarget(input, act.ok ? act.value : undefined, check);
  check(
    'a demo acts on its own targets',
    !input.genesis.demo || input.isStartedByUs,
    'execution.not_demo_target',
    input.genesis.demo ? 'demo' : 'not a demo',
  );
  const failed = checks.filter(one => !one.ok);
  const verdict = failed.length === 0 ? 'ok' : failed.some(one => one.kind === 'authority') ? 'refused' : 'stale';
  return { checks, verdict, act: act.ok ? act.value : undefined, tier, tally: counted };
}

type AddCheck = (name: string, ok: boolean, code: FailureCode, detail: string, kind?: Check['kind']) => void;

/** EXE-07. A surprise puts the rest of a list before people again: nothing completes itself. */
function checkTurn(turn: BatchTurn, check: AddCheck): void {
  check(
    'nothing that was signed with it went otherwise than expected',
    turn.kind === 'go',
    'execution.batch_stopped',
    turn.kind === 'go' ? 'none did' : `${turn.because} ${turn.kind === 'stop' ? 'did' : 'is under way'}`,
    'world',
  );
}

/** A policy is adopted only where it loads here, and does what was shown: the server's word for what it says is worth nothing. */
function checkNextPolicy({ nextPolicy }: CheckInput, presentation: Presentation | undefined, check: AddCheck): void {
  if (nextPolicy === undefined) return;
  check(
    'the policy that it sets loads here, and changes what was shown',
    nextPolicy.ok && canonical([...nextPolicy.value]) === canonical([...(presentation?.changes ?? [])]),
    'policy.malformed',
    nextPolicy.ok ? `${nextPolicy.value.length} changes` : nextPolicy.failure,
  );
}

/** Who has to sign is what the inventory says now: another owner than the one who was asked has not looked at it. */
function checkSeats(input: CheckInput, presentation: Presentation | undefined, check: AddCheck): void {
  const { plan, revision, inventory } = input;
  if (!plan.ok || presentation === undefined) return;
  const account = { system: plan.value.target.system, name: plan.value.facts.displayName };
  const owners = isOwnTarget(plan.value.target)
    ? undefined
    : ownersOf(inventory, account, subjectsOf(inventory, account));
  const now = namedSeats(quorumOf(revision.tier, owners));
  check(
    'those who had to sign are those whom the inventory names',
    canonical(seatsText(now.seats)) === canonical(seatsText(presentation.seats)),
    'execution.quorum_changed',
    now.seats?.map(({ slot, people }) => `${slot} ${people.join(', ')}`).join('; ') ?? 'nobody by name',
    'world',
  );
}

function seatsText(seats: Presentation['seats']): Closed {
  return (seats ?? []).map(({ slot, people }) => ({ slot, people }));
}

function isSameDigest({ revision, genesis }: CheckInput, act: Act): boolean {
  return (
    sealed('countersign/act/v1', act).digest === revision.actDigest &&
    act.proposal === revision.proposal &&
    act.revision === String(revision.revision) &&
    act.tenant === genesis.tenant
  );
}

function countedReviews(input: CheckInput, act: Act, presentation: Presentation): Tally {
  return tally(
    questionOf(input.genesis.installation, input.revision, act, presentation, {
      subjects: subjectsIn(input, act, presentation),
      cooling: input.cooling,
      standIns: input.standIns,
    }),
    input.heard,
    input.people,
    input.policy,
  );
}

/** By the name that the account has now, and by the one that was shown. */
function subjectsIn({ inventory, plan }: CheckInput, act: Act, { targetName }: Presentation): Question['subjects'] {
  const names = [targetName, ...(plan.ok ? [plan.value.facts.displayName] : [])];
  return names.flatMap(name => subjectsOf(inventory, { system: act.target.system, name }));
}

/** The question that reviews answer, from what is stored; the digests are those of the texts themselves. */
export function questionOf(
  installation: string,
  revision: StoredRevision,
  act: Act,
  presentation: Presentation,
  { subjects, cooling, standIns }: Pick<Question, 'subjects' | 'cooling' | 'standIns'>,
): Question {
  return {
    installation,
    proposal: revision.proposal,
    revision: revision.revision,
    actDigest: sealed('countersign/act/v1', act).digest,
    presentationDigest: sealed('countersign/presentation/v1', presentation).digest,
    policyDigest: revision.policyDigest,
    tier: revision.tier,
    isOwn: isOwnTarget(act.target),
    contributors: revision.contributors,
    subjects,
    cooling,
    reviewBy: revision.reviewBy,
    startWithinMs: Number(act.startWithinSeconds) * 1_000,
    requiredGaps: presentation.coverage.gaps.filter(gap => gap.required).map(gap => gap.stream),
    seats: presentation.seats ?? quorumOf(revision.tier, undefined),
    standIns,
  };
}

function checkReviews(input: CheckInput, counted: Tally | undefined, act: Act | undefined, check: AddCheck): void {
  const isEmergency = counted?.verdict === 'emergency';
  const isMet = counted?.verdict === 'approved' || isEmergency;
  check(
    'the quorum is met by verified signatures',
    isMet,
    'execution.quorum_unmet',
    counted === undefined
      ? 'the act cannot be read'
      : `${counted.verdict}, ${counted.slots.filter(slot => slot.filledBy !== undefined).length} of ${counted.needed} seats`,
  );
  check(
    'nobody breaks the glass whose last time was not reviewed',
    !isEmergency || input.overdueGlass.length === 0,
    'execution.glass_locked',
    isEmergency ? input.overdueGlass.join(', ') || 'reviewed or not yet due' : 'not an emergency',
  );
  const approvedAt = counted?.approvedAt;
  const until = isEmergency
    ? counted.glass?.until
    : approvedAt === undefined || act === undefined
      ? undefined
      : approvedAt + Number(act.startWithinSeconds) * 1_000;
  const isInTime =
    until !== undefined &&
    input.now < until &&
    (counted?.counted ?? []).every(review => !isGoAhead(review) || input.now < Date.parse(review.intent.expiresAt));
  check(
    'it starts in time',
    isInTime,
    'execution.expired',
    until === undefined ? 'never approved' : `until ${rfc3339(until as UnixMs)}`,
  );
  const longest = input.revision.tier === 'TX' ? 0 : TIMES[input.revision.tier].startWithinSeconds;
  check(
    'it allows itself no more time than its tier has',
    act !== undefined && Number(act.startWithinSeconds) <= longest,
    'execution.expired',
    `${act?.startWithinSeconds ?? 'unreadable'} of ${longest} s`,
  );
  check(
    'the tier that was shown is the tier that was signed',
    (counted?.counted ?? []).every(review => !isGoAhead(review) || review.intent.tier === input.revision.tier),
    'execution.tier_raised',
    input.revision.tier,
  );
}

function isGoAhead({ intent }: Tally['counted'][number]): boolean {
  return intent.verdict === 'approve' || intent.verdict === 'break_glass';
}

function checkTarget(input: CheckInput, act: Act | undefined, check: AddCheck): void {
  const { plan, byName, operation } = input;
  check(
    'the operation is one of ours',
    operation !== undefined &&
      act?.operationVersion === operation.version &&
      act.undoOperation === (operation.undo ?? 'none'),
    'responder.unknown',
    operation?.name ?? 'unknown',
  );
  const { undone } = input;
  check(
    'it undoes the act that it names',
    act !== undefined &&
      (act.undoes === '' ||
        (undone?.undoOperation === act.operation &&
          undone.target.immutableId === act.target.immutableId &&
          undone.target.system === act.target.system)),
    'execution.digest_mismatch',
    act?.undoes === '' ? 'undoes nothing' : (undone?.target.immutableId ?? 'no act of ours'),
  );
  if (!plan.ok) {
    check('the target answers', false, plan.failure.code, plan.failure.detail, 'world');
    return;
  }
  check(
    'the target system allows it',
    plan.value.refusals.length === 0,
    'execution.target_changed',
    plan.value.refusals.map(refusal => refusal.text).join('; ') || 'no refusals',
    'world',
  );
  const isSameTarget =
    act !== undefined &&
    plan.value.target.immutableId === act.target.immutableId &&
    plan.value.target.system === act.target.system;
  check(
    'the target is the one that was signed',
    isSameTarget,
    'execution.alias_changed',
    plan.value.target.immutableId,
    'world',
  );
  const aliased = byName.ok && act !== undefined && byName.value.target.immutableId === act.target.immutableId;
  check(
    'its name still means the same',
    aliased,
    'execution.alias_changed',
    byName.ok ? byName.value.target.immutableId : byName.failure.detail,
    'world',
  );
  const drift = act === undefined ? ['unreadable'] : driftOf(act, plan.value);
  check(
    'the target is as it was when people looked',
    drift.length === 0,
    'execution.target_changed',
    drift.join('; ') || 'unchanged',
    'world',
  );
}

function liveTier(input: CheckInput, act: Act | undefined, presentation: Presentation | undefined): Tier {
  if (!input.plan.ok || input.operation === undefined || act === undefined || presentation === undefined)
    return input.revision.tier;
  const facts = tierFactsOf(input.operation, input.plan.value, input.inventory, presentation.coverage, {
    undoesTier: input.undone?.tier,
    actsOfLate: input.actsOfLate,
    floors: input.policy.floors,
  });
  return stricter(tierOf(facts).tier, presentation.tier);
}
