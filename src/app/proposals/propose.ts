import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_HOUR, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { presentCoverage } from '../../core/decide/present.ts';
import { contributorsWith } from '../../core/decide/task.ts';
import { toldBy } from '../../core/study/told.ts';
import type { ProposalRequest } from '../../model/api.ts';
import type { ResponseOption } from '../../model/claim.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Origin } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import { factOf } from '../../store/proposal-facts.ts';
import { record, type ServerContext, transact } from '../context.ts';
import { giveWay } from '../drills/give-way.ts';
import { answersOf } from './answering.ts';
import { lacksAttention, sameInReview, type TurnedAway, takeTurn, turnAway } from './budget.ts';
import type { Draft } from './draft.ts';
import { draftOfClosing, draftOfPrompt } from './draft-own.ts';
import { draftOfPlaybook } from './draft-playbook.ts';
import { draftOfPolicy } from './draft-policy.ts';
import { draftOfSuppression } from './draft-suppression.ts';
import { draftOfTools, type ListTools } from './draft-tools.ts';
import { knowProposal } from './facts.ts';
import { refreshProposal } from './project.ts';
import { closedGate, insertRevision, makeRevision } from './revision.ts';
import type { IncidentStudy, ReadStudy } from './study.ts';
import { throughAgent } from './through-agent.ts';
import { type RunStep, throughPlaybook } from './through-playbook.ts';

/** By which way a request came, and whom it can ask. */
export interface ProposalWays {
  /** The program that chose, for the person. */
  readonly agent?: Id<'machine'>;
  /** The human step of a run that asks. */
  readonly step?: RunStep;
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
  { agent, step, listTools = noTools }: ProposalWays = {},
): Promise<Result<`prp_${string}`, Failure>> {
  const proposal = step?.proposal ?? context.newId('proposal');
  const drafted = await draftOf(context, readStudy, person, request, proposal, listTools);
  if (!drafted.ok)
    return denied(context, agent ?? person.id, 'incident' in request ? request.incident : '', drafted.failure);
  const draft = agent === undefined ? drafted.value : throughAgent(drafted.value, person, agent);
  return submitDraft(context, person, step === undefined ? draft : throughPlaybook(draft, person, step));
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
  if (duplicate !== undefined && !(await giveWay(context, duplicate))) {
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
  const draft = await draftOfOption(readStudy, person, request, known.stored.id, context.now());
  if (!draft.ok) return draft;
  const revised: Draft = {
    ...draft.value,
    revision: known.current.revision + 1,
    contributors: contributorsWith(known.current.contributors, person.id),
    leaseEndsAt: known.act.leaseEndsAt,
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
      return draftOfOption(readStudy, person, request, proposal, context.now());
    case 'undo':
      return draftOfUndo(context, readStudy, request.of, proposal, of => ({ kind: 'undo', of, chosenBy: person.id }));
    case 'close':
      return draftOfClosing(readStudy, person, request, proposal);
    case 'suppress':
      return draftOfSuppression(context, readStudy, person, request, proposal);
    case 'playbook':
      return draftOfPlaybook(context, person, request, proposal);
    case 'policy':
      return draftOfPolicy(context, person, request, proposal);
    case 'prompt':
      return draftOfPrompt(context, person, request, proposal);
    case 'tools':
      return draftOfTools(context, listTools, person, request, proposal);
  }
}

/** What an option of an incident would be proposed as, unedited. */
export async function draftOfOption(
  readStudy: ReadStudy,
  person: Person,
  request: Extract<ProposalRequest, { kind: 'option' }>,
  proposal: `prp_${string}`,
  now: UnixMs,
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
  const lease = leaseAsked(option, request.leaseHours, now);
  if (!lease.ok) return lease;
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
    ...lease.value,
  });
}

/** When a lease ends that somebody chose among those that the planner offered with the option: choosing one is no edit. */
function leaseAsked(
  option: ResponseOption,
  hours: number | undefined,
  now: UnixMs,
): Result<Pick<Draft, 'leaseEndsAt'>, Failure> {
  if (hours === undefined) return ok({});
  return option.leaseHours?.includes(hours) === true
    ? ok({ leaseEndsAt: rfc3339(unixMsFrom(now + hours * MS_PER_HOUR)) })
    : fail(failureOf('proposal.lease', `${hours} hours were not offered`));
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

/** The undo that was planned with an act, whoever asks for it: it is no contribution. */
export async function draftOfUndo(
  context: ServerContext,
  readStudy: ReadStudy,
  of: `prp_${string}`,
  proposal: `prp_${string}`,
  originOf: (of: `exe_${string}`) => Origin,
): Promise<Result<Draft, Failure>> {
  const done = await knowProposal(context, of);
  if (done === undefined) return fail(failureOf('not_found', of));
  const intended = done.execution === undefined ? undefined : factOf(done.execution, 'intended');
  const isDone = done.state === 'verified' || done.state === 'succeeded' || done.state === 'not_in_effect';
  if (!isDone || done.execution === undefined || intended === undefined || done.act.undoOperation === 'none')
    return fail(failureOf('proposal.wrong_state', `${of} is ${done.state}`));
  if (done.undoneBy !== undefined) return fail(failureOf('proposal.duplicate', done.undoneBy.id));
  const { incident } = done.stored;
  const study = incident === '' ? undefined : await readStudy(incident);
  return ok({
    proposal,
    revision: 1,
    incident,
    origin: originOf(done.execution.id),
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
