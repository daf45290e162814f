import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RedisSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import {
  type Connection,
  canBeName,
  connectionsOf,
  hasOtherAdministrator,
  isPowerful,
  permitted,
  stateOf,
  type UserState,
  versionOf,
} from './read.ts';
import { ReplyError, readFailure, type Session, withSession } from './resp.ts';

/** What a lock rests on. Not the passwords: whoever took the user over must not hold up its lock by adding one. */
const CHECKED = ['name', 'enabled', 'rights'] as const;
const CHECKED_FOR_UNDO = [...CHECKED, 'passwords'] as const;
const CONNECTIONS_SHOWN_MAX = 50;

interface Reading {
  readonly state: UserState;
  readonly connections: readonly Connection[];
  readonly isPrivileged: boolean;
  readonly isLastAdministrator: boolean;
  readonly missing: readonly string[];
}

/** Looks at a user with the read credential and says what the operation would do to it. Changes nothing. */
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
      failureOf('proposal.not_expressible', `redis-user: there is no operation ${shownText(request.operation)}`),
    );
  }
  const name = 'name' in request.target ? request.target.name : request.target.immutableId;
  if (!canBeName(name)) return notFound('no user can have this name');
  const secret = await context.readCredential();
  try {
    return await withSession(settings.value, settings.value.readUser, secret, context.timeoutMs, async session => {
      const reading = await readUser(session, name, settings.value);
      return reading === undefined
        ? notFound(`there is no user ${shownText(name)}`)
        : ok(describe(request, operation.version, system.system, settings.value, reading));
    });
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `redis-user: ${detail}`));
}

async function readUser(session: Session, name: string, settings: RedisSettings): Promise<Reading | undefined> {
  const [user, clients, writer, users] = await session.ask([
    ['ACL', 'GETUSER', name],
    ['CLIENT', 'LIST'],
    ['ACL', 'GETUSER', settings.writeUser],
    ['ACL', 'USERS'],
  ]);
  if (users instanceof ReplyError) throw users;
  const state = stateOf(name, user);
  if (state === undefined) return undefined;
  const isPrivileged = await isPowerful(session, name);
  return {
    state,
    connections: connectionsOf(name, clients),
    isPrivileged,
    isLastAdministrator: isPrivileged && !(await hasOtherAdministrator(session, name, users)),
    missing:
      stateOf(settings.writeUser, writer)?.enabled === 'true'
        ? await missingOf(session, settings.writeUser, name)
        : [`the user ${settings.writeUser} does not exist, or is off`],
  };
}

async function missingOf(session: Session, writer: string, name: string): Promise<readonly string[]> {
  const needed = [
    ['ACL', 'GETUSER', name],
    ['ACL', 'SETUSER', name],
    ['CLIENT', 'KILL', 'USER', name],
    ['MULTI'],
    ['EXEC'],
  ];
  const allowed = await permitted(session, writer, needed);
  return needed.flatMap((words, i) =>
    allowed[i] === true ? [] : [`${writer} may not ${words.slice(0, 2).join(' ')}`],
  );
}

/** What this server cannot tell. Shown with every plan. */
const UNKNOWN = [
  'Programs that log in as this user and have no connection open now.',
  'What else a connection pool does for other people under this user.',
  'Keys that were read before, and copies of them.',
] as const;

/** Redis keeps its users in memory: a restart, or a load of its file, brings back what stands there. */
const NOT_KEPT = 'Redis forgets this when it is restarted, unless its users are saved (ACL SAVE) by an operator.';

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  settings: RedisSettings,
  { state, connections, isPrivileged, isLastAdministrator, missing }: Reading,
): Plan {
  const isUndo = request.operation === 'unlock';
  const isOwnIdentity = state.name === settings.readUser || state.name === settings.writeUser;
  const refusals: Plan['refusals'][number][] = missing.map(text => ({ reason: 'missing_scope', text }));
  if (isOwnIdentity) refusals.push({ reason: 'own_identity', text: 'Countersign itself logs in as this user.' });
  if (isLastAdministrator)
    refusals.push({ reason: 'last_administrator', text: 'It is the last user that can change users.' });
  if (state.name === 'default')
    refusals.push({ reason: 'not_expressible', text: 'Every connection that never logs in is the default user.' });
  refusals.push(...stateRefusals(request, state));
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'redis_user', system, immutableId: state.name },
    facts: {
      displayName: shownText(state.name),
      isPrivileged: isPrivileged ? 'yes' : 'no',
      isMachine: 'unknown',
      isLastAdministrator,
      isOwnIdentity,
    },
    params: {},
    preconditions: (isUndo ? CHECKED_FOR_UNDO : CHECKED).map(key => ({ path: `user.${key}`, value: state[key] })),
    changes: isUndo
      ? [{ path: 'user.enabled', from: state.enabled, to: 'true' }]
      : [
          { path: 'user.enabled', from: state.enabled, to: 'false' },
          { path: 'user.connections', from: String(connections.length), to: '0' },
        ],
    blast: { direct: connectionTexts(connections), dependents: [], unknown: UNKNOWN },
    sideEffects: [NOT_KEPT],
    refusals,
    dryRun: 'predicted',
  });
}

function connectionTexts(connections: readonly Connection[]): readonly string[] {
  const texts = connections
    .slice(0, CONNECTIONS_SHOWN_MAX)
    .map(({ address, name, ageSeconds }) =>
      shownText(`connection from ${address}, named ${JSON.stringify(name)}, open for ${ageSeconds} s`),
    );
  const rest = connections.length - texts.length;
  return rest > 0 ? [...texts, `${rest} more connections`] : texts;
}

function stateRefusals(request: PlanRequest, state: UserState): Plan['refusals'] {
  if (request.operation !== 'unlock') {
    return state.enabled === 'true' ? [] : [{ reason: 'already_in_effect', text: 'The user is off now.' }];
  }
  if (request.before?.['user.enabled'] !== 'true')
    return [{ reason: 'nothing_to_undo', text: 'There is no lock of Countersign that this would undo.' }];
  return versionOf(state) === request.before['user.versionAfter']
    ? []
    : [
        {
          reason: 'changed_since',
          text: 'Somebody changed the user after it was switched off. Look at it there first.',
        },
      ];
}
