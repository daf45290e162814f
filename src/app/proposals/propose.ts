import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../../base/bytes.ts';
import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { tierFactsOf } from '../../core/act/check.ts';
import { readAct, readPresentation, sealed } from '../../core/decide/closed.ts';
import { ACTS_COUNTED_MS } from '../../core/decide/kinds.ts';
import { ownersOf } from '../../core/decide/owners.ts';
import { present, presentCoverage, type ShownEvidence } from '../../core/decide/present.ts';
import { quorumOf, type Seat } from '../../core/decide/quorum.ts';
import { isPersonLink, subjectsOf } from '../../core/decide/subject.ts';
import { classOf, type TargetClass } from '../../core/decide/target-class.ts';
import { contributorsWith } from '../../core/decide/task.ts';
import { tierOf } from '../../core/decide/tier.ts';
import { TIMES } from '../../core/decide/times.ts';
import { gateOf, shortfallText } from '../../core/study/gate.ts';
import { toldBy } from '../../core/study/told.ts';
import type { ProposalRequest } from '../../model/api.ts';
import type { ResponseOption } from '../../model/claim.ts';
import type { Explained } from '../../model/explained.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { type Act, isOwnTarget, type Presentation, type Tier } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { Operation, Plan } from '../../ports/responder.ts';
import { RESPONDERS } from '../../responders/index.ts';
import { countActs, factOf } from '../../store/proposal-facts.ts';
import { type Db, record, type ServerContext, transact } from '../context.ts';
import { signedInventory } from '../signed-inventory.ts';
import { answersOf } from './answering.ts';
import { lacksAttention, sameInReview, type TurnedAway, takeTurn, turnAway } from './budget.ts';
import type { Draft } from './draft.ts';
import { draftOfClosing, draftOfPrompt } from './draft-own.ts';
import { draftOfPolicy } from './draft-policy.ts';
import { draftOfSuppression } from './draft-suppression.ts';
import { draftOfTools, type ListTools } from './draft-tools.ts';
import { knowProposal } from './facts.ts';
import { groundCitations } from './ground.ts';
import { planByExecutor } from './plan.ts';
import { refreshProposal } from './project.ts';
import type { IncidentStudy, ReadStudy } from './study.ts';
import { throughAgent } from './through-agent.ts';

/** By which way a request came, and whom it can ask. */
export interface ProposalWays {
  /** The program that chose, for the person. */
  readonly agent?: Id<'machine'>;
  readonly listTools?: ListTools;
}

const noTools: ListTools = async upstream => fail(failureOf('gateway.unknown_upstream', upstream));

/**
 * Makes a proposal of an option that the planner enumerated, or of the undo that was planned with an act. Choosing one
 * unedited is no contribution. What is not grounded, not explained well enough for its tier, not found, refused by its plan or not expressible is denied, with
 * the denial in the log.
 */
export async function requestProposal(
  context: ServerContext,
  readStudy: ReadStudy,
  person: Person,
  request: ProposalRequest,
  { agent, listTools = noTools }: ProposalWays = {},
): Promise<Result<`prp_${string}`, Failure>> {
  const proposal = context.newId('proposal');
  const drafted = await draftOf(context, readStudy, person, request, proposal, listTools);
  if (!drafted.ok)
    return denied(context, agent ?? person.id, 'incident' in request ? request.incident : '', drafted.failure);
  return submitDraft(context, person, agent === undefined ? drafted.value : throughAgent(drafted.value, person, agent));
}

/** Puts a draft to people: planned, grounded, within what attention there is, and written down with its log entry. */
export async function submitDraft(
  context: ServerContext,
  person: Person,
  draft: Draft,
): Promise<Result<`prp_${string}`, Failure>> {
  const { proposal } = draft;
  const by = draft.origin.kind === 'agent' ? draft.origin.agent : person.id;
  const duplicate = await sameInReview(context, draft);
  if (duplicate !== undefined) {
    const failure = failureOf('proposal.duplicate', duplicate);
    // A person sees it on the page. What a program tries is written down, whatever comes of it.
    return draft.origin.kind === 'agent' ? denied(context, by, draft.incident, failure) : fail(failure);
  }
  // Before the target is looked at: a flood costs the target system nothing.
  let away = await lacksAttention(context, person, draft);
  if (away !== undefined) return turnedAway(context, person, by, draft.incident, away);
  const made = await makeRevision(context, person, draft);
  if (!made.ok) return denied(context, by, draft.incident, made.failure);
  const stored = await transact(context, async client => {
    // Two at once, of the same act or for the last room: the second one sees the first.
    await takeTurn(context, client);
    const same = await sameInReview(context, draft, client);
    if (same !== undefined) return fail(failureOf('proposal.duplicate', same));
    away = await lacksAttention(context, person, draft, client);
    if (away !== undefined) return fail(failureOf('proposal.throttled', away.throttle.reason));
    await client.query(
      'INSERT INTO proposal (tenant_id, id, incident_id, origin, undoes_execution, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [
        context.tenant,
        proposal,
        draft.incident,
        JSON.stringify(draft.origin),
        draft.undoes ?? null,
        new Date(context.now()),
      ],
    );
    await insertRevision(context, client, draft, made.value);
    await refreshProposal(context, client, proposal);
    return ok(proposal);
  });
  return away === undefined ? stored : turnedAway(context, person, by, draft.incident, away);
}

