import { fail, ok, type Result } from '../base/result.ts';
import { unixMsFrom } from '../base/time.ts';
import { type CheckReport, checkExecution } from '../core/act/check.ts';
import type { CheckInput, UndoneAct } from '../core/act/check-input.ts';
import { type Conclusion, judge } from '../core/act/judge.ts';
import { readAct, readPresentation } from '../core/decide/closed.ts';
import { ACTS_COUNTED_MS } from '../core/decide/kinds.ts';
import { quorumOf } from '../core/decide/quorum.ts';
import { type HeardReview, type Question, tally } from '../core/decide/tally.ts';
import type { AuditFact } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { type Act, isOwnTarget, type Tier } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import type { Plan, Receipt } from '../ports/responder.ts';
import { factOf, type ProposalRevision, type StoredProposal } from '../store/proposal-facts.ts';
import { comparedUndo } from './compare-undo.ts';
import { adoptIfVerified, changesPolicy, observeUntilSeen, writeConclusions } from './conclude.ts';
import { coolingCredentials } from './cooling.ts';
import { credentialStands } from './credential.ts';
import { overdueGlass } from './glass.ts';
import { heardReviews, signedAlone, turnInBatch } from './hearing.ts';
import { keepForAdoption, nextPolicy } from './next-policy.ts';
import { standingDirectory } from './people.ts';
import type { ExecutorPorts } from './ports.ts';
import { checkSeal, SEAL_CHECK } from './seal.ts';
import { isStopped, standingInventory, standingStandIns } from './standing.ts';

/** What came of looking at a proposal. */
export type CarriedOut =
  | { readonly kind: 'not_approved' }
  | { readonly kind: 'claimed_elsewhere' }
  /** Another act that was signed with it is under way. */
  | { readonly kind: 'waits' }
  | { readonly kind: 'refused' | 'stale'; readonly report: CheckReport }
  | { readonly kind: 'concluded'; readonly conclusions: readonly Conclusion[] };

/**
 * Carries out an approved proposal: claim, check, intend, act, observe, conclude.
 *
 * The intent is durable and in the signed log before anything is sent. A crash before it leaves a claim without an
 * intent: nothing was sent, and recovery says so. A crash after it leaves an intent without a conclusion: recovery looks
 * at the target and never sends again. Trying again is always a new proposal.
 */
export async function carryOut(id: string, ports: ExecutorPorts): Promise<CarriedOut> {
  const proposal = await ports.readProposal(id);
  const revision = proposal?.revisions.at(-1);
  if (proposal === undefined || revision === undefined) return { kind: 'not_approved' };
  if (proposal.executions.length > 0) return { kind: 'claimed_elsewhere' };
  // What was taken back is over: a claim would make it look begun. Whether it was is checked again once it is claimed.
  if (proposal.withdrawals.some(one => one.revision === revision.revision)) return { kind: 'not_approved' };
  const { people } = await standingDirectory(ports);
  const heard = await heardReviews(proposal, people, ports);
  const cooling = coolingCredentials(people, ports);
  const standIns = await standingStandIns(ports, people);
  if (!looksApproved(revision, heard, people, { cooling, standIns }, ports)) return { kind: 'not_approved' };
  // What people signed for this act alone waits for no other one.
  const isAlone = looksApproved(revision, signedAlone(heard), people, { cooling, standIns }, ports);
  const inList = isAlone ? [] : heard;
  if ((await turnInBatch(proposal.id, inList, false, ports)).kind === 'wait') return { kind: 'waits' };
  const execution = ports.newId('execution');
  // Of all who race here, in this process or another, exactly one goes on.
  if (!(await ports.claim(proposal.id, revision.revision, execution))) return { kind: 'claimed_elsewhere' };
  // Before anything else, and before even the credential for reading is opened: what is not sealed as an act is looked at no further.
  const seal = await checkSeal(revision, ports);
  if (!seal.ok) return refuseUnread(execution, revision, seal.failure, ports);
  const { report, plan } = await checkEverything(
    proposal,
    revision,
    heard,
    people,
    { cooling, standIns, turn: await turnInBatch(proposal.id, inList, true, ports) },
    ports,
  );
  if (report.verdict !== 'ok' || report.act === undefined || plan === undefined) {
    const verdict = report.verdict === 'ok' ? 'refused' : report.verdict;
    await ports.write(execution, [
      {
        fact: { kind: 'checked', body: { verdict, checks: report.checks } },
        entry: checkedEntry(execution, revision, verdict, report),
      },
    ]);
    return { kind: verdict, report };
  }
  return send({ execution, revision, act: report.act, plan, report, tier: report.tier }, people, ports);
}

