import type { Plan, Receipt, ResponderContext, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../shared/carry-out.ts';
import { httpWriteOutcome } from '../shared/http/ask-http.ts';
import { denied } from '../shared/http/vendor-http.ts';
import { readSettings, type ScimSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { canBeId, membersOf, patchUser, userById, userOf } from './user.ts';

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const CHANGED_SINCE = 412;

/** Sets an account inactive or active, once. */
export async function executeUser(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok)
    return await carryOut({ ...errand, unfit: settings.failure.detail }, async () => nothingSent(''), httpWriteOutcome);
  const unfit = canBeId(plan.target.immutableId) ? undefined : 'the plan is for another kind of target';
  return await carryOut(
    { ...errand, unfit },
    secret => change(plan, settings.value, secret, context.timeoutMs),
    httpWriteOutcome,
  );
}

/** The version that is read here goes with the change, and a product that counts versions refuses an older one. */
async function change(plan: Plan, settings: ScimSettings, secret: Secret, timeoutMs: number): Promise<Answer> {
  const id = plan.target.immutableId;
  const now = await userById({ settings, secret, timeoutMs }, id);
  const values = new Map([
    ['user.active', now?.active],
    ['user.name', now?.userName],
    ['user.version', now?.version],
  ]);
  if (now === undefined || !plan.preconditions.every(({ path, value }) => values.get(path) === value))
    return { outcome: 'refused_drift', detail: 'the account is not as it was planned for', before: {} };
  const active = plan.operation === 'activate';
  const body = { schemas: [PATCH_SCHEMA], Operations: [{ op: 'replace', path: 'active', value: active }] };
  const answer = await patchUser({ settings, secret, timeoutMs }, id, body, now.version);
  if (answer.status === CHANGED_SINCE)
    return { outcome: 'refused_drift', detail: 'somebody changed the account in the same moment', before: {} };
  // 204 tells nothing of the account, which RFC 7644, 3.5.2 allows.
  const after =
    answer.status === 200
      ? userOf(membersOf(answer))
      : answer.status === 204
        ? await userById({ settings, secret, timeoutMs }, id).catch(() => undefined)
        : undefined;
  if (answer.status !== 200 && answer.status !== 204) throw denied(answer);
  return {
    outcome: 'applied',
    detail: active ? 'the account is active' : 'the account is inactive',
    before: { 'user.active': now.active, 'user.versionAfter': after?.version ?? '' },
  };
}
