import { createHash } from 'node:crypto';
import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { askHost, first, type Said, writeOutcome } from '../shared/ssh-command.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { MACHINE_ID } from './plan.ts';

const OUTCOMES = new Map<string, Receipt['outcome']>([
  ['applied', 'applied'],
  ['already_applied', 'already_applied'],
  ['refused', 'refused'],
  ['refused_drift', 'refused_drift'],
  ['failed', 'failed'],
]);

/** Cuts a host off or lets it back, once. The agent compares under a lock, and the kernel takes the rules whole. */
export async function executeHost(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const unfit = MACHINE_ID.test(plan.target.immutableId) ? undefined : 'the plan is for another kind of target';
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), writeOutcome);
  // The agent takes few characters, so that nothing in a key can be a word of its own.
  const key = createHash('sha256').update(capability.idempotencyKey).digest('hex');
  const mark = plan.preconditions.find(({ path }) => path === 'host.mark')?.value ?? '';
  const command = plan.operation === 'release' ? `release ${key} ${mark}` : `isolate ${key} ${plan.target.immutableId}`;
  return await carryOut(
    { ...errand, unfit },
    async secret => answerOf(plan, await askHost(settings.value, secret, command, context.timeoutMs)),
    writeOutcome,
  );
}

function answerOf(plan: Plan, said: Said): Answer {
  // An answer that is none of those that the agent gives tells nothing.
  const outcome = OUTCOMES.get(first(said, 'outcome')) ?? 'unknown';
  const before =
    outcome === 'applied'
      ? { 'host.isolated': plan.operation === 'release' ? 'yes' : 'no', 'host.versionAfter': first(said, 'mark') }
      : {};
  return { outcome, detail: shownText(first(said, 'detail')), before };
}
