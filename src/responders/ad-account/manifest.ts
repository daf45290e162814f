import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const DISABLE: Operation = {
  name: 'disable',
  version: '1',
  title: 'Disable an Active Directory account',
  kind: 'disable_account',
  touches: 'identity',
  targetType: 'ad_account',
  reversibility: 'exact',
  undo: 'enable',
  residue: [],
  d3fend: 'D3-AL',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const ENABLE: Operation = {
  name: 'enable',
  version: '1',
  title: 'Enable an Active Directory account that Countersign disabled',
  kind: 'enable_account',
  touches: 'identity',
  targetType: 'ad_account',
  reversibility: 'compensating',
  undo: 'disable',
  residue: ['Whatever was done with the account while it was enabled stays done.'],
  d3fend: 'D3-RUAA',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const REMOVE: Operation = {
  name: 'remove-from-group',
  version: '1',
  title: 'Take an Active Directory account out of a group',
  kind: 'revoke_role',
  touches: 'access',
  targetType: 'ad_account',
  reversibility: 'exact',
  undo: 'add-to-group',
  residue: [],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const ADD: Operation = {
  name: 'add-to-group',
  version: '1',
  title: 'Put an Active Directory account back into a group that Countersign took it out of',
  kind: 'grant_role',
  touches: 'access',
  targetType: 'ad_account',
  reversibility: 'compensating',
  undo: 'remove-from-group',
  residue: ['Whatever was done with what the group may do stays done.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const RESET: Operation = {
  name: 'reset-password',
  version: '1',
  title: 'Reset the password of an Active Directory account to one that nobody knows',
  kind: 'reset_password',
  touches: 'identity',
  targetType: 'ad_account',
  reversibility: 'irreversible',
  undo: undefined,
  residue: [
    'The old password does not come back: nobody has it.',
    'Nobody has the new one: the help desk sets the next.',
  ],
  d3fend: 'D3-CR',
  concurrencyControl: 'reread',
  settleMs: 0,
};

/** What this responder can do to accounts of an Active Directory domain, and the rights that it needs there. */
export const adAccountManifest: ResponderManifest = {
  name: 'ad-account',
  title: 'Active Directory accounts',
  operations: [DISABLE, ENABLE, REMOVE, ADD, RESET],
  scopes: {
    read: [
      'search and read below the base: objectGUID, objectSid, objectClass, the name attribute, userAccountControl, uSNChanged, pwdLastSet, tokenGroups, adminCount, servicePrincipalName, managedObjects, directReports',
      'read the access list (nTSecurityDescriptor) of accounts below the base',
      'where a group is named: read its objectGUID, uSNChanged, member and access list',
      'read objectGUID, objectSid and tokenGroups of both accounts of Countersign',
    ],
    write: [
      'write userAccountControl of user objects below one organisational unit',
      'where a group is named: write member of that one group',
      'where passwords are to be reset: the extended right Reset Password on user objects below one organisational unit, without any other',
      'search and read what the read account reads there',
    ],
    forbidden: [
      'write any other attribute',
      'reset a password without having been given that right alone',
      'write member of any group but the one that is named',
      'add, delete, move or rename objects',
      'change an access list or an owner',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return adAccountManifest.operations.find(operation => operation.name === name);
}
