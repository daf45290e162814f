import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type MailSettings, readSettings } from './config.ts';
import { readFailure, withSession } from './imap.ts';
import { operationNamed } from './manifest.ts';
import { type Copy, type Found, foldersText, lookFor, type Place, placesText } from './message.ts';
import { FOLDER, type Named, namedBy, nameOf } from './name.ts';

/** Messages with one id in one mailbox that are moved at once. */
const COPIES_MAX = 20;

const UID = z.int().min(1).max(4_294_967_295);
const VALIDITY = z.string().regex(/^\d{1,10}$/);
/** Nothing in a name can end the command that it stands in. */
const FOLDER_NAME = z.string().regex(FOLDER);
const MOVED = z
  .array(z.tuple([VALIDITY, UID, FOLDER_NAME]))
  .min(1)
  .max(COPIES_MAX);
const MOVES = z
  .array(z.tuple([FOLDER_NAME, VALIDITY, UID, FOLDER_NAME]))
  .min(1)
  .max(COPIES_MAX);

/** One message, from its place into a folder. */
export interface Move extends Place {
  readonly to: string;
}

/** What a plan says is to be moved; undefined where it says nothing that could be. */
export function movesOf({ params }: Plan): readonly Move[] | undefined {
  const read = MOVES.safeParse(jsonOf(params['moves']));
  return read.success ? read.data.map(([folder, validity, uid, to]) => ({ folder, validity, uid, to })) : undefined;
}

function movesText(moves: readonly Move[]): string {
  return JSON.stringify(moves.map(({ folder, validity, uid, to }) => [folder, validity, uid, to]));
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** Looks for a message with the read login and says what the operation would move. Changes nothing. */
export async function planMessage(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined)
    return fail(
      failureOf('proposal.not_expressible', `imap-mail: there is no operation ${shownText(request.operation)}`),
    );
  const named = namedBy('name' in request.target ? request.target.name : request.target.immutableId);
  if (named === undefined) return notFound('no message can have this name');
  const secret = await context.readCredential();
  const login = { login: settings.value.readLogin, mailbox: named.user, secret };
  try {
    const found = await withSession(settings.value, login, context.timeoutMs, session =>
      lookFor(session, named.messageId),
    );
    if (found.copies.length === 0 && request.before === undefined) {
      if (found.shut.length === 0) return notFound(`there is no message ${shownText(nameOf(named))}`);
      return fail(failureOf('responder.missing_scope', `imap-mail: ${shutText(settings.value, found)}`));
    }
    return ok(describe(request, operation.version, system.system, settings.value, { named, found }));
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `imap-mail: ${detail}`));
}

/** What no mail server tells. Shown with every plan. */
const UNKNOWN = [
  'What a mail client, a phone or a rule copied or sent on already.',
  'The same message in the mailboxes of others: each is a proposal of its own.',
  'Whether the write login has its rights on these folders: it is told before it moves anything, and not to others.',
] as const;

interface Looked {
  readonly named: Named;
  readonly found: Found;
}

function describe(
  request: PlanRequest,
  operationVersion: string,
  system: string,
  settings: MailSettings,
  { named, found }: Looked,
): Plan {
  const isUndo = request.operation === 'restore';
  const moves = isUndo ? movesBack(request, settings) : movesAway(settings, found);
  const titled = found.copies[0];
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'mail_message', system, immutableId: nameOf(named) },
    facts: {
      displayName: nameOf(named),
      ...(titled === undefined ? {} : { title: shownText(`${titled.subject}, from ${titled.from}`) }),
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    params: { moves: movesText(moves) },
    preconditions: [{ path: 'mail.places', value: placesText(moves) }],
    changes: [
      {
        path: 'mail.folders',
        from: foldersText(found.copies.map(({ folder }) => folder)),
        to: foldersText(moves.map(({ to }) => to)),
      },
    ],
    blast: {
      direct: found.copies.slice(0, COPIES_MAX).map(copyText),
      dependents: [],
      unknown:
        found.unnamed === 0
          ? UNKNOWN
          : [...UNKNOWN, `${found.unnamed} folders whose names no command can hold: they were not looked into.`],
    },
    sideEffects: [],
    refusals: [...generalRefusals(settings, named, found), ...stateRefusals(request, moves, settings, found)],
    dryRun: 'predicted',
  });
}

/** Every message of the mailbox that bears the id and is not in quarantine. */
function movesAway({ quarantine }: MailSettings, { copies }: Found): readonly Move[] {
  return copies
    .filter(({ folder }) => folder !== quarantine)
    .slice(0, COPIES_MAX)
    .map(({ folder, validity, uid }) => ({ folder, validity, uid, to: quarantine }));
}

/** What the act that is undone put into quarantine, each to where it was taken from. */
function movesBack({ before }: PlanRequest, { quarantine }: MailSettings): readonly Move[] {
  const read = MOVED.safeParse(jsonOf(before?.['mail.moved']));
  return read.success ? read.data.map(([validity, uid, to]) => ({ folder: quarantine, validity, uid, to })) : [];
}

function copyText({ folder, from, subject, arrived, isOpened }: Copy): string {
  return shownText(
    `in ${folder}, ${isOpened ? 'opened already' : 'not marked as opened'}, arrived ${arrived}, from ${from}, subject ${subject}`,
  );
}

function shutText({ readLogin }: MailSettings, { shut }: Found): string {
  return `${readLogin} may not look into ${shut.map(shownText).join(', ')}`;
}

function generalRefusals(settings: MailSettings, { user }: Named, found: Found): Plan['refusals'] {
  const refusals: Plan['refusals'][number][] = [];
  if (settings.keptMailboxes.includes(user))
    refusals.push({ reason: 'not_expressible', text: 'Nothing is ever taken out of this mailbox: it is set so.' });
  if (found.shut.length > 0)
    refusals.push({ reason: 'missing_scope', text: `${shutText(settings, found)}: the message may be there, too.` });
  if (!found.folders.includes(settings.quarantine))
    refusals.push({
      reason: 'missing_scope',
      text: `There is no folder ${settings.quarantine}, or ${settings.readLogin} may not see it.`,
    });
  for (const word of found.lacks) refusals.push({ reason: 'not_expressible', text: `The server does not do ${word}.` });
  if (found.copies.length > COPIES_MAX)
    refusals.push({
      reason: 'not_expressible',
      text: `More than ${COPIES_MAX} messages of the mailbox bear this id. Look at them there first.`,
    });
  return refusals;
}

function stateRefusals(
  request: PlanRequest,
  moves: readonly Move[],
  { quarantine }: MailSettings,
  { copies, folders }: Found,
): Plan['refusals'] {
  if (request.operation === 'quarantine')
    return moves.length > 0
      ? []
      : [{ reason: 'already_in_effect', text: `The message is in ${quarantine}, and nowhere else.` }];
  if (moves.length === 0)
    return [{ reason: 'nothing_to_undo', text: 'There is no quarantine of Countersign that this would undo.' }];
  const isThere = ({ folder, validity, uid, to }: Move) =>
    folders.includes(to) &&
    copies.some(copy => copy.folder === folder && copy.validity === validity && copy.uid === uid);
  return moves.every(isThere)
    ? []
    : [
        {
          reason: 'changed_since',
          text: `What was put into ${quarantine} is there no more, or the folder it came from is not.`,
        },
      ];
}
