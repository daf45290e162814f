import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const REVOKE: Operation = {
  name: 'revoke',
  version: '1',
  title: 'Revoke a certificate on an SSH server and end its sessions there',
  kind: 'rotate_key',
  touches: 'access',
  targetType: 'ssh_certificate',
  reversibility: 'compensating',
  undo: 'reinstate',
  residue: ['Sessions that were open with the certificate have been ended, with what ran in them.'],
  d3fend: 'D3-CR',
  concurrencyControl: 'server-assertion',
  settleMs: 500,
};

const REINSTATE: Operation = {
  name: 'reinstate',
  version: '1',
  title: 'Take a certificate again that Countersign revoked on an SSH server',
  kind: 'enable_account',
  touches: 'access',
  targetType: 'ssh_certificate',
  reversibility: 'compensating',
  undo: 'revoke',
  residue: ['Whatever was done with the certificate while it was taken stays done.'],
  d3fend: 'D3-RUAA',
  concurrencyControl: 'server-assertion',
  settleMs: 500,
};

/** What this responder can do to an SSH server, and what it needs there. */
export const sshCertificateManifest: ResponderManifest = {
  name: 'ssh-certificate',
  title: 'Certificates on SSH servers',
  operations: [REVOKE, REINSTATE],
  scopes: {
    read: ['countersign-ssh read, by a key that can run nothing else'],
    write: ['countersign-ssh write, by another key that can run nothing else'],
    forbidden: ['a shell', 'any other command', 'forwarding of ports', 'a line of the list that it did not write'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return sshCertificateManifest.operations.find(operation => operation.name === name);
}
