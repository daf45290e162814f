import type { Conclusion } from '../core/act/judge.ts';
import { readAct, readPresentation } from '../core/decide/closed.ts';
import { type Act, isOwnTarget } from '../model/proposal.ts';
import type { UndoComparison } from '../ports/responder.ts';
import { factOf } from '../store/proposal-facts.ts';
import type { ExecutorPorts } from './ports.ts';
import { compareUndo } from './residue.ts';

type Facts = Parameters<ExecutorPorts['write']>[1];

/**
 * After an undo took effect, also where that cannot be proved: what the target is now, against what it was before the act that was undone, and against what
 * was declared to stay when people signed that act. Looked at again, never believed; a look that fails is written down as such.
 */
export async function comparedUndo(
  execution: `exe_${string}`,
  act: Act,
  conclusions: readonly Conclusion[],
  ports: ExecutorPorts,
): Promise<Facts> {
  const isInEffect = conclusions.includes('verified') || conclusions.at(-1) === 'succeeded';
  if (act.undoes === '' || isOwnTarget(act.target) || !isInEffect) return [];
  const comparison = await compare(act.undoes, act, ports);
  return [
    {
      fact: { kind: 'compared', body: { undoes: act.undoes as `exe_${string}`, ...comparison } },
      entry: {
        type: 'execution.compared',
        execution,
        undoes: act.undoes as `exe_${string}`,
        verdict: comparison.verdict,
        differences: String(comparison.differences.filter(({ isDeclared }) => !isDeclared).length),
      },
    },
  ];
}

async function compare(undoes: string, { target }: Act, ports: ExecutorPorts): Promise<UndoComparison> {
  const notRead: UndoComparison = { verdict: 'not_read', differences: [] };
  const id = await ports.proposalOfExecution(undoes);
  const proposal = id === undefined ? undefined : await ports.readProposal(id);
  const undone = proposal?.executions.find(candidate => candidate.id === undoes);
  const revision = proposal?.revisions.find(candidate => candidate.revision === undone?.revision);
  const before = undone === undefined ? undefined : factOf(undone, 'intended')?.body.plan;
  if (revision === undefined || before === undefined) return notRead;
  const [its, shown] = [readAct(revision.actText), readPresentation(revision.presentationText)];
  const operation = its.ok ? ports.operation(its.value.responder, its.value.operation) : undefined;
  if (!its.ok || !shown.ok || operation === undefined) return notRead;
  const { responder, operation: name, params } = its.value;
  // The undo took effect, whatever this look comes to: a target that breaks here takes nothing of that back.
  const now = await ports
    .plan(responder, target.system, {
      operation: name,
      target: { immutableId: target.immutableId },
      params,
      before: undefined,
    })
    .catch(() => undefined);
  if (now?.ok !== true) return notRead;
  return compareUndo(before, now.value, shown.value.undo.check?.leaves ?? [], operation);
}
