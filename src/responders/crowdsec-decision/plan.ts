import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type CrowdsecSettings, isAddress, neverBanned, readSettings } from './config.ts';
import { type AddressState, readAddress } from './decision.ts';
import { operationNamed } from './manifest.ts';

const SHOWN_MAX = 50;

/** Asks what is decided about an address, as a bouncer does. Changes nothing. */
export async function planBan(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `crowdsec-decision: there is no operation ${shownText(request.operation)}`),
    );
  }
  const address = 'name' in request.target ? request.target.name : request.target.immutableId;
  if (!isAddress(address))
    return fail(
      failureOf('proposal.target_not_found', 'crowdsec-decision: it is no address, written in the usual way'),
    );
  const secret = await context.readCredential();
  try {
    const state = await readAddress({ settings: settings.value, secret, timeoutMs: context.timeoutMs }, address);
    return ok(describe(request, operation.version, system.system, settings.value, address, state));
  } catch (error) {
    return fail(vendorReadFailure('crowdsec-decision', error, [secret]));
  }
}

const UNKNOWN = [
  'Who else comes from this address: it may be that of a whole office or of a mobile network.',
  'Which bouncers there are, when each asks next, and whether it ends connections that are open.',
  'The same attacker, from another address.',
] as const;

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  settings: CrowdsecSettings,
  address: string,
  state: AddressState,
): Plan {
  const isUndo = request.operation === 'unban';
  const never = neverBanned(address, settings);
  const rest = state.decisions.length - SHOWN_MAX;
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'ip_address', system, immutableId: address },
    facts: {
      displayName: address,
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    // The end of the ban is a part of the act, so people sign it.
    params: isUndo ? {} : { duration: settings.duration },
    preconditions: [
      { path: 'address.banned', value: state.banned },
      { path: 'address.mark', value: state.mark },
    ],
    changes: [{ path: 'address.banned', from: state.banned, to: isUndo ? 'no' : 'yes' }],
    blast: {
      direct: [`every connection from ${address} to what a bouncer stands before`],
      dependents: [
        ...state.decisions
          .slice(0, SHOWN_MAX)
          .map(({ type, scope, value, origin }) =>
            shownText(`decided already: ${type} of ${scope} ${value}, by ${origin}`),
          ),
        ...(rest > 0 ? [`${rest} more decisions`] : []),
      ],
      unknown: UNKNOWN,
    },
    sideEffects: [
      ...(isUndo ? [] : [`CrowdSec ends the ban by itself after ${settings.duration}.`]),
      'The alert stays in the list of CrowdSec.',
    ],
    refusals: [
      ...(never === undefined || isUndo ? [] : [{ reason: 'not_expressible' as const, text: never }]),
      ...stateRefusals(request, state),
    ],
    dryRun: 'predicted',
  });
}

function stateRefusals(request: PlanRequest, state: AddressState): Plan['refusals'] {
  if (request.operation === 'ban')
    return state.decisions.length === 0
      ? []
      : [{ reason: 'already_in_effect', text: 'Something is decided about it already.' }];
  if (request.before?.['address.banned'] !== 'no')
    return [{ reason: 'nothing_to_undo', text: 'There is no ban of Countersign that this would take away.' }];
  return state.banned === 'yes' && state.mark === request.before['address.versionAfter']
    ? []
    : [
        {
          reason: 'changed_since',
          text: 'What is decided about it is not what was left: it may have ended by itself. Look at it there first.',
        },
      ];
}
