import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { OWN_TYPES } from '../../model/proposal.ts';
import type { Operation, Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../shared/seal.ts';
import { errorTextWithout, shownText } from '../shared/wire-text.ts';
import { type OwnSettings, readSettings } from './config.ts';
import { readIncident } from './incident.ts';
import { operationNamed } from './manifest.ts';
import { readPlaybookObject } from './playbook.ts';
import { readPolicy } from './policy.ts';
import { readPrompt } from './prompt.ts';
import type { OwnReading, OwnRequest, ReadOwn } from './reading.ts';
import { readRule } from './rule.ts';
import { type Session, withSession } from './session.ts';
import { readUpstream } from './upstream.ts';

const READERS = {
  incident: readIncident,
  prompt: readPrompt,
  policy: readPolicy,
  rule: readRule,
  upstream: readUpstream,
  playbook: readPlaybookObject,
} satisfies {
  [type in (typeof OWN_TYPES)[number]]: ReadOwn;
};

/** Reads what an operation would act on. The failure says that there is no such operation or no such object. */
export async function readOwn(
  session: Session,
  settings: OwnSettings,
  request: OwnRequest,
): Promise<Result<OwnReading, Failure>> {
  const operation = operationNamed(request.operation);
  const type = OWN_TYPES.find(one => one === operation?.targetType);
  if (type === undefined) return noOperation(request.operation);
  const reading = await READERS[type](session, settings, request);
  return typeof reading === 'string' ? fail(failureOf('not_found', shownText(reading))) : ok(reading);
}

function noOperation(name: string): Result<never, Failure> {
  return fail(failureOf('proposal.not_expressible', `countersign: there is no operation ${shownText(name)}`));
}

/** Looks at an object of this installation and says what the operation would make of it. Changes nothing. */
export async function planOwn(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) return noOperation(request.operation);
  const secret = await context.readCredential();
  const login = { secret, tenant: settings.value.tenant, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    const read = await withSession(login, session =>
      readOwn(session, settings.value, { ...request, params: request.params ?? {} }),
    );
    if (!read.ok) return read;
    return ok(describe(operation, system.system, read.value));
  } catch (error) {
    return fail(failureOf('responder.unreachable', `countersign: ${errorTextWithout(error, [secret])}`));
  }
}

function describe(operation: Operation, system: string, reading: OwnReading): Plan {
  return sealPlan({
    operation: operation.name,
    operationVersion: operation.version,
    target: { type: operation.targetType, system, immutableId: reading.immutableId },
    facts: {
      displayName: reading.displayName,
      ...(reading.title === undefined ? {} : { title: reading.title }),
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
      marks: reading.marks,
    },
    params: reading.params,
    preconditions: Object.entries(reading.state).map(([path, value]) => ({ path, value })),
    changes: reading.changes,
    blast: reading.blast,
    sideEffects: [],
    refusals: reading.refusals,
    dryRun: 'native',
  });
}
