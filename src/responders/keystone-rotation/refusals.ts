import type { UnixMs } from '../../base/time.ts';
import type { Plan, PlanRequest } from '../../ports/responder.ts';
import type { KeyReading } from '../shared/keystone/keystone-key.ts';
import type { RotationSettings } from './config.ts';
import { isInUse } from './plan.ts';
import type { Reading } from './read.ts';
import { usersOf } from './token-file.ts';

type Refusal = Plan['refusals'][number];
type Refusals = readonly Refusal[];

const refusal = (reason: Refusal['reason'], text: string): Refusal => ({ reason, text });

/** Why an operation cannot be done on this application credential. */
export function refusalsOf(request: PlanRequest, reading: Reading, settings: RotationSettings, now: UnixMs): Refusals {
  return [
    ...(reading.id === settings.writeKey ? [refusal('own_identity', 'Countersign itself uses it there.')] : []),
    ...ofMaker(reading.maker),
    ...ofState(request, reading, now),
  ];
}

/** Keystone lets a user's application credentials be made and deleted by one of them alone that is not restricted. */
function ofMaker(maker: KeyReading | undefined): Refusals {
  return maker?.isUnrestricted === true
    ? []
    : [refusal('missing_scope', 'The application credential of the setting `writeKey` is gone, or may make none.')];
}

function ofState(request: PlanRequest, reading: Reading, now: UnixMs): Refusals {
  const { id, key, files, successor } = reading;
  switch (request.operation) {
    case 'rotate':
      if (key === undefined) return [];
      return files.now.login === id
        ? ofRotation(key, reading, now)
        : [refusal('already_in_effect', 'The service uses another one already.')];
    case 'take-back':
      return ofTakingBack(request.before, reading);
    default:
      if (files.now.login === id) return [refusal('not_settled', 'The file of the secret still names this one.')];
      if (files.before?.login !== id)
        return [refusal('not_expressible', 'It is not the one that the file of the secret named before.')];
      if (successor === undefined)
        return [refusal('not_settled', 'The one that the file of the secret names is not there.')];
      return isInUse(reading)
        ? []
        : [refusal('not_settled', 'No consumer shows a token that was got with the new one.')];
  }
}

/** Of which nobody shows that they use it, none is rotated: nothing would ever show that its successor is in use, either. */
function ofRotation(key: KeyReading, { maker, shown, id }: Reading, now: UnixMs): Refusals {
  const mayGive =
    maker?.project === key.project && key.roles.every(role => maker.roles.some(({ id: its }) => its === role.id));
  const hasEnded = key.expires !== '' && !(Date.parse(`${key.expires}Z`) > now);
  return [
    ...(mayGive
      ? []
      : [
          refusal(
            'missing_scope',
            'The one of the setting `writeKey` is of another project, or lacks one of its roles.',
          ),
        ]),
    ...(key.isUnrestricted
      ? [refusal('not_expressible', 'It may make others: whoever took it may have, and they would outlive it.')]
      : []),
    ...(hasEnded ? [refusal('not_expressible', 'It has ended by itself, and its successor would end with it.')] : []),
    ...(usersOf(shown, id).length > 0
      ? []
      : [
          refusal(
            'not_expressible',
            'Nothing is known of who uses it: no consumer shows a token that was got with it.',
          ),
        ]),
  ];
}

function ofTakingBack(before: PlanRequest['before'], { id, key, successor, files }: Reading): Refusals {
  if (before === undefined || before['file.login'] !== id)
    return [refusal('nothing_to_undo', 'There is no handing over of Countersign that this would undo.')];
  const isAsLeft =
    files.now.login === before['made.id'] &&
    files.now.mark === before['file.markAfter'] &&
    files.before !== undefined &&
    files.before.mark === before['file.markBefore'] &&
    successor?.record === before['made.record'] &&
    key?.record === before['key.record'];
  return isAsLeft
    ? []
    : [refusal('changed_since', 'Somebody changed the file or deleted one of the two since. Look at them first.')];
}
