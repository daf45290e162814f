import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Contract, ContractOperation, Schema } from './contract.ts';

/** A request that the contract has an operation for. */
export interface Call {
  /** `GET /orgs/{org}/installations` */
  readonly operation: string;
  readonly path: { readonly [name: string]: string };
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
}

/** What stands behind a double: a product's state, and what it does of its own. */
export interface Product {
  /** The rights of whoever asks; undefined for nobody. `right` names one as the contract does. */
  authenticate(
    request: IncomingMessage,
    operation: ContractOperation,
    body: string,
  ): { may(right: string): boolean } | undefined;
  /** A request of another form as one that the contract can have: `GET /GetUser?UserName=x`, with a body of JSON. */
  translate?(url: URL, body: string): { readonly url: URL; readonly body: string };
  /** The bytes of an answer where they are no JSON. */
  encode?(reply: Reply, name: string): string;
  /** Answers what no operation of the contract is: a token endpoint. */
  outside?(request: IncomingMessage, url: URL, body: string): Reply | undefined;
  answer(call: Call): Reply;
  /** What an error looks like. */
  error(status: number): unknown;
}

/** A vendor's API on loopback, and what was said in it against the vendor's own document. */
export interface Double {
  readonly port: number;
  readonly exchanges: ReadonlyMap<string, number>;
  /** What was otherwise. Whoever tries something wrong on purpose takes it out again. */
  readonly violations: string[];
  /** What was sent to prove who asks, of late. */
  readonly credentials: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Whoever tries what the document has no words for says so: these are ours, and not the responder's. */
export const TRIES = 'x-tries';

const ajv = new Ajv({ strict: false, allErrors: false, coerceTypes: false });
addFormats.default(ajv);
const compiled = new WeakMap<Schema, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

function faultOf(schema: Schema, value: unknown): string | undefined {
  const validate = validatorOf(schema);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

/** Query texts are compared as what they stand for. */
function queryFault(operation: ContractOperation, query: URLSearchParams): string | undefined {
  for (const [name, value] of query) {
    const schema = operation.query[name];
    if (schema === undefined) return `query ${name}: there is no such parameter`;
    const typed =
      schema['type'] === 'integer' ? Number(value) : schema['type'] === 'boolean' ? value === 'true' : value;
    const isWord = schema['type'] !== 'boolean' || value === 'true' || value === 'false';
    const fault = isWord ? faultOf(schema, typed) : 'neither true nor false';
    if (fault !== undefined) return `query ${name}: ${fault}`;
  }
  return undefined;
}

function bodyFault(operation: ContractOperation, body: string): string | undefined {
  if (operation.body === undefined) return body === '' ? undefined : 'a body that the document does not have';
  const known = new Set(Object.keys((operation.body['properties'] ?? {}) as object));
  const value: unknown = body === '' ? undefined : JSON.parse(body);
  const unknown = Object.keys(value ?? {}).filter(name => known.size > 0 && !known.has(name));
  return unknown.length > 0 ? `unknown members: ${unknown.join(', ')}` : faultOf(operation.body, value);
}

function matcher({ method, path }: ContractOperation) {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const pattern = new RegExp(`^${path.replace(/[.$()]/g, '\\$&').replace(/\{[^}]+\}/g, '([^/]+)')}$`);
  return (request: IncomingMessage, url: URL) => {
    const found = request.method === method ? pattern.exec(url.pathname) : null;
    return found === null
      ? undefined
      : Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')]));
  };
}

/**
 * Starts one. It holds each request, and each of its own answers, against the contract: neither the responder nor the double
 * can drift from the vendor's document.
 */
export async function startDouble(contract: Contract, product: Product): Promise<Double> {
  const exchanges = new Map<string, number>();
  const violations: string[] = [];
  const credentials = new Set<string>();
  // A schema of a vendor's takes longer to compile than an answer may take.
  for (const { body, query, answers } of contract.operations)
    for (const schema of [body, ...Object.values(query), ...Object.values(answers)])
      if (schema !== undefined && schema !== null) validatorOf(schema);
  const routes = contract.operations.map(operation => ({ operation, match: matcher(operation) }));

  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const raw = await text(request);
    const sentTo = new URL(request.url ?? '/', 'http://double');
    const { url, body } = product.translate?.(sentTo, raw) ?? { url: sentTo, body: raw };
    credentials.add((request.headers.authorization ?? '').replace(/^\w+ /, ''));
    const outside = product.outside?.(request, url, body);
    if (outside !== undefined) return outside;
    const isTry = request.headers[TRIES] === 'yes';
    for (const { operation, match } of routes) {
      const path = match(request, url);
      if (path === undefined) continue;
      const name = `${operation.method} ${operation.path}`;
      const who = product.authenticate(request, operation, raw);
      if (who === undefined) return { status: 401, body: product.error(401) };
      if (operation.scopes.length > 0 && !operation.scopes.some(scope => who.may(scope)))
        return { status: 403, body: product.error(403) };
      const fault = queryFault(operation, url.searchParams) ?? bodyFault(operation, body);
      if (fault !== undefined) {
        if (!isTry) violations.push(`${name}: the request: ${fault}`);
        return { status: 400, body: product.error(400) };
      }
      exchanges.set(name, (exchanges.get(name) ?? 0) + 1);
      const reply = product.answer({
        operation: name,
        path,
        query: url.searchParams,
        body: body === '' ? undefined : JSON.parse(body),
      });
      const schema = operation.answers[String(reply.status)];
      const said =
        schema === undefined
          ? `${reply.status} is no answer of it`
          : schema === null
            ? reply.body === undefined
              ? undefined
              : 'a body that the document does not have'
            : faultOf(schema, reply.body);
      if (said !== undefined) violations.push(`${name}: the answer: ${said}`);
      return product.encode === undefined ? reply : { ...reply, body: product.encode(reply, name) };
    }
    if (!isTry) violations.push(`${request.method} ${url.pathname}: the document has no such operation`);
    return { status: 404, body: product.error(404) };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { status, body, headers } = await answer(request).catch((error: unknown): Reply => {
      // A client that was killed in the midst of its request is no fault of the double.
      if (!request.readableAborted) violations.push(`the double failed: ${String(error)}`);
      return { status: 500 };
    });
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double listens on a port');
  return {
    port: address.port,
    exchanges,
    violations,
    credentials,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
