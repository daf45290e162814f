import { type CallToolResult, LATEST_PROTOCOL_VERSION, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Admitted } from '../../app/agents.ts';
import type { ServerContext } from '../../app/context.ts';
import type { Gateway } from '../../app/gateway/gateway.ts';
import type { PinnedTool } from '../../model/tool.ts';
import { allow, allowAgent, bodyOf, type Frame, must } from '../door.ts';
import { dataAnswer, failureAnswer } from './answer.ts';

const INSTRUCTIONS =
  'Countersign stands in front of this server. Tools that only read answer at once. Every other call waits until people have signed exactly it: it answers with the id of a proposal, and countersign_result tells what became of it.';

/** The one tool that is ours: what became of a call that people decide. No server may have one of its name. */
const RESULT_TOOL: Tool = {
  name: 'countersign_result',
  title: 'What became of a call',
  description: 'Tells the state of a call that people decide on, and what the tool answered once it was called.',
  inputSchema: { type: 'object', properties: { proposal: { type: 'string' } }, required: ['proposal'] },
  annotations: { readOnlyHint: true },
};

const WAITS = 'Behind Countersign: each call waits until two people have signed it.';

/** One message of the protocol. A batch is none: the protocol has had no batches since 2025-06-18. */
const MESSAGE = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
});
const CALL = z.looseObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) });

const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;

/** An error of the protocol, as its caller gets it. */
class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Mounted at /gateway: for each upstream, its tools as people adopted them, over streamable HTTP. Each request stands alone and
 * has one answer, so the few messages that there are are read here: the official kit costs more than the whole gate.
 */
export function gatewayRoutes(context: ServerContext, gateway: Gateway, version: string): Hono<Frame> {
  return new Hono<Frame>()
    .post('/:upstream', async c => {
      const agent = await allowAgent(c, context, 'propose');
      const upstream = c.req.param('upstream');
      const { id, method, params = {} } = await bodyOf(c, MESSAGE);
      if (id === undefined) return c.body(null, 202);
      try {
        const result = await answerTo(gateway, agent, upstream, { method, params, version });
        return c.json({ jsonrpc: '2.0', id, result });
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        return c.json({ jsonrpc: '2.0', id, error: { code: error.code, message: error.message } });
      }
    })
    .get('/:upstream', async c => {
      await allowAgent(c, context, 'propose');
      return c.body(null, 405);
    });
}

/** Mounted at /api/v1/gateway: what stands behind the gate, for people. */
export function upstreamRoutes(context: ServerContext, gateway: Gateway): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await gateway.overview());
  });
}

async function answerTo(
  gateway: Gateway,
  agent: Admitted,
  upstream: string,
  { method, params, version }: { readonly method: string; readonly params: object; readonly version: string },
): Promise<object> {
  switch (method) {
    case 'initialize':
      must(await gateway.usable(upstream));
      return {
        protocolVersion: LATEST_PROTOCOL_VERSION,
        capabilities: { tools: {} },
        serverInfo: { name: `countersign/${upstream}`, version },
        instructions: INSTRUCTIONS,
      };
    case 'ping':
      return {};
    case 'tools/list': {
      const usable = must(await gateway.usable(upstream));
      return { tools: [...usable.filter(({ name }) => name !== RESULT_TOOL.name).map(toldAs), RESULT_TOOL] };
    }
    case 'tools/call': {
      const call = CALL.safeParse(params);
      if (!call.success) throw new ProtocolError(INVALID_PARAMS, 'a call has a name and arguments');
      return callTool(gateway, agent, upstream, call.data.name, call.data.arguments);
    }
    default:
      throw new ProtocolError(METHOD_NOT_FOUND, 'tools are listed and called here, and nothing else');
  }
}

/** The tool as it was adopted, in its server's words, with ours beside them where a call waits. */
function toldAs(tool: PinnedTool): Tool {
  const adopted = JSON.parse(tool.text) as Tool;
  // What comes back first is a proposal, so no promise of the server about its answers holds.
  const { outputSchema: _, ...withoutSchema } = adopted;
  return tool.class === 'read'
    ? adopted
    : { ...withoutSchema, description: [adopted.description, WAITS].filter(text => text !== undefined).join('\n\n') };
}

async function callTool(
  gateway: Gateway,
  agent: Admitted,
  upstream: string,
  name: string,
  given: { readonly [name: string]: unknown },
): Promise<CallToolResult> {
  if (name === RESULT_TOOL.name) {
    const outcome = await gateway.outcome(agent, String(given['proposal'] ?? ''));
    return outcome.ok ? dataAnswer(outcome.value) : failureAnswer(outcome.failure);
  }
  const called = await gateway.call(agent, upstream, name, given);
  if (!called.ok) {
    if (called.failure.code === 'gateway.tool_blocked')
      throw new ProtocolError(INVALID_PARAMS, 'there is no such tool here');
    return failureAnswer(called.failure);
  }
  if (called.value.kind === 'answer') return called.value.result as CallToolResult;
  return dataAnswer({
    proposal: called.value.proposal,
    state: 'in_review',
    decidedBy: 'people',
    next: RESULT_TOOL.name,
  });
}
