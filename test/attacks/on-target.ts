import { randomUUID } from 'node:crypto';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import type { Plan } from '../../src/ports/responder.ts';
import type { Outcome } from './twin.ts';

/** The attack on a target of its own, and nothing else of it left afterwards. */
export async function onTarget<T extends ConformanceTarget>(
  start: () => Promise<T>,
  run: (target: T) => Promise<Outcome>,
): Promise<Outcome> {
  const target = await start();
  try {
    return await run(target);
  } finally {
    await target.close();
  }
}

/** What people would sign, or in a word why there is nothing to sign. */
export async function planOf(
  target: ConformanceTarget,
  operation: string,
  name = target.victim,
): Promise<Plan | string> {
  const asked = { operation, target: { name }, before: undefined };
  const plan = await target.responder.plan(asked, target.system, contextOf(target));
  if (!plan.ok) return plan.failure.code;
  return plan.value.refusals[0]?.reason ?? plan.value;
}

/** Carries out what was signed, as an executor does; what came of it in a word. */
export async function carriedOut(target: ConformanceTarget, plan: Plan | string): Promise<string> {
  if (typeof plan === 'string') return plan;
  const capability = capabilityOf(target, randomUUID());
  return (await target.responder.execute(plan, target.system, capability, contextOf(target))).outcome;
}
