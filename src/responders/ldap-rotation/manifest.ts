import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'access',
  targetType: 'ldap_account',
  reversibility: 'compensating',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
} as const;

export const ROTATE: Operation = {
  ...COMMON,
  name: 'rotate',
  title: 'Hand a service over to its other directory login, with a new password',
  kind: 'rotate_key',
  undo: 'take-back',
  residue: ['The login that stood by has a password that nobody has, until it is rotated to again.'],
  versionPaths: ['file.mark', 'standby.passwordSince'],
  d3fend: 'D3-CRO',
};

export const TAKE_BACK: Operation = {
  ...COMMON,
  name: 'take-back',
  title: 'Hand a service back to the directory login that it had before',
  kind: 'rotate_key',
  undo: 'rotate',
  residue: ['Connections that were bound as the new login stay open until their clients end them.'],
  versionPaths: ['file.mark', 'standby.passwordSince'],
  d3fend: 'D3-CRO',
};

export const END_OLD: Operation = {
  ...COMMON,
  name: 'end-old',
  title: 'Lock the directory login that a service was moved away from',
  kind: 'rotate_key',
  undo: 'allow-old',
  residue: [],
  reversibility: 'exact',
  versionPaths: ['login.modifier'],
  d3fend: 'D3-CR',
};

export const ALLOW_OLD: Operation = {
  ...COMMON,
  name: 'allow-old',
  title: 'Unlock the directory login that Countersign ended, with its old password',
  kind: 'enable_account',
  undo: 'end-old',
  residue: ['Whatever was done with the login while it was open stays done.'],
  d3fend: 'D3-RUAA',
};

/** What this responder can do to the two logins of a service, and the rights that it needs for it. */
export const ldapRotationManifest: ResponderManifest = {
  name: 'ldap-rotation',
  title: 'Passwords of directory services, in stages',
  operations: [ROTATE, TAKE_BACK, END_OLD, ALLOW_OLD],
  scopes: {
    read: [
      'read of the two entries: entryUUID, modifiersName, objectClass, pwdAccountLockedTime, pwdChangedTime, pwdLastSuccess',
      'search groups by member and uniqueMember',
      'read cn=Connections,cn=Monitor',
      'read supportedControl of the root DSE',
      'reading the file of the secret',
    ],
    write: [
      'write userPassword and pwdAccountLockedTime of the two entries',
      'read of the two entries, as the read login',
      'search groups by member and uniqueMember',
      'the folder of the file of the secret, as its owner',
    ],
    forbidden: [
      'write userPassword or pwdAccountLockedTime of any other entry',
      'write member or uniqueMember of groups',
      'add, delete or rename entries',
      'read userPassword',
      'the manage privilege (rootdn)',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return ldapRotationManifest.operations.find(operation => operation.name === name);
}
