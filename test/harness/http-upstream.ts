import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { Gateway } from '../../src/app/gateway/gateway.ts';
import { keepUpstream } from '../../src/app/gateway/upstreams.ts';
import type { Installation } from './installation.ts';

/** What it answers to one request. */
export interface Answered {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** One request that reached it, as it understood it. */
export interface Asked {
  readonly method: string;
  /** As it stood on the wire. */
  readonly target: string;
  /** As it took it apart. */
  readonly path: string;
  readonly token: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * Somebody else's HTTP interface, and a careless one: it unescapes paths until nothing changes, resolves their dots, and lets a
 * header or the query say another method. It may change its document at any time.
 */
export interface HttpUpstream {
  readonly url: string;
  readonly tokens: { readonly read: string; readonly write: string };
  /** What it says of itself, as an object or word for word. A test changes it. */
  document: Record<string, unknown> | string;
  /** Every request but those for the document. */
  readonly asked: Asked[];
  answer: (asked: Asked) => Answered;
  stop(): Promise<void>;
}

const parameter = (where: string, name: string) => ({ in: where, name, schema: { type: 'string' } });

/** A document of a small bank. */
export const BANK = {
  openapi: '3.1.0',
  info: { title: 'Bank', version: '1' },
  servers: [{ url: 'https://elsewhere.example' }],
  paths: {
    '/notes/{id}': {
      parameters: [{ $ref: '#/components/parameters/id' }],
      get: {
        summary: 'Read a note.',
        parameters: [
          parameter('query', 'lang'),
          parameter('header', 'X-Tenant'),
          parameter('header', 'X-HTTP-Method-Override'),
        ],
      },
      delete: { summary: 'Remove a note.' },
    },
    '/notes/purge': { get: { summary: 'Remove all notes.' } },
    '/admin/wipe': { get: { summary: 'Remove everything.' } },
    '/transfers': {
      post: {
        summary: 'Send money.',
        parameters: [parameter('query', 'dry')],
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
    '/jobs/run': { get: { summary: 'Starts a job, by GET.' } },
  },
  components: { parameters: { id: { ...parameter('path', 'id'), required: true } } },
};

export async function startHttpUpstream(): Promise<HttpUpstream> {
  const tokens = { read: 'read-token-of-an-interface', write: 'write-token-of-an-interface' };
  const upstream: Omit<HttpUpstream, 'url' | 'stop'> = {
    tokens,
    document: structuredClone(BANK),
    asked: [],
    answer: ({ method, path }) => ({
      status: 200,
      type: 'application/json',
      body: JSON.stringify({ did: `${method} ${path}` }),
    }),
  };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
      if (!Object.values(tokens).includes(token)) return response.writeHead(401).end();
      const target = request.url ?? '/';
      if (target === '/v1/openapi.json')
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(typeof upstream.document === 'string' ? upstream.document : JSON.stringify(upstream.document));
      const [raw = '', query = ''] = target.split('?');
      const said = request.headers['x-http-method-override'] ?? new URLSearchParams(query).get('_method');
      const asked: Asked = {
        method: said === null || said === undefined ? (request.method ?? '') : String(said),
        target,
        path: resolved(raw).replace(/^\/v1(?=\/)/, ''),
        token,
        headers: request.headers,
        body,
      };
      upstream.asked.push(asked);
      const { status, type, body: answer, headers } = upstream.answer(asked);
      response.writeHead(status, { ...(type === undefined ? {} : { 'content-type': type }), ...headers });
      return response.end(answer ?? '');
    })();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>(done => server.close(() => done()));
    },
  });
}

function resolved(path: string): string {
  let plain = path;
  for (let before = ''; before !== plain; ) {
    before = plain;
    try {
      plain = decodeURIComponent(plain);
    } catch {
      break;
    }
  }
  return new URL(plain, 'http://careless').pathname;
}

/** Puts an interface behind the gate as `countersign gateway add --http` does, and opens the gate. */
export async function interfaceBehindTheGate(
  world: Installation,
  name: string,
  { url, tokens }: Pick<HttpUpstream, 'url' | 'tokens'>,
): Promise<Gateway> {
  const file = join(world.executorFolder, 'systems.json');
  const systems = JSON.parse(await readFile(file, 'utf8')) as object[];
  const document = '/openapi.json';
  const config = { responder: 'http-call', system: name, settings: { url, document } };
  const added = { config, readCredential: tokens.read, writeCredential: tokens.write };
  await writeFile(file, JSON.stringify([...systems, added]));
  await keepUpstream(world.executorFolder, { name, url, readCredential: tokens.read, document });
  return new Gateway(world.context, world.executorFolder);
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

/** The doors on a socket, asked byte for byte: no client makes an address plainer than the test wrote it. */
export async function askedOverTheWire(
  app: Hono,
  token: string,
): Promise<{
  readonly ask: (
    method: string,
    target: string,
    more?: { readonly headers?: { readonly [name: string]: string }; readonly body?: string },
  ) => Promise<Got>;
  readonly stop: () => void;
}> {
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', () => done()));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    ask: (method, path, { headers = {}, body } = {}) =>
      new Promise<Got>((resolve, reject) => {
        const sent = requestHttp(
          {
            host: '127.0.0.1',
            port,
            method,
            path,
            agent: false,
            headers: {
              host: 'localhost:8080',
              authorization: `Bearer ${token}`,
              ...(body === undefined
                ? {}
                : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
              ...headers,
            },
          },
          answer =>
            void text(answer).then(told => {
              const isJson = answer.headers['content-type']?.startsWith('application/json') === true;
              resolve({
                status: answer.statusCode ?? 0,
                headers: answer.headers,
                body: isJson && told !== '' ? JSON.parse(told) : told,
              });
            }, reject),
        );
        sent.on('error', reject);
        sent.end(body);
      }),
    stop: () => void server.close(),
  };
}
