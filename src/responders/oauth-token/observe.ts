import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { httpReadFailure } from '../shared/http/ask-http.ts';
import { shownText } from '../shared/wire-text.ts';
import { type OauthSettings, readSettings } from './config.ts';
import { type Found, findToken } from './find.ts';
import { selfContained } from './held.ts';
import { operationNamed } from './manifest.ts';
import { TAKEN_PATH } from './plan.ts';
import { tried } from './server.ts';

/** Asks the server of the token again, and tries the token where it was taken before. */
export async function observeRevocation(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `oauth-token: there is no operation ${shownText(plan.operation)}`));
  const secret = await context.readCredential();
  try {
    const asking = { settings: settings.value, secret, timeoutMs: context.timeoutMs };
    const found = await findToken(asking, { immutableId: plan.target.immutableId });
    if (typeof found === 'string')
      return fail(failureOf('proposal.target_not_found', 'oauth-token: the token is held no more'));
    const isRevoked = found.state.active === 'false';
    const said: Observation['checks'][number] = {
      text: 'The server says that the token is not live.',
      ok: isRevoked ? 'yes' : 'no',
    };
    if (!isRevoked) return ok({ state: 'not_in_effect', effect: 'not_in_effect', checks: [said] });
    const { effect, check } = await effectOf(plan, settings.value, found, context.timeoutMs);
    return ok({ state: 'in_effect', effect, checks: [said, check] });
  } catch (error) {
    return fail(httpReadFailure('oauth-token', error, [secret]));
  }
}

/** A refusal counts only where the token was taken before, and only of one that nobody can believe without asking. */
async function effectOf(
  plan: Plan,
  { resource }: OauthSettings,
  { held }: Found,
  timeoutMs: number,
): Promise<{ readonly effect: Observation['effect']; readonly check: Observation['checks'][number] }> {
  const unproven = (text: string) => ({ effect: 'unproven', check: { text, ok: 'unproven' } }) as const;
  if (resource === undefined) return unproven('Whether any resource still takes the token was not tried.');
  const answer = await tried(resource, held.secret, timeoutMs);
  if (answer === 'taken')
    return { effect: 'not_in_effect', check: { text: `The token is still taken at ${resource.host}.`, ok: 'no' } };
  if (answer === 'unknown') return unproven(`${resource.host} said neither yes nor no to the token.`);
  if (selfContained(held.secret.reveal()) !== undefined)
    return unproven(`${resource.host} refuses the token; it is a signed one, and others may take it until it expires.`);
  if (!plan.changes.some(({ path }) => path === TAKEN_PATH))
    return unproven(`${resource.host} refuses the token, and was not seen to take it before.`);
  return {
    effect: 'in_effect',
    check: { text: `The token was taken at ${resource.host} before, and is refused there now.`, ok: 'yes' },
  };
}
