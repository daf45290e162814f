import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { readFailure, withSession } from '../shared/postgres/postgres-session.ts';
import { sealPlan } from '../shared/seal.ts';
import { readSecretBefore, readSecretFile, type SecretFile } from '../shared/secret-file.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { findPair, immutableIdOf, type LoginSession, type PairReading, readReading } from './read.ts';
import { refusalsOf } from './refusals.ts';

const SESSIONS_SHOWN_MAX = 50;

/**
 * What each operation rests on. Nothing that the old login can change of itself is among it (its password, its
 * settings, its sessions): whoever took it over must not be able to hold its end up.
 */
const BOTH = [
  'cluster',
  ...['login', 'standby'].flatMap(part => ['name', 'canLogin', 'attributes'].map(key => `${part}.${key}`)),
  'standby.oid',
];
const CHECKED: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    ...BOTH,
    ...['login', 'standby'].flatMap(part => ['limits', 'memberships'].map(key => `${part}.${key}`)),
    'standby.version',
  ],
  'take-back': [...BOTH, 'standby.version'],
  'end-old': [...BOTH, 'service.handedOver', 'service.newInUse'],
  'allow-old': [...BOTH, 'login.version'],
};
/** Whether the file must be the very same one. What an ending rests on is only whom it names. */
const RESTS_ON_FILE = ['rotate', 'take-back'];

/** The file of the secret, and the one that it replaced. */
export interface Files {
  readonly now: SecretFile;
  readonly before: SecretFile | undefined;
}

/** Looks at both logins and at the file, and says what the operation would do. Changes nothing. */
export async function planRotation(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined)
    return fail(failureOf('proposal.not_expressible', `there is no operation ${shownText(request.operation)}`));
  const secret = await context.readCredential();
  const login = { user: settings.value.readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    const read = await withSession(settings.value, login, async session => {
      await session.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', []);
      const found = await findPair(session, settings.value, request.target);
      if (!found.ok) return found;
      const reading = await readReading(session, found.value, settings.value);
      await session.ask('COMMIT', []);
      return ok(reading);
    });
    if (!read.ok) return read;
    const files = await readFiles(settings.value.secretFile);
    if (!files.ok) return files;
    return ok(describe(request, operation.version, system.system, read.value, files.value, settings.value.consumers));
  } catch (error) {
    return fail(readFailure('postgres-rotation', error, [secret]));
  }
}

/** Both files. One that somebody else could have put there is no basis for anything. */
export async function readFiles(path: string): Promise<Result<Files, Failure>> {
  try {
    return ok({ now: await readSecretFile(path), before: await readSecretBefore(path) });
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    return fail(failureOf('responder.missing_scope', `postgres-rotation: the file of the secret: ${error.message}`));
  }
}

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  reading: PairReading,
  files: Files,
  consumers: readonly string[],
): Plan {
  const { operation } = request;
  const checked = (CHECKED[operation] ?? []).map((path): Precondition => ({ path, value: valueIn(reading, path) }));
  const named = { path: 'file.login', value: shownText(files.now.login) };
  const mark = RESTS_ON_FILE.includes(operation) ? [{ path: 'file.mark', value: files.now.mark }] : [];
  return sealPlan({
    operation,
    operationVersion,
    target: { type: 'database_role', system, immutableId: immutableIdOf(reading.state) },
    facts: reading.facts,
    params: {},
    preconditions: [...checked, named, ...mark],
    changes: changesOf(operation, reading, files),
    blast: {
      direct: directOf(operation, reading),
      dependents: [
        ...consumers.map(name => shownText(`${name} reads the file of the secret`)),
        ...(operation === 'end-old' ? reading.standbySessions.map(one => `on the new login: ${sessionText(one)}`) : []),
        ...reading.dependents,
      ],
      unknown: UNKNOWN[operation] ?? [],
    },
    sideEffects: SIDE_EFFECTS[operation] ?? [],
    refusals: refusalsOf(request, reading, files, consumers),
    dryRun: 'predicted',
  });
}

function valueIn({ state }: PairReading, path: string): string {
  return state.get(path) ?? '';
}

function changesOf(operation: string, reading: PairReading, files: Files): Plan['changes'] {
  const { state, sessions } = reading;
  const [login, standby] = [state.get('login.name') ?? '', state.get('standby.name') ?? ''];
  const change = (path: string, from: string | undefined, to: string) => ({ path, from: from ?? '', to });
  const [mayLogin, mayStandby] = [state.get('login.canLogin'), state.get('standby.canLogin')];
  const named = shownText(files.now.login);
  switch (operation) {
    case 'rotate':
      return [
        change('file.login', named, shownText(standby)),
        // One that could log in already was handed a password before, by an act that did not come to its end.
        ...(mayStandby === 'true' ? [] : [change('standby.canLogin', mayStandby, 'true')]),
      ];
    case 'take-back':
      return [change('file.login', named, shownText(login)), change('standby.canLogin', mayStandby, 'false')];
    case 'end-old':
      return [change('login.canLogin', mayLogin, 'false'), change('login.sessions', String(sessions.length), '0')];
    default:
      return [change('login.canLogin', mayLogin, 'true')];
  }
}

function sessionText({ address, application, database, begun }: LoginSession): string {
  return shownText(
    `session from ${address}, application ${JSON.stringify(application)}, database ${database}, since ${begun}`,
  );
}

/** Who is logged in now. Before an end, with whether the same client is seen on the new login, too. */
function directOf(operation: string, { sessions, standbySessions }: PairReading): readonly string[] {
  const client = ({ address, application }: LoginSession) => JSON.stringify([address, application]);
  const moved = new Set(standbySessions.map(client));
  const texts = sessions.slice(0, SESSIONS_SHOWN_MAX).map(session => {
    const text = sessionText(session);
    if (operation !== 'end-old') return text;
    return `still on the old login${moved.has(client(session)) ? ', and on the new one, too' : ', not seen on the new one'}: ${text}`;
  });
  const rest = sessions.length - texts.length;
  return rest > 0 ? [...texts, `${rest} more sessions`] : texts;
}

const UNKNOWN_ALWAYS = [
  'Programs that log in as this service and have no session open now.',
  'Copies of the secret that somebody made elsewhere: they are not replaced.',
] as const;

/** What neither the server nor the file can tell. */
const UNKNOWN: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    ...UNKNOWN_ALWAYS,
    'Whether each consumer reads the file again before it logs in again; a pool that never does keeps the old password.',
    'Whether the server lets the other login in from where the consumers are (pg_hba.conf).',
  ],
  'take-back': [...UNKNOWN_ALWAYS, 'Whether each consumer reads the file again before it logs in again.'],
  'end-old': [
    ...UNKNOWN_ALWAYS,
    'Whether a session on the old login is a consumer that did not move or whoever took the password.',
  ],
  'allow-old': ['Whoever has the old password can log in with it again.'],
};

const SIDE_EFFECTS: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    'The other login gets a new password, which nobody sees and which stands in the file alone.',
    'The old password goes on working until the old login is ended, by a proposal of its own.',
  ],
  'take-back': ['The password that was made is worth nothing any more.'],
  'end-old': ['Transactions that are open in these sessions are rolled back.'],
};
