import type { Client } from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { ASSERTION_OID, readFailure, readSupportedControls, withBind } from '../shared/ldap/ldap-directory.ts';
import { releaseHeldBind } from '../shared/ldap/ldap-held-bind.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { sealPlan } from '../shared/seal.ts';
import { readSecretBefore, readSecretFile, type SecretFile } from '../shared/secret-file.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { type Connection, connectionsOf, findPair, type LoginReading, type Pair, readConnections } from './read.ts';
import { refusalsOf } from './refusals.ts';

/** The file of the secret, and the one that it replaced. */
export interface Files {
  readonly now: SecretFile;
  readonly before: SecretFile | undefined;
}

/** Everything that a plan says of the two logins. */
export interface Reading extends Pair {
  readonly files: Files;
  readonly connections: readonly Connection[] | undefined;
  readonly missingScopes: readonly string[];
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
  if (operation.name === 'rotate')
    for (const dn of [settings.value.dnA, settings.value.dnB]) await releaseHeldBind(system.system, dn);
  try {
    const read = await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, async client => {
      const found = await findPair(client, settings.value, request.target);
      return found.ok ? ok(await readRest(client, found.value)) : found;
    });
    if (!read.ok) return read;
    const files = await readFiles(settings.value.secretFile);
    if (!files.ok) return files;
    const reading = { ...read.value, files: files.value };
    return ok(describe(request, operation.version, system.system, reading, settings.value));
  } catch (error) {
    return fail(readFailure('ldap-rotation', error, [secret]));
  }
}

async function readRest(client: Client, pair: Pair): Promise<Omit<Reading, 'files'>> {
  const connections = await readConnections(client);
  const controls = await readSupportedControls(client);
  return {
    ...pair,
    connections,
    missingScopes: [
      ...(controls.includes(ASSERTION_OID)
        ? []
        : ['The server does not offer the assertion control (RFC 4528), so a change could overwrite another.']),
      ...(connections === undefined
        ? ['cn=Connections,cn=Monitor cannot be read, so who is bound now is not known.']
        : []),
    ],
  };
}

/** Both files. One that somebody else could have put there is no basis for anything. */
export async function readFiles(path: string): Promise<Result<Files, Failure>> {
  try {
    return ok({ now: await readSecretFile(path), before: await readSecretBefore(path) });
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    return fail(failureOf('responder.missing_scope', `ldap-rotation: the file of the secret: ${error.message}`));
  }
}

/**
 * What each operation rests on. Nothing that whoever has the old password, or none at all, can change: not the entry's version,
 * which moves with binds and with failed ones.
 */
export function preconditionsOf(operation: string, { login, standby }: Pair): readonly Precondition[] {
  const of = (part: string, one: LoginReading) => [
    { path: `${part}.place`, value: shownText(one.dn) },
    { path: `${part}.uuid`, value: one.entryUuid },
    { path: `${part}.isLocked`, value: String(one.isLocked) },
    { path: `${part}.groups`, value: shownText(one.groups.join('; ')) },
    { path: `${part}.objectClasses`, value: one.objectClasses },
  ];
  const both = [...of('login', login), ...of('standby', standby)];
  switch (operation) {
    case 'end-old':
      return [...both, { path: 'service.newInUse', value: isInUse(standby) }];
    case 'allow-old':
      return [...both, { path: 'login.modifier', value: shownText(login.modifiersName) }];
    default:
      return [...both, { path: 'standby.passwordSince', value: standby.passwordSince }];
  }
}

