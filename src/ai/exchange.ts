import { createHash } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { ANSWER_BYTES_MAX, type ModelFailure } from '../ports/model.ts';
import { errorWord, retryAfterMs } from './refused.ts';

/** What went wrong between us and a provider. Its detail holds no key, no packet, and of the provider's text at most one word. */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  readonly code: ModelFailure;
  readonly retryAfterMs: number | undefined;

  constructor(code: ModelFailure, detail: string, retryAfter?: number) {
    super(detail);
    this.code = code;
    this.retryAfterMs = retryAfter;
  }
}

/** What may be said to a provider beside the body; whatever else the SDK would say is left out. */
const HEADERS_SENT = [
  'content-type',
  'authorization',
  'x-api-key',
  'anthropic-version',
  'anthropic-beta',
  'x-goog-api-key',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
];

/** An error's body is read for one word of it. */
const ERROR_BYTES_MAX = 16_384;

export interface Exchange {
  /** Stands in for `fetch` in the SDK. */
  readonly fetch: typeof globalThis.fetch;
  /** What went wrong on the wire; the SDK wraps or swallows what is thrown. */
  readonly failure: () => WireFailure | undefined;
  /** SHA-256 of the bytes that were sent, hexadecimal; empty where nothing was. */
  readonly requestSha256: () => string;
}

/**
 * One request to one origin, and no second one: certificates are verified, redirects are not followed, no proxy of the
 * environment is used, nothing is compressed, time and length are bounded. The SDK sees an answer only where it is whole,
 * of status 200 and JSON.
 */
export function openExchange(origin: string, deadline: AbortSignal, isSecret: (word: string) => boolean): Exchange {
  let failure: WireFailure | undefined;
  let sent: Buffer | undefined;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    try {
      if (sent !== undefined) throw new WireFailure('failed', 'the provider wants a second request for one answer');
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.origin !== origin) throw new WireFailure('failed', 'the request would go elsewhere than was configured');
      sent = bytesOf(init?.body);
      const body = await ask(url, headersFrom(init?.headers), sent, deadline, isSecret);
      return new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });
    } catch (error) {
      failure ??= error instanceof WireFailure ? error : new WireFailure('failed', `the request could not be made`);
      throw failure;
    }
  };
  return {
    fetch,
    failure: () => failure,
    requestSha256: () => (sent === undefined ? '' : createHash('sha256').update(sent).digest('hex')),
  };
}

function bytesOf(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new WireFailure('failed', 'the request has no body that could be sent');
}

function headersFrom(given: RequestInit['headers']): { [name: string]: string } {
  const all = new Headers(given);
  const headers: { [name: string]: string } = {
    'user-agent': 'countersign',
    accept: 'application/json',
    'accept-encoding': 'identity',
  };
  for (const name of HEADERS_SENT) {
    const value = all.get(name);
    if (value !== null) headers[name] = value;
  }
  return headers;
}

/** The bytes of a whole answer. Rejects with a {@link WireFailure} for everything else. */
function ask(
  url: URL,
  headers: { readonly [name: string]: string },
  body: Buffer,
  deadline: AbortSignal,
  isSecret: (word: string) => boolean,
): Promise<Buffer> {
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const lost = (error: Error, hasBegun: boolean) => reject(lostBecause(error, hasBegun, deadline));
    const going = open(
      url,
      // An agent of its own: the global one may be set to a proxy of the environment.
      { method: 'POST', agent: false, signal: deadline, headers: { ...headers, 'content-length': body.length } },
      answer => {
        read(answer, isSecret, resolve, reject);
        answer.on('error', error => lost(error, true));
        answer.on('aborted', () => lost(new Error('aborted'), true));
      },
    );
    going.on('error', error => lost(error, false));
    going.on('upgrade', (_answer, socket) => {
      socket.destroy();
      reject(new WireFailure('failed', 'the provider speaks another protocol'));
    });
    going.on('close', () => reject(new WireFailure('unreachable', 'the provider hung up')));
    going.end(body);
  });
}

function read(
  answer: IncomingMessage,
  isSecret: (word: string) => boolean,
  resolve: (bytes: Buffer) => void,
  reject: (failure: WireFailure) => void,
): void {
  const status = answer.statusCode ?? 0;
  const bytesMax = status === 200 ? ANSWER_BYTES_MAX : ERROR_BYTES_MAX;
  const chunks: Buffer[] = [];
  let length = 0;
  // What is wrong is said before the connection is cut: cutting it looks like an answer that was cut off.
  const refuse = (failure: WireFailure) => {
    reject(failure);
    answer.destroy();
  };
  const refused = () => refusalOf(status, answer, Buffer.concat(chunks), isSecret);
  const wrong = unreadable(status, answer);
  if (wrong !== undefined) {
    refuse(wrong);
    return;
  }
  answer.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= bytesMax) chunks.push(chunk);
    else refuse(status === 200 ? tooLarge() : refused());
  });
  answer.on('end', () => {
    const bytes = Buffer.concat(chunks);
    if (status !== 200) reject(refused());
    else if (bytes.length === 0) reject(new WireFailure('failed', 'answered nothing'));
    else if (!isText(bytes)) reject(new WireFailure('not_text', 'answered bytes that are not UTF-8'));
    else resolve(bytes);
  });
}

/** What can be told before its body is read. */
function unreadable(status: number, { headers }: IncomingMessage): WireFailure | undefined {
  if (status >= 300 && status < 400)
    return new WireFailure('failed', `answered ${status}, and redirects are not followed`);
  if (status !== 200) return undefined;
  if (Number(headers['content-length'] ?? 0) > ANSWER_BYTES_MAX) return tooLarge();
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return new WireFailure('not_text', 'answered something compressed, which was not asked for');
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (/^application\/([a-z0-9.-]+\+)?json$/.test(type)) return undefined;
  return new WireFailure('not_text', 'answered something that is not JSON');
}

function tooLarge(): WireFailure {
  return new WireFailure('too_large', `answered more than ${ANSWER_BYTES_MAX} bytes`);
}

function isText(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function refusalOf(
  status: number,
  { headers }: IncomingMessage,
  body: Buffer,
  isSecret: (word: string) => boolean,
): WireFailure {
  const word = errorWord(body.toString('utf8'), isSecret);
  const detail = `answered ${status}${word === undefined ? '' : ` (${word})`}`;
  const wait = retryAfterMs(name => headers[name], Date.now());
  if (status === 429) return new WireFailure('rate_limited', detail, wait);
  // Google says so of a key that it does not know, with status 400.
  if (status === 401 || status === 403 || word === 'API_KEY_INVALID') return new WireFailure('denied', detail);
  if (status === 413) return new WireFailure('too_large', detail);
  return new WireFailure('failed', detail, wait);
}

/** The system's word for it, never its text: that holds addresses. */
function lostBecause(error: Error, hasBegun: boolean, deadline: AbortSignal): WireFailure {
  if (deadline.aborted) {
    const isGivenUp = deadline.reason instanceof WireFailure;
    return isGivenUp ? (deadline.reason as WireFailure) : new WireFailure('timed_out', 'no whole answer in time');
  }
  const code = 'code' in error && typeof error.code === 'string' && /^[A-Z_]{1,60}$/.test(error.code) ? error.code : '';
  if (code.startsWith('HPE_')) return new WireFailure('failed', `does not speak HTTP (${code})`);
  if (hasBegun) return new WireFailure('failed', 'the answer was cut off');
  return new WireFailure('unreachable', `could not be reached${code === '' ? '' : ` (${code})`}`);
}
