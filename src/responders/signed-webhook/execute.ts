import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { httpWriteOutcome } from '../shared/http/ask-http.ts';
import { inTurn } from '../shared/in-turn.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import { callFor, canSign, look, type Seen, send } from './call.ts';
import { offers, readSettings, type WebhookSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { CALL_PATH } from './plan.ts';

/** Calls the product's webhook, once. */
export async function executeCall(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const operation = offers(system.settings).includes(plan.operation) ? operationNamed(plan.operation) : undefined;
  const errand = { plan, system, operation, capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), httpWriteOutcome);
  return await carryOut(
    { ...errand, unfit: unfitOf(plan, settings.value) },
    secret =>
      inTurn(`signed-webhook ${system.system} ${plan.target.immutableId}`, () =>
        callAsPlanned(plan, settings.value, secret, capability.idempotencyKey, context),
      ),
    httpWriteOutcome,
  );
}

/** What people signed is exactly this call. Settings that changed since make another one of it. */
function unfitOf(plan: Plan, settings: WebhookSettings): string | undefined {
  const { immutableId } = plan.target;
  if (settings.never.includes(immutableId)) return 'the settings say that it is never acted on';
  const call = callFor(settings, plan.operation, immutableId);
  return call !== undefined && plan.preconditions.some(({ path, value }) => path === CALL_PATH && value === call.sha256)
    ? undefined
    : 'the call is not the one that was signed';
}

async function callAsPlanned(
  plan: Plan,
  settings: WebhookSettings,
  secret: Secret,
  key: string,
  context: ResponderContext,
): Promise<Answer> {
  const target = plan.target.immutableId;
  const call = callFor(settings, plan.operation, target);
  if (call === undefined || !canSign(secret))
    return nothingSent('the write credential is no secret that signs: whsec_…');
  const now = await seenNow(settings, target, context);
  if ('trouble' in now)
    return { outcome: 'failed', detail: `it could not be looked at again: ${now.trouble}`, before: {} };
  const values = new Map([
    [CALL_PATH, call.sha256],
    ['status.value', now.seen?.value],
    ['status.version', now.seen?.version],
  ]);
  if (!plan.preconditions.every(({ path, value }) => values.get(path) === value))
    return { outcome: 'refused_drift', detail: 'it is not as it was planned for', before: {} };
  await send(call, key, secret, context.timeoutMs, context.now());
  const after = await seenNow(settings, target, context);
  const version = 'seen' in after ? (after.seen?.version ?? '') : '';
  return {
    outcome: 'applied',
    detail: 'the product took the call',
    before: { 'webhook.called': 'true', 'status.versionAfter': version },
  };
}

/** What the product says now. Nothing where it tells nothing, or knows nobody of this name any more. */
async function seenNow(
  settings: WebhookSettings,
  target: string,
  context: ResponderContext,
): Promise<{ readonly seen: Seen | undefined } | { readonly trouble: string }> {
  if (settings.status === undefined) return { seen: undefined };
  const secret = await context.readCredential();
  try {
    return { seen: await look(settings, settings.status, target, secret, context.timeoutMs) };
  } catch (error) {
    return { trouble: errorTextWithout(error, [secret]) };
  }
}
