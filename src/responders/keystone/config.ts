import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { idFault, isId } from '../shared/keystone/keystone-session.ts';
import { ONE_OF, settingsOf, wrong } from '../shared/settings.ts';

/** Where a Keystone is, and who logs in there. No secret: those come through the context. */
export interface KeystoneSettings {
  /** Of version 3, without a slash at its end: `https://keystone.example.org:5000/v3`. */
  readonly url: string;
  /** What the system is for. */
  readonly for: 'users' | 'keys';
  /** The domain whose users may be acted on, by its id. */
  readonly domain: string;
  /** The project in which both of our users have their role, by its id. */
  readonly project: string;
  readonly readUser: string;
  readonly writeUser: string;
  /** Roles that administer, by name. */
  readonly adminRoles: readonly string[];
}

const TABLE = {
  url: { fault: urlFault },
  for: { usual: 'users', fault: ONE_OF('users', 'keys') },
  domain: {
    usual: 'default',
    fault: (text: string) => (text === 'default' || isId(text) ? undefined : 'it is no id of a domain'),
  },
  project: { fault: idFault },
  readUser: { fault: idFault },
  writeUser: { fault: idFault },
  adminRoles: {
    usual: 'admin',
    fault: (text: string) =>
      listed(text).every(name => /^[^\s]{1,255}$/.test(name)) ? undefined : 'it is no list of roles',
  },
} as const;

function listed(text: string): readonly string[] {
  return text.split(',').map(one => one.trim());
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('keystone', TABLE, given);
  return read.ok && read.value.readUser === read.value.writeUser
    ? wrong('keystone', 'writeUser', 'what reads and what writes are two users')
    : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<KeystoneSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, adminRoles, for: is, ...rest } = read.value;
  return ok({
    ...rest,
    for: is === 'keys' ? 'keys' : 'users',
    url: url.replace(/\/+$/, ''),
    adminRoles: listed(adminRoles),
  });
}
