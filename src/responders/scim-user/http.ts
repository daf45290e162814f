import { type Failure, failureOf } from '../../model/failure.ts';
import type { Secret } from '../../ports/responder.ts';
import { NotReached } from '../channel.ts';
import { errorTextWithout, NoAnswer } from '../wire-text.ts';

/** The product said no. */
export class Denied extends Error {
  override readonly name = 'Denied';
  readonly status: number;
  constructor(status: number) {
    super(`the product answered ${status}`);
    this.status = status;
  }
}

/** What the product answered: its status and, where it is one, the JSON object. */
export interface Answered {
  readonly status: number;
  readonly members: ReadonlyMap<string, unknown>;
}

const ANSWER_BYTES_MAX = 1_048_576;
/** Nothing was sent where the connection did not come about. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * One request. Redirects are not followed, so a token goes to nobody else. Rejects with NotReached where nothing was
 * sent, and with NoAnswer where something may have been.
 */
export async function ask(
  url: string,
  token: Secret,
  timeoutMs: number,
  change?: { readonly body: object; readonly ifMatch: string },
): Promise<Answered> {
  try {
    const response = await fetch(url, {
      method: change === undefined ? 'GET' : 'PATCH',
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/scim+json',
        // Each request is one connection: what one that broke has left behind meets no other.
        connection: 'close',
        ...(change === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...(change === undefined || change.ifMatch === '' ? {} : { 'if-match': change.ifMatch }),
      },
      ...(change === undefined ? {} : { body: JSON.stringify(change.body) }),
    });
    return { status: response.status, members: membersOf(await bounded(response)) };
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    const cause: unknown = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (NEVER_SENT.has(code)) throw new NotReached(code);
    throw new NoAnswer(code === '' && error instanceof Error ? error.name : code);
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new NoAnswer('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The members of a JSON object; none of anything else. */
export function membersOf(text: string): ReadonlyMap<string, unknown> {
  try {
    return asMembers(JSON.parse(text));
  } catch {
    return new Map();
  }
}

export function asMembers(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

/** What a failed look is called. */
export function readFailure(error: unknown, secrets: readonly Secret[]): Failure {
  const isScope = error instanceof Denied && (error.status === 401 || error.status === 403);
  const code = isScope
    ? 'responder.missing_scope'
    : error instanceof Denied
      ? 'responder.refused'
      : 'responder.unreachable';
  return failureOf(code, `scim-user: ${errorTextWithout(error, secrets)}`);
}

/** What became of a change that ended in an error. After a 5xx nobody knows. */
export function writeOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof NotReached) return 'failed';
  return error instanceof Denied && error.status < 500 ? 'refused' : 'unknown';
}
