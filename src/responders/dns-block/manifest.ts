import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const BLOCK: Operation = {
  name: 'block',
  version: '1',
  title: 'Block a domain, and everything below it, at the resolver',
  kind: 'block_indicator',
  touches: 'access',
  targetType: 'domain',
  reversibility: 'exact',
  undo: 'unblock',
  residue: [],
  versionPaths: ['domain.mark'],
  d3fend: 'D3-DNSDL',
  concurrencyControl: 'server-assertion',
  settleMs: 1_000,
};

const UNBLOCK: Operation = {
  name: 'unblock',
  version: '1',
  title: 'Take a block of a domain away that Countersign made',
  kind: 'unblock_indicator',
  touches: 'access',
  targetType: 'domain',
  reversibility: 'exact',
  undo: 'block',
  residue: [],
  versionPaths: ['domain.mark'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 1_000,
};

/** What this responder can do to a resolver with a response policy zone, and the rights that it needs there. */
export const dnsBlockManifest: ResponderManifest = {
  name: 'dns-block',
  title: 'Domains at a resolver (response policy zone)',
  operations: [BLOCK, UNBLOCK],
  scopes: {
    read: ['allow-query of the policy zone, by a key of its own', 'allow-recursion from where the executor runs'],
    write: ['allow-query of the policy zone', 'update-policy of the policy zone for CNAME and TXT, by another key'],
    forbidden: ['any other zone', 'transfer of any zone', 'rndc'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return dnsBlockManifest.operations.find(operation => operation.name === name);
}
