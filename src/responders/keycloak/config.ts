import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf, wrong } from '../shared/settings.ts';

const NAME = (text: string) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text)
    ? undefined
    : 'it is missing, or holds more than letters, digits, . _ -';

/** A realm, and the two clients with a service account each by which Countersign comes there. */
const TABLE = {
  url: { fault: urlFault },
  realm: { fault: NAME },
  readClient: { usual: 'countersign-read', fault: NAME },
  writeClient: { usual: 'countersign-write', fault: NAME },
} as const;

export type KeycloakSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<KeycloakSettings, Failure> {
  const read = settingsOf('keycloak', TABLE, given);
  return read.ok && read.value.readClient === read.value.writeClient
    ? wrong('keycloak', 'writeClient', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<KeycloakSettings, Failure> {
  const read = parseConfig(given);
  return read.ok ? ok({ ...read.value, url: read.value.url.replace(/\/+$/, '') }) : read;
}
