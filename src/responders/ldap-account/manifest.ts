import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const LOCK: Operation = {
  name: 'lock',
  version: '1',
  title: 'Lock a directory account',
  kind: 'disable_account',
  touches: 'identity',
  targetType: 'ldap_account',
  reversibility: 'exact',
  undo: 'unlock',
  residue: [],
  d3fend: 'D3-AL',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const UNLOCK: Operation = {
  name: 'unlock',
  version: '1',
  title: 'Unlock a directory account that Countersign locked',
  kind: 'enable_account',
  touches: 'identity',
  targetType: 'ldap_account',
  reversibility: 'compensating',
  undo: 'lock',
  residue: ['Whatever was done with the account while it was unlocked stays done.'],
  d3fend: 'D3-RUAA',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

/** What this responder can do to an LDAP directory with the password policy overlay, and the rights that it needs there. */
export const ldapAccountManifest: ResponderManifest = {
  name: 'ldap-account',
  title: 'LDAP accounts',
  operations: [LOCK, UNLOCK],
  scopes: {
    read: [
      'search and read below the base: entryUUID, entryCSN, modifiersName, objectClass, the name attribute, pwdAccountLockedTime',
      'search groups by member, uniqueMember and memberUid',
      'read supportedControl of the root DSE',
      'search and read cn=accesslog, where the directory keeps it',
    ],
    write: [
      'write pwdAccountLockedTime of accounts below the base',
      'search and read: entryUUID, entryCSN, modifiersName, objectClass, the name attribute, pwdAccountLockedTime',
      'search groups by member, uniqueMember and memberUid',
    ],
    forbidden: [
      'write userPassword',
      'write member, uniqueMember or memberUid of groups',
      'add, delete or rename entries',
      'read userPassword',
      'the manage privilege (rootdn)',
      'read, write or delete anything of cn=accesslog with the write credential',
    ],
  },
  trail: 'cn=accesslog, which the overlay accesslog fills',
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return ldapAccountManifest.operations.find(operation => operation.name === name);
}
