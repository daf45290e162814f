import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ProviderConfig, ProviderKind } from '../../src/ports/model.ts';

/*
 * A provider of our own on loopback that answers in the form of each vendor, well or in one of many bad ways. How is
 * named by the first part of its path: a provider whose address ends with `/drip` gets drips.
 */

export const GOOD_TEXT = '{"order":["F1"],\n "abstain":"no"}';
const HUGE_BYTES = 100 * 1024 * 1024;

export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Double {
  readonly origin: string;
  /** Every request, in order. */
  readonly seen: readonly Seen[];
  readonly bytesWritten: () => number;
  close(): Promise<void>;
}

type Behave = (response: ServerResponse, kind: ProviderKind, request: Seen) => void;

/** How each vendor wraps a text. */
function envelope(kind: ProviderKind, text: string, model = 'double-1'): object {
  switch (kind) {
    case 'openai_compatible':
      return {
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model,
        system_fingerprint: 'fp_double',
        choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 120, completion_tokens: 7, total_tokens: 127 },
      };
    case 'anthropic':
      return {
        id: 'x',
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 120, output_tokens: 7 },
      };
    case 'google':
      return {
        candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
        usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 7, totalTokenCount: 127 },
        modelVersion: model,
      };
    case 'bedrock':
      return {
        output: { message: { role: 'assistant', content: [{ text }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 120, outputTokens: 7, totalTokens: 127 },
        metrics: { latencyMs: 1 },
      };
  }
}

function json(response: ServerResponse, status: number, body: unknown, headers: { [name: string]: string } = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const drip = (response: ServerResponse, text: string, everyMs: number) => {
  let at = 0;
  const timer = setInterval(() => {
    if (response.destroyed || at >= text.length) clearInterval(timer);
    else response.write(text[at++]);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
};

const BEHAVIOURS: { readonly [name: string]: Behave } = {
  good: (response, kind) => json(response, 200, envelope(kind, GOOD_TEXT)),
  /** One byte a second: never silent, never done. */
  drip(response, kind) {
    response.writeHead(200, { 'content-type': 'application/json' });
    drip(response, JSON.stringify(envelope(kind, GOOD_TEXT)), 1_000);
  },
  silent: () => undefined,
  huge(response) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const piece = Buffer.alloc(65_536, 0x20);
    let sent = 0;
    const more = () => {
      while (sent < HUGE_BYTES && !response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  },
  huge_declared(response) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(HUGE_BYTES) });
    response.write('{');
  },
  wrong_type: (response, kind) =>
    void response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<script>${JSON.stringify(envelope(kind, GOOD_TEXT))}</script>`),
  compressed: response =>
    void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('no gzip'),
  not_utf8: response =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  truncated(response, kind) {
    const text = JSON.stringify(envelope(kind, GOOD_TEXT));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) });
    response.write(text.slice(0, 40), () => response.destroy());
  },
  hang_up: response => void response.destroy(),
  no_http: response => void response.socket?.end('SSH-2.0-double\r\n'),
  limited: response => json(response, 429, { error: { type: 'rate_limit_error' } }, { 'retry-after': '7' }),
  limited_until: response => json(response, 429, {}, { 'retry-after': new Date(Date.now() + 30_000).toUTCString() }),
  limited_silly: response => json(response, 429, {}, { 'retry-after': 'soon' }),
  fails: response => json(response, 500, { error: { type: 'api_error', message: 'boom' } }),
  overloaded: response => json(response, 529, { error: { type: 'overloaded_error' } }, { 'retry-after': '3' }),
  expired: response => json(response, 401, { error: { code: 'expired_api_key', message: 'expired' } }),
  forbidden: response => json(response, 403, { message: 'The security token is expired' }),
  google_expired: response =>
    json(response, 400, { error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }),
  redirect: response => void response.writeHead(307, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
  empty: response => void response.writeHead(200, { 'content-type': 'application/json' }).end(),
  empty_text: (response, kind) => json(response, 200, envelope(kind, '')),
  wrong_schema: (response, kind) => json(response, 200, envelope(kind, '{"approve":true,"tier":0}')),
  other_json: response => json(response, 200, { message: 'approved', choices: [], output: 7 }),
  list: response => json(response, 200, [1, 2, 3]),
  no_json: response => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[{"mess'),
  no_such_model: response => json(response, 404, { error: { code: 'model_not_found', message: 'no such model' } }),
  /** Where the vendor has no form of answers but a tool's input. */
  tool: (response, kind) => json(response, 200, asTool(envelope(kind, ''), kind)),
  other_model: (response, kind) => json(response, 200, envelope(kind, GOOD_TEXT, 'another-model')),
  cut: (response, kind) => json(response, 200, atLimit(envelope(kind, '{"order":["F1"'), kind)),
  /** Writes what it was sent into its error. */
  echo: (response, _kind, { headers, body }) =>
    json(response, 400, {
      error: { code: keyIn(headers), type: 'SECRETHOST', message: `${keyIn(headers)} ${body.toString()}` },
    }),
  prototype: response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"__proto__":{"polluted":true},"choices":[{"message":{"content":"x","__proto__":{"polluted":true}}}]}'),
};

function keyIn(headers: IncomingMessage['headers']): string {
  return String(headers.authorization ?? headers['x-api-key'] ?? headers['x-goog-api-key']).replace('Bearer ', '');
}

function atLimit(body: object, kind: ProviderKind): object {
  switch (kind) {
    case 'openai_compatible':
      return { ...body, choices: [{ index: 0, message: { content: '{"order":["F1"' }, finish_reason: 'length' }] };
    case 'anthropic':
      return { ...body, stop_reason: 'max_tokens' };
    case 'google':
      return {
        ...body,
        candidates: [{ content: { parts: [{ text: '{"order":["F1"' }] }, finishReason: 'MAX_TOKENS' }],
      };
    case 'bedrock':
      return { ...body, stopReason: 'max_tokens' };
  }
}

function asTool(body: object, kind: ProviderKind): object {
  const input = JSON.parse(GOOD_TEXT);
  return kind === 'bedrock'
    ? {
        ...body,
        stopReason: 'tool_use',
        output: { message: { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'json', input } }] } },
      }
    : { ...body, stop_reason: 'tool_use', content: [{ type: 'tool_use', id: 't1', name: 'json', input }] };
}

function kindOf(path: string): ProviderKind {
  if (path.endsWith('/chat/completions')) return 'openai_compatible';
  if (path.endsWith('/messages')) return 'anthropic';
  return path.includes(':generateContent') ? 'google' : 'bedrock';
}

export async function startDouble(): Promise<Double> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let written = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => {
      const path = request.url ?? '';
      const one = { path, headers: request.headers, rawHeaders: request.rawHeaders, body: Buffer.concat(chunks) };
      seen.push(one);
      BEHAVIOURS[path.split('/')[1] ?? '']?.(response, kindOf(path), one);
    });
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      written += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    seen,
    bytesWritten: () => written,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

/** A provider at the double that behaves so. */
export function providerAt(
  origin: string,
  behaviour: string,
  kind: ProviderKind = 'openai_compatible',
  model = 'double-1',
): ProviderConfig {
  return {
    name: `${kind.replace('_', '-')}-${behaviour}`.toLowerCase(),
    kind,
    model,
    baseUrl: `${origin}/${behaviour}`,
    region: kind === 'bedrock' ? 'eu-central-1' : 'local',
    isHosted: false,
    retention: '',
    price: { inputMicros: 0, outputMicros: 0, currency: 'EUR' },
    contextTokens: 8_192,
    outputTokensMax: 512,
    isOn: true,
  };
}
