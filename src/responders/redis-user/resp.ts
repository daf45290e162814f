import { type Failure, failureOf } from '../../model/failure.ts';
import type { Secret } from '../../ports/responder.ts';
import { type Channel, NotReached, type Parse, withChannel } from '../shared/channel.ts';
import { errorTextWithout, NoAnswer } from '../shared/wire-text.ts';
import type { RedisSettings } from './config.ts';

/** An answer of a Redis server (RESP2). */
export type Reply = string | number | null | ReplyError | readonly Reply[];

/** An answer that says no. `code` is its first word: `NOPERM`, `WRONGPASS`, `ERR`. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
  readonly code: string;
  constructor(text: string) {
    super(text);
    this.code = text.split(' ', 1)[0] ?? '';
  }
}

/** The login was turned down, so nothing that could change anything was carried out. */
export class NotLoggedIn extends ReplyError {}

/** One login, which asks one thing after the other. */
export interface Session {
  /** Sends commands in one piece, and gives the answer to each. An answer that says no is a value. */
  ask(commands: readonly (readonly string[])[]): Promise<readonly Reply[]>;
}

/** A command as a Redis server takes it: each word with its length in bytes, so no word can hold another. */
function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

const DEPTH_MAX = 8;

function parseAt(bytes: Buffer, start: number, depth: number): { value: Reply; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  if (depth > DEPTH_MAX) throw new NoAnswer('the answer is nested too deep');
  const text = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes[start]) {
    case 0x2b: // +
      return { value: text, end };
    case 0x2d: // -
      return { value: new ReplyError(text), end };
    case 0x3a: // :
      return { value: Number(text), end };
    case 0x24: {
      // $
      const length = Number(text);
      if (length < 0) return { value: null, end };
      if (bytes.length < end + length + 2) return undefined;
      return { value: bytes.toString('utf8', end, end + length), end: end + length + 2 };
    }
    case 0x2a: {
      // *
      const count = Number(text);
      if (count < 0) return { value: null, end };
      const items: Reply[] = [];
      let at = end;
      for (let i = 0; i < count; i++) {
        const item = parseAt(bytes, at, depth + 1);
        if (item === undefined) return undefined;
        items.push(item.value);
        at = item.end;
      }
      return { value: items, end: at };
    }
    default:
      throw new NoAnswer('the server does not speak RESP');
  }
}

const parseReply: Parse<Reply> = bytes => {
  const found = parseAt(bytes, 0, 0);
  return found === undefined ? undefined : { value: found.value, length: found.end };
};

async function askOn(channel: Channel, commands: readonly (readonly string[])[]): Promise<readonly Reply[]> {
  channel.send(Buffer.from(commands.map(encoded).join('')));
  const replies: Reply[] = [];
  for (let i = 0; i < commands.length; i++) replies.push(await channel.read(parseReply));
  return replies;
}

/** Logs in and does `work`. Rejects with NotReached or {@link NotLoggedIn} where there was no session. */
export async function withSession<T>(
  settings: RedisSettings,
  user: string,
  secret: Secret,
  timeoutMs: number,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return await withChannel(settings, timeoutMs, async channel => {
    const [login] = await askOn(channel, [['AUTH', user, secret.reveal()]]).catch(error => {
      // AUTH changes nothing, so silence after it is as good as not having been there.
      throw new NotReached(error instanceof Error ? error.message : String(error));
    });
    if (login instanceof ReplyError) throw new NotLoggedIn(login.message);
    return await work({ ask: commands => askOn(channel, commands) });
  });
}

/** What a failed look is called. */
export function readFailure(error: unknown, secrets: readonly Secret[]): Failure {
  const code =
    error instanceof NotLoggedIn || (error instanceof ReplyError && error.code === 'NOPERM')
      ? 'responder.missing_scope'
      : error instanceof ReplyError
        ? 'responder.refused'
        : 'responder.unreachable';
  return failureOf(code, `redis-user: ${errorTextWithout(error, secrets)}`);
}

/** What became of a write that ended in an error. A transaction that Redis refused was not begun. */
export function writeOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof NotReached) return 'failed';
  return error instanceof ReplyError ? 'refused' : 'unknown';
}
