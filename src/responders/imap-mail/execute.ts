import type { Plan, Receipt, ResponderContext, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { type Answer, carryOut, drifted, nothingSent } from '../shared/carry-out.ts';
import { inTurn } from '../shared/in-turn.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import { type MailSettings, readSettings } from './config.ts';
import { done, quoted, type Session, type Answer as Told, TurnedDown, withSession, writeOutcome } from './imap.ts';
import { operationNamed, RIGHTS_TO_PUT, RIGHTS_TO_TAKE } from './manifest.ts';
import { copiesIn, fetchOf, type Place, placesText, validityOf } from './message.ts';
import { type Named, namedBy } from './name.ts';
import { type Move, movesOf } from './plan.ts';

/** A message that was moved: where it is now, and where it was. */
interface Moved {
  readonly now: Place;
  readonly from: string;
}

/** Moves a message, once. */
export async function executeMessage(
  plan: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const settings = readSettings(system.settings);
  const errand = { plan, system, operation: operationNamed(plan.operation), capability, context };
  if (!settings.ok) return await carryOut({ ...errand, unfit: settings.failure.detail }, never, writeOutcome);
  const { value } = settings;
  const named = namedBy(plan.target.immutableId);
  const moves = movesOf(plan);
  if (named === undefined || moves === undefined)
    return await carryOut({ ...errand, unfit: 'it names no message, or nothing to move' }, never, writeOutcome);
  return await carryOut(
    { ...errand, unfit: unfitFor(plan.operation, named, moves, value) },
    secret =>
      inTurn(`imap-mail ${value.host}:${value.port} ${named.user}`, () =>
        withSession(value, { login: value.writeLogin, mailbox: named.user, secret }, context.timeoutMs, session =>
          change(moves, named, session),
        ),
      ),
    writeOutcome,
  );
}

const never = async (): Promise<Answer> => nothingSent('there are no settings');

/** The server itself would do these, so they are held here a second time, against a plan that was made otherwise. */
function unfitFor(
  operation: string,
  { user }: Named,
  moves: readonly Move[],
  { keptMailboxes, quarantine }: MailSettings,
): string | undefined {
  if (keptMailboxes.includes(user)) return 'nothing is ever taken out of this mailbox';
  const isBetween = ({ folder, to }: Move) =>
    operation === 'restore' ? folder === quarantine && to !== quarantine : folder !== quarantine && to === quarantine;
  return moves.every(isBetween) ? undefined : 'it moves between other folders than quarantine and the rest';
}

/**
 * A place is never given to another message, so one that still holds the id holds what was planned for. IMAP compares nothing
 * itself: what came between the last look and the move is told by what the server says it moved.
 */
async function change(moves: readonly Move[], { messageId }: Named, session: Session): Promise<Answer> {
  const ways = [...new Set(moves.map(wayOf))];
  const groups = ways.map(way => moves.filter(move => wayOf(move) === way));
  const why = await obstacleTo(groups, messageId, session);
  if (why !== undefined) return why;
  const moved: Moved[] = [];
  for (const group of groups) {
    try {
      moved.push(...(await moveTogether(group, session)));
    } catch (error) {
      // What is half done is told as not known, with what is known of it: whoever reads it looks.
      if (moved.length === 0 && !(error instanceof HalfMoved)) throw error;
      const also = error instanceof HalfMoved ? error.moved : [];
      return { outcome: 'unknown', detail: errorTextWithout(error, []), before: beforeTexts([...moved, ...also]) };
    }
  }
  return { outcome: 'applied', detail: `messages moved: ${moved.length}`, before: beforeTexts(moved) };
}

class HalfMoved extends Error {
  override readonly name = 'HalfMoved';
  readonly moved: readonly Moved[];
  constructor(moved: readonly Moved[]) {
    super(`the server moved ${moved.length} messages, and not all that it was told to`);
    this.moved = moved;
  }
}

/** Why nothing may be moved: a right that is missing, or a message that is no more where it was. */
async function obstacleTo(
  groups: readonly (readonly Move[])[],
  messageId: string,
  session: Session,
): Promise<Answer | undefined> {
  for (const group of groups) {
    const lacking: string[] = [];
    for (const [folder, needed] of [
      [toOf(group), RIGHTS_TO_PUT],
      [folderOf(group), RIGHTS_TO_TAKE],
    ] as const) {
      const [told] = await session.ask([`MYRIGHTS ${quoted(folder)}`]);
      if (told?.status !== 'OK') return drifted(`the write login sees no folder ${folder}`);
      lacking.push(...lackingIn(told, needed, folder));
    }
    if (lacking.length > 0) return nothingSent(`the write login has not ${lacking.join(', ')}`);
    const [opened, fetched] = await session.ask([
      `EXAMINE ${quoted(folderOf(group))}`,
      fetchOf(group.map(({ uid }) => uid)),
    ]);
    if (opened?.status !== 'OK') return drifted(`${folderOf(group)} cannot be opened`);
    const found = copiesIn(folderOf(group), opened, fetched, messageId);
    const isThere = ({ validity, uid }: Move) => found.some(copy => copy.validity === validity && copy.uid === uid);
    if (!group.every(isThere)) return drifted('a message is no more where it was planned for');
  }
  return undefined;
}

function lackingIn(told: Told, needed: string, folder: string): readonly string[] {
  const rights = told.lines.map(({ text }) => /^\* MYRIGHTS .* ([a-z0-9]*)$/.exec(text)?.[1] ?? '').join('');
  return [...needed].filter(right => !rights.includes(right)).map(right => `${right} on ${folder}`);
}

async function moveTogether(group: readonly Move[], session: Session): Promise<readonly Moved[]> {
  const [opened] = await session.ask([`SELECT ${quoted(folderOf(group))}`]);
  const validity = validityOf(done(opened, `open ${folderOf(group)}`));
  if (group.some(move => move.validity !== validity)) throw new TurnedDown('the folder was made anew meanwhile');
  const uids = group.map(({ uid }) => uid);
  const [told] = await session.ask([`UID MOVE ${uids.join(',')} ${quoted(toOf(group))}`]);
  const moved = movedBy(done(told, 'move'), group);
  if (moved.length === uids.length) return moved;
  if (moved.length === 0) throw new TurnedDown('somebody else moved the message in the same moment');
  throw new HalfMoved(moved);
}

/** What the server says that it moved (RFC 4315, RFC 6851). */
function movedBy({ text, lines }: Told, group: readonly Move[]): readonly Moved[] {
  for (const said of [text, ...lines.map(line => line.text)]) {
    const found = /\[COPYUID (\d{1,10}) ([\d:,]+) ([\d:,]+)\]/.exec(said);
    if (found === null) continue;
    const [, validity = '', old = '', made = ''] = found;
    const [from, to] = [numbersIn(old), numbersIn(made)];
    return from.flatMap((uid, index) => {
      const move = group.find(candidate => candidate.uid === uid);
      const now = to[index];
      return move === undefined || now === undefined
        ? []
        : [{ now: { folder: move.to, validity, uid: now }, from: move.folder }];
    });
  }
  return [];
}

/** More numbers than an answer to one of our moves can hold. */
const NUMBERS_MAX = 1_000;

function numbersIn(set: string): readonly number[] {
  const numbers: number[] = [];
  for (const part of set.split(',')) {
    const [first = Number.NaN, last = first] = part.split(':').map(Number);
    for (let number = first; number <= last && numbers.length < NUMBERS_MAX; number++) numbers.push(number);
  }
  return numbers;
}

function wayOf({ folder, to }: Move): string {
  return JSON.stringify([folder, to]);
}

function folderOf(group: readonly Move[]): string {
  return group[0]?.folder ?? '';
}

function toOf(group: readonly Move[]): string {
  return group[0]?.to ?? '';
}

function beforeTexts(moved: readonly Moved[]): { readonly [path: string]: string } {
  return {
    'mail.moved': JSON.stringify(moved.map(({ now, from }) => [now.validity, now.uid, from])),
    'mail.versionAfter': placesText(moved.map(({ now }) => now)),
  };
}
