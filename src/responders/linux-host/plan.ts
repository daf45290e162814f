import { readFile } from 'node:fs/promises';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../shared/seal.ts';
import { askHost, first, readFailure, type Said } from '../shared/ssh-command.ts';
import { shownText } from '../shared/wire-text.ts';
import { type HostSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';

const SHOWN_MAX = 50;
/** What a host calls itself by (machine-id(5)). */
export const MACHINE_ID = /^[0-9a-f]{32}$/;

/** Looks at a host with the read key and says what the operation would do to it. Changes nothing. */
export async function planHost(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `linux-host: there is no operation ${shownText(request.operation)}`),
    );
  }
  if ('immutableId' in request.target && !MACHINE_ID.test(request.target.immutableId))
    return fail(failureOf('proposal.target_not_found', 'linux-host: the id is no machine id'));
  const secret = await context.readCredential();
  try {
    const said = await askHost(settings.value, secret, 'state', context.timeoutMs);
    const machine = first(said, 'machine');
    const isMeant =
      'name' in request.target ? request.target.name === first(said, 'host') : request.target.immutableId === machine;
    if (!MACHINE_ID.test(machine) || !isMeant)
      return fail(failureOf('proposal.target_not_found', 'linux-host: the host that answers there is not this one'));
    const isOwn = machine === (await ownMachine());
    return ok(describe(request, operation.version, system.system, settings.value, said, isOwn));
  } catch (error) {
    return fail(readFailure('linux-host', error, [secret]));
  }
}

/** The machine that Countersign itself runs on; empty where it does not say. */
async function ownMachine(): Promise<string> {
  return (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim();
}

const UNKNOWN = [
  'What its services are to people who use them, and who notices first.',
  'What runs on it already and needs no network.',
  'What a host that was taken over tells of itself: it is its own word.',
] as const;

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  settings: HostSettings,
  said: Said,
  isOwnIdentity: boolean,
): Plan {
  const isUndo = request.operation === 'release';
  const isolated = first(said, 'isolated');
  const open = said.get('open') ?? [];
  const refusals: Plan['refusals'][number][] = (said.get('lacks') ?? []).map(what => ({
    reason: 'missing_scope',
    text: `The host lacks ${shownText(what)}.`,
  }));
  if (!(said.get('writer') ?? []).includes(settings.writeKey))
    refusals.push({ reason: 'missing_scope', text: 'The host does not know the key that would write.' });
  if (isOwnIdentity && !isUndo)
    refusals.push({ reason: 'own_identity', text: 'Countersign itself runs on this host.' });
  refusals.push(...stateRefusals(request, isolated, first(said, 'mark')));
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'host', system, immutableId: first(said, 'machine') },
    facts: {
      displayName: shownText(first(said, 'host')),
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity,
    },
    params: {},
    preconditions: [
      { path: 'host.machine', value: first(said, 'machine') },
      { path: 'host.isolated', value: isolated },
      ...(isUndo ? [{ path: 'host.mark', value: first(said, 'mark') }] : []),
    ],
    changes: [
      { path: 'host.isolated', from: isolated, to: isUndo ? 'no' : 'yes' },
      ...(isUndo ? [] : [{ path: 'host.connections', from: String(open.length), to: '0' }]),
    ],
    blast: {
      direct: shown(open.map(pair => `connection ${pair.replace(' ', ' with ')}`)),
      dependents: shown((said.get('listens') ?? []).map(address => `listens on ${address}`)),
      unknown: UNKNOWN,
    },
    sideEffects: isUndo ? [] : ['A restart of the host ends this: the rules are not kept.'],
    refusals,
    dryRun: 'predicted',
  });
}

function shown(texts: readonly string[]): readonly string[] {
  const rest = texts.length - SHOWN_MAX;
  return [...texts.slice(0, SHOWN_MAX).map(shownText), ...(rest > 0 ? [`${rest} more`] : [])];
}

function stateRefusals(request: PlanRequest, isolated: string, mark: string): Plan['refusals'] {
  if (request.operation === 'isolate')
    return isolated === 'no' ? [] : [{ reason: 'already_in_effect', text: 'The host is cut off now.' }];
  if (request.before?.['host.isolated'] !== 'no')
    return [{ reason: 'nothing_to_undo', text: 'There is no isolation of Countersign that this would end.' }];
  return isolated === 'yes' && mark === request.before['host.versionAfter']
    ? []
    : [{ reason: 'changed_since', text: 'Somebody changed the rules of the host since. Look at it there first.' }];
}
