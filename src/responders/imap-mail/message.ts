import { decodeWords } from 'postal-mime';
import { NoAnswer, shownText } from '../shared/wire-text.ts';
import { type Answer, done, type Line, quoted, type Session, TurnedDown } from './imap.ts';
import { FOLDER } from './name.ts';

/** Where a message is, for as long as the folder's UIDVALIDITY holds: nothing else is ever given this place. */
export interface Place {
  readonly folder: string;
  readonly validity: string;
  readonly uid: number;
}

/** A message that bears the id, and what a person knows it by. */
export interface Copy extends Place {
  readonly subject: string;
  readonly from: string;
  readonly arrived: string;
  readonly isOpened: boolean;
}

/** What a look through a mailbox found. */
export interface Found {
  readonly copies: readonly Copy[];
  readonly folders: readonly string[];
  /** Folders that the login may not look into. */
  readonly shut: readonly string[];
  /** How many folders have a name that no command can hold, and so were not looked into. */
  readonly unnamed: number;
  /** What the server lacks. */
  readonly lacks: readonly string[];
}

const NEEDED = ['MOVE', 'UIDPLUS', 'ACL'] as const;
const FOLDERS_MAX = 500;
/** Messages of one folder that are looked at one by one. */
const CANDIDATES_MAX = 5_000;
const ITEMS = '(UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID SUBJECT FROM)])';

/** Looks through every folder that the login can see. Opens each to read only, and marks nothing as read. */
export async function lookFor(session: Session, messageId: string): Promise<Found> {
  const [able] = await session.ask(['CAPABILITY']);
  const [listed] = await session.ask(['LIST "" "*"']);
  const every = foldersIn(done(listed, 'list'));
  const folders = every.filter(folder => FOLDER.test(folder));
  const said = done(able, 'capability').lines.map(({ text }) => text);
  const lacks = NEEDED.filter(word => !said.some(text => ` ${text} `.includes(` ${word} `)));
  const key = quoted(searchedFor(messageId));
  const looks = await session.ask(
    folders.flatMap(folder => [`EXAMINE ${quoted(folder)}`, `UID SEARCH HEADER Message-ID ${key}`]),
  );
  const shut: string[] = folders.includes('INBOX') ? [] : ['INBOX'];
  const hits: { readonly folder: string; readonly uids: readonly number[] }[] = [];
  for (const [index, folder] of folders.entries()) {
    if (looks[2 * index]?.status !== 'OK') {
      shut.push(folder);
      continue;
    }
    const uids = searchedIn(done(looks[2 * index + 1], 'search'));
    if (uids.length > CANDIDATES_MAX)
      throw new TurnedDown(`more than ${CANDIDATES_MAX} messages in ${folder} could be this one`);
    if (uids.length > 0) hits.push({ folder, uids });
  }
  const fetched = await session.ask(hits.flatMap(({ folder, uids }) => [`EXAMINE ${quoted(folder)}`, fetchOf(uids)]));
  const copies = hits.flatMap(({ folder }, index) =>
    copiesIn(folder, fetched[2 * index], fetched[2 * index + 1], messageId),
  );
  return { copies: copies.sort(byPlace), folders, shut, unnamed: every.length - folders.length, lacks };
}

/** What is asked of the messages of a folder that is open. */
export function fetchOf(uids: readonly number[]): string {
  return `UID FETCH ${uids.join(',')} ${ITEMS}`;
}

/**
 * A server decodes what it searches, and an id that looks like an encoded word is then found by none of its own letters: there
 * every message that has an id is looked at. What is found is compared byte by byte in any case.
 */
function searchedFor(messageId: string): string {
  return messageId.includes('=?') ? '' : messageId;
}

/** The messages that bear exactly this id, out of what was fetched from a folder. */
export function copiesIn(
  folder: string,
  opened: Answer | undefined,
  fetched: Answer | undefined,
  messageId: string,
): readonly Copy[] {
  const validity = validityOf(done(opened, `open ${folder}`));
  return done(fetched, 'fetch').lines.flatMap(line => {
    const copy = copyIn(line, messageId);
    return copy === undefined ? [] : [{ folder, validity, ...copy }];
  });
}

/** The number under which the UIDs of a folder that was just opened hold. */
export function validityOf(opened: Answer): string {
  for (const { text } of opened.lines) {
    const found = /^\* OK \[UIDVALIDITY (\d{1,10})\]/.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new NoAnswer('the server does not tell UIDVALIDITY');
}

function copyIn({ text, literals }: Line, messageId: string): Omit<Copy, 'folder' | 'validity'> | undefined {
  if (!/^\* \d+ FETCH \(/.test(text)) return undefined;
  const flags = /FLAGS \(([^)]*)\)/.exec(text);
  // Keywords are words of the user's own choice, and may read like what is looked for here.
  const rest = text.replace(flags?.[0] ?? '', '');
  const uid = Number(/[ (]UID (\d{1,10})[ )]/.exec(rest)?.[1] ?? Number.NaN);
  const headers = headersIn(literals.at(-1) ?? Buffer.alloc(0));
  if (!Number.isSafeInteger(uid) || !(headers.get('message-id') ?? []).includes(messageId)) return undefined;
  const words = (name: string) => shownText(decodeWords(headers.get(name)?.[0] ?? ''));
  return {
    uid,
    subject: words('subject'),
    from: words('from'),
    arrived: shownText(/INTERNALDATE "([^"]*)"/.exec(rest)?.[1] ?? ''),
    isOpened: (flags?.[1] ?? '').split(' ').includes('\\Seen'),
  };
}

/** Each header with all its values: a message with two ids bears both. */
function headersIn(bytes: Buffer): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const line of bytes
    .toString('utf8')
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at <= 0) continue;
    const name = line.slice(0, at).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  return headers;
}

function foldersIn({ lines }: Answer): readonly string[] {
  const folders: string[] = [];
  for (const { text, literals } of lines) {
    const found = /^\* LIST \(([^)]*)\) (?:NIL|"(?:\\.|[^"])") (.*)$/s.exec(text);
    if (found === null || /\\(?:NoSelect|NonExistent)/i.test(found[1] ?? '')) continue;
    const name = unquoted(found[2] ?? '', literals);
    folders.push(name.toUpperCase() === 'INBOX' ? 'INBOX' : name);
  }
  if (folders.length > FOLDERS_MAX) throw new TurnedDown(`the mailbox has more than ${FOLDERS_MAX} folders`);
  return folders;
}

function unquoted(text: string, literals: readonly Buffer[]): string {
  if (text === '\0') return literals.at(-1)?.toString('latin1') ?? '';
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

function searchedIn({ lines }: Answer): readonly number[] {
  return lines.flatMap(({ text }) =>
    text.startsWith('* SEARCH') ? text.slice('* SEARCH'.length).split(' ').filter(Boolean).map(Number) : [],
  );
}

function byPlace(a: Place, b: Place): number {
  return a.folder === b.folder ? a.uid - b.uid : a.folder < b.folder ? -1 : 1;
}

/** Places as people sign them. */
export function placesText(places: readonly Place[]): string {
  return JSON.stringify([...places].sort(byPlace).map(({ folder, validity, uid }) => [folder, validity, uid]));
}

/** Folders as people sign them, each once. */
export function foldersText(folders: readonly string[]): string {
  return JSON.stringify([...new Set(folders)].sort());
}
