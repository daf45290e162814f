import type { Plan, PlanRequest } from '../../ports/responder.ts';
import { sameDn } from '../shared/ldap/ldap-directory.ts';
import type { RotationSettings } from './config.ts';
import { isInUse, type Reading } from './plan.ts';
import { connectionsOf } from './read.ts';

type Refusal = Plan['refusals'][number];
type Refusals = readonly Refusal[];

const refusal = (reason: Refusal['reason'], text: string): Refusal => ({ reason, text });

/** Why an operation cannot be done on this pair. */
export function refusalsOf(request: PlanRequest, reading: Reading, settings: RotationSettings): Refusals {
  const names = [reading.login.dn, reading.standby.dn];
  return [
    ...(names.some(dn => sameDn(dn, reading.files.now.login))
      ? []
      : [refusal('not_expressible', 'The file of the secret names neither of the two logins.')]),
    ...reading.missingScopes.map(text => refusal('missing_scope', text)),
    ...ofState(request, reading, settings),
    ...(request.operation === 'rotate' ? ofRotation(reading, settings) : []),
  ];
}

function ofState(request: PlanRequest, reading: Reading, settings: RotationSettings): Refusals {
  const { login, standby, files } = reading;
  const isMoved = sameDn(files.now.login, standby.dn);
  switch (request.operation) {
    case 'rotate':
      if (isMoved) return [refusal('already_in_effect', 'The service uses the other login already.')];
      if (login.isLocked) return [refusal('not_settled', 'The login that the service uses is locked now.')];
      return standby.isLocked
        ? []
        : [refusal('not_settled', 'The login that stands by is not locked: end it first, it may be in use somewhere.')];
    case 'take-back':
      return ofTakingBack(request.before, reading);
    case 'end-old':
      if (login.isLocked) return [refusal('already_in_effect', 'The login is locked now.')];
      if (!isMoved) return [refusal('not_settled', 'The file of the secret still names this login.')];
      return isInUse(standby) === 'true'
        ? []
        : [refusal('not_settled', 'Nobody bound as the new login since it got its password.')];
    default:
      return ofAllowing(request.before, reading, settings);
  }
}

function ofTakingBack(before: PlanRequest['before'], { login, standby, files }: Reading): Refusals {
  if (before === undefined || before['file.login'] !== login.dn)
    return [refusal('nothing_to_undo', 'There is no handing over of Countersign that this would undo.')];
  const isAsLeft =
    sameDn(files.now.login, standby.dn) &&
    files.now.mark === before['file.markAfter'] &&
    files.before !== undefined &&
    files.before.mark === before['file.markBefore'] &&
    standby.passwordSince === before['standby.passwordSince'] &&
    !standby.isLocked &&
    !login.isLocked;
  return isAsLeft
    ? []
    : [refusal('changed_since', 'Somebody changed the file or one of the two logins since. Look at them first.')];
}

function ofAllowing(before: PlanRequest['before'], { login }: Reading, settings: RotationSettings): Refusals {
  if (before === undefined || before['login.isLocked'] !== 'false')
    return [refusal('nothing_to_undo', 'There is no ending of Countersign that this would undo.')];
  return login.isLocked && sameDn(login.modifiersName, settings.writeDn)
    ? []
    : [refusal('changed_since', 'Somebody changed the login after it was ended. Look at it there first.')];
}

/** Of which nobody knows who uses it, a password is not rotated: whoever stops working would be found out by their failing. */
function ofRotation({ login, standby, connections = [] }: Reading, { consumers }: RotationSettings): Refusals {
  const isKnown = connectionsOf(connections, login).length > 0 || login.lastBind !== '' || consumers.length > 0;
  return [
    ...(login.groups.join('\n') === standby.groups.join('\n')
      ? []
      : [refusal('missing_scope', 'The two logins are not in the same groups.')]),
    ...(login.objectClasses === standby.objectClasses
      ? []
      : [refusal('missing_scope', 'The two entries are not of the same classes.')]),
    ...(connectionsOf(connections, standby).length > 0
      ? [refusal('not_settled', 'The login that stands by has connections open: somebody uses it.')]
      : []),
    ...(isKnown
      ? []
      : [
          refusal(
            'not_expressible',
            'Nothing is known of who uses it: nobody is bound or ever was, and the settings name no consumer.',
          ),
        ]),
  ];
}
