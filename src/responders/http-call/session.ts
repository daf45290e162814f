import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { parseDocument } from 'yaml';
import { type HttpRoute, requestOf, routesOf } from '../../model/http-route.ts';
import type { Secret } from '../../ports/responder.ts';
import type { ToolSession } from '../shared/calls/call-session.ts';
import { askHttp, Denied, type HttpAnswer } from '../shared/http/ask-http.ts';

/** Bytes of an OpenAPI document. */
const DOCUMENT_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes of one answer. What is longer is cut off, and the call has no answer. */
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Aliases that a document in YAML may resolve: a few lines of it can mean gigabytes. */
const ALIASES_MAX = 100;
/** Types of an answer that are handed on: data that no browser would run. */
const PASSED_TYPES = /^(?:application\/(?:json|[a-z0-9.-]+\+json)|text\/(?:plain|csv))\s*(?:;|$)/i;

interface Known {
  readonly text: string;
  readonly routes: readonly HttpRoute[];
  readonly byName: ReadonlyMap<string, HttpRoute>;
}

/**
 * The routes of an HTTP interface with a bearer credential, over a connection that is kept. The document is asked for each time:
 * what it said a moment ago is not what is called by.
 */
export function openRoutes(at: {
  readonly url: string;
  readonly document: string;
  readonly secret: Secret;
  readonly timeoutMs: number;
}): ToolSession {
  const base = at.url.replace(/\/+$/, '');
  const agent = base.startsWith('https:') ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const ask = (question: Omit<Parameters<typeof askHttp>[0], 'timeoutMs' | 'agent'>): Promise<HttpAnswer> =>
    askHttp({
      ...question,
      agent,
      timeoutMs: at.timeoutMs,
      headers: { authorization: `Bearer ${at.secret.reveal()}`, ...question.headers },
    });
  let known: Known | undefined;
  const read = async (): Promise<Known> => {
    const { status, text } = await ask({
      method: 'GET',
      url: new URL(`${base}${at.document}`),
      headers: { accept: 'application/json, application/yaml' },
      answerBytesMax: DOCUMENT_BYTES_MAX,
    });
    if (status !== 200) throw new Denied(status);
    if (known?.text !== text) known = knownFrom(text);
    return known;
  };
  return {
    list: async () => (await read()).routes,
    async call(name, given, key) {
      const route = (known ?? (await read())).byName.get(name);
      if (route === undefined) throw new Error('the document has no such route');
      const request = requestOf(route, given);
      if (!request.ok) throw new Error(request.failure);
      const { method, target, headers, body } = request.value;
      const answer = await ask({
        method,
        url: new URL(`${base}${target}`),
        headers: {
          accept: 'application/json',
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        answerBytesMax: ANSWER_BYTES_MAX,
        ...(body === undefined ? {} : { body }),
      });
      return told(answer, at.secret);
    },
    async close() {
      agent.destroy();
    },
  };
}

function knownFrom(text: string): Known {
  const read = routesOf(parsed(text), createHash('sha256').update(text).digest('hex'));
  if (!read.ok) throw new Error(read.failure);
  return { text, routes: read.value, byName: new Map(read.value.map(route => [route.name, route])) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const document = parseDocument(text, { uniqueKeys: true });
    if (document.errors.length > 0) throw new Error('the document is neither JSON nor YAML');
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  }
}

/** What is handed on of an answer: its status, and its body where that is data. No header of it, and no credential of ours. */
function told({ status, headers, text }: HttpAnswer, secret: Secret): { readonly [member: string]: unknown } {
  const type = headers['content-type'] ?? '';
  if (text.includes(secret.reveal())) return { status, withheld: 'it held the credential that it was asked with' };
  if (text !== '' && !PASSED_TYPES.test(type)) return { status, withheld: 'it is no JSON, text or CSV' };
  return { status, ...(text === '' ? {} : { type: type.split(';')[0]?.trim().toLowerCase(), body: text }) };
}
