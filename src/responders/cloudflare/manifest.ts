import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  touches: 'access',
  targetType: 'ip_address',
  reversibility: 'exact',
  residue: [],
  concurrencyControl: 'reread',
  settleMs: 2_000,
} as const;

export const BLOCK: Operation = {
  ...COMMON,
  name: 'block',
  title: 'Block an address at Cloudflare, for all zones of the account',
  kind: 'block_indicator',
  undo: 'unblock',
  d3fend: 'D3-ITF',
};

export const UNBLOCK: Operation = {
  ...COMMON,
  name: 'unblock',
  title: 'Take a block away that Countersign made',
  kind: 'unblock_indicator',
  undo: 'block',
  d3fend: 'none',
};

/** What this responder can do at Cloudflare, and the permissions of its two tokens. */
export const cloudflareManifest: ResponderManifest = {
  name: 'cloudflare',
  title: 'Addresses that reach the zones of a Cloudflare account',
  operations: [BLOCK, UNBLOCK],
  scopes: {
    read: ['Account Firewall Access Rules Read'],
    write: ['Account Firewall Access Rules Write'],
    forbidden: ['Zone Write', 'DNS Write', 'Account Settings Write'],
  },
};
