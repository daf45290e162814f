import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { idFault } from '../shared/keystone/keystone-session.ts';
import { secretPathFault } from '../shared/secret-file.ts';
import { CONSUMERS, namesIn, settingsOf, wrong } from '../shared/settings.ts';

const NAME = 'keystone-rotation';

/** Where a Keystone is, and one service of it: its user, the file from which it reads what to log in with, and what shows that it did. */
export interface RotationSettings {
  /** Of version 3, without a slash at its end. */
  readonly url: string;
  /** The service's user, by its id. */
  readonly user: string;
  /** The project in which the user that reads has its role, by its id. */
  readonly project: string;
  readonly readUser: string;
  /** The application credential of the service's user by which others are made and deleted. */
  readonly writeKey: string;
  readonly secretFile: string;
  /** Where consumers leave the token that they work with. */
  readonly tokenFiles: readonly string[];
  /** Who else reads the file of the secret, as the operator said. Empty where nobody did. */
  readonly consumers: readonly string[];
}

const TOKEN_FILES_MAX = 10;

const TABLE = {
  url: { fault: urlFault },
  user: { fault: idFault },
  project: { fault: idFault },
  readUser: { fault: idFault },
  writeKey: { fault: idFault },
  secretFile: { fault: secretPathFault },
  tokenFiles: {
    fault(value: string) {
      const files = namesIn(value);
      if (files.length === 0) return 'without one nothing shows that the new application credential is in use';
      if (files.length > TOKEN_FILES_MAX) return `it names more than ${TOKEN_FILES_MAX}`;
      return files.map(secretPathFault).find(why => why !== undefined);
    },
  },
  consumers: CONSUMERS,
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf(NAME, TABLE, given);
  if (!read.ok) return read;
  const { user, readUser, secretFile, tokenFiles } = read.value;
  if (user === readUser) return wrong(NAME, 'readUser', 'it must be another user than the one of the service');
  return namesIn(tokenFiles).includes(secretFile)
    ? wrong(NAME, 'tokenFiles', 'the file of the secret is not one of them')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<RotationSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, tokenFiles, consumers, ...rest } = read.value;
  return ok({
    ...rest,
    url: url.replace(/\/+$/, ''),
    tokenFiles: namesIn(tokenFiles),
    consumers: namesIn(consumers),
  });
}
