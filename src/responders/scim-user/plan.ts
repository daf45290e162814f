import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { findUser, type ScimUser, takesPatch } from './user.ts';

const GROUPS_SHOWN_MAX = 50;

/** Looks at an account with the read token and says what the operation would do to it. Changes nothing. */
export async function planUser(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `scim-user: there is no operation ${shownText(request.operation)}`),
    );
  }
  const secret = await context.readCredential();
  const asking = { settings: settings.value, secret, timeoutMs: context.timeoutMs };
  try {
    const user = await findUser(asking, request.target);
    if (user === undefined)
      return fail(failureOf('proposal.target_not_found', 'scim-user: there is no such account, or more than one'));
    return ok(describe(request, operation.version, system.system, user, await takesPatch(asking)));
  } catch (error) {
    return fail(vendorReadFailure('scim-user', error, [secret]));
  }
}

/** What SCIM does not tell. Shown with every plan. */
const UNKNOWN = [
  'Sessions and tokens of this account that are open now, and whether the product ends them.',
  'Whether it is the account by which Countersign reaches the product, or the last one that can administer it.',
  'What runs under this account in the product.',
] as const;

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  user: ScimUser,
  canPatch: boolean,
): Plan {
  const isUndo = request.operation === 'activate';
  const rest = user.groups.length - GROUPS_SHOWN_MAX;
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'scim_user', system, immutableId: user.id },
    facts: {
      displayName: shownText(user.userName),
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    params: {},
    preconditions: [
      { path: 'user.active', value: user.active },
      { path: 'user.name', value: user.userName },
      ...(isUndo ? [{ path: 'user.version', value: user.version }] : []),
    ],
    changes: [{ path: 'user.active', from: user.active, to: isUndo ? 'true' : 'false' }],
    blast: {
      direct: [],
      dependents: [
        ...user.groups.slice(0, GROUPS_SHOWN_MAX).map(group => shownText(`member of ${group}`)),
        ...(rest > 0 ? [`${rest} more groups`] : []),
      ],
      unknown: UNKNOWN,
    },
    sideEffects: [],
    refusals: [
      ...(canPatch ? [] : [{ reason: 'missing_scope' as const, text: 'The product takes no changes by PATCH.' }]),
      ...stateRefusals(request, user),
    ],
    dryRun: 'predicted',
  });
}

function stateRefusals(request: PlanRequest, user: ScimUser): Plan['refusals'] {
  if (request.operation === 'deactivate')
    return user.active === 'true' ? [] : [{ reason: 'already_in_effect', text: 'The account is inactive now.' }];
  if (request.before?.['user.active'] !== 'true')
    return [{ reason: 'nothing_to_undo', text: 'There is nothing of Countersign that this would undo.' }];
  return user.active === 'false' && user.version === request.before['user.versionAfter']
    ? []
    : [{ reason: 'changed_since', text: 'Somebody changed the account since. Look at it there first.' }];
}
