import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'identity',
  targetType: 'saas_user',
  reversibility: 'compensating',
  concurrencyControl: 'reread',
  settleMs: 2_000,
} as const;

export const DISABLE: Operation = {
  ...COMMON,
  name: 'disable',
  title: 'Disable a user of an OpenStack Keystone',
  kind: 'disable_account',
  undo: 'enable',
  residue: ['Tokens that were issued before stay dead: whatever held one has to log in again.'],
  d3fend: 'D3-AL',
};

export const ENABLE: Operation = {
  ...COMMON,
  name: 'enable',
  title: 'Enable a user of an OpenStack Keystone again that Countersign disabled',
  kind: 'enable_account',
  undo: 'disable',
  residue: ['Whatever was done with the account while it was enabled stays done.'],
  d3fend: 'D3-RUAA',
};

export const DELETE_KEY: Operation = {
  version: '1',
  name: 'delete-key',
  title: 'Delete one application credential of an OpenStack Keystone',
  kind: 'delete_key',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'irreversible',
  undo: undefined,
  residue: [
    'The application credential never works again: whoever runs what uses it makes another one and hands it out.',
  ],
  d3fend: 'D3-CR',
  concurrencyControl: 'reread',
  settleMs: 2_000,
};

/** What this responder can do to a Keystone, and the policy of its two users. */
export const keystoneManifest: ResponderManifest = {
  name: 'keystone',
  title: 'Users and application credentials of an OpenStack Keystone',
  operations: [DISABLE, ENABLE, DELETE_KEY],
  scopes: {
    read: [
      'identity:get_user',
      'identity:list_users',
      'identity:list_role_assignments',
      'identity:list_application_credentials',
    ],
    write: ['identity:update_user, for users', 'identity:delete_application_credential, for application credentials'],
    forbidden: [
      'identity:update_user, by the user that reads',
      'identity:create_user',
      'identity:delete_user',
      'identity:create_grant',
      'identity:delete_application_credential, by the user that reads',
    ],
  },
};
