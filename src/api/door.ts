import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { ZodType } from 'zod';
import { type Admitted, mayAgent } from '../app/agents.ts';
import type { ServerContext } from '../app/context.ts';
import { record, transact } from '../app/context.ts';
import type { WebSession } from '../app/session.ts';
import type { Result } from '../base/result.ts';
import { ok } from '../base/result.ts';
import { type Action, authorise, type Principal } from '../core/decide/authorise.ts';
import { type Failure, type FailureCode, failureOf } from '../model/failure.ts';
import type { Person } from '../model/review.ts';

/** Who sent a request, as far as the frame could tell. */
export type Caller =
  | { readonly kind: 'nobody' }
  /** A person by the cookie of a session. Only such a caller can ever review. */
  | { readonly kind: 'person'; readonly session: WebSession }
  /** By the token file of this installation, or by a source's own token or HMAC. */
  | { readonly kind: 'machine'; readonly id: string; readonly purpose: 'operator_cli' | 'ingest' }
  /** By a token that a person admitted. It counts at the doors that are made for agents and at no other. */
  | { readonly kind: 'agent'; readonly agent: Admitted };

/** What the frame puts beside each request. */
export interface Frame {
  Variables: {
    caller: Caller;
    requestId: string;
    /** Value of the cookie, session or not: what the page's token is bound to. Empty where there is none. */
    cookie: string;
    logger: Logger;
  };
}

export type DoorContext = Context<Frame>;

/** An expected failure on its way to the frame, which answers it with its code. Thrown in src/api only. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.detail}`);
    this.failure = failure;
  }
}

/** The person who asks; undefined for a machine and for nobody. */
export function personWhoAsks(c: DoorContext): Person | undefined {
  const caller = c.get('caller');
  return caller.kind === 'person' ? caller.session.person : undefined;
}

export function refuse(code: FailureCode, detail: string): never {
  throw new Refused(failureOf(code, detail));
}

/** The value, or a refusal. */
export function must<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new Refused(result.failure);
  return result.value;
}

/** The caller as the policies know it. Refuses `session.missing` where there is none. */
export function principalOf(c: DoorContext): Principal {
  const caller = c.get('caller');
  switch (caller.kind) {
    case 'nobody':
      return refuse('session.missing', 'no session and no token');
    case 'person': {
      const { id, roles, isActive } = caller.session.person;
      return { kind: 'person', id, roles, isActive };
    }
    case 'machine':
      return { kind: 'machine', id: caller.id, purpose: caller.purpose };
    case 'agent':
      return { kind: 'machine', id: caller.agent.id, purpose: 'agent' };
  }
}

/** Lets the request go on only where the policies allow the caller this action. A refused change is an entry of the log. */
export async function allow(c: DoorContext, context: ServerContext, action: Action): Promise<Principal> {
  const principal = principalOf(c);
  const { isAllowed, reasons } = authorise(context.policy(), principal, action, { isContributor: false });
  if (isAllowed) return principal;
  const code = principal.kind === 'machine' ? 'access.machine' : 'access.denied';
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    await transact(context, async client =>
      ok(await record(context, client, { type: 'access.denied', by: principal.id, action, code })),
    );
  }
  return refuse(code, `${principal.id} may not ${action}: ${reasons.join(', ')}`);
}

/** As {@link allow}, where only a person who signed in will do. */
export async function allowPerson(c: DoorContext, context: ServerContext, action: Action): Promise<Person> {
  await allow(c, context, action);
  const caller = c.get('caller');
  if (caller.kind !== 'person') return refuse('access.machine', `${action} is for people`);
  return caller.session.person;
}

/** The agent that asks, where the policies allow it this action. Nobody else has a token for these doors. */
export async function allowAgent(c: DoorContext, context: ServerContext, action: Action): Promise<Admitted> {
  await allow(c, context, action);
  const caller = c.get('caller');
  if (caller.kind !== 'agent') return refuse('session.missing', 'this door takes the token of an agent');
  // It is allowed what programs are, and no more than whoever answers for it: roles change while a token lasts.
  return mayAgent(context, caller.agent, action)
    ? caller.agent
    : refuse('access.denied', `${caller.agent.owner.id} may not ${action}, so neither may ${caller.agent.id}`);
}

/** The body, validated. Refuses `request.malformed`, and says nothing of the value. */
export async function bodyOf<T>(c: DoorContext, schema: ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = await c.req.json();
  } catch {
    return refuse('request.malformed', 'the body is not JSON');
  }
  return valid(schema, value);
}

/** The query, validated. Each name once. */
export function queryOf<T>(c: DoorContext, schema: ZodType<T>): T {
  return valid(schema, c.req.query());
}

export function valid<T>(schema: ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse('request.malformed', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
