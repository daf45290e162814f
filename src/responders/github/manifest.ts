import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = { version: '1', concurrencyControl: 'reread', settleMs: 2_000 } as const;

export const SUSPEND_APP: Operation = {
  ...COMMON,
  name: 'suspend-app',
  title: 'Suspend the installation of a GitHub App in the organisation',
  kind: 'disable_account',
  touches: 'access',
  targetType: 'saas_app',
  reversibility: 'exact',
  undo: 'unsuspend-app',
  residue: [],
  d3fend: 'D3-AL',
};

export const UNSUSPEND_APP: Operation = {
  ...COMMON,
  name: 'unsuspend-app',
  title: 'Let an installation work again that Countersign suspended',
  kind: 'enable_account',
  touches: 'access',
  targetType: 'saas_app',
  reversibility: 'exact',
  undo: 'suspend-app',
  residue: [],
  d3fend: 'D3-RUAA',
};

const NEW_ID = 'The key comes back under another id, and what counted uses of the old one counts from nothing.';

export const REMOVE_DEPLOY_KEY: Operation = {
  ...COMMON,
  name: 'remove-deploy-key',
  title: 'Remove a deploy key from a repository',
  kind: 'delete_key',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'compensating',
  undo: 'add-deploy-key',
  residue: [NEW_ID],
  d3fend: 'D3-CR',
};

export const ADD_DEPLOY_KEY: Operation = {
  ...COMMON,
  name: 'add-deploy-key',
  title: 'Add a deploy key again that Countersign removed',
  kind: 'grant_role',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'compensating',
  undo: 'remove-deploy-key',
  residue: [NEW_ID],
  d3fend: 'D3-RUAA',
};

export const REVOKE_TOKEN: Operation = {
  ...COMMON,
  name: 'revoke-token',
  title: 'Revoke the access of a fine-grained token to the organisation',
  kind: 'delete_key',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['The token never works here again: its owner makes another one, and an administrator approves it.'],
  d3fend: 'D3-CR',
};

/** What this responder can do at GitHub, and the permissions of the two Apps that it needs. */
export const githubManifest: ResponderManifest = {
  name: 'github',
  title: 'Tokens, deploy keys and Apps of a GitHub organisation',
  operations: [SUSPEND_APP, UNSUSPEND_APP, REMOVE_DEPLOY_KEY, ADD_DEPLOY_KEY, REVOKE_TOKEN],
  scopes: {
    read: ['organization_administration: read', 'organization_personal_access_tokens: read', 'administration: read'],
    write: [
      'organization_personal_access_tokens: write',
      'administration: write, on the repositories whose deploy keys are removed here',
      'for suspend-app: the private key of the App that is suspended',
    ],
    forbidden: ['contents: write', 'members: write', 'organization_administration: write'],
  },
};
