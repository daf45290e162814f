import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ONE_OF, settingsOf } from '../shared/settings.ts';

const NUMBER_OR_NONE = (text: string) => (/^\d{0,15}$/.test(text) ? undefined : 'it is no number');
const ORGANISATION = (text: string) =>
  /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/.test(text) ? undefined : 'it is missing, or no name of an organisation';

/** Two GitHub Apps, one that reads and one that writes. Where a credential is a token, its App stays empty. */
const TABLE = {
  url: { usual: 'https://api.github.com', fault: urlFault },
  organisation: { fault: ORGANISATION },
  for: { fault: ONE_OF('apps', 'deploy-keys', 'tokens') },
  readApp: { usual: '', fault: NUMBER_OR_NONE },
  readInstallation: { usual: '', fault: NUMBER_OR_NONE },
  writeApp: { usual: '', fault: NUMBER_OR_NONE },
  writeInstallation: { usual: '', fault: NUMBER_OR_NONE },
} as const;

export type GithubSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<GithubSettings, Failure> {
  return settingsOf('github', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<GithubSettings, Failure> {
  const read = parseConfig(given);
  return read.ok ? ok({ ...read.value, url: read.value.url.replace(/\/+$/, '') }) : read;
}
