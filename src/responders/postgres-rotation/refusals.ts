import type { Plan, PlanRequest } from '../../ports/responder.ts';
import type { Files } from './plan.ts';
import type { PairReading } from './read.ts';

type Refusal = Plan['refusals'][number];
type Refusals = readonly Refusal[];

const refusal = (reason: Refusal['reason'], text: string): Refusal => ({ reason, text });

/** Why an operation cannot be done on this pair. */
export function refusalsOf(
  request: PlanRequest,
  reading: PairReading,
  files: Files,
  consumers: readonly string[],
): Refusals {
  return [
    ...ofTarget(reading, files),
    ...ofState(request, reading, files),
    ...(request.operation === 'rotate' ? ofRotation(reading, consumers) : []),
  ];
}

function ofTarget({ state, facts, missingScopes }: PairReading, { now }: Files): Refusals {
  const attributes = `${state.get('login.attributes') ?? ''} ${state.get('standby.attributes') ?? ''}`;
  const names = [state.get('login.name'), state.get('standby.name')];
  return [
    ...(facts.isOwnIdentity ? [refusal('own_identity', 'Countersign itself logs in as one of the two.')] : []),
    ...(attributes.includes('superuser')
      ? [refusal('not_expressible', 'A superuser is out of reach of Countersign.')]
      : []),
    ...(names.includes(now.login)
      ? []
      : [refusal('not_expressible', 'The file of the secret names neither of the two logins.')]),
    ...missingScopes.map(text => refusal('missing_scope', text)),
  ];
}

function ofState(request: PlanRequest, { state }: PairReading, files: Files): Refusals {
  const mayLogin = state.get('login.canLogin') === 'true';
  const mayStandby = state.get('standby.canLogin') === 'true';
  const isMoved = files.now.login === state.get('standby.name');
  switch (request.operation) {
    case 'rotate':
      if (isMoved) return [refusal('already_in_effect', 'The service uses the other login already.')];
      if (!mayLogin) return [refusal('not_settled', 'The login that the service uses may not log in now.')];
      return mayStandby && state.get('service.handedOver') === 'no'
        ? [refusal('not_settled', 'The login that stands by may log in: end it first, it may be in use somewhere.')]
        : [];
    case 'take-back':
      return ofTakingBack(request.before, state, files);
    case 'end-old':
      if (!mayLogin) return [refusal('already_in_effect', 'The login may not log in now.')];
      if (!isMoved) return [refusal('not_settled', 'The file of the secret still names this login.')];
      if (!mayStandby || state.get('service.handedOver') === 'no')
        return [refusal('not_settled', 'Countersign did not hand the service over from this login.')];
      return state.get('service.newInUse') === 'true'
        ? []
        : [refusal('not_settled', 'No session of the new login is open that began after it got its password.')];
    default:
      return ofAllowing(request.before, state);
  }
}

function ofTakingBack(before: PlanRequest['before'], state: PairReading['state'], files: Files): Refusals {
  if (before === undefined || before['file.login'] !== state.get('login.name'))
    return [refusal('nothing_to_undo', 'There is no handing over of Countersign that this would undo.')];
  const isAsLeft =
    files.now.login === state.get('standby.name') &&
    files.now.mark === before['file.markAfter'] &&
    files.before !== undefined &&
    files.before.mark === before['file.markBefore'] &&
    state.get('standby.version') === before['standby.versionAfter'] &&
    state.get('login.canLogin') === 'true';
  return isAsLeft
    ? []
    : [refusal('changed_since', 'Somebody changed the file or one of the two logins since. Look at them first.')];
}

function ofAllowing(before: PlanRequest['before'], state: PairReading['state']): Refusals {
  if (before === undefined || before['login.canLogin'] !== 'true' || before['login.versionAfter'] === undefined)
    return [refusal('nothing_to_undo', 'There is no ending of Countersign that this would undo.')];
  const isAsLeft =
    state.get('login.canLogin') === 'false' && state.get('login.version') === before['login.versionAfter'];
  return isAsLeft
    ? []
    : [refusal('changed_since', 'Somebody changed the login after it was ended. Look at it there first.')];
}

/**
 * A password of which nobody knows who uses it is not rotated: no session of it is open and nobody was named, so whoever
 * stops working would be found out by their failing.
 */
function ofRotation({ state, sessions, standbySessions }: PairReading, consumers: readonly string[]): Refusals {
  const differing = ['attributes', 'limits', 'memberships'].filter(
    key => state.get(`login.${key}`) !== state.get(`standby.${key}`),
  );
  return [
    ...differing.map(key =>
      refusal(
        'missing_scope',
        `The two logins differ in their ${key}: ${state.get(`login.${key}`)}; and ${state.get(`standby.${key}`)}.`,
      ),
    ),
    ...(standbySessions.length > 0
      ? [refusal('not_settled', 'The login that stands by has sessions open: somebody uses it.')]
      : []),
    ...(sessions.length === 0 && consumers.length === 0
      ? [
          refusal(
            'not_expressible',
            'Nothing is known of who uses it: no session is open, and the settings name no consumer.',
          ),
        ]
      : []),
  ];
}
