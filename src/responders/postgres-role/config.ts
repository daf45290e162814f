import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { PostgresAddress } from '../shared/postgres/postgres-session.ts';
import { SETUP_DEFAULTS } from './setup.sql.ts';

/** Where the target is. No secret: those come through the context. */
export interface PostgresSettings extends PostgresAddress {
  readonly readUser: string;
  readonly writeUser: string;
}

const KEYS = ['host', 'port', 'database', 'readUser', 'writeUser', 'tls', 'tlsCa'] as const;
const PORT_DEFAULT = '5432';
const PORT_MAX = 65_535;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Reads the settings of a system. The failure names the setting that is wrong; an unknown one is refused. */
export function readSettings(settings: { readonly [name: string]: string }): Result<PostgresSettings, Failure> {
  const given = new Map(Object.entries(settings));
  for (const key of given.keys()) {
    if (!KEYS.some(known => known === key)) return wrong(key, 'there is no such setting');
  }
  const host = given.get('host') ?? '';
  if (host === '') return wrong('host', 'it is missing');
  const portText = given.get('port') ?? PORT_DEFAULT;
  const port = Number(portText);
  if (!/^\d{1,5}$/.test(portText) || port < 1 || port > PORT_MAX)
    return wrong('port', `it is not from 1 to ${PORT_MAX}`);
  const database = given.get('database') ?? '';
  if (database === '') return wrong('database', 'it is missing');
  const readUser = given.get('readUser') ?? SETUP_DEFAULTS.readUser;
  const writeUser = given.get('writeUser') ?? SETUP_DEFAULTS.writeUser;
  if (readUser === '' || writeUser === '') return wrong('readUser', 'a user name is empty');
  if (readUser === writeUser) return wrong('writeUser', 'it must be another user than `readUser`');
  const tls = given.get('tls') ?? 'verify-full';
  if (tls !== 'verify-full' && tls !== 'off') return wrong('tls', 'it is neither `verify-full` nor `off`');
  if (tls === 'off' && !host.startsWith('/') && !LOOPBACK.has(host)) {
    return wrong('tls', '`off` is for a server on this machine only');
  }
  return ok({ host, port, database, readUser, writeUser, tls, tlsCa: given.get('tlsCa') ?? '' });
}

/** {@link readSettings}, as the port wants it: all settings spelled out, defaults included. */
export function parseConfig(settings: {
  readonly [name: string]: string;
}): Result<{ readonly [name: string]: string }, Failure> {
  const read = readSettings(settings);
  return read.ok ? ok({ ...read.value, port: String(read.value.port) }) : read;
}

function wrong(name: string, why: string): Result<never, Failure> {
  return fail(failureOf('responder.not_configured', `postgres-role: setting \`${name}\`: ${why}`));
}
