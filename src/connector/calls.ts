import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type UnixMs, unixMsFrom } from '../base/time.ts';
import { createCapability, secretOf } from '../executor/capability.ts';
import type { Observation, Plan, Receipt, Responder, ResponderContext, WriteCapability } from '../ports/responder.ts';
import type { Change, ConformanceTarget } from './target.ts';

/** One guarantee of the suite. It rejects where the responder breaks it. */
export interface Check {
  readonly title: string;
  run(target: ConformanceTarget, responder: Responder): Promise<void>;
}

const TIMEOUT_MS_USUAL = 1_000;

/** What each call of a responder may take on this target, in milliseconds. */
export function timeoutOf(target: ConformanceTarget): number {
  return target.timeoutMs ?? TIMEOUT_MS_USUAL;
}

/** What a call may take above its time-out: two connections, each of which may wait once. In milliseconds. */
export function patienceOf(target: ConformanceTarget): number {
  return 2 * timeoutOf(target) + 1_000;
}

export function contextOf(
  target: ConformanceTarget,
  options: { readonly probe: boolean } = { probe: true },
): ResponderContext {
  return {
    now: (): UnixMs => unixMsFrom(Date.now()),
    readCredential: async () => secretOf(target.secrets.read),
    probeCredential: options.probe ? async () => secretOf(target.secrets.probe) : undefined,
    timeoutMs: timeoutOf(target),
  };
}

export function capabilityOf(
  target: ConformanceTarget,
  key: string,
  opened: () => void = () => undefined,
): WriteCapability {
  return createCapability({
    actDigest: '0'.repeat(64),
    idempotencyKey: key,
    open: async () => {
      opened();
      return secretOf(target.secrets.write);
    },
    stillAllowed: async () => true,
  });
}

/** A plan that must come about. */
export async function planned(target: ConformanceTarget, responder: Responder, system = target.system): Promise<Plan> {
  const plan = await responder.plan(
    { operation: target.contain.name, target: { name: target.victim }, before: undefined },
    system,
    contextOf(target),
  );
  assert.ok(plan.ok, `a plan is made: ${plan.ok ? '' : plan.failure.detail}`);
  return plan.value;
}

export async function executed(
  target: ConformanceTarget,
  responder: Responder,
  plan: Plan,
  key: string = randomUUID(),
  system = target.system,
): Promise<Receipt> {
  return await responder.execute(plan, system, capabilityOf(target, key), contextOf(target));
}

/** A look at the target of a plan by another operation, or by the same one again. */
export async function lookedAt(
  target: ConformanceTarget,
  responder: Responder,
  operation: string,
  { target: { immutableId } }: Plan,
): Promise<Plan> {
  const plan = await responder.plan(
    { operation, target: { immutableId }, before: undefined },
    target.system,
    contextOf(target),
  );
  assert.ok(plan.ok, `the target can be looked at by ${operation}: ${plan.ok ? '' : plan.failure.detail}`);
  return plan.value;
}

export async function undoPlanned(
  target: ConformanceTarget,
  responder: Responder,
  plan: Plan,
  receipt: Receipt,
): Promise<Plan> {
  assert.ok(target.release !== undefined, 'there is an undo');
  const undo = await responder.plan(
    { operation: target.release.name, target: { immutableId: plan.target.immutableId }, before: receipt.before },
    target.system,
    contextOf(target),
  );
  assert.ok(undo.ok, `the undo can be planned: ${undo.ok ? '' : undo.failure.detail}`);
  return undo.value;
}

/** The executor asks again by the name that people were shown, and refuses what that does not lead to. */
export async function assertShownNameLeads(
  target: ConformanceTarget,
  responder: Responder,
  { operation, facts: { displayName }, target: { immutableId } }: Plan,
  before: Receipt['before'] | undefined,
): Promise<void> {
  const plan = await responder.plan(
    { operation, target: { name: displayName }, before },
    target.system,
    contextOf(target),
  );
  assert.ok(plan.ok, `the name that is shown can be asked for: ${plan.ok ? '' : plan.failure.detail}`);
  assert.equal(plan.value.target.immutableId, immutableId, 'the name that is shown means the same target');
}

export async function stateSeen(
  target: ConformanceTarget,
  responder: Responder,
  plan: Plan,
): Promise<Observation['state']> {
  const seen = await responder.observe(plan, target.system, contextOf(target));
  assert.ok(seen.ok, `the target can be observed: ${seen.ok ? '' : seen.failure.detail}`);
  return seen.value.state;
}

export async function during(change: Change, work: () => Promise<void>): Promise<void> {
  await change.apply();
  try {
    await work();
  } finally {
    await change.revert();
  }
}

/** Holds what a receipt claims against what is so. Only `unknown` claims nothing. */
export function assertClaim(outcome: Receipt['outcome'], isContained: boolean, about: string): void {
  if (outcome === 'applied' || outcome === 'already_applied')
    assert.ok(isContained, `${about}: applied, so it is in effect`);
  if (outcome === 'failed' || outcome.startsWith('refused'))
    assert.ok(!isContained, `${about}: ${outcome}, so it is not`);
}
