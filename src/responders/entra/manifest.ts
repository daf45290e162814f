import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = { version: '1', concurrencyControl: 'reread', settleMs: 5_000 } as const;

export const DISABLE_USER: Operation = {
  ...COMMON,
  name: 'disable-user',
  title: 'Disable a user in Microsoft Entra',
  kind: 'disable_account',
  touches: 'identity',
  targetType: 'saas_user',
  reversibility: 'exact',
  undo: 'enable-user',
  residue: [],
  d3fend: 'D3-AL',
};

export const ENABLE_USER: Operation = {
  ...COMMON,
  name: 'enable-user',
  title: 'Enable a user again that Countersign disabled',
  kind: 'enable_account',
  touches: 'identity',
  targetType: 'saas_user',
  reversibility: 'exact',
  undo: 'disable-user',
  residue: [],
  d3fend: 'D3-RUAA',
};

export const REVOKE_SESSIONS: Operation = {
  ...COMMON,
  name: 'revoke-sessions',
  title: 'Make all refresh tokens and browser sessions of a user in Microsoft Entra void',
  kind: 'revoke_sessions',
  touches: 'identity',
  targetType: 'saas_user',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['The user logs in again everywhere.', 'Access tokens that are out live on until they expire.'],
  d3fend: 'D3-ANCI',
};

export const DISABLE_APP: Operation = {
  ...COMMON,
  name: 'disable-app',
  title: 'Disable the service principal of an app in Microsoft Entra',
  kind: 'disable_account',
  touches: 'access',
  targetType: 'saas_app',
  reversibility: 'exact',
  undo: 'enable-app',
  residue: [],
  d3fend: 'D3-AL',
};

export const ENABLE_APP: Operation = {
  ...COMMON,
  name: 'enable-app',
  title: 'Enable a service principal again that Countersign disabled',
  kind: 'enable_account',
  touches: 'access',
  targetType: 'saas_app',
  reversibility: 'exact',
  undo: 'disable-app',
  residue: [],
  d3fend: 'D3-RUAA',
};

export const REMOVE_APP_SECRET: Operation = {
  ...COMMON,
  name: 'remove-app-secret',
  title: 'Remove one client secret of an app in Microsoft Entra',
  kind: 'delete_key',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['The secret never works again: whoever runs the app makes another one and hands it out.'],
  d3fend: 'D3-CR',
};

/** What this responder can do through Microsoft Graph, and the application permissions of its two apps. */
export const entraManifest: ResponderManifest = {
  name: 'entra',
  title: 'Users, apps and client secrets of Microsoft Entra',
  operations: [DISABLE_USER, ENABLE_USER, REVOKE_SESSIONS, DISABLE_APP, ENABLE_APP, REMOVE_APP_SECRET],
  scopes: {
    read: ['Directory.Read.All'],
    write: ['User.EnableDisableAccount.All', 'User.RevokeSessions.All', 'Application.ReadWrite.All'],
    forbidden: ['RoleManagement.ReadWrite.Directory', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
};
