import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const BAN: Operation = {
  name: 'ban',
  version: '1',
  title: 'Ban an address through CrowdSec, for a time that CrowdSec itself ends',
  kind: 'block_indicator',
  touches: 'access',
  targetType: 'ip_address',
  reversibility: 'exact',
  undo: 'unban',
  residue: [],
  d3fend: 'D3-NTF',
  concurrencyControl: 'reread',
  settleMs: 200,
};

const UNBAN: Operation = {
  name: 'unban',
  version: '1',
  title: 'Take a ban of an address away that Countersign made',
  kind: 'unblock_indicator',
  touches: 'access',
  targetType: 'ip_address',
  reversibility: 'exact',
  undo: 'ban',
  residue: [],
  d3fend: 'none',
  concurrencyControl: 'reread',
  settleMs: 200,
};

/** What this responder can do to a CrowdSec, and the rights that it needs there. */
export const crowdsecDecisionManifest: ResponderManifest = {
  name: 'crowdsec-decision',
  title: 'Addresses at a CrowdSec (decisions with an end)',
  operations: [BAN, UNBAN],
  scopes: {
    read: ['GET /v1/decisions, by the key of a bouncer'],
    write: ['POST /v1/watchers/login, POST /v1/alerts and DELETE /v1/decisions/{id}, as a machine of its own'],
    forbidden: [
      'DELETE /v1/alerts: where the executor runs is not among trusted_ips',
      'GET /v1/decisions as the machine',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return crowdsecDecisionManifest.operations.find(operation => operation.name === name);
}