/** Refused by one check, with the target left alone. */
async function refuseUnread(
  execution: `exe_${string}`,
  revision: ProposalRevision,
  { code, detail }: Failure,
  ports: ExecutorPorts,
): Promise<CarriedOut> {
  const check: CheckReport['checks'][number] = { name: SEAL_CHECK, ok: false, code, detail, kind: 'authority' };
  const report = {
    checks: [check],
    verdict: 'refused',
    act: undefined,
    tier: revision.tier,
    tally: undefined,
  } as const;
  const body = { verdict: report.verdict, checks: report.checks };
  await ports.write(execution, [
    { fact: { kind: 'checked', body }, entry: checkedEntry(execution, revision, 'refused', report) },
  ]);
  return { kind: 'refused', report };
}

/** Whether the reviews meet the quorum for what is stored. The checks that follow recompute what is stored. */
function looksApproved(
  revision: ProposalRevision,
  heard: readonly HeardReview[],
  people: ReadonlyMap<Person['id'], Person>,
  { cooling, standIns }: Pick<Question, 'cooling' | 'standIns'>,
  ports: ExecutorPorts,
): boolean {
  const act = readAct(revision.actText);
  const presentation = readPresentation(revision.presentationText);
  const requiredGaps = presentation.ok
    ? presentation.value.coverage.gaps.filter(gap => gap.required).map(gap => gap.stream)
    : [];
  const startWithinMs = act.ok ? Number(act.value.startWithinSeconds) * 1_000 : 0;
  const question = {
    installation: ports.genesis.installation,
    proposal: revision.proposal,
    revision: revision.revision,
    actDigest: revision.actDigest,
    presentationDigest: revision.presentationDigest,
    policyDigest: revision.policyDigest,
    tier: revision.tier,
    // An act that cannot be read is nobody's emergency.
    isOwn: !act.ok || isOwnTarget(act.value.target),
    contributors: revision.contributors,
    // A first look only: whom the act is about is asked of the inventory by the check that follows, which counts again.
    subjects: [],
    cooling,
    reviewBy: revision.reviewBy,
    startWithinMs,
    requiredGaps,
    seats: (presentation.ok ? presentation.value.seats : undefined) ?? quorumOf(revision.tier, undefined),
    standIns,
  };
  const stored = tally(question, heard, people, ports.housePolicy().set);
  if (stored.verdict === 'approved' && stored.approvedAt !== undefined)
    return !act.ok || ports.now() < stored.approvedAt + startWithinMs;
  return stored.verdict === 'emergency' && stored.glass !== undefined && ports.now() < stored.glass.until;
}

