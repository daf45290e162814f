import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { A_PORT, NOT_EMPTY, settingsOf } from '../shared/settings.ts';
import type { SshAddress } from '../shared/ssh-command.ts';
import { SERIAL } from './serial.ts';

/** Where the server is. No secret: the private keys come through the context. */
export interface ServerSettings extends SshAddress {
  /** The public half of the write credential, so that a plan can say that the host does not know it. */
  readonly writeKey: string;
  /** Serials that are never revoked: the certificate by which people come in when all else fails. */
  readonly keptSerials: readonly string[];
}

const TABLE = {
  host: { fault: NOT_EMPTY },
  port: { usual: '22', fault: A_PORT },
  user: { usual: 'root', fault: NOT_EMPTY },
  hostKey: {
    fault: (value: string) => (/^SHA256:[A-Za-z0-9+/]{43}$/.test(value) ? undefined : 'it is not `SHA256:…`'),
  },
  writeKey: {
    fault: (value: string) =>
      /^ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+$/.test(value) ? undefined : 'it is not a public key without a comment',
  },
  keptSerials: {
    usual: '',
    fault: (value: string) =>
      wordsOf(value).every(word => SERIAL.test(word)) ? undefined : 'it is not serials with spaces between',
  },
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('ssh-certificate', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<ServerSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  return ok({ ...read.value, port: Number(read.value.port), keptSerials: wordsOf(read.value.keptSerials) });
}

function wordsOf(text: string): readonly string[] {
  return text.split(' ').filter(word => word !== '');
}
