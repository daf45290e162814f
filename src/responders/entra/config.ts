import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ONE_OF, settingsOf, wrong } from '../shared/settings.ts';
import { GUID } from './graph.ts';

const A_GUID = (text: string) => (GUID.test(text) ? undefined : 'it is missing, or no id in lower case');

/** Two app registrations, one that reads and one that writes, each with a client secret as its credential. */
const TABLE = {
  url: { usual: 'https://graph.microsoft.com/v1.0', fault: urlFault },
  login: { usual: 'https://login.microsoftonline.com', fault: urlFault },
  for: { fault: ONE_OF('users', 'apps', 'app-secrets') },
  directory: { fault: A_GUID },
  readClient: { fault: A_GUID },
  writeClient: { fault: A_GUID },
} as const;

export type EntraSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<EntraSettings, Failure> {
  const read = settingsOf('entra', TABLE, given);
  return read.ok && read.value.readClient === read.value.writeClient
    ? wrong('entra', 'writeClient', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<EntraSettings, Failure> {
  const read = parseConfig(given);
  const bare = (url: string) => url.replace(/\/+$/, '');
  return read.ok ? ok({ ...read.value, url: bare(read.value.url), login: bare(read.value.login) }) : read;
}
