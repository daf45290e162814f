import { getPublicSuffix } from 'tldts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type DnsSettings, isDomain, readSettings, untouchable } from './config.ts';
import { operationNamed } from './manifest.ts';
import { type BlockState, readBlock, readFailure, resolved } from './zone.ts';

/** Why this domain is never blocked; undefined where it may be. */
export function neverBlocked(domain: string, settings: DnsSettings): string | undefined {
  return untouchable(domain, settings, getPublicSuffix(domain, { allowPrivateDomains: true }) === domain);
}

/** Looks at what stands in the policy zone, and at what the resolver answers now. Changes nothing. */
export async function planBlock(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `dns-block: there is no operation ${shownText(request.operation)}`),
    );
  }
  const domain = 'name' in request.target ? request.target.name : request.target.immutableId;
  if (!isDomain(domain))
    return fail(failureOf('proposal.target_not_found', 'dns-block: it is no domain, written in lower case'));
  const secret = await context.readCredential();
  const asking = {
    settings: settings.value,
    secret,
    seconds: Math.floor(context.now() / 1_000),
    timeoutMs: context.timeoutMs,
  };
  try {
    const state = await readBlock(asking, domain);
    const { addresses } = await resolved(asking, domain);
    return ok(describe(request, operation.version, system.system, settings.value, domain, state, addresses));
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}

const UNKNOWN = [
  'Who asks for this domain, and what stops working for them.',
  'Resolvers that do not follow this one.',
  'Addresses that were looked up before: they are remembered until their time is over.',
] as const;

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  settings: DnsSettings,
  domain: string,
  state: BlockState,
  addresses: readonly string[],
): Plan {
  const isUndo = request.operation === 'unblock';
  const never = neverBlocked(domain, settings);
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'domain', system, immutableId: domain },
    facts: {
      displayName: domain,
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    params: {},
    preconditions: [
      { path: 'domain.blocked', value: state.blocked },
      { path: 'domain.mark', value: state.mark },
    ],
    changes: [{ path: 'domain.blocked', from: state.blocked, to: isUndo ? 'no' : 'yes' }],
    blast: {
      direct: addresses.map(address => `${domain} leads to ${address}`),
      dependents: [`every name below ${domain}`],
      unknown: UNKNOWN,
    },
    sideEffects: [],
    refusals: [
      ...(never === undefined || isUndo ? [] : [{ reason: 'not_expressible' as const, text: never }]),
      ...stateRefusals(request, state),
    ],
    dryRun: 'predicted',
  });
}

function stateRefusals(request: PlanRequest, state: BlockState): Plan['refusals'] {
  if (request.operation === 'block')
    return state.blocked === 'no' && state.mark === ''
      ? []
      : [{ reason: 'already_in_effect', text: 'Something stands in the policy zone for it already.' }];
  if (request.before?.['domain.blocked'] !== 'no')
    return [{ reason: 'nothing_to_undo', text: 'There is no block of Countersign that this would take away.' }];
  return state.blocked === 'yes' && state.mark === request.before['domain.versionAfter']
    ? []
    : [{ reason: 'changed_since', text: 'Somebody changed what stands there since. Look at it there first.' }];
}