/** Noted where the flood is told of, and denied like everything else that is not taken. */
async function turnedAway(
  context: ServerContext,
  person: Person,
  by: string,
  incident: string,
  away: TurnedAway,
): Promise<Result<never, Failure>> {
  return denied(context, by, incident, await turnAway(context, person, incident, away));
}

/** Replaces what is proposed by another option of the same incident. All reviews are void, and the editor is a contributor. */
export async function reviseProposal(
  context: ServerContext,
  readStudy: ReadStudy,
  person: Person,
  id: string,
  option: string,
): Promise<Result<true, Failure>> {
  const known = await knowProposal(context, id);
  if (known === undefined) return fail(failureOf('not_found', id));
  if (known.state !== 'in_review' && known.state !== 'approved')
    return fail(failureOf('proposal.wrong_state', known.state));
  // Once carried out, another act would pass for the undo of what it left as it is.
  if (known.stored.undoesExecution !== undefined)
    return fail(failureOf('proposal.wrong_state', 'an undo stays the undo of its act'));
  const { incident } = known.stored;
  if (incident === '')
    return fail(failureOf('proposal.wrong_state', 'it is of no incident, so it has no other option'));
  const request = { kind: 'option', incident, option } as const;
  const draft = await draftOfOption(readStudy, person, request, known.stored.id);
  if (!draft.ok) return draft;
  const revised: Draft = {
    ...draft.value,
    revision: known.current.revision + 1,
    contributors: contributorsWith(known.current.contributors, person.id),
    // What people brought for the proposal stays with it.
    answers: await answersOf(context, known),
  };
  const made = await makeRevision(context, person, revised);
  if (!made.ok) return made;
  return transact(context, async client => {
    await insertRevision(context, client, revised, made.value);
    await refreshProposal(context, client, id);
    return ok(true);
  });
}

function draftOf(
  context: ServerContext,
  readStudy: ReadStudy,
  person: Person,
  request: ProposalRequest,
  proposal: `prp_${string}`,
  listTools: ListTools,
): Promise<Result<Draft, Failure>> {
  switch (request.kind) {
    case 'option':
      return draftOfOption(readStudy, person, request, proposal);
    case 'undo':
      return draftOfUndo(context, readStudy, person, request, proposal);
    case 'close':
      return draftOfClosing(readStudy, person, request, proposal);
    case 'suppress':
      return draftOfSuppression(context, readStudy, person, request, proposal);
    case 'policy':
      return draftOfPolicy(context, person, request, proposal);
    case 'prompt':
      return draftOfPrompt(context, person, request, proposal);
    case 'tools':
      return draftOfTools(context, listTools, person, request, proposal);
  }
}

