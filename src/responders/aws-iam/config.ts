import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ONE_OF, settingsOf, wrong } from '../shared/settings.ts';

const REGION = (text: string) => (/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(text) ? undefined : 'it is no region');

const USER = (text: string) =>
  /^[A-Za-z0-9+=,.@_-]{1,64}$/.test(text) ? undefined : 'it is missing, or no name of a user';

/** The two users by which Countersign comes are named, so that nothing is ever done to them. IAM is one for all regions of a partition: the region is the one that its requests are signed for. */
const TABLE = {
  url: { usual: 'https://iam.amazonaws.com', fault: urlFault },
  region: { usual: 'us-east-1', fault: REGION },
  for: { fault: ONE_OF('access-keys', 'users', 'roles') },
  readUser: { fault: USER },
  writeUser: { fault: USER },
} as const;

export type IamSettings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<IamSettings, Failure> {
  const read = settingsOf('aws-iam', TABLE, given);
  return read.ok && read.value.readUser === read.value.writeUser
    ? wrong('aws-iam', 'writeUser', 'it is the one that reads')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<IamSettings, Failure> {
  const read = parseConfig(given);
  return read.ok ? ok({ ...read.value, url: read.value.url.replace(/\/+$/, '') }) : read;
}
