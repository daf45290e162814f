import type { Operation, ResponderManifest } from '../../ports/responder.ts';

export const CALL: Operation = {
  name: 'call',
  version: '1',
  title: 'Call a route of an HTTP interface',
  kind: 'call_tool',
  touches: 'production',
  targetType: 'http_route',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['Whatever the call did stays done. Only its server knows what that was.'],
  d3fend: 'none',
  concurrencyControl: 'reread',
  settleMs: 0,
};

/** One call of one route of somebody else's interface, with exactly the path, query, headers and body that were signed. */
export const httpCallManifest: ResponderManifest = {
  name: 'http-call',
  title: 'Routes of HTTP interfaces',
  operations: [CALL],
  scopes: {
    read: ['GET of the OpenAPI document, and the routes that only read'],
    write: ['GET of the OpenAPI document, and the routes that are called here'],
    forbidden: ['for the read credential, any route that changes something'],
  },
};
