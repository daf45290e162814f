import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ConnectedLookUp, LookUpFailure } from '../../ports/look-up.ts';

/** An answer is read to here; a longer one is given up, not cut. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const TIMEOUT_MS = 5_000;
const RETRY_AFTER_S_MAX = 24 * 3_600;

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The body as JSON; undefined for an empty one. */
  readonly body: unknown;
}

export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash; appended to the configured address. Parts that hold a value are encoded by the caller. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: unknown;
  /** Statuses other than 200 that are an answer here, such as 404 for "not known". */
  readonly alsoFine?: readonly number[];
}

/**
 * One request to where the operator said and nowhere else: certificates are verified, redirects are refused, no proxy of
 * the environment is used, time and length are bounded. Whatever the other side does comes back as a failure.
 */
export function askHttp(
  { config }: ConnectedLookUp,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<Result<HttpAnswer, LookUpFailure>> {
  const url = new URL(config.url);
  const sent = question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body));
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  // A timer of our own: Node may collect a signal that `AbortSignal.any` was made of, and then it never fires.
  const deadline = new AbortController();
  const stop = (): void => deadline.abort();
  const timer = setTimeout(stop, TIMEOUT_MS);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<Result<HttpAnswer, LookUpFailure>>(resolve => {
    const end = (failure: LookUpFailure): void => resolve(fail(failure));
    const lost = (error: Error): void => end(deadline.signal.aborted ? timedOut() : unreachable(error));
    const going = open(
      {
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? undefined : url.port,
        path: `${url.pathname.replace(/\/$/, '')}${question.path}`,
        method: question.method,
        agent: false,
        signal: deadline.signal,
        ...(config.ca === undefined ? {} : { ca: config.ca }),
        headers: {
          'user-agent': 'countersign',
          accept: 'application/json',
          ...question.headers,
          ...(sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(sent.length) }),
        },
      },
      answer => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > ANSWER_BYTES_MAX) {
            end(failureOf('too_large', `answered more than ${ANSWER_BYTES_MAX / 1024 / 1024} MiB`));
            answer.destroy();
          } else chunks.push(chunk);
        });
        answer.on('error', lost);
        answer.on('aborted', () => lost(new Error('the answer was cut off')));
        answer.on('end', () => resolve(judge(answer.statusCode ?? 0, answer.headers, Buffer.concat(chunks), question)));
      },
    );
    going.on('error', lost);
    going.end(sent);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}

type Headers = { readonly [name: string]: string | readonly string[] | undefined };

function judge(
  status: number,
  headers: Headers,
  bytes: Buffer,
  question: HttpQuestion,
): Result<HttpAnswer, LookUpFailure> {
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };
  if (status >= 300 && status < 400)
    return fail(failureOf('redirected', `answered ${status}, and redirects are not followed`));
  if (status === 429)
    return fail({
      ...failureOf('too_many', 'answered 429: too many questions'),
      retryAfterMs: retryAfter(header('retry-after')),
    });
  if (status !== 200 && question.alsoFine?.includes(status) !== true)
    return fail({
      ...failureOf(status >= 500 ? 'unreachable' : 'refused', `answered ${status}`),
      retryAfterMs: retryAfter(header('retry-after')),
    });
  if (bytes.length === 0) return ok({ status, header, body: undefined });
  try {
    return ok({ status, header, body: JSON.parse(bytes.toString('utf8')) as unknown });
  } catch {
    return status === 200
      ? fail(failureOf('malformed', 'answered something that is not JSON'))
      : ok({ status, header, body: undefined });
  }
}

function retryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value)
    ? Math.min(Number(value), RETRY_AFTER_S_MAX) * 1_000
    : undefined;
}

export function failureOf(kind: LookUpFailure['kind'], because: string): LookUpFailure {
  return { kind, because, retryAfterMs: undefined };
}

const timedOut = (): LookUpFailure => failureOf('timed_out', `timed out after ${TIMEOUT_MS / 1_000} s`);

/** The system's word for it, never its text: that holds addresses. */
function unreachable(error: Error): LookUpFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return failureOf(
    'unreachable',
    /^[A-Z_]{1,60}$/.test(code) ? `could not be reached (${code})` : 'could not be reached',
  );
}
