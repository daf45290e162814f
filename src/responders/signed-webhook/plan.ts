import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Operation, Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { httpReadFailure } from '../shared/http/ask-http.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type Call, callFor, canBeNamed, look, type Seen } from './call.ts';
import { offers, readSettings, type WebhookSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { isPlainName } from './template.ts';

/** Where the digest of exactly what would be sent stands among the preconditions. */
export const CALL_PATH = 'call.sha256';

/** Looks at the target where the product tells of it, and says what would be sent. Sends nothing else. */
export async function planCall(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined || !offers(system.settings).includes(operation.name))
    return fail(
      failureOf(
        'proposal.not_expressible',
        `signed-webhook: ${system.system} is not connected for ${shownText(request.operation)}`,
      ),
    );
  const target = 'name' in request.target ? request.target.name : request.target.immutableId;
  const call = canBeNamed(settings.value, target) ? callFor(settings.value, operation.name, target) : undefined;
  if (call === undefined) return notFound('it cannot be named there');
  const { status } = settings.value;
  if (status === undefined)
    // Nobody says who is there, so what is no plain name stands for nobody.
    return isPlainName(target)
      ? ok(describe(request, operation, system.system, settings.value, target, call, undefined))
      : notFound('it cannot be named there');
  const secret = await context.readCredential();
  try {
    const seen = await look(settings.value, status, target, secret, context.timeoutMs);
    if (seen === undefined) return notFound('the product knows nobody of this name');
    return ok(describe(request, operation, system.system, settings.value, target, call, seen));
  } catch (error) {
    return fail(httpReadFailure('signed-webhook', error, [secret]));
  }
}

function notFound(why: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `signed-webhook: ${why}`));
}

/** What no webhook tells. Shown with every plan. */
const UNKNOWN = [
  'What the product does when it is called, and what else it starts: only the product knows.',
  'Sessions and connections that are open now, and whether the product ends them.',
] as const;

function describe(
  request: PlanRequest,
  operation: Operation,
  system: string,
  settings: WebhookSettings,
  target: string,
  call: Call,
  seen: Seen | undefined,
): Plan {
  const { status } = settings;
  const isUndo = operation.name !== settings.operation;
  const to = isUndo ? status?.undone : status?.done;
  return sealPlan({
    operation: operation.name,
    operationVersion: operation.version,
    target: { type: 'webhook_target', system, immutableId: target },
    facts: {
      displayName: shownText(target),
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: settings.never.includes(target),
    },
    params: {},
    preconditions: [
      { path: CALL_PATH, value: call.sha256 },
      ...(seen === undefined ? [] : [{ path: 'status.value', value: seen.value }]),
      ...(seen !== undefined && isUndo ? [{ path: 'status.version', value: seen.version }] : []),
    ],
    changes:
      seen === undefined || to === undefined
        ? [{ path: 'webhook', from: 'not called', to: shownText(`POST ${call.url.href}`) }]
        : [{ path: 'status.value', from: seen.value, to }],
    blast: {
      direct: [shownText(`POST ${call.url.href} once, with the body ${call.body}`)],
      dependents: [],
      unknown:
        seen === undefined
          ? [...UNKNOWN, 'Whether the product knows this name, and how it stands now: it tells no status.']
          : UNKNOWN,
    },
    sideEffects: [],
    refusals: refusalsOf(request, settings, target, seen),
    dryRun: 'predicted',
  });
}

function refusalsOf(
  request: PlanRequest,
  settings: WebhookSettings,
  target: string,
  seen: Seen | undefined,
): Plan['refusals'] {
  const own = settings.never.includes(target)
    ? [{ reason: 'own_identity' as const, text: 'The settings say that it is never acted on.' }]
    : [];
  return [...own, ...stateRefusals(request, settings, seen)];
}

function stateRefusals(
  { operation, before }: PlanRequest,
  settings: WebhookSettings,
  seen: Seen | undefined,
): Plan['refusals'] {
  const { status } = settings;
  const isUndo = operation !== settings.operation;
  if (isUndo && before?.['webhook.called'] !== 'true')
    return [{ reason: 'nothing_to_undo', text: 'There is nothing of Countersign that this would undo.' }];
  if (status === undefined || seen === undefined) return [];
  if (!isUndo) {
    if (seen.value === status.done) return [{ reason: 'already_in_effect', text: 'The product says that it is so.' }];
    return seen.value === status.undone
      ? []
      : [{ reason: 'not_settled', text: shownText(`The product says: ${seen.value}. Look there first.`) }];
  }
  return seen.value === status.done && seen.version === before?.['status.versionAfter']
    ? []
    : [{ reason: 'changed_since', text: 'Somebody changed it since. Look at it there first.' }];
}
