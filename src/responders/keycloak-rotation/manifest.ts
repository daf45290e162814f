import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'access',
  targetType: 'saas_app',
  reversibility: 'compensating',
  concurrencyControl: 'reread',
  settleMs: 0,
} as const;

export const ROTATE: Operation = {
  ...COMMON,
  name: 'rotate',
  title: 'Hand a service over to its other client in Keycloak, with a new secret',
  kind: 'rotate_key',
  undo: 'take-back',
  residue: ['The client that stood by has a secret that nobody has, until it is rotated to again.'],
  versionPaths: ['file.mark', 'standby.change'],
  d3fend: 'D3-CRO',
};

export const TAKE_BACK: Operation = {
  ...COMMON,
  name: 'take-back',
  title: 'Hand a service back to the client in Keycloak that it had before',
  kind: 'rotate_key',
  undo: 'rotate',
  residue: ['Access tokens that the other client was given are good until they expire, wherever nobody asks Keycloak.'],
  versionPaths: ['file.mark', 'standby.change'],
  d3fend: 'D3-CRO',
};

export const END_OLD: Operation = {
  ...COMMON,
  name: 'end-old',
  title: 'Disable the client in Keycloak that a service was moved away from',
  kind: 'rotate_key',
  undo: 'allow-old',
  residue: [],
  reversibility: 'exact',
  versionPaths: ['login.change'],
  d3fend: 'D3-CR',
};

export const ALLOW_OLD: Operation = {
  ...COMMON,
  name: 'allow-old',
  title: 'Enable the client in Keycloak that Countersign ended, with its old secret',
  kind: 'enable_account',
  undo: 'end-old',
  residue: ['Whatever was done with the client while it was enabled stays done.'],
  versionPaths: ['login.change'],
  d3fend: 'D3-RUAA',
};

/** What this responder can do to the two clients of a service, and the rights that it needs for it. */
export const keycloakRotationManifest: ResponderManifest = {
  name: 'keycloak-rotation',
  title: 'Client secrets of Keycloak, in stages',
  operations: [ROTATE, TAKE_BACK, END_OLD, ALLOW_OLD],
  scopes: {
    read: [
      'view of the two clients, by a permission for these two',
      'view of the users of their service accounts, by a permission for these two',
      'realm-management: view-events',
      'reading the file of the secret',
    ],
    write: [
      'manage of the two clients, by a permission for these two',
      'the folder of the file of the secret, as its owner',
    ],
    forbidden: [
      'realm-management: view-clients, which shows the secret of every client',
      'realm-management: manage-clients',
      'realm-management: manage-users',
      'realm-management: manage-realm',
      'map-roles of any client',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return keycloakRotationManifest.operations.find(operation => operation.name === name);
}