async function checkEverything(
  proposal: StoredProposal,
  revision: ProposalRevision,
  heard: readonly HeardReview[],
  people: ReadonlyMap<Person['id'], Person>,
  { cooling, standIns, turn }: Pick<CheckInput, 'cooling' | 'standIns' | 'turn'>,
  ports: ExecutorPorts,
): Promise<{ readonly report: CheckReport; readonly plan: Plan | undefined }> {
  const act = readAct(revision.actText);
  const log = await logHolds(proposal, revision, heard, ports);
  const undone = act.ok && act.value.undoes !== '' ? await undoneAct(act.value.undoes, ports) : undefined;
  const before = undone?.before;
  const { responder, target, operation, params } = act.ok
    ? act.value
    : { responder: '', target: undefined, operation: '', params: {} };
  const unreadable = fail(failureOf('execution.digest_mismatch', 'the act cannot be read'));
  const system = target?.system ?? '';
  const plan =
    target === undefined
      ? unreadable
      : await ports.plan(responder, system, {
          operation,
          target: { immutableId: target.immutableId },
          params,
          before,
        });
  const name = plan.ok ? plan.value.facts.displayName : '';
  const presentation = readPresentation(revision.presentationText);
  const shownName = presentation.ok ? presentation.value.targetName : name;
  const byName =
    target === undefined
      ? unreadable
      : await ports.plan(responder, system, { operation, target: { name: shownName }, params, before });
  const declared = ports.operation(responder, operation);
  const report = checkExecution({
    genesis: ports.genesis,
    now: ports.now(),
    revision,
    isWithdrawn: proposal.withdrawals.some(withdrawal => withdrawal.revision === revision.revision),
    isSuperseded: proposal.revisions.at(-1)?.revision !== revision.revision,
    people,
    heard,
    policy: ports.housePolicy().set,
    nextPolicy: declared?.kind === 'change_policy' && plan.ok ? await nextPolicy(plan.value, people, ports) : undefined,
    isStopped: await isStopped(ports, people),
    log,
    operation: declared,
    plan,
    byName,
    inventory: await standingInventory(ports, people),
    isStartedByUs: ports.isStartedByUs(system),
    // What we started ourselves has no credential that anybody handed over.
    credential: ports.isStartedByUs(system) ? ok(true) : await credentialStands(system, people, ports),
    undone,
    overdueGlass: await overdueGlass(heard, people, ports),
    cooling,
    standIns,
    turn,
    actsOfLate:
      declared === undefined ? 0 : await ports.actsSince(declared.kind, unixMsFrom(ports.now() - ACTS_COUNTED_MS)),
  });
  return { report, plan: plan.ok ? plan.value : undefined };
}

/** The signed log holds this revision and each review as they are stored: nothing that was decided is missing from it. */
async function logHolds(
  proposal: StoredProposal,
  revision: ProposalRevision,
  heard: readonly HeardReview[],
  ports: ExecutorPorts,
): Promise<Result<true, Failure>> {
  const seen = await ports.seeLog();
  if (!seen.ok) return seen;
  const revised = await ports.includedEntry(seen.value, revision.pendingId);
  if (!revised.ok) return revised;
  const entry = revised.value.entry;
  const isThis =
    entry.type === 'proposal.revised' &&
    entry.proposal === proposal.id &&
    entry.revision === String(revision.revision) &&
    entry.actDigest === revision.actDigest &&
    entry.presentationDigest === revision.presentationDigest &&
    entry.tier === revision.tier &&
    entry.contributors.join() === [...revision.contributors].sort().join();
  if (!isThis) return fail(failureOf('execution.not_in_log', 'the log holds another revision than the database'));
  for (const { review } of heard) {
    const stored = proposal.reviews.find(candidate => candidate.id === review.id);
    const included = stored === undefined ? undefined : await ports.includedEntry(seen.value, stored.pendingId);
    if (included === undefined || !included.ok)
      return fail(included?.failure ?? failureOf('execution.not_in_log', `${review.id} is not in the log`));
    const logged = included.value.entry;
    if (logged.type !== 'review.signed' || logged.intentDigest !== review.intentDigest || logged.review !== review.id) {
      return fail(failureOf('execution.not_in_log', `the log holds another review than ${review.id}`));
    }
  }
  return ok(true);
}

/** The act that is undone and the state before it, from what this executor wrote itself. */
export async function undoneAct(
  execution: string,
  ports: ExecutorPorts,
): Promise<(UndoneAct & { readonly before: Receipt['before'] }) | undefined> {
  const proposalId = await ports.proposalOfExecution(execution);
  const proposal = proposalId === undefined ? undefined : await ports.readProposal(proposalId);
  const stored = proposal?.executions.find(candidate => candidate.id === execution);
  const receipt = stored === undefined ? undefined : factOf(stored, 'receipt');
  const intended = stored === undefined ? undefined : factOf(stored, 'intended');
  if (receipt === undefined || intended === undefined) return undefined;
  const { plan, tier, undoOperation } = intended.body;
  return { before: receipt.body.before, tier, target: plan.target, undoOperation };
}

interface Sending {
  readonly execution: `exe_${string}`;
  readonly revision: ProposalRevision;
  readonly act: Act;
  readonly plan: Plan;
  readonly report: CheckReport;
  readonly tier: Tier;
}