/** Whether somebody bound as it since it got its password: a new one takes the note of the last bind away. */
export function isInUse({ lastBind, isLocked }: LoginReading): string {
  return String(lastBind !== '' && !isLocked);
}

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  reading: Reading,
  settings: RotationSettings,
): Plan {
  const { operation } = request;
  const { login, files } = reading;
  const isOfFile = operation === 'rotate' || operation === 'take-back';
  return sealPlan({
    operation,
    operationVersion,
    target: { type: 'ldap_account', system, immutableId: login.entryUuid },
    facts: {
      displayName: shownText(login.name),
      isPrivileged: 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    params: {},
    preconditions: [
      ...preconditionsOf(operation, reading),
      { path: 'file.login', value: shownText(files.now.login) },
      ...(isOfFile ? [{ path: 'file.mark', value: files.now.mark }] : []),
    ],
    changes: changesOf(operation, reading),
    blast: {
      direct: directOf(operation, reading),
      dependents: [
        ...settings.consumers.map(name => shownText(`${name} reads the file of the secret`)),
        ...lastBindsOf(operation, reading),
        ...login.groups.map(dn => shownText(`member of ${dn}`)),
      ],
      unknown: UNKNOWN[operation] ?? [],
    },
    sideEffects: SIDE_EFFECTS[operation] ?? [],
    refusals: refusalsOf(request, reading, settings),
    dryRun: 'predicted',
  });
}

function changesOf(operation: string, { login, standby, files }: Reading): Plan['changes'] {
  const file = { path: 'file.login', from: shownText(files.now.login) };
  switch (operation) {
    case 'rotate':
      return [
        { ...file, to: shownText(standby.dn) },
        { path: 'standby.isLocked', from: String(standby.isLocked), to: 'false' },
      ];
    case 'take-back':
      return [
        { ...file, to: shownText(login.dn) },
        { path: 'standby.isLocked', from: String(standby.isLocked), to: 'true' },
      ];
    case 'end-old':
      return [{ path: 'login.isLocked', from: String(login.isLocked), to: 'true' }];
    default:
      return [{ path: 'login.isLocked', from: String(login.isLocked), to: 'false' }];
  }
}

const CONNECTIONS_SHOWN_MAX = 50;

function directOf(operation: string, { login, standby, connections = [] }: Reading): readonly string[] {
  const host = ({ address }: Connection) => address.replace(/:\d+$/, '');
  const moved = new Set(connectionsOf(connections, standby).map(host));
  const own = connectionsOf(connections, login);
  const texts = own.slice(0, CONNECTIONS_SHOWN_MAX).map(one => {
    const text = `connection from ${one.address}, since ${one.begun}`;
    if (operation !== 'end-old') return shownText(text);
    const seen = moved.has(host(one)) ? 'this host is on the new one, too' : 'this host is not seen on the new one';
    return shownText(`still on the old login, ${seen}: ${text}`);
  });
  return own.length > texts.length ? [...texts, `${own.length - texts.length} more connections`] : texts;
}

function lastBindsOf(operation: string, { login, standby }: Reading): readonly string[] {
  const text = (which: string, { lastBind }: LoginReading) =>
    lastBind === '' ? `nobody bound as ${which} since it got its password` : `last bind as ${which}: ${lastBind}`;
  return operation === 'end-old' ? [text('the new login', standby), text('the old login', login)] : [text('it', login)];
}

const UNKNOWN_ALWAYS = [
  'Programs that bind as this service for each request, and are not connected now.',
  'Copies of the secret that somebody made elsewhere: they are not replaced.',
] as const;

/** What neither the directory nor the file can tell. */
const UNKNOWN: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    ...UNKNOWN_ALWAYS,
    'Whether each consumer reads the file again before it binds again.',
    'Access rules that name one of the two logins and not the other.',
  ],
  'take-back': [...UNKNOWN_ALWAYS, 'Whether each consumer reads the file again before it binds again.'],
  'end-old': [
    ...UNKNOWN_ALWAYS,
    'Whether whoever is on the old login is a consumer that did not move or whoever took the password.',
    'Connections that are bound now: slapd ends none; unless its access rules shut out locked accounts, they go on.',
  ],
  'allow-old': ['Whoever has the old password can bind with it again.'],
};

const SIDE_EFFECTS: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    'The other login gets a new password, which nobody sees and which stands in the file alone.',
    'The old password goes on working until the old login is ended, by a proposal of its own.',
  ],
  'take-back': ['The password that was made is worth nothing any more.'],
};
