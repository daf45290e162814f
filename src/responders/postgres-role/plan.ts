import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { readFailure, withSession } from '../shared/postgres/postgres-session.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { findRole, immutableIdOf, type RoleReading, readRole } from './read.ts';

const SESSIONS_SHOWN_MAX = 50;

/**
 * What a lock and an ending of sessions rest on. Nothing that the role can change of itself is among it (its password,
 * its settings, its sessions): a login that has been taken over must not be able to hold up its own lock.
 */
const STATE_CHECKED = ['cluster', 'name', 'canLogin', 'attributes', 'limits', 'members', 'memberships'] as const;
/** An undo rests on everything: a locked role changes nothing, so any change came from somebody else. */
const STATE_CHECKED_FOR_UNDO = [...STATE_CHECKED, 'settings', 'version'] as const;

type Refusals = Plan['refusals'];

/** Looks at a role with the read credential and says what the operation would do to it. Changes nothing. */
export async function planRole(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `postgres-role: there is no operation ${shownText(request.operation)}`),
    );
  }
  const secret = await context.readCredential();
  const login = { user: settings.value.readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    return await withSession(settings.value, login, async session => {
      await session.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', []);
      const found = await findRole(session, request.target);
      if (!found.ok) return found;
      const role = await readRole(session, found.value, settings.value);
      await session.ask('COMMIT', []);
      return ok(describe(request, operation.version, system.system, role));
    });
  } catch (error) {
    return fail(readFailure('postgres-role', error, [secret]));
  }
}

function describe(request: PlanRequest, operationVersion: string, system: string, role: RoleReading): Plan {
  const checked = request.operation === 'unlock' ? STATE_CHECKED_FOR_UNDO : STATE_CHECKED;
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'database_role', system, immutableId: immutableIdOf(role.state, role.oid) },
    facts: role.facts,
    params: {},
    preconditions: checked.map((key): Precondition => ({ path: `role.${key}`, value: role.state.get(key) ?? '' })),
    changes: changesOf(request.operation, role),
    blast: { direct: sessionTexts(role), dependents: role.dependents, unknown: UNKNOWN },
    sideEffects:
      request.operation === 'unlock' ? [] : ['Transactions that are open in these sessions are rolled back.'],
    refusals: [...refusalsOfTarget(request.operation, role), ...refusalsOfState(request, role)],
    dryRun: 'predicted',
  });
}

/** What this server cannot tell. Shown with every plan, whatever was found. */
const UNKNOWN = [
  'Applications that log in as this role and have no session open now.',
  'People behind a connection pool, which logs in for all of them.',
  'Work scheduled inside the database and prepared transactions, which need no login.',
  'Data that was read before.',
] as const;

function changesOf(operation: string, role: RoleReading): Plan['changes'] {
  const open = String(role.sessions.length);
  switch (operation) {
    case 'lock':
      return [
        { path: 'role.canLogin', from: role.state.get('canLogin') ?? '', to: 'false' },
        { path: 'role.sessions', from: open, to: '0' },
      ];
    case 'unlock':
      return [{ path: 'role.canLogin', from: role.state.get('canLogin') ?? '', to: 'true' }];
    default:
      return [{ path: 'role.sessions', from: open, to: '0' }];
  }
}

function sessionTexts(role: RoleReading): readonly string[] {
  const texts = role.sessions
    .slice(0, SESSIONS_SHOWN_MAX)
    .map(session =>
      shownText(
        `session from ${session.address}, application ${JSON.stringify(session.application)}, database ${session.database}, since ${session.begun}`,
      ),
    );
  const rest = role.sessions.length - texts.length;
  return rest > 0 ? [...texts, `${rest} more sessions`] : texts;
}

function refusalsOfTarget(operation: string, role: RoleReading): Refusals {
  const refusals: Refusals[number][] = [];
  if (role.facts.isOwnIdentity)
    refusals.push({ reason: 'own_identity', text: 'Countersign itself logs in as this role.' });
  if (role.facts.isLastAdministrator)
    refusals.push({ reason: 'last_administrator', text: 'It is the last login that can administer the server.' });
  if ((role.state.get('attributes') ?? '').includes('superuser')) {
    refusals.push({ reason: 'not_expressible', text: 'A superuser is out of reach of Countersign.' });
  }
  if (operation !== 'end-sessions' && !(role.state.get('members') ?? '').startsWith('0 ')) {
    refusals.push({
      reason: 'not_expressible',
      text: 'Other roles have its rights without logging in as it, so a lock would not hold.',
    });
  }
  return [...refusals, ...role.missingScopes.map(text => ({ reason: 'missing_scope' as const, text }))];
}

function refusalsOfState(request: PlanRequest, role: RoleReading): Refusals {
  const canLogin = role.state.get('canLogin') === 'true';
  switch (request.operation) {
    case 'lock':
      return canLogin ? [] : [{ reason: 'already_in_effect', text: 'The role may not log in now.' }];
    case 'unlock':
      return unlockRefusals(request.before, canLogin, role);
    default:
      return role.sessions.length > 0
        ? []
        : [{ reason: 'already_in_effect', text: 'No session of this role is open.' }];
  }
}

function unlockRefusals(before: PlanRequest['before'], canLogin: boolean, role: RoleReading): Refusals {
  if (before === undefined || before['role.canLogin'] !== 'true') {
    return [{ reason: 'nothing_to_undo', text: 'There is no lock of Countersign that this would undo.' }];
  }
  const versionLeft = before['role.versionAfter'] ?? '';
  const isAsLeft =
    versionLeft !== '' &&
    role.state.get('version') === versionLeft &&
    STATE_CHECKED_FOR_UNDO.every(
      key => key === 'canLogin' || key === 'version' || role.state.get(key) === before[`role.${key}`],
    );
  if (canLogin || !isAsLeft) {
    return [
      { reason: 'changed_since', text: 'Somebody changed the role after it was locked. Look at it there first.' },
    ];
  }
  return [];
}