async function send(
  sending: Sending,
  people: ReadonlyMap<Person['id'], Person>,
  ports: ExecutorPorts,
): Promise<CarriedOut> {
  const { execution, revision, act, plan, report } = sending;
  if (changesPolicy(act, ports)) await keepForAdoption(plan, ports);
  const idempotencyKey = ports.idempotencyKey(revision.proposal, revision.revision, act.target.immutableId);
  const reviews = (report.tally?.counted ?? []).map(review => review.id);
  const pending = await ports.write(execution, [
    {
      fact: { kind: 'checked', body: { verdict: 'ok', checks: report.checks } },
      entry: checkedEntry(execution, revision, 'ok', report),
    },
    ...leased(execution, act),
    {
      fact: {
        kind: 'intended',
        body: {
          actDigest: revision.actDigest,
          tier: sending.tier,
          reviews,
          idempotencyKey,
          plan,
          kind: ports.operation(act.responder, act.operation)?.kind ?? '',
          undoOperation: act.undoOperation,
          ...(report.tally?.verdict === 'emergency' && report.tally.glass !== undefined
            ? { brokenBy: report.tally.glass.by }
            : {}),
        },
      },
      entry: {
        type: 'execution.intended',
        execution,
        proposal: revision.proposal,
        revision: String(revision.revision),
        actDigest: revision.actDigest,
        tier: sending.tier,
        reviews,
        idempotencyKey,
      },
    },
  ]);
  // A crash from here on leaves an intent that recovery settles by looking. Nothing is sent until the log proves it.
  const intent = pending.at(-1) ?? '';
  const included = await ports.awaitIncluded(intent);
  if (
    !included.ok ||
    included.value.entry.type !== 'execution.intended' ||
    included.value.entry.execution !== execution
  ) {
    return conclude(
      sending,
      notSent(ports, included.ok ? 'the log holds another intent' : included.failure.detail),
      ports,
    );
  }
  const stillAllowed = async () => !(await isStopped(ports, people));
  const capability = ports.writeCapability(act.target.system, revision.actDigest, idempotencyKey, stillAllowed);
  const receipt = await ports.execute(act.responder, act.target.system, plan, capability);
  return conclude(sending, receipt, ports);
}

/** That it has a lease stands in the log before its intent, in the executor's words: no server can leave it out, or end it early. */
function leased(execution: `exe_${string}`, { leaseEndsAt }: Act): Parameters<ExecutorPorts['write']>[1] {
  return leaseEndsAt === undefined
    ? []
    : [
        {
          fact: { kind: 'leased', body: { endsAt: leaseEndsAt } },
          entry: { type: 'lease.granted', execution, endsAt: leaseEndsAt },
        },
      ];
}

function notSent(ports: ExecutorPorts, detail: string): Receipt {
  return {
    outcome: 'refused',
    detail: `nothing was sent: ${detail}`,
    before: {},
    startedAt: ports.now(),
    endedAt: ports.now(),
  };
}

async function conclude(sending: Sending, receipt: Receipt, ports: ExecutorPorts): Promise<CarriedOut> {
  const { execution, revision, act, plan } = sending;
  const receiptCommit = await ports.keepBlob(JSON.stringify(receipt));
  await ports.write(execution, [
    {
      fact: { kind: 'receipt', body: receipt },
      entry: { type: 'execution.answered', execution, outcome: receipt.outcome, receiptCommit },
    },
  ]);
  const operation = ports.operation(act.responder, act.operation);
  const seen = await observeUntilSeen(act, plan, receipt.outcome, operation?.settleMs ?? 0, ports);
  const conclusions = judge(receipt.outcome, seen, false);
  adoptIfVerified(act, plan, conclusions, ports);
  const compared = await comparedUndo(execution, act, conclusions, ports);
  await writeConclusions(execution, revision.proposal, conclusions, seen, receiptCommit, ports, compared);
  return { kind: 'concluded', conclusions };
}

function checkedEntry(
  execution: `exe_${string}`,
  revision: ProposalRevision,
  verdict: 'ok' | 'refused' | 'stale',
  report: CheckReport,
): AuditFact {
  const failed = [...new Set(report.checks.filter(check => !check.ok).map(check => check.code))];
  return {
    type: 'execution.checked',
    execution,
    proposal: revision.proposal,
    revision: String(revision.revision),
    verdict,
    failed,
  };
}
