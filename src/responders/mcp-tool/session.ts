import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { TOOLS_MAX } from '../../model/tool.ts';
import type { Secret } from '../../ports/responder.ts';
import { sameWhileSame, type ToolSession } from '../shared/calls/call-session.ts';
import { NoAnswer } from '../shared/wire-text.ts';

/** Bytes of one answer. What is longer is cut off, and the call has no answer. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** Pages of a list of tools. */
const PAGES_MAX = 20;
const PROTOCOL = '2025-06-18';
const SESSION_HEADER = 'mcp-session-id';

interface Answered {
  readonly status: number;
  readonly session: string | undefined;
  /** The result of the question with our id; undefined where there was no body. */
  readonly result: { readonly [member: string]: unknown } | undefined;
}

type Ask = (method: string, params: object | undefined, id: number | undefined) => Promise<Answered>;

/**
 * Opens one with a bearer credential, over a connection that is kept. Rejects where the server cannot be reached or does not
 * speak the protocol. Ours and not the official kit's, which keeps a listener for each request as long as a session is open
 * (https://github.com/modelcontextprotocol/typescript-sdk, 1.32) and drops what it does not know of a tool.
 */
export async function openTools(at: {
  readonly url: string;
  readonly secret: Secret;
  readonly timeoutMs: number;
}): Promise<ToolSession> {
  const url = new URL(at.url);
  const agent = url.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const known: { session?: string; version?: string } = {};
  const ask: Ask = (method, params, id) =>
    post(url, agent, at, headersOf(at.secret, known), JSON.stringify({ jsonrpc: '2.0', id, method, params }), id);
  let next = 0;
  const result = async (method: string, params: object) => {
    const answered = await ask(method, params, ++next);
    if (answered.result === undefined) throw new Error(`${method}: HTTP ${answered.status}, no result`);
    return answered.result;
  };
  try {
    const clientInfo = { name: 'countersign', version: '1' };
    const begun = await ask('initialize', { protocolVersion: PROTOCOL, capabilities: {}, clientInfo }, ++next);
    if (typeof begun.result?.['protocolVersion'] !== 'string') throw new Error(`initialize: HTTP ${begun.status}`);
    known.version = begun.result['protocolVersion'];
    if (begun.session !== undefined) known.session = begun.session;
    await ask('notifications/initialized', undefined, undefined);
  } catch (error) {
    agent.destroy();
    throw error;
  }
  return {
    list: sameWhileSame(() => listAll(cursor => result('tools/list', cursor === undefined ? {} : { cursor }))),
    call: (name, given) => result('tools/call', { name, arguments: given }),
    async close() {
      agent.destroy();
    },
  };
}

function headersOf(secret: Secret, known: { readonly session?: string; readonly version?: string }) {
  return {
    authorization: `Bearer ${secret.reveal()}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(known.session === undefined ? {} : { [SESSION_HEADER]: known.session }),
    ...(known.version === undefined ? {} : { 'mcp-protocol-version': known.version }),
  };
}

async function listAll(
  page: (cursor: string | undefined) => Promise<{ readonly [member: string]: unknown }>,
): Promise<readonly unknown[]> {
  const tools: unknown[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < PAGES_MAX && tools.length <= TOOLS_MAX; i++) {
    const { tools: some, nextCursor } = await page(cursor);
    if (!Array.isArray(some)) throw new Error('the list of tools is none');
    tools.push(...some);
    if (typeof nextCursor !== 'string') return tools;
    cursor = nextCursor;
  }
  throw new Error(`the list of tools is longer than ${TOOLS_MAX}`);
}

/** One question. No redirect is followed: the credential goes where it was entered for, and nowhere else. */
function post(
  url: URL,
  agent: HttpAgent | HttpsAgent,
  { timeoutMs }: { readonly timeoutMs: number },
  headers: Readonly<Record<string, string>>,
  body: string,
  id: number | undefined,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = request(url, { method: 'POST', agent, headers }, answer => {
      read(answer, id)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
    const timer = setTimeout(() => sent.destroy(new NoAnswer(`no answer within ${timeoutMs} ms`)), timeoutMs);
    sent.on('error', error => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}

/** The answer to the question with this id, from one JSON document or from a stream of events, whichever the server chose. */
async function read(answer: IncomingMessage, id: number | undefined): Promise<Answered> {
  const status = answer.statusCode ?? 0;
  const session = [answer.headers[SESSION_HEADER]].flat()[0];
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
    if (!isStream || id === undefined) continue;
    const found = eventWith(Buffer.concat(chunks).toString('utf8'), id);
    // A stream may stay open after it has said what was asked.
    if (found !== undefined) return { status, session, result: resultOf(found) };
  }
  if (status >= 300) throw new Error(`HTTP ${status}`);
  if (id === undefined || bytes === 0) return { status, session, result: undefined };
  const message: unknown = isStream ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return isMessage(message, id)
    ? { status, session, result: resultOf(message) }
    : { status, session, result: undefined };
}

interface Message {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown };
}

function isMessage(value: unknown, id: number): value is Message {
  return typeof value === 'object' && value !== null && 'id' in value && value.id === id;
}

function resultOf({ result, error }: Message): { readonly [member: string]: unknown } {
  if (error !== undefined) throw new Error(`the server says: ${String(error.message)}`);
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    throw new Error('an answer without a result');
  return result as { readonly [member: string]: unknown };
}

/** Of a stream of events, the message that answers the question. */
function eventWith(text: string, id: number): Message | undefined {
  for (const event of text.split(/\r?\n\r?\n/).slice(0, -1)) {
    const data = event
      .split(/\r?\n/)
      .filter(line => line.startsWith('data:'))
      .map(line => line.slice('data:'.length).trimStart())
      .join('\n');
    if (data === '') continue;
    const message: unknown = JSON.parse(data);
    if (isMessage(message, id)) return message;
  }
  return undefined;
}
