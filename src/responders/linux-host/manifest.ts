import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const ISOLATE: Operation = {
  name: 'isolate',
  version: '1',
  title: 'Cut a host off the network, but for the way by which it can be released',
  kind: 'isolate_host',
  touches: 'access',
  targetType: 'host',
  reversibility: 'compensating',
  undo: 'release',
  residue: ['Connections that were open have been ended.'],
  d3fend: 'D3-NI',
  concurrencyControl: 'server-assertion',
  settleMs: 200,
};

const RELEASE: Operation = {
  name: 'release',
  version: '1',
  title: 'Let a host back onto the network that Countersign cut off',
  kind: 'release_host',
  touches: 'access',
  targetType: 'host',
  reversibility: 'compensating',
  undo: 'isolate',
  residue: ['What left it or reached it while it was on the network stays so.'],
  d3fend: 'D3-RNA',
  concurrencyControl: 'server-assertion',
  settleMs: 200,
};

/** What this responder can do to a Linux host, and what it needs there. */
export const linuxHostManifest: ResponderManifest = {
  name: 'linux-host',
  title: 'Linux hosts',
  operations: [ISOLATE, RELEASE],
  scopes: {
    read: ['countersign-host read, by a key that can run nothing else'],
    write: ['countersign-host write, by another key that can run nothing else'],
    forbidden: ['a shell', 'any other command', 'forwarding of ports', 'a rule outside the table inet countersign'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return linuxHostManifest.operations.find(operation => operation.name === name);
}
