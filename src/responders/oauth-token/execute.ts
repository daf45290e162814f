import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { httpWriteOutcome } from '../shared/http/ask-http.ts';
import { inTurn } from '../shared/in-turn.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import { type OauthSettings, readSettings } from './config.ts';
import { findToken, isOurs } from './find.ts';
import { isFingerprint } from './held.ts';
import { operationNamed } from './manifest.ts';
import { introspect, revoke } from './server.ts';

/** Revokes a token, once. */
export async function executeRevocation(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), httpWriteOutcome);
  const { immutableId } = plan.target;
  const unfit = isFingerprint(immutableId) ? undefined : 'the plan is for another kind of target';
  return await carryOut(
    { ...errand, unfit },
    secret =>
      inTurn(`oauth-token ${system.system} ${immutableId}`, () =>
        revokeAsPlanned(plan, settings.value, secret, context),
      ),
    httpWriteOutcome,
  );
}

async function revokeAsPlanned(
  plan: Plan,
  settings: OauthSettings,
  secret: Secret,
  context: ResponderContext,
): Promise<Answer> {
  const { timeoutMs } = context;
  const reader = await context.readCredential();
  const looking = { settings, secret: reader, timeoutMs };
  const found = await findToken(looking, { immutableId: plan.target.immutableId }).catch((error: unknown) => ({
    trouble: errorTextWithout(error, [reader, secret]),
  }));
  if (typeof found === 'string') return { outcome: 'refused_drift', detail: 'the token is held no more', before: {} };
  // What failed was a look: nothing was sent that changes anything.
  if ('trouble' in found)
    return { outcome: 'failed', detail: `the token could not be looked at again: ${found.trouble}`, before: {} };
  const { held, state } = found;
  const values = new Map([
    ['token.active', state.active],
    ['token.client', state.client],
    ['token.subject', state.subject],
  ]);
  const isAsPlanned = plan.preconditions.every(({ path, value }) => values.get(path) === value);
  if (!isAsPlanned || state.active !== 'true')
    return { outcome: 'refused_drift', detail: 'the token is not as it was planned for', before: {} };
  if (isOurs(settings, state)) return nothingSent('Countersign itself comes with this token');
  await revoke({ settings, secret, timeoutMs }, held.secret, state.type);
  const after = await introspect(looking, held.secret).catch(() => undefined);
  return {
    outcome: 'applied',
    detail: 'the server answered 200, which is its answer for an unknown token, too',
    before: { 'token.active': state.active, 'token.activeAfter': after?.active ?? '' },
  };
}
