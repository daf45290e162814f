import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = { version: '1', touches: 'identity', concurrencyControl: 'reread', settleMs: 2_000 } as const;

export const SUSPEND: Operation = {
  ...COMMON,
  name: 'suspend',
  title: 'Suspend a user in Okta',
  kind: 'disable_account',
  targetType: 'saas_user',
  reversibility: 'exact',
  undo: 'unsuspend',
  residue: [],
  d3fend: 'D3-AL',
};

export const UNSUSPEND: Operation = {
  ...COMMON,
  name: 'unsuspend',
  title: 'Let a user in again that Countersign suspended',
  kind: 'enable_account',
  targetType: 'saas_user',
  reversibility: 'exact',
  undo: 'suspend',
  residue: [],
  d3fend: 'D3-RUAA',
};

export const CLEAR_SESSIONS: Operation = {
  ...COMMON,
  name: 'clear-sessions',
  title: 'End all sessions of a user in Okta, with OAuth tokens and remembered devices',
  kind: 'revoke_sessions',
  targetType: 'saas_user',
  reversibility: 'irreversible',
  undo: undefined,
  residue: [
    'The user logs in again everywhere, and proves the second factor again on each device.',
    'Each app that held a refresh token asks for consent or a login again.',
    'Sessions that applications keep for themselves go on.',
  ],
  d3fend: 'D3-ANCI',
};

export const DEACTIVATE_SECRET: Operation = {
  ...COMMON,
  name: 'deactivate-secret',
  title: 'Deactivate one secret of an OAuth client in Okta',
  kind: 'rotate_key',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'exact',
  undo: 'activate-secret',
  residue: [],
  d3fend: 'D3-CR',
};

export const ACTIVATE_SECRET: Operation = {
  ...COMMON,
  name: 'activate-secret',
  title: 'Activate a secret again that Countersign deactivated',
  kind: 'enable_account',
  touches: 'access',
  targetType: 'saas_key',
  reversibility: 'exact',
  undo: 'deactivate-secret',
  residue: [],
  d3fend: 'D3-RUAA',
};

/** What this responder can do in an Okta organisation, and the scopes that its two service apps need. */
export const oktaManifest: ResponderManifest = {
  name: 'okta',
  title: 'Users and client secrets of an Okta organisation',
  operations: [SUSPEND, UNSUSPEND, CLEAR_SESSIONS, DEACTIVATE_SECRET, ACTIVATE_SECRET],
  scopes: {
    read: ['okta.users.read', 'okta.roles.read', 'okta.apps.read', 'okta.logs.read'],
    write: ['okta.users.manage', 'okta.apps.manage'],
    forbidden: ['okta.roles.manage', 'okta.policies.manage', 'okta.apiTokens.manage'],
  },
  trail: 'the System Log of the organisation, of what the app that writes did to users',
};
