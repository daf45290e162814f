import { randomBytes } from 'node:crypto';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie } from 'hono/cookie';
import { agentOf, isAgentDoor } from '../app/agents.ts';
import type { ServerContext } from '../app/context.ts';
import { admitMachine } from '../app/custody.ts';
import { OPERATOR_CLI } from '../app/machines.ts';
import { findSession, isPageToken, isTokenOf } from '../app/session.ts';
import type { ApiFailure } from '../model/api.ts';
import { FAILURES, type Failure, failureOf } from '../model/failure.ts';
import { type Caller, type DoorContext, type Frame, must, Refused, refuse } from './door.ts';
import { rateLimiter } from './rate-limit.ts';

/** What the frame has to know beside the context. */
export interface FrameOptions {
  readonly context: ServerContext;
  readonly port: number;
  readonly sessionKey: Uint8Array;
  readonly cliTokenSha256: string;
  /** Called once per answer, for metrics. */
  readonly onAnswer?: (method: string, route: string, status: number, seconds: number) => void;
}

/** Bodies other than deliveries of alerts. */
const BODY_BYTES_MAX = 512 * 1024;
/** A file of the inventory of 100,000 accounts. */
const INVENTORY_BYTES_MAX = 32 * 1024 * 1024;
/** Per address and minute. A page that loads makes about a dozen requests. */
const REQUESTS_PER_MINUTE = 1_200;
/** What an outsider could guess at: links, assertions, tokens. */
const ATTEMPTS_PER_MINUTE = 60;

/** What a sender waits that was refused for a moment. */
const RETRY_SECONDS = '2';

const TLS_COOKIE = '__Host-countersign';
const PLAIN_COOKIE = 'countersign_session';

/** `__Host-` binds a cookie to exactly this host, and browsers take it over TLS only. */
export function cookieName(context: ServerContext): string {
  return context.origin.startsWith('https:') ? TLS_COOKIE : PLAIN_COOKIE;
}

