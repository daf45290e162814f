import type { Server as HttpServer } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Command } from 'commander';
import { Hono } from 'hono';
import { z } from 'zod';

/** Tools of the server, as many as a usual one has. */
const TOOLS = 14;
const RESULT_CHARS = 2_000;

const PARAMETER = { in: 'path', name: 'id', required: true, schema: { type: 'string' } };
const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Bench', version: '1' },
  paths: Object.fromEntries(
    Array.from({ length: TOOLS }, (_, i) => [
      `/things/{id}/part-${i}`,
      { get: { summary: `Reads what has the number ${i}, and tells it.`, parameters: [PARAMETER] } },
    ]),
  ),
};

/** An MCP server as the official kit makes one, and the same as a plain HTTP interface, which `countersign bench gateway` measures with. It prints its port. */
export function benchUpstreamCommand(program: Command): void {
  program.command('run-bench-upstream', { hidden: true }).action(async () => {
    const text = 'x'.repeat(RESULT_CHARS);
    const app = new Hono().post('/mcp', async c => {
      const server = new McpServer({ name: 'bench', version: '1' });
      for (let i = 0; i < TOOLS; i++)
        server.registerTool(
          `read_${i}`,
          { description: `Reads what has the number ${i}, and tells it.`, inputSchema: { id: z.string() } },
          async () => ({ content: [{ type: 'text', text }] }),
        );
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
      await server.connect(transport);
      return transport.handleRequest(c.req.raw);
    });
    app.get('/mcp', c => c.body(null, 405));
    // The same as a plain HTTP interface: as many routes, each told as fully, and the same result.
    app.get('/openapi.json', c => c.json(DOCUMENT));
    app.get('/things/:id/:part', c => c.json({ text }));
    const http = createAdaptorServer({ fetch: app.fetch }) as HttpServer;
    http.listen(0, '127.0.0.1', () => {
      const address = http.address();
      process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
    });
    process.once('disconnect', () => process.exit(0));
    process.stdin.once('end', () => process.exit(0)).resume();
  });
}
