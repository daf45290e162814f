import type { Operation, ResponderManifest } from '../../ports/responder.ts';

export const CALL: Operation = {
  name: 'call',
  version: '1',
  title: 'Call a tool',
  kind: 'call_tool',
  touches: 'production',
  targetType: 'mcp_tool',
  reversibility: 'irreversible',
  undo: undefined,
  residue: ['Whatever the tool did stays done. Only its server knows what that was.'],
  d3fend: 'none',
  concurrencyControl: 'reread',
  settleMs: 0,
};

/** One call of one tool of somebody else's server, with exactly the arguments that were signed. */
export const mcpToolManifest: ResponderManifest = {
  name: 'mcp-tool',
  title: 'Tools of MCP servers',
  operations: [CALL],
  scopes: {
    read: ['initialize, tools/list, and tools/call of the tools that only read'],
    write: ['initialize, tools/list, and tools/call of the tools that are called here'],
    forbidden: ['for the read credential, tools/call of any tool that changes something'],
  },
};
