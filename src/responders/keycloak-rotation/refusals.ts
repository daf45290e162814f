import type { Plan, PlanRequest } from '../../ports/responder.ts';
import type { RotationSettings } from './config.ts';
import { isInUse, type Reading } from './read.ts';

type Refusal = Plan['refusals'][number];
type Refusals = readonly Refusal[];

const refusal = (reason: Refusal['reason'], text: string): Refusal => ({ reason, text });

/** Why an operation cannot be done on this pair. */
export function refusalsOf(
  request: PlanRequest,
  reading: Reading,
  settings: RotationSettings,
  notKept: readonly string[],
): Refusals {
  const { login, standby, files } = reading;
  const pair = [login, standby];
  const isOwn = pair.some(({ name }) => name === settings.readClient || name === settings.writeClient);
  return [
    ...(isOwn ? [refusal('own_identity', 'Countersign itself uses one of the two there.')] : []),
    ...(pair.some(({ name }) => name === files.now.login)
      ? []
      : [refusal('not_expressible', 'The file of the secret names neither of the two clients.')]),
    ...notKept.map(what => refusal('missing_scope', `The realm keeps no record of ${what}.`)),
    ...(pair.every(({ isBySecret }) => isBySecret)
      ? []
      : [refusal('not_expressible', 'One of the two is let in by something else than a secret.')]),
    ...(pair.some(({ hasResources }) => hasResources)
      ? [refusal('not_expressible', 'One of the two decides on resources of its own, in which nobody compares them.')]
      : []),
    ...ofState(request, reading),
  ];
}

function ofState(request: PlanRequest, reading: Reading): Refusals {
  const { login, standby, files } = reading;
  const isMoved = files.now.login === standby.name;
  switch (request.operation) {
    case 'rotate':
      return isMoved
        ? [refusal('already_in_effect', 'The service uses the other client already.')]
        : ofRotation(reading);
    case 'take-back':
      return ofTakingBack(request.before, reading);
    case 'end-old':
      if (!login.isEnabled) return [refusal('already_in_effect', 'The client is disabled now.')];
      if (!isMoved) return [refusal('not_settled', 'The file of the secret still names this client.')];
      return isInUse(standby)
        ? []
        : [refusal('not_settled', 'Nobody was let in as the new client since it got its secret.')];
    default:
      return ofAllowing(request.before, reading);
  }
}

/** Of which nobody is on record, none is rotated: nothing would ever show that its successor is in use, either. */
function ofRotation({ login, standby }: Reading): Refusals {
  return [
    ...(login.isEnabled ? [] : [refusal('not_settled', 'The client that the service uses is disabled now.')]),
    ...(standby.isEnabled
      ? [refusal('not_settled', 'The client that stands by is enabled: end it first, it may be in use somewhere.')]
      : []),
    ...(login.record === standby.record ? [] : [refusal('missing_scope', 'The two clients are not set up alike.')]),
    ...(login.rights.join('\n') === standby.rights.join('\n')
      ? []
      : [refusal('missing_scope', 'The service accounts of the two have not the same roles and groups.')]),
    ...(login.uses.length > 0
      ? []
      : [refusal('not_expressible', 'Nothing is known of who uses it: no login of it is on record.')]),
  ];
}

function ofTakingBack(before: PlanRequest['before'], { login, standby, files }: Reading): Refusals {
  if (before === undefined || before['file.login'] !== login.name)
    return [refusal('nothing_to_undo', 'There is no handing over of Countersign that this would undo.')];
  const isAsLeft =
    files.now.login === standby.name &&
    files.now.mark === before['file.markAfter'] &&
    files.before !== undefined &&
    files.before.mark === before['file.markBefore'] &&
    standby.change === before['standby.changeAfter'] &&
    standby.isEnabled &&
    login.isEnabled;
  return isAsLeft
    ? []
    : [refusal('changed_since', 'Somebody changed the file or one of the two clients since. Look at them first.')];
}

function ofAllowing(before: PlanRequest['before'], { login }: Reading): Refusals {
  if (before === undefined || before['login.enabled'] !== 'true')
    return [refusal('nothing_to_undo', 'There is no ending of Countersign that this would undo.')];
  return !login.isEnabled && login.change === before['login.changeAfter']
    ? []
    : [refusal('changed_since', 'Somebody changed the client after it was ended. Look at it there first.')];
}
