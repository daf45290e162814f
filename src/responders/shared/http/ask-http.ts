import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import {
  type Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  validateHeaderValue,
} from 'node:http';
import { type Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { type Failure, failureOf } from '../../../model/failure.ts';
import type { Secret } from '../../../ports/responder.ts';
import { NotReached } from '../channel.ts';
import { errorTextWithout, NoAnswer } from '../wire-text.ts';

/** One request. Everything in it was decided before; nothing is added from where it goes. */
export interface HttpQuestion {
  readonly method: string;
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  /** Absent: the request has no body. */
  readonly body?: string;
  /** For all of it, from the name's look-up to the answer's last byte. */
  readonly timeoutMs: number;
  /** Keeps connections; absent: this request is one connection, and what one that broke has left behind meets no other. */
  readonly agent?: HttpAgent | HttpsAgent;
  /** Bytes of the answer. What is longer is cut off, and there is no answer. */
  readonly answerBytesMax?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The other side said no, or something that nobody asked for. */
export class Denied extends Error {
  override readonly name = 'Denied';
  readonly status: number;
  constructor(status: number) {
    super(`the answer was ${status}`);
    this.status = status;
  }
}

const ANSWER_BYTES_USUAL = 1_048_576;
const LOOPBACK_NAMES = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Addresses at which no product stands, and at which a cloud's machines find their own credentials. */
const NEVER = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NEVER.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
] as const)
  NEVER.addSubnet(network, prefix, 'ipv6');
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** A setting that is an address: https beyond this machine, and nothing in it but host, port and path. */
export function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'it is missing, or no address';
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'it holds more than an address and a path';
  if (url.protocol === 'https:') return isNever(bare(url)) ? 'it is an address that is never asked' : undefined;
  return url.protocol === 'http:' && LOOPBACK_NAMES.test(url.hostname)
    ? undefined
    : 'it starts with https:// (http:// is for this machine only)';
}

/** Why a name that means this address is not asked: it leads to this machine, or to where no product stands. */
export function addressFault(host: string, address: string): string | undefined {
  if (isNever(address)) return 'its name leads to an address that is never asked';
  const plain = unwrapped(address);
  const isLoopback = LOOPBACK.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  return isLoopback && !LOOPBACK_NAMES.test(host) ? 'its name leads to this machine' : undefined;
}

/**
 * Asks once. The name is looked up once and its addresses are judged before anything is sent. Redirects are not followed, no
 * proxy of the environment is used. Rejects with {@link NotReached} where nothing was sent, and with {@link NoAnswer} where
 * something may have been.
 */
export async function askHttp(question: HttpQuestion): Promise<HttpAnswer> {
  const { method, url, headers, body, timeoutMs } = question;
  const until = Date.now() + timeoutMs;
  assertSendable(headers);
  const address = await addressOf(url, timeoutMs);
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  return await new Promise<HttpAnswer>((resolve, reject) => {
    let hasConnected = false;
    const sent = open(
      {
        protocol: url.protocol,
        hostname: bare(url),
        port: url.port === '' ? undefined : url.port,
        path: `${url.pathname}${url.search}`,
        method,
        agent: question.agent ?? false,
        lookup: (_name, options, answer) =>
          options.all === true ? answer(null, [address]) : answer(null, address.address, address.family),
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
      },
      answer =>
        void read(answer, question.answerBytesMax ?? ANSWER_BYTES_USUAL)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer)),
    );
    const timer = setTimeout(
      () => sent.destroy(new NoAnswer(`no answer within ${timeoutMs} ms`)),
      Math.max(1, until - Date.now()),
    );
    sent.on('socket', socket => {
      const connected = () => {
        hasConnected = true;
      };
      if (!socket.connecting) connected();
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    sent.on('error', error => {
      clearTimeout(timer);
      const text = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
      reject(hasConnected ? new NoAnswer(text) : new NotReached(text));
    });
    sent.end(body);
  });
}

/** A secret of two lines, for one, fits in no header: that is told before anything is sent, and without its text. */
function assertSendable(headers: HttpQuestion['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderValue(name, value);
    } catch {
      throw new NotReached(`the header ${name} cannot hold what it was given`);
    }
  }
}

async function addressOf(url: URL, timeoutMs: number): Promise<LookupAddress> {
  const host = bare(url);
  const literal = isIP(host);
  const all = literal === 0 ? await lookedUp(host, timeoutMs) : [{ address: host, family: literal }];
  const [address] = all;
  if (address === undefined) throw new NotReached('its name has no address');
  for (const one of all) {
    const why = addressFault(url.hostname, one.address);
    if (why !== undefined) throw new NotReached(why);
  }
  return address;
}

async function lookedUp(host: string, timeoutMs: number): Promise<readonly LookupAddress[]> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      lookup(host, { all: true }),
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error('late')), timeoutMs);
      }),
    ]);
  } catch {
    throw new NotReached('its name is not known to the name server');
  } finally {
    clearTimeout(timer);
  }
}

async function read(answer: IncomingMessage, bytesMax: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw new NoAnswer('the answer is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof NoAnswer ? error : new NoAnswer('the answer broke off');
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') };
}

/** What a failed look is called. */
export function httpReadFailure(responder: string, error: unknown, secrets: readonly Secret[]): Failure {
  const isScope = error instanceof Denied && (error.status === 401 || error.status === 403);
  const code = isScope
    ? 'responder.missing_scope'
    : error instanceof Denied
      ? 'responder.refused'
      : 'responder.unreachable';
  return failureOf(code, `${responder}: ${errorTextWithout(error, secrets)}`);
}

const TIMED_OUT = 408;

/** What became of a write that ended in an error. After a 5xx and a 408, or where the answer leads elsewhere, nobody knows. */
export function httpWriteOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof NotReached) return 'failed';
  return error instanceof Denied && error.status >= 400 && error.status < 500 && error.status !== TIMED_OUT
    ? 'refused'
    : 'unknown';
}

/** The members of a JSON object; none of anything else. */
export function jsonMembers(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return new Map(typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}

const bare = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const unwrapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

function isNever(host: string): boolean {
  const plain = unwrapped(host);
  const family = isIP(plain);
  return family !== 0 && NEVER.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}
