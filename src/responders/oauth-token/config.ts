import { isAbsolute } from 'node:path';
import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ANY_TEXT, NOT_EMPTY, ONE_OF, settingsOf, wrong } from '../shared/settings.ts';

/** Where an authorization server is, and who asks it. No secret: the clients' secrets come through the context. */
export interface OauthSettings {
  /** The introspection endpoint (RFC 7662). */
  readonly introspect: URL;
  /** The revocation endpoint (RFC 7009). */
  readonly revoke: URL;
  readonly readClient: string;
  readonly writeClient: string;
  /** `own`: the server lets a client revoke what was issued to it, as RFC 7009 has it. `any`: it lets this one revoke all. */
  readonly revokes: 'own' | 'any';
  /** The folder of the tokens that are held. */
  readonly tokens: string;
  /** Where a token is tried; undefined: nowhere, and then the effect is never claimed. */
  readonly resource: URL | undefined;
}

const TABLE = {
  introspect: { fault: urlFault },
  revoke: { fault: urlFault },
  read_client: { fault: NOT_EMPTY },
  write_client: { fault: NOT_EMPTY },
  revokes: { usual: 'own', fault: ONE_OF('own', 'any') },
  tokens: { fault: (value: string) => (isAbsolute(value) ? undefined : 'it is no absolute path of a folder') },
  resource: { usual: '', fault: (value: string) => (value === '' ? ANY_TEXT() : urlFault(value)) },
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('oauth-token', TABLE, given);
  return read.ok && read.value.read_client === read.value.write_client
    ? wrong('oauth-token', 'write_client', 'looking and revoking are two clients')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<OauthSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { introspect, revoke, read_client, write_client, revokes, tokens, resource } = read.value;
  return ok({
    introspect: new URL(introspect),
    revoke: new URL(revoke),
    readClient: read_client,
    writeClient: write_client,
    revokes: revokes === 'any' ? 'any' : 'own',
    tokens,
    resource: resource === '' ? undefined : new URL(resource),
  });
}
