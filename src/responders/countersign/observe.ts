import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { readOwn } from './plan.ts';
import { withSession } from './session.ts';

/** Looks at the object again. What its last row says is what the server goes by, so the state is the effect. */
export async function observeOwn(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  const login = { secret, tenant: settings.value.tenant, mode: 'read', timeoutMs: context.timeoutMs } as const;
  const { operation, params, target } = plan;
  try {
    const read = await withSession(login, session =>
      readOwn(session, settings.value, {
        operation,
        params,
        target: { immutableId: target.immutableId },
        before: undefined,
      }),
    );
    if (!read.ok) return read;
    const state = read.value.isInEffect ? 'in_effect' : 'not_in_effect';
    const text = plan.changes.map(change => `${change.path} is ${change.to}`).join(', ');
    return ok({ state, effect: state, checks: [{ text: `${text}.`, ok: read.value.isInEffect ? 'yes' : 'no' }] });
  } catch (error) {
    return fail(failureOf('responder.unreachable', `countersign: ${errorTextWithout(error, [secret])}`));
  }
}
