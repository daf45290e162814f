import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const LOCK: Operation = {
  name: 'lock',
  version: '1',
  title: 'Lock a database role and end its sessions',
  kind: 'disable_account',
  touches: 'identity',
  targetType: 'database_role',
  reversibility: 'compensating',
  undo: 'unlock',
  residue: ['Sessions that were open have ended, and what they had not committed was rolled back.'],
  d3fend: 'D3-AL',
  concurrencyControl: 'reread',
  settleMs: 500,
};

const UNLOCK: Operation = {
  name: 'unlock',
  version: '1',
  title: 'Let a database role that Countersign locked log in again',
  kind: 'enable_account',
  touches: 'identity',
  targetType: 'database_role',
  reversibility: 'compensating',
  undo: 'lock',
  residue: ['Whatever was done with the login while it was open stays done.'],
  d3fend: 'D3-RUAA',
  concurrencyControl: 'reread',
  settleMs: 0,
};

const END_SESSIONS: Operation = {
  name: 'end-sessions',
  version: '1',
  title: 'End the sessions of a database role, which may log in again',
  kind: 'revoke_sessions',
  touches: 'access',
  targetType: 'database_role',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['Sessions that were open have ended, and what they had not committed was rolled back.'],
  d3fend: 'D3-ST',
  concurrencyControl: 'reread',
  settleMs: 500,
};

/** What this responder can do to a PostgreSQL server, and the rights that it needs there. */
export const postgresRoleManifest: ResponderManifest = {
  name: 'postgres-role',
  title: 'PostgreSQL roles',
  operations: [LOCK, UNLOCK, END_SESSIONS],
  scopes: {
    read: [
      'CONNECT on the database',
      'USAGE on schema countersign',
      'EXECUTE on countersign.role_state(oid)',
      'EXECUTE on countersign.role_sessions(oid)',
      'EXECUTE on countersign.trail_since(bigint)',
      'EXECUTE on countersign.trail_end()',
    ],
    write: [
      'CONNECT on the database',
      'USAGE on schema countersign',
      'EXECUTE on countersign.lock_role(oid, jsonb, text)',
      'EXECUTE on countersign.unlock_role(oid, jsonb, text)',
      'EXECUTE on countersign.end_role_sessions(oid, jsonb, text)',
    ],
    forbidden: [
      'SUPERUSER',
      'CREATEROLE',
      'CREATEDB',
      'membership in any other role',
      'ALTER ROLE',
      'EXECUTE on pg_terminate_backend for sessions of others',
      'SELECT, INSERT, UPDATE or DELETE on countersign.act',
      'SELECT, INSERT, UPDATE or DELETE on countersign.trail',
      'SELECT on pg_authid',
    ],
  },
  trail: 'the table countersign.trail, which the functions themselves fill',
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return postgresRoleManifest.operations.find(operation => operation.name === name);
}
