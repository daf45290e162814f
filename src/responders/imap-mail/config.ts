import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { Address } from '../shared/channel.ts';
import { A_PORT, ANY_TEXT, NOT_EMPTY, ONE_OF, settingsOf, tlsFault, wrong } from '../shared/settings.ts';
import { FOLDER, USER } from './name.ts';

/** Where the server is. No secret: those come through the context. */
export interface MailSettings extends Address {
  readonly readLogin: string;
  readonly writeLogin: string;
  /** The folder that messages are kept in, which the owner of the mailbox has no right to. */
  readonly quarantine: string;
  /** Mailboxes out of which nothing is ever taken. */
  readonly keptMailboxes: readonly string[];
}

const A_LOGIN = (value: string) => (USER.test(value) ? undefined : 'it is no name of a login');

const TABLE = {
  host: { fault: NOT_EMPTY },
  port: { usual: '993', fault: A_PORT },
  readLogin: { usual: 'countersign-read', fault: A_LOGIN },
  writeLogin: { usual: 'countersign-write', fault: A_LOGIN },
  quarantine: {
    usual: 'Quarantine',
    fault: (value: string) =>
      FOLDER.test(value) && value.toUpperCase() !== 'INBOX' ? undefined : 'it is no folder that could be one',
  },
  keptMailboxes: {
    usual: '',
    fault: (value: string) =>
      wordsOf(value).every(word => USER.test(word)) ? undefined : 'it is not names of mailboxes with spaces between',
  },
  tls: { usual: 'verify-full', fault: ONE_OF('verify-full', 'off') },
  tlsCa: { usual: '', fault: ANY_TEXT },
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('imap-mail', TABLE, given);
  if (!read.ok) return read;
  const fault = tlsFault(read.value);
  if (fault !== undefined) return wrong('imap-mail', 'tls', fault);
  if (read.value.readLogin === read.value.writeLogin)
    return wrong('imap-mail', 'writeLogin', 'it must be another login than `readLogin`');
  return read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<MailSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  return ok({
    ...read.value,
    port: Number(read.value.port),
    keptMailboxes: wordsOf(read.value.keptMailboxes),
    tls: read.value.tls === 'off' ? 'off' : 'verify-full',
  });
}

function wordsOf(text: string): readonly string[] {
  return text.split(' ').filter(word => word !== '');
}
