import { MS_PER_HOUR, MS_PER_SECOND } from '../base/time.ts';
import { type PollAnswer, type Poller, type PollRequest, PollTrouble, type PollWorld } from '../ports/poller.ts';
import { nodeNow } from './context.ts';
import type { Poll } from './polls.ts';

/** One answer: bounded in time and in bytes, so that no product can hold the reader or fill the memory. */
const ANSWER_MS_MAX = 60_000;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** What a product may ask us to wait. */
const RETRY_MS_MAX = MS_PER_HOUR;
/** Answers that a poller itself knows what to make of. */
const ANSWERED = [400, 404, 410, 422];

/**
 * The world of one poller. Questions go to the configured origins and nowhere else, whatever link an answer holds; a
 * redirect is not followed. The credential is in no error text.
 */
export function worldOf(poll: Poll, poller: Poller, signal: AbortSignal): PollWorld {
  const base = new URL(`${poll.url}/`);
  const origins = new Set(
    [base, ...poller.otherOrigins(poll.settings).map(text => new URL(text))].map(url => url.origin),
  );
  return {
    ask: request => ask(request, base, origins, signal),
    now: nodeNow,
    settings: poll.settings,
    secret: secretOf(poll.credential),
    overlapMs: poll.overlapSeconds * MS_PER_SECOND,
    startFrom: poll.startFrom as PollWorld['startFrom'],
  };
}

function secretOf(value: string): PollWorld['secret'] {
  const hidden = () => '[secret]';
  return Object.defineProperties({ reveal: () => value }, { toJSON: { value: hidden }, toString: { value: hidden } });
}

async function ask(
  request: PollRequest,
  base: URL,
  origins: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<PollAnswer> {
  const url = addressOf(request.url, base);
  if (url === undefined || !origins.has(url.origin) || url.username !== '')
    throw new PollTrouble(
      'refused',
      `the product points to ${url === undefined ? 'no address' : url.origin}, which is not where it was configured to be; nothing was sent there`,
    );
  let response: Response;
  let text: string;
  // A timer of our own: Node may collect a signal that `AbortSignal.any` was made of, and then it never fires.
  const deadline = new AbortController();
  const stop = (): void => deadline.abort(signal.reason);
  const timer = setTimeout(() => deadline.abort(new DOMException('no answer in time', 'TimeoutError')), ANSWER_MS_MAX);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    response = await fetch(url, {
      method: request.method ?? 'GET',
      headers: { 'user-agent': 'countersign', ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal: deadline.signal,
    });
    requireAnswer(response);
    text = await readBounded(response);
  } catch (error) {
    if (error instanceof PollTrouble) throw error;
    throw new PollTrouble('unreachable', `${url.host} does not answer: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  return { status: response.status, header: name => response.headers.get(name) ?? undefined, text };
}

/** A path without an origin is below the configured address, its own path included. */
function addressOf(text: string, base: URL): URL | undefined {
  const isPath = text.startsWith('/') && !text.startsWith('//');
  const full = isPath ? `${base.href.replace(/\/$/, '')}${text}` : text;
  return URL.canParse(full, base.href) ? new URL(full, base.href) : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason is known';
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_MS_MAX / 1_000} s`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}

function requireAnswer(response: Response): void {
  const { status, headers } = response;
  if (response.ok || ANSWERED.includes(status)) return;
  const retryAfterMs = retryAfterOf(headers);
  const isLimited =
    status === 429 || (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'));
  void response.body?.cancel().catch(() => undefined);
  if (isLimited) throw new PollTrouble('rate_limited', `the product asks us to wait (status ${status})`, retryAfterMs);
  if (status === 401 || status === 403)
    throw new PollTrouble('unauthorised', `the product refuses the credential (status ${status})`);
  if (status >= 500 || status === 408)
    throw new PollTrouble('unreachable', `the product answers ${status}`, retryAfterMs);
  if (status >= 300 && status < 400)
    throw new PollTrouble('refused', `the product redirects (status ${status}), which is not followed`);
  throw new PollTrouble('refused', `the product answers ${status}`);
}

/**
 * How long to wait: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), or the time in seconds since 1970
 * that Okta and GitHub (`x-rate-limit-reset`, `x-ratelimit-reset`) and CrowdStrike (`x-ratelimit-retryafter`) give.
 */
export function retryAfterOf(headers: { get(name: string): string | null }, now = nodeNow()): number | undefined {
  const after = headers.get('retry-after')?.trim();
  const untilSeconds =
    headers.get('x-ratelimit-retryafter') ?? headers.get('x-rate-limit-reset') ?? headers.get('x-ratelimit-reset');
  let ms: number | undefined;
  if (after !== undefined && /^\d{1,9}$/.test(after)) ms = Number(after) * MS_PER_SECOND;
  else if (after !== undefined && !Number.isNaN(Date.parse(after))) ms = Date.parse(after) - now;
  else if (untilSeconds !== null && /^\d{1,12}$/.test(untilSeconds)) ms = Number(untilSeconds) * MS_PER_SECOND - now;
  return ms === undefined ? undefined : Math.min(Math.max(ms, 0), RETRY_MS_MAX);
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX)
      throw new PollTrouble('refused', `an answer is larger than ${ANSWER_BYTES_MAX / 1024 / 1024} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
