import type { Result } from '../base/result.ts';
import type { Conclusion, Sent } from '../core/act/judge.ts';
import type { AuditFact } from '../model/audit-entry.ts';
import type { Failure } from '../model/failure.ts';
import type { Act } from '../model/proposal.ts';
import type { Observation, Plan } from '../ports/responder.ts';
import type { ExecutorPorts } from './ports.ts';

/** Whether the act would make another policy this installation's. */
export function changesPolicy(act: Pick<Act, 'responder' | 'operation'>, ports: ExecutorPorts): boolean {
  return ports.operation(act.responder, act.operation)?.kind === 'change_policy';
}

/**
 * Goes by another policy from now on, where an act that sets it is seen in effect. Before that is written down: a crash
 * between the two is settled again, and this does the same once more.
 */
export function adoptIfVerified(
  act: Pick<Act, 'responder' | 'operation'>,
  plan: Plan,
  conclusions: readonly Conclusion[],
  ports: ExecutorPorts,
): void {
  if (conclusions.includes('verified') && changesPolicy(act, ports)) ports.adoptPolicy(plan.params['sha256'] ?? '');
}

/** How often the target is looked at while its effect settles. */
const LOOK_EVERY_MS = 250;

/** Looks until the effect is seen or the operation's settling time is over: what is slow is not yet what failed. */
export async function observeUntilSeen(
  act: Pick<Act, 'responder' | 'target'>,
  plan: Plan,
  sent: Sent,
  settleMs: number,
  ports: ExecutorPorts,
): Promise<Result<Observation, Failure>> {
  const until = ports.now() + settleMs;
  for (;;) {
    const seen = await ports.observe(act.responder, act.target.system, plan);
    const isSeen = seen.ok && seen.value.state === 'in_effect' && seen.value.effect !== 'not_in_effect';
    const isFinal = sent === 'refused' || sent === 'refused_drift' || sent === 'failed';
    if (isSeen || isFinal || ports.now() + LOOK_EVERY_MS > until) return seen;
    await ports.sleep(LOOK_EVERY_MS);
  }
}

/** Writes what was seen and what follows from it, with their log entries, in one transaction. */
export async function writeConclusions(
  execution: `exe_${string}`,
  proposal: `prp_${string}`,
  conclusions: readonly Conclusion[],
  seen: Result<Observation, Failure>,
  receiptCommit: string,
  ports: ExecutorPorts,
  besides: Parameters<ExecutorPorts['write']>[1] = [],
): Promise<void> {
  const observed = seen.ok
    ? [
        {
          fact: { kind: 'observed' as const, body: seen.value },
          entry: {
            type: 'execution.observed' as const,
            execution,
            state: seen.value.state,
            effect: seen.value.effect,
          } satisfies AuditFact,
        },
      ]
    : [];
  const because = seen.ok
    ? seen.value.checks.map(check => `${check.text}: ${check.ok}`).join('; ')
    : seen.failure.detail;
  await ports.write(execution, [
    ...observed,
    ...conclusions.map(outcome => ({
      fact: { kind: 'concluded' as const, body: { outcome, because } },
      entry: { type: 'execution.concluded' as const, execution, proposal, outcome, receiptCommit } satisfies AuditFact,
    })),
    ...besides,
  ]);
}
