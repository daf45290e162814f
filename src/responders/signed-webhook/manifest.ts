import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = {
  version: '1',
  targetType: 'webhook_target',
  concurrencyControl: 'reread',
  settleMs: 5_000,
} as const satisfies Partial<Operation>;

/** Two operations that undo each other, and the first of them for a product that has no way back. */
function threeOf(
  contain: Pick<Operation, 'name' | 'title' | 'kind' | 'touches' | 'd3fend' | 'residue'>,
  release: Pick<Operation, 'name' | 'title' | 'kind' | 'd3fend' | 'residue'>,
): readonly Operation[] {
  return [
    { ...COMMON, ...contain, reversibility: 'compensating', undo: release.name },
    { ...COMMON, ...release, touches: contain.touches, reversibility: 'compensating', undo: contain.name },
    {
      ...COMMON,
      ...contain,
      name: `${contain.name}-one-way`,
      title: `${contain.title}, with no way back`,
      reversibility: 'irreversible',
      undo: undefined,
      residue: [...contain.residue, 'Nothing here takes it back: whoever runs the product has to.'],
    },
  ];
}

const OPERATIONS: readonly Operation[] = [
  ...threeOf(
    {
      name: 'disable-account',
      title: 'Disable an account by a product’s webhook',
      kind: 'disable_account',
      touches: 'identity',
      d3fend: 'D3-AL',
      residue: ['Whatever else the product does when its webhook is called.'],
    },
    {
      name: 'enable-account',
      title: 'Enable an account by a product’s webhook',
      kind: 'enable_account',
      d3fend: 'D3-RUAA',
      residue: ['Sessions that ended meanwhile stay ended.'],
    },
  ),
  ...threeOf(
    {
      name: 'isolate-host',
      title: 'Isolate a host by a product’s webhook',
      kind: 'isolate_host',
      touches: 'access',
      d3fend: 'D3-NI',
      residue: ['Connections that it cut stay cut.'],
    },
    {
      name: 'release-host',
      title: 'Release a host by a product’s webhook',
      kind: 'release_host',
      d3fend: 'D3-RNA',
      residue: ['Connections that were cut meanwhile stay cut.'],
    },
  ),
  ...threeOf(
    {
      name: 'block-indicator',
      title: 'Block an indicator by a product’s webhook',
      kind: 'block_indicator',
      touches: 'access',
      d3fend: 'D3-NTF',
      residue: ['What was refused meanwhile was refused.'],
    },
    {
      name: 'unblock-indicator',
      title: 'Unblock an indicator by a product’s webhook',
      kind: 'unblock_indicator',
      d3fend: 'none',
      residue: ['What was let through before it was blocked stays let through.'],
    },
  ),
  {
    ...COMMON,
    name: 'end-sessions',
    title: 'End the sessions of an account by a product’s webhook',
    kind: 'revoke_sessions',
    touches: 'access',
    d3fend: 'D3-ST',
    reversibility: 'irreversible',
    undo: undefined,
    residue: ['No session comes back: its owner signs in again.'],
  },
];

/** What can be asked of any product that takes a signed webhook. Each system that is connected does one of these, and its undo. */
export const signedWebhookManifest: ResponderManifest = {
  name: 'signed-webhook',
  title: 'Products that take a signed webhook',
  operations: OPERATIONS,
  scopes: {
    read: ['GET of the status that the settings name, with a bearer token'],
    write: ['POST to the addresses that the settings name, signed by Standard Webhooks with a secret of their own'],
    forbidden: ['for the read token, anything but that GET'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return signedWebhookManifest.operations.find(operation => operation.name === name);
}

/** Those that a system can be connected for: of each pair the first. */
export const CHOSEN = OPERATIONS.filter(
  ({ undo }, at) => undo === undefined || OPERATIONS.findIndex(({ name }) => name === undo) > at,
).map(({ name }) => name);
