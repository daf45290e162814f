import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { type DirectoryAddress, faultOfUrl, sameDn } from '../shared/ldap/ldap-directory.ts';
import { secretPathFault } from '../shared/secret-file.ts';
import { ANY_TEXT, CONSUMERS, namesIn, settingsOf, wrong } from '../shared/settings.ts';

const NAME = 'ldap-rotation';

/** Where the directory is, and one service of it: its two entries, and the file from which it reads which to use. */
export interface RotationSettings extends DirectoryAddress {
  readonly baseDn: string;
  readonly readDn: string;
  readonly writeDn: string;
  readonly dnA: string;
  readonly dnB: string;
  readonly secretFile: string;
  /** Who reads the file, as the operator said. Empty where nobody did. */
  readonly consumers: readonly string[];
}

const DN_CHARS_MAX = 500;
const A_DN = (value: string) =>
  value.includes('=') && value.length <= DN_CHARS_MAX ? undefined : 'it is not a distinguished name';
/** The name of a login is the value of its first part, so that has to be one value, without escapes. */
const A_LOGIN = (value: string) =>
  A_DN(value) ?? (loginName(value) === undefined ? 'its first part is not one plain value' : undefined);

const TABLE = {
  url: { fault: faultOfUrl },
  tlsCa: { usual: '', fault: ANY_TEXT },
  baseDn: { fault: A_DN },
  readDn: { fault: A_DN },
  writeDn: { fault: A_DN },
  dnA: { fault: A_LOGIN },
  dnB: { fault: A_LOGIN },
  secretFile: { fault: secretPathFault },
  consumers: CONSUMERS,
} as const;

/** By what name people and alerts know a login: `orders-a` of `uid=orders-a,ou=svc,…`. */
export function loginName(dn: string): string | undefined {
  return /^[A-Za-z][A-Za-z0-9-]*=([^\s,+="\\<>;#][^,+="\\<>;]*),/.exec(dn)?.[1];
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf(NAME, TABLE, given);
  if (!read.ok) return read;
  const { readDn, writeDn, dnA, dnB } = read.value;
  if (sameDn(readDn, writeDn)) return wrong(NAME, 'writeDn', 'it must be another account than `readDn`');
  if (sameDn(dnA, dnB) || loginName(dnA) === loginName(dnB))
    return wrong(NAME, 'dnB', 'it must be another login than `dnA`');
  for (const [name, dn] of [
    ['dnA', dnA],
    ['dnB', dnB],
  ] as const) {
    if (sameDn(dn, readDn) || sameDn(dn, writeDn)) return wrong(NAME, name, 'Countersign itself binds as it');
  }
  return read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<RotationSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  return ok({ ...read.value, consumers: namesIn(read.value.consumers) });
}
