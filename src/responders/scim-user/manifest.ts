import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const DEACTIVATE: Operation = {
  name: 'deactivate',
  version: '1',
  title: 'Set an account inactive in a product that speaks SCIM',
  kind: 'disable_account',
  touches: 'identity',
  targetType: 'scim_user',
  reversibility: 'exact',
  undo: 'activate',
  residue: [],
  d3fend: 'D3-AL',
  concurrencyControl: 'reread',
  settleMs: 1_000,
};

const ACTIVATE: Operation = {
  name: 'activate',
  version: '1',
  title: 'Set an account active again that Countersign set inactive',
  kind: 'enable_account',
  touches: 'identity',
  targetType: 'scim_user',
  reversibility: 'exact',
  undo: 'deactivate',
  residue: [],
  d3fend: 'D3-RUAA',
  concurrencyControl: 'reread',
  settleMs: 1_000,
};

/** What this responder can do through SCIM (RFC 7644), and the rights that it needs there. */
export const scimUserManifest: ResponderManifest = {
  name: 'scim-user',
  title: 'Accounts of products that speak SCIM',
  operations: [DEACTIVATE, ACTIVATE],
  scopes: {
    read: ['GET on /Users and /ServiceProviderConfig'],
    write: ['GET and PATCH on /Users'],
    forbidden: ['POST and DELETE on /Users', 'any change of /Groups'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return scimUserManifest.operations.find(operation => operation.name === name);
}
