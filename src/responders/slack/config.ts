import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ONE_OF, settingsOf, wrong } from '../shared/settings.ts';

/** As Slack makes ids of users; those of an Enterprise organisation begin with W. */
export function isUserId(text: string): boolean {
  return /^[UW][A-Z0-9]{6,30}$/.test(text);
}

const USER = (text: string) => (isUserId(text) ? undefined : 'it is missing, or no id of a user');

/** Two tokens of users, one that reads and one that writes. Slack has one address for its methods and another one for SCIM. */
const TABLE = {
  url: { usual: 'https://slack.com', fault: urlFault },
  scimUrl: { usual: 'https://api.slack.com', fault: urlFault },
  for: { fault: ONE_OF('users', 'sessions') },
  readUser: { fault: USER },
  writeUser: { fault: USER },
} as const;

export type SlackSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<SlackSettings, Failure> {
  const read = settingsOf('slack', TABLE, given);
  return read.ok && read.value.readUser === read.value.writeUser
    ? wrong('slack', 'writeUser', 'what reads and what writes are two users')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<SlackSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const bare = (url: string) => url.replace(/\/+$/, '');
  return ok({ ...read.value, url: bare(read.value.url), scimUrl: bare(read.value.scimUrl) });
}
