import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { asMembers, asText, vendorReadFailure } from '../shared/http/vendor-http.ts';
import { restingOn } from '../shared/keystone/keystone-key.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { meant, type Reading, readingSession, readOrSay, targetOf } from './read.ts';
import { refusalsOf } from './refusals.ts';
import { type Shown, usersOf } from './token-file.ts';

/** Looks at the application credentials, at the file and at the tokens, and says what the operation would do. Changes nothing. */
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
  const id = meant(settings.value, request.target);
  if (id === undefined) return notFound();
  const secret = await context.readCredential();
  try {
    const session = readingSession(settings.value, secret, context.timeoutMs);
    const read = await readOrSay(session, settings.value, id);
    if (!read.ok) return read;
    // One that is gone is known by what a handing over told of it, and by nothing else.
    const label = read.value.key?.name ?? (operation.name === 'take-back' ? request.before?.['key.label'] : undefined);
    if (label === undefined) return notFound();
    const user = asMembers(asMembers(await session.client.get(`/users/${settings.value.user}`)).get('user'));
    const title = `application credential “${label}” of ${asText(user.get('name')) || settings.value.user}`;
    const refusals = refusalsOf(request, read.value, settings.value, context.now());
    return ok(describe(operation.name, operation.version, title, system.system, read.value, settings.value, refusals));
  } catch (error) {
    return fail(vendorReadFailure('keystone-rotation', error, [secret]));
  }
}

function notFound(): Result<never, Failure> {
  return fail(
    failureOf('proposal.target_not_found', 'keystone-rotation: it is no application credential of this service'),
  );
}

/** What each operation rests on. A rotation that was cut off leaves all of it as it was but for its own new one. */
export function preconditionsOf(operation: string, reading: Reading): readonly Precondition[] {
  const { key, maker, successor, files, id } = reading;
  const of = (path: string, value: string) => ({ path, value: shownText(value) });
  const always = [
    of('key.record', key?.record ?? ''),
    of('maker.record', maker?.record ?? ''),
    of('file.login', files.now.login),
    of('file.namesIt', yesOrNo(files.now.login === id)),
    of('successor.present', yesOrNo(successor !== undefined)),
    of('successor.record', successor?.record ?? ''),
  ];
  return operation === 'end-old'
    ? [
        ...always,
        of('key.present', yesOrNo(key !== undefined)),
        of('file.before', files.before?.login ?? ''),
        of('service.newInUse', yesOrNo(isInUse(reading))),
      ]
    : [...always, of('file.mark', files.now.mark)];
}

/** Whether a consumer shows a token that Keystone says was got with the one that the file names. */
export function isInUse({ successor, shown }: Reading): boolean {
  return successor !== undefined && usersOf(shown, successor.id).length > 0;
}

export function yesOrNo(isSo: boolean): 'yes' | 'no' {
  return isSo ? 'yes' : 'no';
}

function describe(
  operation: string,
  operationVersion: string,
  title: string,
  system: string,
  reading: Reading,
  settings: RotationSettings,
  refusals: Plan['refusals'],
): Plan {
  const { id, key } = reading;
  return sealPlan({
    operation,
    operationVersion,
    target: { type: 'saas_key', system, immutableId: targetOf(settings, id) },
    facts: {
      displayName: targetOf(settings, id),
      title: shownText(title),
      isPrivileged: 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: id === settings.writeKey,
    },
    params: {},
    preconditions: preconditionsOf(operation, reading),
    changes: changesOf(operation, reading),
    blast: {
      direct: directOf(operation, reading).map(shownText),
      dependents: [
        ...settings.consumers.map(name => `${name} reads the file of the secret`),
        ...reading.shown.map(one => shownAs(one, reading)),
        ...(key === undefined ? [] : restingOn(key)),
      ].map(shownText),
      unknown: UNKNOWN[operation] ?? [],
    },
    sideEffects: SIDE_EFFECTS[operation] ?? [],
    refusals,
    dryRun: 'predicted',
  });
}

function changesOf(operation: string, { key, successor, files, id }: Reading): Plan['changes'] {
  const [names, isThere] = [yesOrNo(files.now.login === id), yesOrNo(successor !== undefined)];
  switch (operation) {
    case 'rotate':
      return [
        { path: 'file.namesIt', from: names, to: 'no' },
        { path: 'successor.present', from: isThere, to: 'yes' },
      ];
    case 'take-back':
      return [
        { path: 'file.namesIt', from: names, to: 'yes' },
        { path: 'successor.present', from: isThere, to: 'no' },
      ];
    default:
      return [{ path: 'key.present', from: yesOrNo(key !== undefined), to: 'no' }];
  }
}

function directOf(operation: string, { keys, key, successor, shown, id }: Reading): readonly string[] {
  const rest = keys.length - (key === undefined ? 0 : 1) - (successor === undefined ? 0 : 1);
  const others = `${rest} other application credentials of its user stay`;
  switch (operation) {
    case 'rotate':
      return [`it, and every token that was got with it, goes on; ${others}`];
    case 'take-back':
      return [`every token that was got with the new one; ${others}`];
    default:
      return [
        `every token that was got with it; ${others}`,
        ...usersOf(shown, id).map(({ file }) => `still on the old one: the consumer of ${file}`),
      ];
  }
}

function shownAs({ file, seen }: Shown, { id, successor }: Reading): string {
  if (typeof seen === 'string') return `${file} shows no token: ${seen}`;
  const whose = seen.key === id ? 'it' : seen.key === successor?.id ? 'the one that the file names' : 'something else';
  return `${file} shows a token that was got with ${whose}, at ${seen.issuedAt}`;
}

const UNKNOWN_ALWAYS = [
  'Consumers that leave no token to look at, and are not among those that are named.',
  'Copies of the secret that somebody made elsewhere: they are not replaced.',
] as const;

/** What neither Keystone nor the files can tell. */
const UNKNOWN: { readonly [operation: string]: readonly string[] } = {
  rotate: [...UNKNOWN_ALWAYS, 'Whether each consumer reads the file again before it logs in again.'],
  'take-back': [...UNKNOWN_ALWAYS, 'Whether each consumer reads the file again before it logs in again.'],
  'end-old': [
    ...UNKNOWN_ALWAYS,
    'Whether whoever is on the old one is a consumer that did not move or whoever took the secret.',
    'When each service asks about a token again: one that keeps answers (`token_cache_time`) takes it for as long.',
  ],
};

const SIDE_EFFECTS: { readonly [operation: string]: readonly string[] } = {
  rotate: [
    'A new application credential of the same reach is made, whose secret nobody sees and which stands in the file alone.',
    'The old one goes on working until it is ended, by a proposal of its own.',
  ],
  'take-back': ['The application credential that was made is deleted.'],
  'end-old': ['The copy of the old secret beside the file is deleted.'],
};
