import { createHash, timingSafeEqual } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { Hono } from 'hono';
import { z } from 'zod';

/** The two tokens of a server that has none, or one, of its own. */
export interface FrontTokens {
  readonly read: string;
  readonly write: string;
}

export interface FrontWish {
  /** On loopback. 0: any that is free. */
  readonly port: number;
  readonly tokens: FrontTokens;
  /** Tools that the read token may call. Every other one takes the write token. */
  readonly readTools: ReadonlySet<string>;
  readonly command: string;
  readonly args: readonly string[];
}

export interface Front {
  readonly url: string;
  stop(): Promise<void>;
}

const ANY = z.looseObject({});
const CALL_MS_MAX = 60_000;

/**
 * Starts an MCP server that speaks over standard input and output, and offers it over HTTP on this machine, to whoever has one of
 * two tokens. With the read token a tool that is not named as reading cannot be called, whatever the server would do.
 */
export async function startFront(wish: FrontWish): Promise<Front> {
  const client = new Client({ name: 'countersign-front', version: '1' });
  await client.connect(new StdioClientTransport({ command: wish.command, args: [...wish.args], stderr: 'inherit' }));
  const app = new Hono().post('/mcp', async c => {
    const right = rightOf(c.req.header('authorization'), wish.tokens);
    if (right === undefined) return c.json({ error: 'an unknown token' }, 401);
    const server = new Server({ name: 'countersign-front', version: '1' }, { capabilities: { tools: {} } });
    server.fallbackRequestHandler = async ({ method, params }) => {
      if (method !== 'tools/list' && method !== 'tools/call')
        throw new McpError(ErrorCode.MethodNotFound, 'tools are listed and called here, and nothing else');
      const name = params?.['name'];
      if (method === 'tools/call' && right === 'read' && !(typeof name === 'string' && wish.readTools.has(name)))
        throw new McpError(ErrorCode.InvalidRequest, 'this token calls no tool that may change something');
      return client.request({ method, params: params ?? {} }, ANY, { timeout: CALL_MS_MAX });
    };
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    return transport.handleRequest(c.req.raw);
  });
  app.get('/mcp', c => c.body(null, 405));
  const http = createAdaptorServer({ fetch: app.fetch }) as HttpServer;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(wish.port, '127.0.0.1', resolve);
  });
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : wish.port;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async stop() {
      http.closeAllConnections();
      await new Promise<void>(resolve => http.close(() => resolve()));
      await client.close();
    },
  };
}

function rightOf(header: string | undefined, { read, write }: FrontTokens): keyof FrontTokens | undefined {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(header ?? '')?.[1] ?? '';
  if (isSame(token, write)) return 'write';
  return isSame(token, read) ? 'read' : undefined;
}

function isSame(given: string, kept: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return kept !== '' && timingSafeEqual(digest(given), digest(kept));
}
