import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { faultOfUrl, sameDn } from '../shared/ldap/ldap-directory.ts';
import { ANY_TEXT, ONE_OF, type Setting, settingsOf, wrong } from '../shared/settings.ts';

const DN_CHARS_MAX = 1_000;

const A_DN = (value: string) =>
  value.includes('=') && value.length <= DN_CHARS_MAX ? undefined : 'it is not a distinguished name';

const SETTINGS = {
  /** One domain controller: its version numbers mean nothing on another one. */
  url: { fault: faultOfUrl },
  tlsCa: { usual: '', fault: ANY_TEXT },
  baseDn: { fault: A_DN },
  nameAttribute: { usual: 'sAMAccountName', fault: ONE_OF('sAMAccountName', 'userPrincipalName') },
  readDn: { fault: A_DN },
  writeDn: { fault: A_DN },
  /** The one group that its members are taken out of; without it the two operations on it are not there. */
  group: { usual: '', fault: value => (value === '' ? undefined : A_DN(value)) },
} as const satisfies { readonly [name: string]: Setting };

/** Where the domain controller is. No secret: those come through the context. */
export type AdSettings = { readonly [K in keyof typeof SETTINGS]: string };

/** Reads the settings of a system. The failure names the setting that is wrong; an unknown one is refused. */
export function readSettings(given: { readonly [name: string]: string }): Result<AdSettings, Failure> {
  const read = settingsOf('ad-account', SETTINGS, given);
  if (!read.ok) return read;
  if (sameDn(read.value.readDn, read.value.writeDn))
    return wrong('ad-account', 'writeDn', 'it must be another account than `readDn`');
  return ok(read.value);
}

/** What a system of these settings can do. */
export function offers({ group }: { readonly [name: string]: string }): readonly string[] {
  return [
    'disable',
    'enable',
    'reset-password',
    ...((group ?? '') === '' ? [] : ['remove-from-group', 'add-to-group']),
  ];
}
