import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'identity',
  targetType: 'saas_user',
  concurrencyControl: 'reread',
  settleMs: 5_000,
} as const;

export const DEACTIVATE: Operation = {
  ...COMMON,
  name: 'deactivate',
  title: 'Deactivate a user in Slack',
  kind: 'disable_account',
  reversibility: 'compensating',
  undo: 'reactivate',
  residue: [
    'Sessions that were open have ended: the user logs in again.',
    'Apps and workflows that ran by a token of the user have to be allowed again.',
  ],
  d3fend: 'D3-AL',
};

export const REACTIVATE: Operation = {
  ...COMMON,
  name: 'reactivate',
  title: 'Activate a user in Slack again that Countersign deactivated',
  kind: 'enable_account',
  reversibility: 'compensating',
  undo: 'deactivate',
  residue: ['Whatever was done with the account while it was active stays done.'],
  d3fend: 'D3-RUAA',
};

export const CLEAR_SESSIONS: Operation = {
  ...COMMON,
  name: 'clear-sessions',
  title: 'End all sessions of a user in Slack, on every device',
  kind: 'revoke_sessions',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['The user logs in again everywhere.', 'Tokens of apps that the user installed go on.'],
  d3fend: 'D3-ANCI',
};

/** What this responder can do in Slack, and the scopes of its two tokens. */
export const slackManifest: ResponderManifest = {
  name: 'slack',
  title: 'Users of Slack',
  operations: [DEACTIVATE, REACTIVATE, CLEAR_SESSIONS],
  scopes: {
    read: ['users:read'],
    write: ['admin', 'admin.users:write'],
    forbidden: [
      'admin, by the token that reads',
      'admin.users:write, by the token that reads',
      'chat:write',
      'files:read',
    ],
  },
};
