import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { nameFault } from '../shared/keycloak/keycloak-realm.ts';
import { settingsOf, wrong } from '../shared/settings.ts';
import { serviceAccountOf } from './management.ts';

/** More than this need not be asked to find one. */
const ADMINISTRATORS_MAX = 10;

/** A realm, and the two clients with a service account each by which Countersign comes there. */
export interface KeycloakSettings {
  readonly url: string;
  readonly realm: string;
  readonly readClient: string;
  readonly writeClient: string;
  /** People who administer the realm, by their names there. Where one of them does, another one is not the last. */
  readonly administrators: readonly string[];
}

const TABLE = {
  url: { fault: urlFault },
  realm: { fault: nameFault },
  readClient: { usual: 'countersign-read', fault: nameFault },
  writeClient: { usual: 'countersign-write', fault: nameFault },
  administrators: { usual: '', fault: administratorsFault },
} as const;

/** Keycloak lets no username have a comma. */
function listed(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map(one => one.trim());
}

function administratorsFault(text: string): string | undefined {
  const names = listed(text);
  if (names.length > ADMINISTRATORS_MAX) return `it names more than ${ADMINISTRATORS_MAX}`;
  if (!names.every(name => /^[^\s\p{Cc}]{1,255}$/u.test(name))) return 'it is no list of usernames';
  if (names.some(name => name !== name.toLowerCase())) return 'Keycloak keeps usernames in small letters';
  return names.some(name => name.startsWith(serviceAccountOf('')))
    ? 'a service account is nobody who could let people in again'
    : undefined;
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('keycloak', TABLE, given);
  return read.ok && serviceAccountOf(read.value.readClient) === serviceAccountOf(read.value.writeClient)
    ? wrong('keycloak', 'writeClient', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<KeycloakSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, administrators, ...rest } = read.value;
  return ok({ ...rest, url: url.replace(/\/+$/, ''), administrators: listed(administrators) });
}
