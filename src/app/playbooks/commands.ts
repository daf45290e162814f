import type { LoadedPlaybook } from '../../core/decide/playbook/load.ts';
import { allSteps } from '../../core/decide/playbook/walk.ts';
import { SEVERITY_RANK } from '../../model/alert.ts';
import type { ProposalRequest } from '../../model/api.ts';
import type { ResponseOption } from '../../model/claim.ts';
import type { Condition, Effect, INCIDENT_PARTS, PlaybookFile, Subject } from '../../model/playbook.ts';
import type { RunCommand, RunFactBody } from '../../model/playbook-run.ts';
import type { ProposalState } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import { RESPONDERS } from '../../responders/index.ts';
import { isTaken, type ServerContext } from '../context.ts';
import { knowProposal } from '../proposals/facts.ts';
import { requestProposal } from '../proposals/propose.ts';
import type { IncidentStudy, ReadStudy } from '../proposals/study.ts';
import type { StoredRun } from './running.ts';

interface Running {
  readonly run: StoredRun;
  readonly starter: Person;
  readonly loaded: LoadedPlaybook;
}

/** Kinds of entity that each part of an incident is. */
const PART_KINDS: { readonly [P in (typeof INCIDENT_PARTS)[number]]: readonly string[] } = {
  user: ['user'],
  machine: ['nhi', 'service'],
  host: ['host'],
  address: ['ip'],
  domain: ['domain'],
  key: ['access_key'],
  mail: ['mailbox', 'message'],
  self: [],
};

/**
 * What a command comes to, as the fact of its place; undefined while it still waits. None of them changes anything: the only one
 * that leads to an effect proposes it, by the one way by which people propose.
 */
export async function carryOutCommand(
  context: ServerContext,
  readStudy: ReadStudy,
  running: Running,
  command: RunCommand,
): Promise<RunFactBody | undefined> {
  const { incident } = running.run;
  switch (command.do) {
    case 'note':
      return command.body;
    case 'begin':
      return { kind: 'begun' };
    case 'deadline':
      return context.now() < command.at ? undefined : { kind: 'joined', is: 'late', winner: -1 };
    case 'answer':
      return { kind: 'answer', holds: await holds(context, await readStudy(incident), incident, command.condition) };
    case 'read':
      return {
        kind: 'values',
        values: valuesOf(await readStudy(incident), incident, command).slice(0, command.valuesMax),
      };
    case 'claim': {
      const [on = ''] = valuesOf(await readStudy(incident), incident, command);
      return { kind: 'claimed', proposal: context.newId('proposal'), on };
    }
    case 'decide':
      return decide(context, readStudy, running, command);
    case 'await':
      return awaited(context, running, command);
  }
}

/** Asks where it has not asked yet, and says what people decided once they have. */
async function decide(
  context: ServerContext,
  readStudy: ReadStudy,
  running: Running,
  command: Extract<RunCommand, { do: 'decide' }>,
): Promise<RunFactBody | undefined> {
  const known = await knowProposal(context, command.proposal);
  if (known !== undefined) {
    const verdict = VERDICTS[known.state];
    if (verdict !== undefined) return { kind: 'decided', verdict, why: known.state };
    const isLate = command.lateAt !== undefined && context.now() >= command.lateAt;
    return isLate ? { kind: 'decided', verdict: 'late', why: known.state } : undefined;
  }
  const { run, starter, loaded } = running;
  const effect = effectOf(loaded.file, command.playbook, command.releases);
  const request = effect === undefined ? undefined : requestFor(await readStudy(run.incident), run, effect, command.on);
  if (request === undefined) return { kind: 'decided', verdict: 'failed', why: 'there is nothing to propose of this' };
  const step = {
    run: run.id,
    step: command.step,
    chainTier: loaded.verdict.tier,
    proposal: command.proposal,
  } as const;
  try {
    const made = await requestProposal(context, readStudy, starter, request, { step });
    return made.ok ? undefined : { kind: 'decided', verdict: 'failed', why: made.failure.code };
  } catch (error) {
    // Another one asked at the same moment, with the same id: there is the one proposal.
    if (isTaken(error)) return undefined;
    throw error;
  }
}

