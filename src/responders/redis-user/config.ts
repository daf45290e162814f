import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { Address } from '../shared/channel.ts';
import { A_PORT, ANY_TEXT, NOT_EMPTY, ONE_OF, settingsOf, tlsFault, wrong } from '../shared/settings.ts';

/** Where the server is. No secret: those come through the context. */
export interface RedisSettings extends Address {
  readonly readUser: string;
  readonly writeUser: string;
}

const TABLE = {
  host: { fault: NOT_EMPTY },
  port: { usual: '6379', fault: A_PORT },
  readUser: { usual: 'countersign-read', fault: NOT_EMPTY },
  writeUser: { usual: 'countersign-write', fault: NOT_EMPTY },
  tls: { usual: 'verify-full', fault: ONE_OF('verify-full', 'off') },
  tlsCa: { usual: '', fault: ANY_TEXT },
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('redis-user', TABLE, given);
  if (!read.ok) return read;
  const fault = tlsFault(read.value);
  if (fault !== undefined) return wrong('redis-user', 'tls', fault);
  if (read.value.readUser === read.value.writeUser)
    return wrong('redis-user', 'writeUser', 'it must be another user than `readUser`');
  return read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<RedisSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  return ok({
    ...read.value,
    port: Number(read.value.port),
    tls: read.value.tls === 'off' ? 'off' : 'verify-full',
  });
}
