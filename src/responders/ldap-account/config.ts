import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { type DirectoryAddress, faultOfUrl, sameDn } from '../shared/ldap/ldap-directory.ts';

/** Where the directory is. No secret: those come through the context. */
export interface LdapSettings extends DirectoryAddress {
  /** Accounts and groups are looked for below it. */
  readonly baseDn: string;
  /** The attribute that holds an account's name. */
  readonly nameAttribute: string;
  readonly readDn: string;
  readonly writeDn: string;
  /** Distinguished names of groups whose members administer something. Empty: not known, so every account is of unknown privilege. */
  readonly privilegedGroups: readonly string[];
}

const KEYS = ['url', 'tlsCa', 'baseDn', 'nameAttribute', 'readDn', 'writeDn', 'privilegedGroups'] as const;
const DN_CHARS_MAX = 1_000;

/** Reads the settings of a system. The failure names the setting that is wrong; an unknown one is refused. */
export function readSettings(settings: { readonly [name: string]: string }): Result<LdapSettings, Failure> {
  const given = new Map(Object.entries(settings));
  for (const key of given.keys()) {
    if (!KEYS.some(known => known === key)) return wrong(key, 'there is no such setting');
  }
  const url = given.get('url') ?? '';
  const urlFault = faultOfUrl(url);
  if (urlFault !== undefined) return wrong('url', urlFault);
  const nameAttribute = given.get('nameAttribute') ?? 'uid';
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(nameAttribute))
    return wrong('nameAttribute', 'it is not the name of an attribute');
  const [baseDn, readDn, writeDn] = [given.get('baseDn') ?? '', given.get('readDn') ?? '', given.get('writeDn') ?? ''];
  for (const [name, dn] of [
    ['baseDn', baseDn],
    ['readDn', readDn],
    ['writeDn', writeDn],
  ] as const) {
    if (!dn.includes('=') || dn.length > DN_CHARS_MAX) return wrong(name, 'it is not a distinguished name');
  }
  if (sameDn(readDn, writeDn)) return wrong('writeDn', 'it must be another account than `readDn`');
  const privilegedGroups = (given.get('privilegedGroups') ?? '')
    .split('\n')
    .map(dn => dn.trim())
    .filter(dn => dn !== '');
  if (privilegedGroups.some(dn => !dn.includes('=')))
    return wrong('privilegedGroups', 'a line is not a distinguished name');
  return ok({ url, tlsCa: given.get('tlsCa') ?? '', baseDn, nameAttribute, readDn, writeDn, privilegedGroups });
}

/** {@link readSettings}, as the port wants it: all settings spelled out, defaults included. */
export function parseConfig(settings: {
  readonly [name: string]: string;
}): Result<{ readonly [name: string]: string }, Failure> {
  const read = readSettings(settings);
  return read.ok ? ok({ ...read.value, privilegedGroups: read.value.privilegedGroups.join('\n') }) : read;
}

function wrong(name: string, why: string): Result<never, Failure> {
  return fail(failureOf('responder.not_configured', `ldap-account: setting \`${name}\`: ${why}`));
}