/** How a cookie of ours is set: out of reach of scripts, never sent by another site. */
export function cookieText(context: ServerContext, value: string, maxAgeSeconds: number): string {
  const secure = context.origin.startsWith('https:') ? '; Secure' : '';
  return `${cookieName(context)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}

/**
 * The frame around every route: who may be addressed (Host), who may ask for a change (Origin and the page's token),
 * who is asking, how much, and one form for every failure. A route that is mounted in it needs none of that itself.
 */
export function frame(options: FrameOptions): Hono<Frame> {
  const { context } = options;
  const app = new Hono<Frame>();
  const hosts = allowedHosts(context.origin, options.port);
  const mayPass = rateLimiter(() => context.now(), REQUESTS_PER_MINUTE);
  const mayTry = rateLimiter(() => context.now(), ATTEMPTS_PER_MINUTE);
  app.use(async (c, next) => {
    const requestId = randomBytes(8).toString('hex');
    c.set('requestId', requestId);
    c.set('logger', context.logger.child({ requestId }));
    c.set('caller', { kind: 'nobody' });
    c.set('cookie', '');
    c.header('x-request-id', requestId);
    secureHeaders(c);
    const began = performance.now();
    await next();
    options.onAnswer?.(c.req.method, c.req.routePath, c.res.status, (performance.now() - began) / 1_000);
  });
  app.use(async (c, next) => {
    if (!hosts.has(c.req.header('host')?.toLowerCase() ?? ''))
      refuse('request.unknown_host', `host ${c.req.header('host') ?? 'missing'}`);
    const address = addressOf(c);
    const isGuess = c.req.method !== 'GET' && /^\/api\/v1\/(enrol|session)\//.test(c.req.path);
    // Deliveries are bounded by back-pressure instead: a source that is refused would lose its alerts.
    const isDelivery = /^\/(api\/v1\/)?ingest\b/.test(c.req.path);
    if (!isDelivery && (!mayPass(address) || (isGuess && !mayTry(address)))) refuse('system.rate_limited', address);
    await next();
  });
  app.use(identify(options));
  app.use(limitBodies());
  app.notFound(c => answerFailure(c, failureOf('not_found', c.req.path)));
  app.onError((error, c) => {
    if (error instanceof Refused) return answerFailure(c, error.failure);
    c.get('logger').error({ err: error, path: c.req.path }, 'a request failed');
    return answerFailure(c, failureOf('system.not_ready', error.message));
  });
  return app;
}

function allowedHosts(origin: string, port: number): ReadonlySet<string> {
  return new Set([new URL(origin).host, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]);
}

/** Where a request came from, as the socket says. Behind a proxy that is the proxy. */
export function addressOf(c: DoorContext): string {
  try {
    return getConnInfo(c).remote.address ?? 'unknown';
  } catch {
    // A test that calls the app without a socket.
    return 'unknown';
  }
}

/** Bytes beyond the bound are refused before they are read. Deliveries have their own, larger bounds. */
function limitBodies(): MiddlewareHandler<Frame> {
  const tooLarge = () => refuse('request.too_large', 'body');
  const usual = bodyLimit({ maxSize: BODY_BYTES_MAX, onError: tooLarge });
  const inventory = bodyLimit({ maxSize: INVENTORY_BYTES_MAX, onError: tooLarge });
  return (c, next) => {
    if (c.req.path.startsWith('/ingest/') || c.req.path === '/api/v1/ingest') return next();
    return c.req.path.startsWith('/api/v1/inventory/') ? inventory(c, next) : usual(c, next);
  };
}

/** Finds out who is asking, and refuses a change that did not come from our page or from a holder of a token. */
function identify(options: FrameOptions): MiddlewareHandler<Frame> {
  const { context } = options;
  return async (c, next) => {
    const isChange = !['GET', 'HEAD'].includes(c.req.method);
    const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(c.req.header('authorization') ?? '')?.[1];
    const isDelivery = c.req.path.startsWith('/ingest/');
    if (bearer !== undefined || isDelivery) {
      // Browsers attach neither by themselves. Where a page sends one anyway, it has to be ours.
      const origin = c.req.header('origin');
      if (origin !== undefined && origin !== context.origin) refuse('request.not_same_origin', `origin ${origin}`);
      if (bearer !== undefined && isTokenOf(options.cliTokenSha256, bearer)) {
        must(await admitMachine(context, OPERATOR_CLI, { madeAt: undefined, isUseSeen: false }, addressOf(c)));
        c.set('caller', { kind: 'machine', id: OPERATOR_CLI, purpose: 'operator_cli' });
      } else if (!isDelivery) c.set('caller', await agentCaller(c, context, bearer ?? ''));
      return next();
    }
    const cookie = getCookie(c, cookieName(context)) ?? '';
    c.set('cookie', cookie);
    if (isChange) requireOwnPage(c, options, cookie);
    c.set('caller', await callerOf(context, cookie));
    return next();
  };
}

/** At every other door the token of an agent is nobody's. */
async function agentCaller(c: DoorContext, context: ServerContext, token: string): Promise<Caller> {
  const agent = isAgentDoor(c.req.path) ? await agentOf(context, token) : undefined;
  return agent === undefined ? refuse('session.missing', 'an unknown token') : { kind: 'agent', agent };
}

function requireOwnPage(c: DoorContext, options: FrameOptions, cookie: string): void {
  const origin = c.req.header('origin');
  if (origin !== options.context.origin) refuse('request.not_same_origin', `origin ${origin ?? 'missing'}`);
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') refuse('request.not_same_origin', `sec-fetch-site ${site}`);
  const token = c.req.header('x-countersign-token') ?? '';
  if (cookie === '' || !isPageToken(options.sessionKey, cookie, token))
    refuse('request.not_same_origin', 'the page token is missing or of another page');
}

async function callerOf(context: ServerContext, cookie: string): Promise<Caller> {
  if (cookie === '') return { kind: 'nobody' };
  const session = await findSession(context, cookie);
  // A session that ended is nobody; what needs one then says that one is missing.
  return session.ok ? { kind: 'person', session: session.value } : { kind: 'nobody' };
}

/** The failure as the caller may see it; the rest goes to the operator's log. */
export function answerFailure(c: DoorContext, failure: Failure): Response {
  const { http, shown } = FAILURES[failure.code];
  if (http >= 500) c.get('logger').error({ code: failure.code, detail: failure.detail }, 'refused');
  else c.get('logger').debug({ code: failure.code, detail: failure.detail }, 'refused');
  // Whoever waits and comes again loses nothing: every sender of alerts is told so.
  if ((http === 503 || http === 429) && !c.res.headers.has('retry-after')) c.header('retry-after', RETRY_SECONDS);
  const body: ApiFailure = { code: failure.code, shown, requestId: c.get('requestId') };
  return c.json(body, http);
}

function secureHeaders(c: DoorContext): void {
  c.header('cache-control', 'no-store');
  c.header('x-content-type-options', 'nosniff');
  c.header('x-frame-options', 'DENY');
  c.header('referrer-policy', 'no-referrer');
  c.header('cross-origin-opener-policy', 'same-origin');
  c.header('cross-origin-resource-policy', 'same-origin');
  c.header(
    'permissions-policy',
    'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()',
  );
  // Whatever is not a page of ours may load nothing at all. Pages replace this (static.ts).
  c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}
