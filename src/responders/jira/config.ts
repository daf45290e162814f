import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf, wrong } from '../shared/settings.ts';

const USER = (text: string) =>
  /^[\w.+-]{1,64}@[\w.-]{1,190}$/.test(text) ? undefined : 'it is missing, or no address of a user';
export const PROJECT = /^[A-Z][A-Z0-9_]{1,30}$/;
const STATUS = /^[^\p{Cc}]{1,60}$/u;

/** Two users, one that reads and one that writes, each with an API token as its credential. */
const TABLE = {
  url: { fault: urlFault },
  project: { fault: (text: string) => (PROJECT.test(text) ? undefined : 'it is missing, or no key of a project') },
  done: { usual: 'Done', fault: (text: string) => (STATUS.test(text) ? undefined : 'it is no name of a status') },
  readUser: { fault: USER },
  writeUser: { fault: USER },
} as const;

export type JiraSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<JiraSettings, Failure> {
  const read = settingsOf('jira', TABLE, given);
  return read.ok && read.value.readUser.toLowerCase() === read.value.writeUser.toLowerCase()
    ? wrong('jira', 'writeUser', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<JiraSettings, Failure> {
  const read = parseConfig(given);
  return read.ok ? ok({ ...read.value, url: read.value.url.replace(/\/+$/, '') }) : read;
}
