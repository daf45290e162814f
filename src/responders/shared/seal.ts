import { type Digest, digestOf } from '../../base/canonical.ts';
import type { Plan } from '../../ports/responder.ts';

/** The digest of everything in a plan but the digest itself, under `countersign/plan/v1`. */
export function planDigest(plan: Omit<Plan, 'digest'>): Digest {
  return digestOf('countersign/plan/v1', {
    operation: plan.operation,
    operationVersion: plan.operationVersion,
    target: { type: plan.target.type, system: plan.target.system, immutableId: plan.target.immutableId },
    facts: {
      displayName: plan.facts.displayName,
      ...(plan.facts.title === undefined ? {} : { title: plan.facts.title }),
      isPrivileged: plan.facts.isPrivileged,
      isMachine: plan.facts.isMachine,
      isLastAdministrator: plan.facts.isLastAdministrator,
      isOwnIdentity: plan.facts.isOwnIdentity,
      ...(plan.facts.marks === undefined ? {} : { marks: plan.facts.marks }),
    },
    params: plan.params,
    preconditions: plan.preconditions.map(({ path, value }) => ({ path, value })),
    changes: plan.changes.map(({ path, from, to }) => ({ path, from, to })),
    blast: { direct: plan.blast.direct, dependents: plan.blast.dependents, unknown: plan.blast.unknown },
    sideEffects: plan.sideEffects,
    refusals: plan.refusals.map(({ reason, text }) => ({ reason, text })),
    dryRun: plan.dryRun,
  });
}

/** A plan with its digest. Preconditions are put in order of their paths. */
export function sealPlan(plan: Omit<Plan, 'digest'>): Plan {
  const ordered = { ...plan, preconditions: [...plan.preconditions].sort((a, b) => (a.path < b.path ? -1 : 1)) };
  return { ...ordered, digest: planDigest(ordered) };
}

/** Whether a plan is still what was sealed. One that was altered on its way is not carried out. */
export function isSealed(plan: Plan): boolean {
  return planDigest(plan) === plan.digest;
}
