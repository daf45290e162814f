import { readFile, writeFile } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Hono } from 'hono';
import { Gateway } from '../../src/app/gateway/gateway.ts';
import { keepUpstream } from '../../src/app/gateway/upstreams.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { ToolClass } from '../../src/model/tool.ts';
import { type Installation, type Member, must } from './installation.ts';
import { execute, review, withPlanner } from './proposals.ts';

/** Somebody else's MCP server, which may change what it says at any time. */
export interface Upstream {
  readonly url: string;
  readonly tokens: { readonly read: string; readonly write: string };
  /** What it says that it can do. A test changes it in place. */
  tools: Record<string, unknown>[];
  /** What it was made to do, with the token that asked. */
  readonly calls: { readonly name: string; readonly given: unknown; readonly token: string }[];
  /** What it answers; the usual is a word of its own. */
  answer: (name: string, given: unknown) => Record<string, unknown>;
  stop(): Promise<void>;
}

export const READ_NOTE = {
  name: 'read_note',
  description: 'Reads a note.',
  inputSchema: { type: 'object', properties: { id: { type: 'string', minLength: 1 } } },
  annotations: { readOnlyHint: true },
};
export const SEND_MONEY = {
  name: 'send_money',
  description: 'Sends money.',
  inputSchema: { type: 'object', properties: { to: { type: 'string' }, amount: { type: 'number' } } },
};

export async function startUpstream(): Promise<Upstream> {
  const tokens = { read: 'read-token-of-a-test-upstream', write: 'write-token-of-a-test-upstream' };
  const upstream: Omit<Upstream, 'url' | 'stop'> = {
    tokens,
    tools: [structuredClone(READ_NOTE), structuredClone(SEND_MONEY)],
    calls: [],
    answer: name => ({ content: [{ type: 'text', text: `${name} was done` }] }),
  };
  const app = new Hono().post('/mcp', async c => {
    const token = c.req.header('authorization')?.slice('Bearer '.length) ?? '';
    if (!Object.values(tokens).includes(token)) return c.body(null, 401);
    const server = new Server({ name: 'upstream', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: structuredClone(upstream.tools) as never }));
    server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
      upstream.calls.push({ name: params.name, given: params.arguments, token });
      return upstream.answer(params.name, params.arguments) as never;
    });
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    return transport.handleRequest(c.req.raw);
  });
  app.get('/mcp', c => c.body(null, 405));
  const http = createAdaptorServer({ fetch: app.fetch }) as HttpServer;
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/mcp`,
    async stop() {
      http.closeAllConnections();
      await new Promise<void>(resolve => http.close(() => resolve()));
    },
  });
}

/** Puts a server behind the gate as `countersign gateway add` does, and opens the gate. */
export async function behindTheGate(
  world: Installation,
  name: string,
  at: Pick<Upstream, 'url' | 'tokens'>,
): Promise<Gateway> {
  const file = join(world.executorFolder, 'systems.json');
  const systems = JSON.parse(await readFile(file, 'utf8')) as object[];
  const config = { responder: 'mcp-tool', system: name, settings: { url: at.url } };
  const added = { config, readCredential: at.tokens.read, writeCredential: at.tokens.write };
  await writeFile(file, JSON.stringify([...systems, added]));
  await keepUpstream(world.executorFolder, { name, url: at.url, readCredential: at.tokens.read });
  return new Gateway(world.context, world.executorFolder);
}

/** Proposes these tools as an administrator does; `by` brings them, `signer` signs. Resolves to the proposal. */
export async function adoptTools(
  world: Installation,
  gateway: Gateway,
  upstream: string,
  tools: { readonly [name: string]: ToolClass },
  { by, signer }: { readonly by: Member; readonly signer: Member },
): Promise<`prp_${string}`> {
  const request = { kind: 'tools', upstream, tools } as const;
  const ways = { listTools: gateway.listTools };
  const made = await withPlanner(
    world,
    requestProposal(world.context, async () => undefined, by.person, request, ways),
  );
  const proposal = must(made);
  await review(world, signer, proposal);
  await execute(world, proposal);
  return proposal;
}
