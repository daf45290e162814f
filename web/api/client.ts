import type { ApiFailure, Me } from '../../src/model/api.ts';

/** A request that the server refused, or that never got there. `failure.shown` is for people. */
export class RequestFailed extends Error {
  readonly failure: ApiFailure;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;

  constructor(failure: ApiFailure, status: number) {
    super(failure.shown);
    this.name = 'RequestFailed';
    this.failure = failure;
    this.status = status;
  }
}

/** What stopped a person from going on, in words, whatever was thrown. */
export function shownText(error: unknown): string {
  return error instanceof RequestFailed ? error.failure.shown : error instanceof Error ? error.message : String(error);
}

/** The reasons that came along, in words; empty where none did. */
export function becauseText(error: unknown): string {
  return error instanceof RequestFailed ? (error.failure.because ?? '') : '';
}

/** From the last GET /api/v1/me. A mutation without it is refused: a foreign page cannot read it. */
let pageToken = '';

const ANSWER_WAIT_MS_MAX = 30_000;

/** Sends one request and reads its JSON answer. Throws {@link RequestFailed} for everything but a 2xx. */
export async function request<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/** The same for an answer that is text (a receipt, a checkpoint). */
export async function requestText(path: string): Promise<string> {
  const answer = await send('GET', path, undefined);
  return answer.text();
}

export async function fetchMe(): Promise<Me> {
  const me = await request<Me>('GET', '/api/v1/me');
  pageToken = me.token;
  return me;
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-countersign-token'] = pageToken;
  if (body !== undefined) headers['content-type'] = 'application/json';
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_WAIT_MS_MAX),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new RequestFailed(
      {
        code: 'system.not_ready',
        shown: 'The server did not answer. Nothing was changed by this page.',
        requestId: '',
      },
      0,
    );
  }
  if (!answer.ok) throw new RequestFailed(await failureFrom(answer), answer.status);
  return answer;
}

async function failureFrom(answer: Response): Promise<ApiFailure> {
  try {
    const body: unknown = await answer.json();
    if (isFailure(body)) return body;
  } catch {
    // Not JSON: a proxy's page, or a crash. Said below in our words.
  }
  return {
    code: 'system.not_ready',
    shown: `The server answered with status ${answer.status} and no reason.`,
    requestId: '',
  };
}

function isFailure(body: unknown): body is ApiFailure {
  return (
    typeof body === 'object' && body !== null && 'code' in body && 'shown' in body && typeof body.shown === 'string'
  );
}

/** `?a=1&b=2` of the members that are set. */
export function queryText(members: { readonly [name: string]: string | number | undefined }): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
