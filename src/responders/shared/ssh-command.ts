import { Client, type ClientChannel } from 'ssh2';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Secret } from '../../ports/responder.ts';
import { NotReached } from './channel.ts';
import { errorTextWithout, NoAnswer, withinMs } from './wire-text.ts';

/** Where a script waits for its commands behind a key (`command="…",restrict`), and how the host is known. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** `SHA256:…` of the host's own key, as `ssh-keygen -l` prints it: whoever else answers is not talked to. */
  readonly hostKey: string;
}

/** The host does not take this key: nothing was carried out. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
}

/** More than the agent says, in bytes. */
const ANSWER_BYTES_MAX = 1_048_576;

/** What the agent said: for each first word of a line the rests of those lines, in order. */
export type Said = ReadonlyMap<string, readonly string[]>;

/**
 * Runs one command of the agent. Rejects with NotReached or {@link KeyRefused} where the command was not sent, and with
 * NoAnswer where it was and nothing came back.
 */
export async function askHost(settings: SshAddress, key: Secret, command: string, timeoutMs: number): Promise<Said> {
  const client = new Client();
  // An error after the answer has nothing more to say.
  client.on('error', () => undefined);
  try {
    await connect(client, settings, key, timeoutMs);
    const text = await withinMs(timeoutMs, command.split(' ', 1)[0] ?? '', run(client, command));
    const said = new Map<string, string[]>();
    for (const line of text.split('\n')) {
      const at = line.indexOf(' ');
      if (at <= 0) continue;
      const word = line.slice(0, at);
      said.set(word, [...(said.get(word) ?? []), line.slice(at + 1)]);
    }
    if (said.size === 0) throw new NoAnswer('the agent said nothing');
    return said;
  } finally {
    client.destroy();
  }
}

function connect(client: Client, settings: SshAddress, key: Secret, timeoutMs: number): Promise<void> {
  const wanted = Buffer.from(settings.hostKey.slice('SHA256:'.length), 'base64').toString('hex');
  let isStranger = false;
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('close', () => reject(new NotReached('the connection was closed')));
    client.once('error', error => {
      if (isStranger) return reject(new NotReached('another host answers there: its key is not the one that is set'));
      const isRefusal = error.level === 'client-authentication';
      reject(isRefusal ? new KeyRefused('the host does not take this key') : new NotReached(error.message));
    });
    try {
      client.connect({
        host: settings.host,
        port: settings.port,
        username: settings.user,
        privateKey: key.reveal(),
        readyTimeout: timeoutMs,
        hostHash: 'sha256',
        hostVerifier: (hash: string) => {
          isStranger = hash !== wanted;
          return !isStranger;
        },
      });
    } catch {
      // What the library says of a key that it cannot read may hold a part of it.
      reject(new KeyRefused('the credential is not a private key'));
    }
  });
  return withinMs(timeoutMs, 'connect', ready).catch(error => {
    throw error instanceof NoAnswer ? new NotReached(error.message) : error;
  });
}

function run(client: Client, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(new NoAnswer('the connection was closed')));
    client.exec(command, (error: Error | undefined, channel: ClientChannel) => {
      if (error !== undefined) return reject(new NoAnswer(error.message));
      let text = '';
      channel.on('data', (piece: Buffer) => {
        text += piece.toString();
        if (text.length > ANSWER_BYTES_MAX) reject(new NoAnswer('the agent says too much'));
      });
      channel.stderr.resume();
      let isWhole = false;
      channel.on('exit', (code: number | null) => {
        isWhole = code === 0;
      });
      channel.on('close', () => (isWhole ? resolve(text) : reject(new NoAnswer('the agent did not finish'))));
    });
  });
}

/** The first thing that was said under a word; empty where nothing was. */
export function first(said: Said, word: string): string {
  return said.get(word)?.[0] ?? '';
}

/** What a failed look is called. */
export function readFailure(responder: string, error: unknown, secrets: readonly Secret[]): Failure {
  const code = error instanceof KeyRefused ? 'responder.missing_scope' : 'responder.unreachable';
  return failureOf(code, `${responder}: ${errorTextWithout(error, secrets)}`);
}

/** What became of a write that ended in an error. */
export function writeOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof KeyRefused) return 'refused';
  return error instanceof NotReached ? 'failed' : 'unknown';
}
