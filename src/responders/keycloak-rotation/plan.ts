import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import {
  type ClientReading,
  isInUse,
  notKeptBy,
  type Pair,
  type Reading,
  readAll,
  readingClient,
  type Use,
} from './read.ts';
import { refusalsOf } from './refusals.ts';

/** Looks at both clients, at what is on record of them and at the file, and says what the operation would do. Changes nothing. */
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
  try {
    const client = readingClient(settings.value, secret, context.timeoutMs);
    const read = await readAll(client, settings.value, request.target);
    if (!read.ok) return read;
    const refusals = refusalsOf(request, read.value, settings.value, await notKeptBy(client, settings.value));
    return ok(describe(operation.name, operation.version, system.system, read.value, settings.value, refusals));
  } catch (error) {
    return fail(vendorReadFailure('keycloak-rotation', error, [secret]));
  }
}

/** What each operation rests on in the realm. Nothing that whoever has a secret of the service can change by it. */
export function preconditionsOf(operation: string, { login, standby }: Pair): readonly Precondition[] {
  const of = (part: string, one: ClientReading) => [
    { path: `${part}.name`, value: shownText(one.name) },
    { path: `${part}.enabled`, value: String(one.isEnabled) },
    { path: `${part}.record`, value: one.record },
    { path: `${part}.rights`, value: shownText(one.rights.join('; ')) },
    { path: `${part}.change`, value: one.change },
  ];
  const both = [...of('login', login), ...of('standby', standby)];
  return operation === 'end-old' ? [...both, { path: 'service.newInUse', value: String(isInUse(standby)) }] : both;
}

function describe(
  operation: string,
  operationVersion: string,
  system: string,
  reading: Reading,
  settings: RotationSettings,
  refusals: Plan['refusals'],
): Plan {
  const { login, standby, files } = reading;
  const isOfFile = operation === 'rotate' || operation === 'take-back';
  return sealPlan({
    operation,
    operationVersion,
    target: { type: 'saas_app', system, immutableId: login.id },
    facts: {
      displayName: shownText(login.name),
      isPrivileged: login.rights.some(right => right.endsWith(' of realm-management')) ? 'yes' : 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: [login, standby].some(({ name }) => name === settings.readClient || name === settings.writeClient),
    },
    params: {},
    preconditions: [
      ...preconditionsOf(operation, reading),
      { path: 'file.login', value: shownText(files.now.login) },
      ...(isOfFile ? [{ path: 'file.mark', value: files.now.mark }] : []),
    ],
    changes: changesOf(operation, reading),
    blast: {
      direct: directOf(operation, reading).map(shownText),
      dependents: [...settings.consumers.map(name => `${name} reads the file of the secret`), ...login.rights].map(
        shownText,
      ),
      unknown: UNKNOWN[operation] ?? [],
    },
    sideEffects: SIDE_EFFECTS[operation] ?? [],
    refusals,
    dryRun: 'predicted',
  });
}

function changesOf(operation: string, { login, standby, files }: Reading): Plan['changes'] {
  const file = { path: 'file.login', from: shownText(files.now.login) };
  switch (operation) {
    case 'rotate':
      return [
        { ...file, to: shownText(standby.name) },
        { path: 'standby.enabled', from: String(standby.isEnabled), to: 'true' },
      ];
    case 'take-back':
      return [
        { ...file, to: shownText(login.name) },
        { path: 'standby.enabled', from: String(standby.isEnabled), to: 'false' },
      ];
    case 'end-old':
      return [{ path: 'login.enabled', from: String(login.isEnabled), to: 'false' }];
    default:
      return [{ path: 'login.enabled', from: String(login.isEnabled), to: 'true' }];
  }
}

/** From where it was let in, each address with its last time. */
function directOf(operation: string, { login, standby }: Reading): readonly string[] {
  if (operation !== 'end-old') return lastOf(login.uses).map(one => `let in ${whereAndWhen(one)}`);
  const moved = new Set(since(standby.uses, standby).map(({ address }) => address));
  return lastOf(since(login.uses, standby)).map(one => {
    const seen = moved.has(one.address)
      ? 'this address is on the new one, too'
      : 'this address is not seen on the new one';
    return `still on the old one, ${seen}: let in ${whereAndWhen(one)}`;
  });
}

function whereAndWhen({ address, atMs }: Use): string {
  return `from ${address}, last at ${new Date(atMs).toISOString()}`;
}

function since(uses: readonly Use[], { changedAtMs }: ClientReading): readonly Use[] {
  return uses.filter(({ atMs }) => atMs > changedAtMs);
}

/** The latest of each address; they are told the latest first. */
function lastOf(uses: readonly Use[]): readonly Use[] {
  return uses.filter(({ address }, at) => uses.findIndex(one => one.address === address) === at);
}

const UNKNOWN_ALWAYS = [
  'Consumers that were not let in within what the realm keeps on record, and are not among those that are named.',
  'Copies of the secret that somebody made elsewhere: they are not replaced.',
] as const;

/** What neither Keycloak nor the file can tell. */
const UNKNOWN: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    ...UNKNOWN_ALWAYS,
    'Whether each consumer reads the file again before it logs in again.',
    'Applications that look for the name of the old client in a token, and know nothing of the new one.',
  ],
  'take-back': [...UNKNOWN_ALWAYS, 'Whether each consumer reads the file again before it logs in again.'],
  'end-old': [
    ...UNKNOWN_ALWAYS,
    'Whether whoever is on the old one is a consumer that did not move or whoever took the secret.',
    'Which applications check an access token by themselves, and take one that was given out until it expires.',
  ],
  'allow-old': ['Whoever has the old secret is let in with it again.'],
};

const SIDE_EFFECTS: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    'The other client gets a new secret, which nobody sees and which stands in the file alone.',
    'The old secret goes on working until the old client is ended, by a proposal of its own.',
  ],
  'take-back': ['The secret that was made is worth nothing any more.'],
  'end-old': ['People who logged in by way of the old client are sent to log in by the new one.'],
};
