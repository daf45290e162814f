import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'identity',
  targetType: 'saas_user',
  concurrencyControl: 'reread',
  settleMs: 2_000,
} as const;

export const DISABLE: Operation = {
  ...COMMON,
  name: 'disable',
  title: 'Disable a user in Keycloak',
  kind: 'disable_account',
  reversibility: 'exact',
  undo: 'enable',
  residue: [],
  d3fend: 'D3-AL',
};

export const ENABLE: Operation = {
  ...COMMON,
  name: 'enable',
  title: 'Let a user in again that Countersign disabled',
  kind: 'enable_account',
  reversibility: 'exact',
  undo: 'disable',
  residue: [],
  d3fend: 'D3-RUAA',
};

export const END_SESSIONS: Operation = {
  ...COMMON,
  name: 'end-sessions',
  title: 'End all sessions of a user in Keycloak',
  kind: 'revoke_sessions',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['The user logs in again everywhere.'],
  d3fend: 'D3-ST',
};

/** What this responder can do in a realm, and the roles of `realm-management` that its two service accounts need. */
export const keycloakManifest: ResponderManifest = {
  name: 'keycloak',
  title: 'Users of a Keycloak realm',
  operations: [DISABLE, ENABLE, END_SESSIONS],
  scopes: {
    // `view-events` is none that has to be: everything but the trail goes on without it, and it shows more than that (README.md).
    read: ['realm-management: view-users'],
    write: ['realm-management: manage-users'],
    forbidden: [
      // Whoever views clients is shown their secrets, and so logs in as any of them.
      'realm-management: view-clients',
      'realm-management: manage-realm',
      'realm-management: manage-clients',
      // Whoever has it deletes what the realm keeps of us.
      'realm-management: manage-events',
      'realm-management: impersonation',
    ],
  },
  trail: 'the admin events of the realm, of what the client that writes did',
};
