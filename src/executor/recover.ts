import { fail, type Result } from '../base/result.ts';
import { type Conclusion, judge, judgeAgain, type Sent } from '../core/act/judge.ts';
import { readAct } from '../core/decide/closed.ts';
import { isGlassFinding } from '../core/decide/glass.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Observation } from '../ports/responder.ts';
import { factOf, type ProposalRevision, type StoredExecution, type StoredProposal } from '../store/proposal-facts.ts';
import { comparedUndo } from './compare-undo.ts';
import { adoptIfVerified, writeConclusions } from './conclude.ts';
import { standingFindings } from './findings.ts';
import { standingDirectory } from './people.ts';
import { type ExecutorPorts, settledAt, type UnfinishedExecution } from './ports.ts';

/**
 * Settles executions that have no final conclusion: those that a crash cut off, and those that are in doubt. It only
 * looks. Nothing is sent here, so it asks neither the policy nor the kill switch, and it may run as often as it likes.
 */
export async function settleUnfinished(
  ports: ExecutorPorts,
  onTrouble: (execution: string, error: unknown) => void = () => undefined,
): Promise<void> {
  for (const unfinished of await ports.unfinished()) {
    try {
      await settle(unfinished, ports);
    } catch (error) {
      onTrouble(unfinished.execution, error);
    }
  }
}

/** Looks again at what was verified, for a while: some locks can be lifted from inside. */
export interface Watch {
  again(ports: ExecutorPorts): Promise<void>;
}

const WATCH_EVERY_MS = 60_000;

/** A watch that remembers when it looked. What it sees is written down only where it is no longer what was seen. */
export function createWatch(): Watch {
  const looked = new Map<string, number>();
  return {
    async again(ports) {
      const verified = await ports.verifiedOfLate();
      for (const { proposal: id, execution: executionId } of verified) {
        if (ports.now() - (looked.get(executionId) ?? 0) < WATCH_EVERY_MS) continue;
        looked.set(executionId, ports.now());
        const proposal = await ports.readProposal(id);
        const execution = proposal?.executions.find(candidate => candidate.id === executionId);
        const revision = proposal?.revisions.find(candidate => candidate.revision === execution?.revision);
        if (execution === undefined || revision === undefined) continue;
        const before = factOf(execution, 'observed')?.body;
        const seen = await look(revision, execution, ports);
        const isNews = seen.ok && (seen.value.state !== before?.state || seen.value.effect !== before?.effect);
        if (isNews) await writeConclusions(execution.id, revision.proposal, [], seen, '', ports);
      }
      for (const known of looked.keys()) if (!verified.some(one => one.execution === known)) looked.delete(known);
    },
  };
}

async function settle(unfinished: UnfinishedExecution, ports: ExecutorPorts): Promise<void> {
  const proposal = await ports.readProposal(unfinished.proposal);
  const execution = proposal?.executions.find(candidate => candidate.id === unfinished.execution);
  const revision = proposal?.revisions.find(candidate => candidate.revision === execution?.revision);
  if (proposal === undefined || execution === undefined || revision === undefined) return;
  const intended = factOf(execution, 'intended');
  if (intended === undefined) return neverSent(execution, revision, ports);
  const sent: Sent = factOf(execution, 'receipt')?.body.outcome ?? 'not_known';
  const seen = await look(revision, execution, ports);
  const act = readAct(revision.actText);
  const operation = act.ok ? ports.operation(act.value.responder, act.value.operation) : undefined;
  const isSettled = ports.now() > settledAt(ports, intended.at, operation?.settleMs ?? 0);
  const concluded = execution.facts.flatMap(fact => (fact.kind === 'concluded' ? [fact.body.outcome] : []));
  const last = concluded.at(-1);
  // A write that was on its way when we stopped may still arrive, so its absence is not believed yet.
  const isWaiting =
    last === undefined && sent === 'not_known' && !isSettled && seen.ok && seen.value.state === 'not_in_effect';
  if (isWaiting) return;
  const found = last === undefined ? undefined : await findingOn(proposal, execution, last, ports);
  const conclusions =
    found ?? (last === undefined ? judge(sent, seen, isSettled) : judgeAgain(last, sent, seen, isSettled));
  if (act.ok) adoptIfVerified(act.value, intended.body.plan, conclusions, ports);
  if (conclusions.length === 0) return;
  // Once: what was compared when it succeeded is not compared again when its effect is seen, too.
  const isCompared = factOf(execution, 'compared') !== undefined;
  const compared = act.ok && !isCompared ? await comparedUndo(execution.id, act.value, conclusions, ports) : [];
  await writeConclusions(execution.id, proposal.id, conclusions, seen, '', ports, compared);
}

/** A claim without an intent: the executor stopped between the two, so nothing was sent, and nothing will be. */
async function neverSent(execution: StoredExecution, revision: ProposalRevision, ports: ExecutorPorts): Promise<void> {
  if (factOf(execution, 'checked') !== undefined) return;
  const check = {
    name: 'the executor went on to the end',
    ok: false,
    code: 'execution.expired' as const,
    detail: 'it stopped before it recorded an intent, so nothing was sent',
    kind: 'world' as const,
  };
  await ports.write(execution.id, [
    {
      fact: { kind: 'checked', body: { verdict: 'stale', checks: [check] } },
      entry: {
        type: 'execution.checked',
        execution: execution.id,
        proposal: revision.proposal,
        revision: String(revision.revision),
        verdict: 'stale',
        failed: [check.code],
      },
    },
  ]);
}

async function look(
  revision: ProposalRevision,
  execution: StoredExecution,
  ports: ExecutorPorts,
): Promise<Result<Observation, Failure>> {
  const act = readAct(revision.actText);
  const plan = factOf(execution, 'intended')?.body.plan;
  if (!act.ok || plan === undefined)
    return fail(failureOf('execution.digest_mismatch', 'the act cannot be read any more'));
  return ports.observe(act.value.responder, act.value.target.system, plan);
}

/** What a person with the right to review found and signed, where reading alone does not settle it. */
async function findingOn(
  proposal: StoredProposal,
  execution: StoredExecution,
  last: Conclusion,
  ports: ExecutorPorts,
): Promise<readonly Conclusion[] | undefined> {
  if (last !== 'in_doubt' && last !== 'not_in_effect') return undefined;
  const { people } = await standingDirectory(ports);
  const allowed: readonly string[] = last === 'in_doubt' ? ['succeeded', 'failed'] : ['verified', 'failed'];
  for (const { finds } of await standingFindings(execution.id, proposal.id, people, 'review_t2', ports))
    if (!isGlassFinding(finds) && allowed.includes(finds)) return [finds];
  return undefined;
}
