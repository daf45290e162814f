import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Admitted } from '../app/agents.ts';
import type { ServerContext } from '../app/context.ts';
import type { AskedRoute, Gateway } from '../app/gateway/gateway.ts';
import { inertText } from '../base/inert.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { FAILURES, type Failure, failureOf } from '../model/failure.ts';
import { isPlainSegment, overridesIn, queryOf } from '../model/http-plain.ts';
import { allowAgent, type DoorContext, type Frame } from './door.ts';

/** Seconds after which it is worth asking again what people decided. */
const ASK_AGAIN_SECONDS = '5';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Of these the reason stands with the code: it is about what the agent itself sent, or what its server answered. */
const TOLD: readonly Failure['code'][] = [
  'gateway.bad_arguments',
  'gateway.no_answer',
  'proposal.throttled',
  'proposal.duplicate',
];

/**
 * Mounted at /gateway, beside the door for tools: the routes of plain HTTP interfaces, below /:upstream/api, as their servers
 * have them. What people adopted as reading passes; every other adopted route answers 202 with the address of a proposal.
 */
export function gatewayHttpRoutes(context: ServerContext, gateway: Gateway): Hono<Frame> {
  return new Hono<Frame>()
    .on(METHODS, '/:upstream/api/*', async c => {
      const agent = await allowAgent(c, context, 'propose');
      return answerRequest(c, gateway, agent, c.req.param('upstream'));
    })
    .get('/:upstream/proposals/:id', async c => {
      const agent = await allowAgent(c, context, 'propose');
      const outcome = await gateway.outcome(agent, c.req.param('id'));
      if (!outcome.ok) return refusal(c, outcome.failure);
      if (outcome.value.result === undefined) c.header('retry-after', ASK_AGAIN_SECONDS);
      c.header('content-type', 'application/json');
      return c.body(inertText(JSON.stringify(outcome.value)));
    });
}

async function answerRequest(c: DoorContext, gateway: Gateway, agent: Admitted, upstream: string): Promise<Response> {
  const asked = await readAsked(c, upstream);
  if (!asked.ok) {
    const turned = await gateway.turnAway(agent, upstream, `${c.req.method} ${c.req.path}`, asked.failure);
    return refusal(c, turned.ok ? failureOf('gateway.bad_arguments', '') : turned.failure);
  }
  const called = await gateway.request(agent, upstream, asked.value);
  if (!called.ok) return refusal(c, called.failure);
  if (called.value.kind === 'answer') return handedOn(c, called.value.result);
  const { proposal } = called.value;
  const location = `/gateway/${upstream}/proposals/${proposal}`;
  c.header('location', location);
  c.header('retry-after', ASK_AGAIN_SECONDS);
  return c.json({ proposal, state: 'in_review', decidedBy: 'people', location }, 202);
}

/** The request as an agent sent it, where it can be read in one way; the failure says why it cannot. */
async function readAsked(c: DoorContext, upstream: string): Promise<Result<AskedRoute, string>> {
  const { headers } = c.req.raw;
  const [override] = overridesIn([...headers.keys()]);
  if (override !== undefined) return fail(`The header ${override} would make another request of it.`);
  const target = targetOf(c);
  const [whole = '', ...queries] = target.split('?');
  const prefix = `/gateway/${upstream}/api`;
  if (!whole.startsWith(`${prefix}/`)) return fail('The path could be read in two ways.');
  const path = whole.slice(prefix.length);
  if (!path.slice(1).split('/').every(isPlainSegment)) return fail('The path could be read in two ways.');
  const query = queries.length > 1 ? undefined : queryOf(queries[0] ?? '');
  if (query === undefined) return fail('The query could be read in two ways.');
  const body = await bodyOf(c);
  if (!body.ok) return body;
  return ok({
    method: c.req.method,
    path,
    query,
    headersNamed: names =>
      Object.fromEntries(
        names.flatMap(name => {
          const value = headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
    body: body.value,
  });
}

/** As it stood on the wire, before anything made it plainer than it was. */
function targetOf(c: DoorContext): string {
  const env: unknown = c.env;
  const incoming: unknown = typeof env === 'object' && env !== null && 'incoming' in env ? env.incoming : undefined;
  if (typeof incoming === 'object' && incoming !== null && 'url' in incoming && typeof incoming.url === 'string')
    return incoming.url;
  const { pathname, search } = new URL(c.req.url);
  return `${pathname}${search}`;
}

async function bodyOf(c: DoorContext): Promise<Result<AskedRoute['body'], string>> {
  const { headers } = c.req.raw;
  if (headers.has('content-encoding')) return fail('The body is packed, and could be unpacked in two ways.');
  if (c.req.method === 'GET' || c.req.method === 'HEAD') {
    // Nobody reads it here, so its length is all that tells.
    const hasBody = headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
    return hasBody ? fail('A body goes with another method.') : ok(undefined);
  }
  const text = await c.req.text();
  if (text === '') return ok(undefined);
  const type = headers.get('content-type') ?? '';
  if (!/^application\/json\s*(?:;\s*charset=utf-8\s*)?$/i.test(type)) return fail('The body is not said to be JSON.');
  try {
    return ok({ json: JSON.parse(text) as unknown });
  } catch {
    return fail('The body is no JSON.');
  }
}

/** What the server answered, as data that no browser runs: its status, and its body where it has one. */
function handedOn(c: DoorContext, result: { readonly [member: string]: unknown }): Response {
  const { status, type, body, withheld } = result;
  const unfit = typeof withheld === 'string' ? withheld : unfitStatus(status);
  if (unfit !== undefined) return refusal(c, failureOf('gateway.no_answer', `The answer is not handed on: ${unfit}.`));
  if (typeof body !== 'string') return c.body(null, status as ContentfulStatusCode);
  c.header('content-type', `${String(type)}; charset=utf-8`);
  c.header('content-disposition', 'attachment');
  return c.body(body, status as ContentfulStatusCode);
}

function unfitStatus(status: unknown): string | undefined {
  if (typeof status !== 'number' || status < 200 || status > 599) return 'it has no status';
  if (status >= 300 && status < 400) return `it leads elsewhere (${status})`;
  if (status === 401 || status === 407) return `it does not take the credential of the gate (${status})`;
  return status >= 500 ? `the server failed (${status})` : undefined;
}

function refusal(c: DoorContext, { code, detail }: Failure): Response {
  const { http, shown } = FAILURES[code];
  return c.json({ code, shown, ...(TOLD.includes(code) ? { because: detail } : {}) }, http);
}
