import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const LOCK: Operation = {
  name: 'lock',
  version: '1',
  title: 'Switch a Redis user off and end its connections',
  kind: 'disable_account',
  touches: 'identity',
  targetType: 'redis_user',
  reversibility: 'compensating',
  undo: 'unlock',
  residue: ['Connections that were open have ended, with what they had not yet been answered.'],
  d3fend: 'D3-AL',
  concurrencyControl: 'reread',
  settleMs: 200,
};

const UNLOCK: Operation = {
  name: 'unlock',
  version: '1',
  title: 'Switch a Redis user on again that Countersign switched off',
  kind: 'enable_account',
  touches: 'identity',
  targetType: 'redis_user',
  reversibility: 'compensating',
  undo: 'lock',
  residue: ['Whatever was done with the user while it was on stays done.'],
  d3fend: 'D3-RUAA',
  concurrencyControl: 'reread',
  settleMs: 0,
};

/** What this responder can do to a Redis server, and the rights that it needs there. */
export const redisUserManifest: ResponderManifest = {
  name: 'redis-user',
  title: 'Redis users',
  operations: [LOCK, UNLOCK],
  scopes: {
    read: ['+acl|getuser', '+acl|users', '+acl|dryrun', '+client|list'],
    write: ['+acl|getuser', '+acl|setuser', '+client|kill', '+multi', '+exec'],
    forbidden: ['any key', 'any channel', '+config', '+acl|deluser', '+acl|load', '+shutdown', '+flushall', '+eval'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return redisUserManifest.operations.find(operation => operation.name === name);
}