async function draftOfOption(
  readStudy: ReadStudy,
  person: Person,
  request: Extract<ProposalRequest, { kind: 'option' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  const study = await readStudy(request.incident);
  const option = study?.options.find(candidate => candidate.id === request.option);
  if (study === undefined || option === undefined)
    return fail(failureOf('not_found', `option ${request.option} of ${request.incident}`));
  const { responder, system, operation, targetName } = option;
  if (
    option.kind !== 'act' ||
    responder === undefined ||
    system === undefined ||
    operation === undefined ||
    targetName === undefined
  ) {
    return fail(failureOf('proposal.not_expressible', 'this option does nothing to propose'));
  }
  // A plan can only raise the tier, so what this one does not open for, none does, and nobody's target is read.
  const closed = closedGate(option.explained, option.expectedTier ?? 'T1');
  if (closed !== undefined) return fail(closed);
  return ok({
    proposal,
    revision: 1,
    incident: request.incident,
    origin: { kind: 'option', option: option.id, chosenBy: person.id },
    contributors: [],
    responder,
    system,
    operation,
    target: { name: targetName },
    params: {},
    undoes: undefined,
    undoesTier: undefined,
    citations: option.citations,
    says: sayings(study, option),
    coverage: presentCoverage(study.summary.coverage, study.summary.gaps),
    explained: option.explained,
  });
}

/** Why the explainability gate makes no proposal of this tier; undefined where it does not stand in the way. */
function closedGate(explained: Explained | undefined, tier: Tier): Failure | undefined {
  const verdict = gateOf(explained, tier);
  return verdict.isOpen ? undefined : failureOf('proposal.not_explained', shortfallText(verdict));
}

/** For each cited place, the claim that rests on it. */
function sayings(study: IncidentStudy, option: ResponseOption): ReadonlyMap<string, string> {
  const told = toldBy(study.summary.story);
  const claims = [study.summary.headline, ...told].filter(claim => option.claims.includes(claim.id));
  return new Map(
    claims.flatMap(claim =>
      claim.citations.map(citation => [`${citation.evidence}${citation.pointer}`, claim.text] as const),
    ),
  );
}

async function draftOfUndo(
  context: ServerContext,
  readStudy: ReadStudy,
  person: Person,
  request: Extract<ProposalRequest, { kind: 'undo' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  const done = await knowProposal(context, request.of);
  if (done === undefined) return fail(failureOf('not_found', request.of));
  const intended = done.execution === undefined ? undefined : factOf(done.execution, 'intended');
  const isDone = done.state === 'verified' || done.state === 'succeeded' || done.state === 'not_in_effect';
  if (!isDone || done.execution === undefined || intended === undefined || done.act.undoOperation === 'none')
    return fail(failureOf('proposal.wrong_state', `${request.of} is ${done.state}`));
  if (done.undoneBy !== undefined) return fail(failureOf('proposal.duplicate', done.undoneBy.id));
  const { incident } = done.stored;
  const study = incident === '' ? undefined : await readStudy(incident);
  return ok({
    proposal,
    revision: 1,
    incident,
    origin: { kind: 'undo', of: done.execution.id, chosenBy: person.id },
    contributors: [],
    responder: done.act.responder,
    system: done.act.target.system,
    operation: done.act.undoOperation,
    target: { immutableId: done.act.target.immutableId },
    params: {},
    undoes: done.execution.id,
    undoesTier: intended.body.tier,
    citations: done.current.citations,
    says: new Map(done.presentation.evidence.map(shown => [`${shown.id}${shown.pointer}`, shown.says])),
    // Un-containment without a view of the incident is decided as if nothing were known.
    coverage:
      study === undefined
        ? { status: incident === '' ? 'not_needed' : 'unknown', gaps: [] }
        : presentCoverage(study.summary.coverage, study.summary.gaps),
    explained: 'needs_none',
  });
}

export interface MadeRevision {
  readonly act: { readonly text: string; readonly digest: string };
  readonly presentation: { readonly text: string; readonly digest: string };
  readonly plan: Plan;
  readonly tier: Tier;
  readonly reviewBy: number;
  readonly startWithinSeconds: number;
  readonly reasons: Presentation['reasons'];
}

/** A revision of what a draft says, planned on a fresh look at its target. Nothing is stored. */
export async function makeRevision(
  context: ServerContext,
  by: Person,
  draft: Draft,
): Promise<Result<MadeRevision, Failure>> {
  const operation = RESPONDERS.get(draft.responder)?.manifest.operations.find(
    candidate => candidate.name === draft.operation,
  );
  if (operation === undefined) return fail(failureOf('responder.unknown', `${draft.responder}.${draft.operation}`));
  const plan = await planByExecutor(context, draft);
  if (!plan.ok) return plan;
  if (plan.value.refusals.length > 0)
    return fail(failureOf('proposal.refused_by_plan', plan.value.refusals.map(refusal => refusal.text).join('; ')));
  const inventory = await signedInventory(context);
  const account = { system: plan.value.target.system, name: plan.value.facts.displayName };
  if (subjectsOf(inventory, account).includes(by.id)) return fail(failureOf('proposal.subject', by.id));
  const target = classOf(plan.value, inventory);
  const names = isOwnTarget(plan.value.target) ? undefined : namesOf(plan.value, target);
  const evidence = await groundCitations(context, draft.citations, draft.says, names, draft.answers);
  if (!evidence.ok) return evidence;
  const { tenant } = context;
  const actsOfLate = await countActs(context.pool, tenant, operation.kind, context.now() - ACTS_COUNTED_MS);
  const facts = tierFactsOf(operation, plan.value, inventory, draft.coverage, {
    undoesTier: draft.undoesTier,
    actsOfLate,
    floors: context.policy().floors,
  });
  const owners = isOwnTarget(plan.value.target)
    ? undefined
    : ownersOf(inventory, account, subjectsOf(inventory, account));
  const tier = tierOf(facts);
  const seats = quorumOf(tier.tier, owners);
  return sealRevision(context, draft, operation, plan.value, tier, { ...target, seats }, evidence.value);
}

/** Every name under which evidence may know a target: its own, and what the inventory lists for it. */
function namesOf(plan: Plan, target: TargetClass): readonly string[] {
  const aliases =
    target.record?.aliases.filter(alias => !isPersonLink(alias)).map(alias => alias.slice(alias.indexOf(':') + 1)) ??
    [];
  const accounts = target.record?.accounts.map(account => account.name) ?? [];
  return [
    plan.facts.displayName,
    ...(target.record === undefined ? [] : [target.record.name]),
    ...aliases,
    ...accounts,
  ];
}

function sealRevision(
  context: ServerContext,
  draft: Draft,
  operation: Operation,
  plan: Plan,
  { tier, reasons }: ReturnType<typeof tierOf>,
  target: TargetClass & { readonly seats: readonly Seat[] },
  evidence: readonly ShownEvidence[],
): Result<MadeRevision, Failure> {
  if (tier === 'TX') return fail(failureOf('proposal.not_expressible', reasons.join(', ')));
  const closed = draft.explained === 'needs_none' ? undefined : closedGate(draft.explained, tier);
  if (closed !== undefined) return fail(closed);
  const times = TIMES[tier];
  const act: Act = {
    v: '1',
    tenant: context.tenant,
    proposal: draft.proposal,
    revision: String(draft.revision),
    responder: draft.responder,
    operation: operation.name,
    operationVersion: operation.version,
    target: plan.target,
    params: plan.params,
    preconditions: plan.preconditions,
    planDigest: plan.digest,
    undoOperation: operation.undo ?? 'none',
    undoes: (draft.undoes ?? '') as Act['undoes'],
    startWithinSeconds: String(times.startWithinSeconds),
    salt: bytesToHex(randomBytes(32)),
  };
  const presentation = present({
    operation,
    plan,
    target,
    tier,
    reasons,
    coverage: draft.coverage,
    evidence,
    seats: target.seats,
  });
  const sealedAct = sealed('countersign/act/v1', act);
  const sealedPresentation = sealed('countersign/presentation/v1', presentation);
  // Read back as the executor will: what it would refuse is refused here, before anybody is asked to sign it.
  for (const read of [readAct(sealedAct.text), readPresentation(sealedPresentation.text)]) {
    if (!read.ok) return fail(failureOf('proposal.not_expressible', read.failure));
  }
  return ok({
    act: sealedAct,
    presentation: sealedPresentation,
    plan,
    tier,
    reasons,
    reviewBy: context.now() + times.reviewMs,
    startWithinSeconds: times.startWithinSeconds,
  });
}

/** Stores a revision with its entry of the log, in the caller's transaction. The caller refreshes. */
export async function insertRevision(
  context: ServerContext,
  client: Db,
  draft: Draft,
  made: MadeRevision,
): Promise<void> {
  const contributors = [...draft.contributors].sort();
  const pendingId = await record(context, client, {
    type: 'proposal.revised',
    proposal: draft.proposal,
    revision: String(draft.revision),
    incident: draft.incident,
    actDigest: made.act.digest,
    presentationDigest: made.presentation.digest,
    policyDigest: context.policy().digest,
    tier: made.tier,
    reasons: made.reasons,
    contributors,
    reviewBy: rfc3339(unixMsFrom(made.reviewBy)),
    startWithinSeconds: String(made.startWithinSeconds),
    origin: draft.origin.kind === 'agent' ? `agent ${draft.origin.agent}` : draft.origin.kind,
  });
  await client.query(
    `INSERT INTO revision (tenant_id, proposal_id, revision, act, act_digest, plan, presentation, presentation_digest, tier, policy_digest, contributors, citations, created_at, review_by, pending_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      context.tenant,
      draft.proposal,
      draft.revision,
      made.act.text,
      made.act.digest,
      JSON.stringify(made.plan),
      made.presentation.text,
      made.presentation.digest,
      made.tier,
      context.policy().digest,
      contributors,
      JSON.stringify(draft.citations),
      new Date(context.now()),
      new Date(made.reviewBy),
      pendingId,
    ],
  );
}

/** A denial is an entry of the log like an approval is. */
async function denied(
  context: ServerContext,
  by: string,
  incident: string,
  failure: Failure,
): Promise<Result<never, Failure>> {
  await transact(context, async client =>
    ok(await record(context, client, { type: 'proposal.denied', incident, by, codes: [failure.code] })),
  );
  return fail(failure);
}
