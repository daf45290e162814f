import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { PostgresAddress } from '../shared/postgres/postgres-session.ts';
import { secretPathFault } from '../shared/secret-file.ts';
import {
  A_PORT,
  ANY_TEXT,
  CONSUMERS,
  NOT_EMPTY,
  namesIn,
  ONE_OF,
  settingsOf,
  tlsFault,
  wrong,
} from '../shared/settings.ts';
import { SETUP_DEFAULTS } from './setup.sql.ts';

const NAME = 'postgres-rotation';

/** Where the server is, and one service of it: its two logins, and the file from which it reads which to use. */
export interface RotationSettings extends PostgresAddress {
  readonly readUser: string;
  readonly writeUser: string;
  readonly loginA: string;
  readonly loginB: string;
  readonly secretFile: string;
  /** Who reads the file, as the operator said. Empty where nobody did. */
  readonly consumers: readonly string[];
}

const TABLE = {
  host: { fault: NOT_EMPTY },
  port: { usual: '5432', fault: A_PORT },
  database: { fault: NOT_EMPTY },
  readUser: { usual: SETUP_DEFAULTS.readUser, fault: NOT_EMPTY },
  writeUser: { usual: SETUP_DEFAULTS.writeUser, fault: NOT_EMPTY },
  tls: { usual: 'verify-full', fault: ONE_OF('verify-full', 'off') },
  tlsCa: { usual: '', fault: ANY_TEXT },
  loginA: { fault: NOT_EMPTY },
  loginB: { fault: NOT_EMPTY },
  secretFile: { fault: secretPathFault },
  consumers: CONSUMERS,
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf(NAME, TABLE, given);
  if (!read.ok) return read;
  const { host, readUser, writeUser, loginA, loginB } = read.value;
  // A folder is that of a Unix socket: what goes through it does not leave this machine.
  const fault = host.startsWith('/') ? undefined : tlsFault(read.value);
  if (fault !== undefined) return wrong(NAME, 'tls', fault);
  if (readUser === writeUser) return wrong(NAME, 'writeUser', 'it must be another user than `readUser`');
  if (loginA === loginB) return wrong(NAME, 'loginB', 'it must be another login than `loginA`');
  for (const [name, login] of [
    ['loginA', loginA],
    ['loginB', loginB],
  ] as const) {
    if (login === readUser || login === writeUser) return wrong(NAME, name, 'Countersign itself logs in as it');
  }
  return read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<RotationSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  return ok({
    ...read.value,
    port: Number(read.value.port),
    tls: read.value.tls === 'off' ? 'off' : 'verify-full',
    consumers: namesIn(read.value.consumers),
  });
}
