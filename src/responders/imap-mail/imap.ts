import { type Failure, failureOf } from '../../model/failure.ts';
import type { Secret } from '../../ports/responder.ts';
import { type Address, type Channel, NotReached, type Parse, withChannel } from '../shared/channel.ts';
import { errorTextWithout, NoAnswer } from '../shared/wire-text.ts';

/** One line of an IMAP server: its text, in which each literal is a NUL, and the literals. */
export interface Line {
  readonly text: string;
  readonly literals: readonly Buffer[];
}

/** What came for one command. */
export interface Answer {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** What the server says of it: `[NOPERM] Permission denied`. */
  readonly text: string;
  readonly lines: readonly Line[];
}

/** A command that was turned down. */
export class TurnedDown extends Error {
  override readonly name = 'TurnedDown';
}

/** The login was turned down, so nothing that could change anything was carried out. */
export class NotLoggedIn extends Error {
  override readonly name = 'NotLoggedIn';
}

/** The login is good, and there is no mailbox of that user. */
export class NoSuchMailbox extends Error {
  override readonly name = 'NoSuchMailbox';
}

/** One login, which asks one thing after the other. */
export interface Session {
  /**
   * Sends commands in one piece, and gives the answer to each. One that says no is a value. A server may do commands at once
   * that do not touch each other, so only those may come together of which each needs the one before.
   */
  ask(commands: readonly string[]): Promise<readonly Answer[]>;
}

/** Who logs in, and for whose mailbox. */
export interface Login {
  readonly login: string;
  readonly mailbox: string;
  readonly secret: Secret;
}

const LITERAL_BYTES_MAX = 65_536;
/** More lines than any answer that is waited for here. */
const LINES_MAX = 20_000;

const parseLine: Parse<Line> = bytes => {
  let text = '';
  let start = 0;
  const literals: Buffer[] = [];
  for (;;) {
    const end = bytes.indexOf('\r\n', start);
    if (end < 0) return undefined;
    const piece = bytes.toString('latin1', start, end);
    const counted = /\{(\d{1,9})\}$/.exec(piece);
    if (counted === null) return { value: { text: text + piece, literals }, length: end + 2 };
    const length = Number(counted[1]);
    if (length > LITERAL_BYTES_MAX) throw new NoAnswer('the server sends more than was asked for');
    start = end + 2 + length;
    if (bytes.length < start) return undefined;
    text += `${piece.slice(0, counted.index)}\0`;
    literals.push(bytes.subarray(end + 2, start));
  }
};

/** Words as an IMAP server takes them: nothing in them can end the command. Only for ASCII without control characters. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, character => `\\${character}`)}"`;
}

/** The response code of an answer: `NOPERM` of `[NOPERM] Permission denied`; empty where it has none. */
export function codeOf({ text }: Pick<Answer, 'text'>): string {
  return /^\[([A-Z]+)/.exec(text)?.[1] ?? '';
}

/** The answer, where the server did as it was told. Throws {@link TurnedDown} otherwise. */
export function done(answer: Answer | undefined, what: string): Answer {
  if (answer?.status !== 'OK') throw new TurnedDown(`${what}: ${answer?.text ?? 'no answer'}`);
  return answer;
}

async function askOn(
  channel: Channel,
  numbered: { next: number },
  commands: readonly string[],
): Promise<readonly Answer[]> {
  const tagged = commands.map(command => ({ tag: `c${numbered.next++}`, command }));
  channel.send(Buffer.from(tagged.map(({ tag, command }) => `${tag} ${command}\r\n`).join(''), 'latin1'));
  const answers: Answer[] = [];
  for (const { tag } of tagged) {
    const lines: Line[] = [];
    for (;;) {
      const line = await channel.read(parseLine);
      const end = /^(\S+) (OK|NO|BAD)(?: (.*))?$/.exec(line.text);
      if (end !== null && end[1] === tag) {
        answers.push({ status: end[2] as Answer['status'], text: end[3] ?? '', lines });
        break;
      }
      if (!line.text.startsWith('* ')) throw new NoAnswer('the server does not speak IMAP');
      lines.push(line);
      if (lines.length > LINES_MAX) throw new NoAnswer('the server sends more than was asked for');
    }
  }
  return answers;
}

/**
 * Logs in for a user's mailbox (SASL PLAIN) and does `work`. Rejects with NotReached, {@link NotLoggedIn} or
 * {@link NoSuchMailbox} where there was no session.
 */
export async function withSession<T>(
  address: Address,
  { login, mailbox, secret }: Login,
  timeoutMs: number,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return await withChannel(address, timeoutMs, async channel => {
    const numbered = { next: 1 };
    const token = Buffer.from(`${mailbox}\0${login}\0${secret.reveal()}`).toString('base64');
    const [answer] = await greeted(channel)
      .then(() => askOn(channel, numbered, [`AUTHENTICATE PLAIN ${token}`]))
      .catch(error => {
        // A login changes nothing, so silence after it is as good as not having been there.
        throw new NotReached(error instanceof Error ? error.message : String(error));
      });
    if (answer?.status !== 'OK') {
      const code = answer === undefined ? '' : codeOf(answer);
      if (code === 'AUTHORIZATIONFAILED') throw new NoSuchMailbox('the server knows no mailbox of this user');
      throw new NotLoggedIn(`the login of ${login} was turned down (${code})`);
    }
    return await work({ ask: commands => askOn(channel, numbered, commands) });
  });
}

async function greeted(channel: Channel): Promise<void> {
  const { text } = await channel.read(parseLine);
  if (!text.startsWith('* OK')) throw new NoAnswer('the server does not greet as an IMAP server does');
}

/** What a failed look is called. */
export function readFailure(error: unknown, secrets: readonly Secret[]): Failure {
  const code =
    error instanceof NotLoggedIn
      ? 'responder.missing_scope'
      : error instanceof NoSuchMailbox
        ? 'proposal.target_not_found'
        : error instanceof TurnedDown
          ? 'responder.refused'
          : 'responder.unreachable';
  return failureOf(code, `imap-mail: ${errorTextWithout(error, secrets)}`);
}

/** What became of a write that ended in an error. */
export function writeOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof NotReached) return 'failed';
  return error instanceof NotLoggedIn || error instanceof NoSuchMailbox || error instanceof TurnedDown
    ? 'refused'
    : 'unknown';
}
