import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ANY_TEXT, ONE_OF, settingsOf, wrong } from '../shared/settings.ts';

const CLIENT = (text: string) => (/^[A-Za-z0-9]{1,64}$/.test(text) ? undefined : 'it is missing, or no id of a client');

/** Two service apps, one that reads and one that writes, each with a key pair of its own. */
const TABLE = {
  url: { fault: urlFault },
  for: { fault: ONE_OF('users', 'client-secrets') },
  readClient: { fault: CLIENT },
  readKeyId: { usual: '', fault: ANY_TEXT },
  writeClient: { fault: CLIENT },
  writeKeyId: { usual: '', fault: ANY_TEXT },
} as const;

export type OktaSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<OktaSettings, Failure> {
  const read = settingsOf('okta', TABLE, given);
  return read.ok && read.value.readClient === read.value.writeClient
    ? wrong('okta', 'writeClient', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<OktaSettings, Failure> {
  const read = parseConfig(given);
  return read.ok ? ok({ ...read.value, url: read.value.url.replace(/\/+$/, '') }) : read;
}
