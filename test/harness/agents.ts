import { createHash } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Hono } from 'hono';
import { gatewayHttpRoutes } from '../../src/api/gateway-http.ts';
import { frame } from '../../src/api/http.ts';
import { gatewayRoutes } from '../../src/api/mcp/gateway.ts';
import { mcpRoutes } from '../../src/api/mcp/server.ts';
import type { ToolParts } from '../../src/api/mcp/tools.ts';
import { type Admitted, admitAgent } from '../../src/app/agents.ts';
import type { Gateway } from '../../src/app/gateway/gateway.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { type Installation, type Member, must } from './installation.ts';

/** The doors for agents as the server hangs them, without a socket. */
export function agentDoors(world: Installation, readStudy: ReadStudy, gateway?: Gateway): Hono {
  const app = frame({
    context: world.context,
    port: 8080,
    sessionKey: new Uint8Array(32).fill(3),
    cliTokenSha256: createHash('sha256').update('no token of a test').digest('hex'),
  });
  // What only reads incidents is tried against the real server; here it would have nothing to read.
  const parts = { context: world.context, readStudy } as ToolParts;
  app.route('/mcp', mcpRoutes(parts, '0.0.0'));
  if (gateway !== undefined) {
    app.route('/gateway', gatewayRoutes(world.context, gateway, '0.0.0'));
    app.route('/gateway', gatewayHttpRoutes(world.context, gateway));
  }
  return new Hono().route('/', app as unknown as Hono);
}

/** The official client, with the token of an agent. */
export async function connect(
  url: string,
  token: string,
  send: (request: Request) => Response | Promise<Response> = request => fetch(request),
): Promise<Client> {
  const client = new Client({ name: 'an agent of a test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    fetch: (to, init) => Promise.resolve(send(new Request(to, init))),
  });
  await client.connect(transport);
  return client;
}

/** The client of an agent that this person admitted. */
export async function agentOfPerson(
  world: Installation,
  app: Hono,
  owner: Member,
  path = '/mcp',
): Promise<{ readonly client: Client; readonly agent: Pick<Admitted, 'id'>; readonly token: string }> {
  const { agent, token } = must(await admitAgent(world.context, owner.person, { name: 'Helper', days: 7 }));
  const client = await connect(`http://localhost:8080${path}`, token, request => {
    request.headers.set('host', 'localhost:8080');
    return app.request(request);
  });
  return { client, agent, token };
}

/** What a tool answered, as data. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
export function dataOf(answer: Awaited<ReturnType<Client['callTool']>>): any {
  const [first] = answer.content as readonly { readonly type: string; readonly text?: string }[];
  return JSON.parse(first?.text ?? 'null');
}
