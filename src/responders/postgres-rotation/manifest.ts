import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'access',
  targetType: 'database_role',
  reversibility: 'compensating',
  concurrencyControl: 'reread',
} as const;

export const ROTATE: Operation = {
  ...COMMON,
  name: 'rotate',
  title: 'Hand a service over to its other login, with a new password',
  kind: 'rotate_key',
  undo: 'take-back',
  residue: ['The login that stood by has no password any more, until it is rotated to again.'],
  versionPaths: ['file.mark', 'standby.version'],
  d3fend: 'D3-CRO',
  settleMs: 500,
};

export const TAKE_BACK: Operation = {
  ...COMMON,
  name: 'take-back',
  title: 'Hand a service back to the login that it had before',
  kind: 'rotate_key',
  undo: 'rotate',
  residue: ['Sessions that were opened as the new login stay open until their clients end them.'],
  versionPaths: ['file.mark', 'standby.version'],
  d3fend: 'D3-CRO',
  settleMs: 0,
};

export const END_OLD: Operation = {
  ...COMMON,
  name: 'end-old',
  title: 'End the login that a service was moved away from, and its sessions',
  kind: 'rotate_key',
  undo: 'allow-old',
  residue: ['Sessions that were open have ended, and what they had not committed was rolled back.'],
  d3fend: 'D3-CR',
  settleMs: 500,
};

export const ALLOW_OLD: Operation = {
  ...COMMON,
  name: 'allow-old',
  title: 'Let the login that Countersign ended log in again, with its old password',
  kind: 'enable_account',
  undo: 'end-old',
  residue: ['Whatever was done with the login while it was open stays done.'],
  d3fend: 'D3-RUAA',
  settleMs: 0,
};

/** What this responder can do to the two logins of a service, and the rights that it needs for it. */
export const postgresRotationManifest: ResponderManifest = {
  name: 'postgres-rotation',
  title: 'Passwords of PostgreSQL services, in stages',
  operations: [ROTATE, TAKE_BACK, END_OLD, ALLOW_OLD],
  scopes: {
    read: [
      'CONNECT on the database',
      'USAGE on schema countersign_rotation',
      'EXECUTE on countersign_rotation.pair_state(oid)',
      'EXECUTE on countersign_rotation.login_sessions(oid)',
      'reading the file of the secret',
    ],
    write: [
      'CONNECT on the database',
      'USAGE on schema countersign_rotation',
      'EXECUTE on countersign_rotation.hand_over(oid, jsonb, text, text)',
      'EXECUTE on countersign_rotation.take_back(oid, jsonb, text)',
      'EXECUTE on countersign_rotation.end_old(oid, jsonb, text)',
      'EXECUTE on countersign_rotation.allow_old(oid, jsonb, text)',
      'EXECUTE on countersign_rotation.end_sessions(oid, text)',
      'EXECUTE on countersign_rotation.act_done(text, text, oid)',
      'the folder of the file of the secret, as its owner',
    ],
    forbidden: [
      'SUPERUSER',
      'CREATEROLE',
      'CREATEDB',
      'membership in any other role',
      'ALTER ROLE',
      'EXECUTE on pg_terminate_backend for sessions of others',
      'SELECT, INSERT, UPDATE or DELETE on countersign_rotation.act and countersign_rotation.pair',
      'SELECT on pg_authid',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return postgresRotationManifest.operations.find(operation => operation.name === name);
}
