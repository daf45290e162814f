import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ViteDevServer } from 'vite';
import { liveEvents } from './reviews.ts';
import { answer } from './server.ts';

/** Answers /api and /log of the development server from made-up data. Never part of what is built. */
export function attachFixtures(server: ViteDevServer): void {
  server.middlewares.use((request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!/^\/(api\/v1|log\/|__mode|__tell)/.test(url.pathname)) return next();
    if (url.pathname === '/api/v1/events') return stream(request, response);
    void bodyOf(request).then(async body => {
      const said = await answer(request.method ?? 'GET', url, body);
      response.statusCode = said.status;
      response.setHeader(
        'content-type',
        typeof said.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
      );
      response.end(typeof said.body === 'string' ? said.body : JSON.stringify(said.body));
    });
  });
}

function stream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': hello\n\n');
  const stop = liveEvents(event => response.write(`data: ${JSON.stringify(event)}\n\n`));
  request.on('close', stop);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}
