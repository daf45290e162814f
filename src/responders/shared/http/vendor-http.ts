import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, failureOf } from '../../../model/failure.ts';
import type { Secret } from '../../../ports/responder.ts';
import { NotReached } from '../channel.ts';
import { errorTextWithout, NoAnswer } from '../wire-text.ts';
import { askHttp, Denied, type HttpAnswer } from './ask-http.ts';

/** One request, whole: whoever signs it sees exactly what is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
}

/** The product does fewer things for a while. It did not do this one. */
class AskedToWait extends Denied {
  override readonly name = 'Denied';
  readonly seconds: number;
  constructor(status: number, seconds: number | undefined) {
    super(status);
    this.seconds = seconds ?? 0;
    const wait = seconds === undefined ? '' : `, for another ${seconds} s`;
    this.message = `the product asks to be left alone${wait} (${status})`;
  }
}

/** What an answer that is a no is told as. */
export function denied({ status, headers }: HttpAnswer): Denied {
  const waitS = retryAfterS(headers);
  // GitHub says a limit of its own by 403: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
  const isLimit =
    status === 429 || (status === 403 && (waitS !== undefined || headers['x-ratelimit-remaining'] === '0'));
  return isLimit ? new AskedToWait(status, waitS) : new Denied(status);
}

/** More than any list of a hundred that is read here, in bytes. */
const ANSWER_BYTES_MAX = 4_194_304;

/** Sends one request and reads its answer, once. */
export async function send({ url, ...request }: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
  return await askHttp({ ...request, url: new URL(url), timeoutMs, answerBytesMax: ANSWER_BYTES_MAX });
}

/** {@link send}, for a request that changes nothing: one that is asked to wait does so, once, where the time allows it. */
export async function look(request: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
  const startedAt = performance.now();
  const first = await send(request, timeoutMs);
  const waitMs = (retryAfterS(first.headers) ?? Number.POSITIVE_INFINITY) * 1_000;
  const leftMs = timeoutMs - (performance.now() - startedAt) - waitMs;
  if (first.status !== 429 || !(leftMs > 0)) return first;
  await sleep(waitMs);
  return await send(request, Math.ceil(leftMs));
}

/** Seconds that `Retry-After` asks for; undefined where it does not, or names a date. */
function retryAfterS(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** A look just before a change. One that fails is no doubt about the change: nothing was sent. */
export async function lookedBefore<T>(looking: () => Promise<T>): Promise<T> {
  try {
    return await looking();
  } catch (error) {
    const isSilence = error instanceof NoAnswer || (error instanceof Denied && error.status >= 500);
    throw isSilence ? new NotReached(`before the change: ${error.message}`) : error;
  }
}

/** The value of a JSON text; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The members of a JSON object; none of anything else. */
export function asMembers(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []);
}

/** The text, or the whole number as one; empty for anything else. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : Number.isSafeInteger(value) ? String(value) : '';
}

/** A list of objects that has to be there: whatever else came tells of nothing, least of all that something has gone. */
export function listOf(value: unknown): readonly unknown[] {
  const isList = Array.isArray(value) && value.every(one => asMembers(one).size > 0);
  if (!isList) throw new NoAnswer('the answer is not in the form that was asked for');
  return value;
}

/** What a failed look is called. A product that wants to be left alone, or fails, was not reached. */
export function vendorReadFailure(responder: string, error: unknown, secrets: readonly Secret[]): Failure {
  const isNo = error instanceof Denied && !(error instanceof AskedToWait);
  const isScope = isNo && (error.status === 401 || error.status === 403);
  const code = isScope
    ? 'responder.missing_scope'
    : isNo && error.status < 500
      ? 'responder.refused'
      : 'responder.unreachable';
  const failure = failureOf(code, `${responder}: ${errorTextWithout(error, secrets)}`);
  return error instanceof AskedToWait ? { ...failure, asksToWaitS: error.seconds } : failure;
}
