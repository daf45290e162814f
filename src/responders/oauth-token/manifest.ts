import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const REVOKE: Operation = {
  name: 'revoke',
  version: '1',
  title: 'Revoke an OAuth token',
  kind: 'revoke_sessions',
  touches: 'access',
  targetType: 'oauth_token',
  reversibility: 'irreversible',
  undo: undefined,
  residue: [
    'A revoked token does not come back: whoever used it rightly has to log in again.',
    'With a refresh token most servers end the access tokens of the same grant as well.',
  ],
  d3fend: 'D3-CR',
  concurrencyControl: 'reread',
  settleMs: 1_000,
};

/** What this responder can do at an authorization server, and the rights that it needs there. */
export const oauthTokenManifest: ResponderManifest = {
  name: 'oauth-token',
  title: 'Tokens of OAuth 2.0 servers',
  operations: [REVOKE],
  scopes: {
    read: ['introspection (RFC 7662) as a client of its own'],
    write: ['revocation (RFC 7009) as the client that the token was issued to, or as one that may revoke all'],
    forbidden: ['for the read client, revocation of tokens that were issued to others'],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return oauthTokenManifest.operations.find(operation => operation.name === name);
}