/** Of states in which people have not decided: undefined. */
const VERDICTS: { readonly [S in ProposalState]?: 'approved' | 'rejected' | 'late' | 'failed' } = {
  approved: 'approved',
  emergency: 'approved',
  checking: 'approved',
  executing: 'approved',
  succeeded: 'approved',
  failed: 'approved',
  in_doubt: 'approved',
  verified: 'approved',
  not_in_effect: 'approved',
  undone: 'approved',
  refused: 'approved',
  stale: 'approved',
  rejected: 'rejected',
  expired: 'late',
  denied: 'failed',
  withdrawn: 'failed',
  superseded: 'failed',
  revoked: 'rejected',
};

/** Whether what was approved has been carried out and seen in effect. What is in doubt is waited for: people settle it. */
async function awaited(
  context: ServerContext,
  { run }: Running,
  { proposal, timeoutMs }: Extract<RunCommand, { do: 'await' }>,
): Promise<RunFactBody | undefined> {
  const known = await knowProposal(context, proposal);
  if (known === undefined) return { kind: 'outcome', is: 'failed', why: `there is no ${proposal} of ${run.id}` };
  if (known.state === 'verified' || known.state === 'undone') return { kind: 'outcome', is: 'done', why: known.state };
  if (['failed', 'refused', 'stale', 'expired', 'revoked', 'rejected', 'withdrawn', 'superseded'].includes(known.state))
    return { kind: 'outcome', is: 'failed', why: known.state };
  const since = known.tally.approvedAt ?? known.current.createdAt;
  return timeoutMs !== undefined && context.now() >= since + timeoutMs
    ? { kind: 'outcome', is: 'late', why: known.state }
    : undefined;
}

function effectOf(file: PlaybookFile, name: string, step: string): Effect | undefined {
  const playbook = file.playbooks.find(one => one.name === name);
  if (playbook === undefined) return undefined;
  const lists = [playbook.steps, ...(typeof playbook.onError === 'object' ? [playbook.onError] : [])];
  const found = allSteps(lists).find(one => one.name === step);
  return found?.type === 'effect' ? found.effect : undefined;
}

/** What of an incident would be proposed; undefined where the planner offers nothing of this kind on this target. */
export function requestFor(
  study: IncidentStudy | undefined,
  { incident }: Pick<StoredRun, 'incident'>,
  effect: Effect,
  on: string,
): ProposalRequest | undefined {
  // A tag, a ticket or a comment that starts something has no responder here, so nothing of it can be proposed.
  if (effect.writes !== 'act') return undefined;
  if (effect.kind === 'close_incident') return { kind: 'close', incident, outcome: 'handled' };
  const options = (study?.options ?? []).filter(option => option.kind === 'act' && kindOf(option) === effect.kind);
  const meant = options.find(option => option.targetName === on) ?? options.find(option => cites(option, on));
  return meant === undefined ? undefined : { kind: 'option', incident, option: meant.id };
}

function kindOf({ responder, operation }: ResponseOption): string | undefined {
  const manifest = RESPONDERS.get(responder ?? '')?.manifest;
  return manifest?.operations.find(one => one.name === operation)?.kind;
}

/** The planner knows a target by its account, the incident by what its records call it. */
function cites(option: ResponseOption, value: string): boolean {
  return option.citations.some(citation => citation.value.toLowerCase() === value.toLowerCase());
}

/** What a subject is now, the most telling first. */
export function valuesOf(
  study: IncidentStudy | undefined,
  incident: string,
  { subject, named }: { readonly subject: Subject; readonly named: string | undefined },
): readonly string[] {
  if (subject.from === 'name') return named === undefined ? [] : [named];
  if (subject.part === 'self') return [incident];
  const kinds = PART_KINDS[subject.part];
  return (study?.summary.entities ?? []).filter(one => kinds.includes(one.kind)).map(one => one.label);
}

async function holds(
  context: ServerContext,
  study: IncidentStudy | undefined,
  incident: string,
  condition: Condition,
): Promise<boolean> {
  switch (condition.asks) {
    case 'has':
      return (
        valuesOf(study, incident, { subject: { from: 'incident', part: condition.part }, named: undefined }).length > 0
      );
    case 'coverage':
      return (study?.summary.coverage.verdict === 'complete') === (condition.is === 'complete');
    case 'severity': {
      const { rows } = await context.pool.query<{ rank: number }>(
        'SELECT severity_rank AS rank FROM incident WHERE tenant_id = $1 AND id = $2',
        [context.tenant, incident],
      );
      return (rows[0]?.rank ?? 0) >= SEVERITY_RANK[condition.atLeast];
    }
  }
}
