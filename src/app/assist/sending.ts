import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesToHex } from '../../base/bytes.ts';
import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { UnixMs } from '../../base/time.ts';
import type { AiSettings } from '../../model/api-ai.ts';
import type { Usage, WithoutModel } from '../../model/assist.ts';
import type { AskModel, ModelCall, ModelFailure, ModelReply, ProviderConfig } from '../../ports/model.ts';
import { type ServerContext, transact } from '../context.ts';
import { mostOf, type Reservation, reserve, settle } from './spending.ts';

/** What became of sending one question to one provider, retries included. */
export interface Sent {
  readonly reply: Extract<ModelReply, { kind: 'answered' }> | undefined;
  /** Why there is no reply. */
  readonly because: WithoutModel;
  readonly detail: string;
  /** Empty where we gave up before anything came back. */
  readonly requestSha256: string;
  readonly usage: Usage | undefined;
  readonly attempts: number;
  readonly latencyMs: number;
}

export interface Sending {
  readonly record: Id<'ai_record'>;
  readonly incident: string;
  readonly task: Reservation['task'];
  readonly provider: ProviderConfig;
  readonly budgets: AiSettings['budgets'];
  readonly system: string;
  readonly packet: string;
  readonly schema: { readonly [key: string]: unknown };
  readonly schemaText: string;
  readonly outputTokensMax: number;
  readonly seed: number;
  /** By `performance.now()`. */
  readonly deadline: number;
  /** Aborted where the server stops: what is asked is given up, and written down so. */
  readonly stopping: AbortSignal;
  /** What is written down before it leaves, in the transaction of the first reservation. */
  readonly intend: (db: Parameters<Parameters<typeof transact>[1]>[0]) => Promise<void>;
}

/** Retries beside the first attempt. */
const RETRIES_MAX = 2;
const BACKOFF_MS_FIRST = 250;
const BACKOFF_MS_MAX = 4_000;
/** Less than this is not worth an attempt. */
const ATTEMPT_MS_MIN = 50;

const BECAUSE: { readonly [code in ModelFailure]: WithoutModel } = {
  timed_out: 'ai.timed_out',
  unreachable: 'ai.unreachable',
  rate_limited: 'ai.rate_limited',
  denied: 'ai.denied',
  failed: 'ai.failed',
  too_large: 'ai.too_large',
  not_text: 'ai.rejected',
  not_configured: 'ai.not_configured',
  process_down: 'ai.process_down',
};
const RETRIED: ReadonlySet<string> = new Set(['rate_limited', 'failed', 'unreachable']);
/** Failures before a provider computed anything. Of the others it is not known, so what was reserved stays spent. */
const FREE: ReadonlySet<string> = new Set(['unreachable', 'rate_limited', 'denied', 'not_configured']);

/**
 * Sends a question until it is answered, refused for good, or out of time or budget. Each attempt reserves what it may take
 * before it leaves; the first writes down that it leaves. `ai.over_budget` of the first attempt means that nothing left.
 */
export async function send(
  context: ServerContext,
  ask: AskModel,
  sending: Sending,
  random: () => number = Math.random,
): Promise<Result<Sent, 'ai.over_budget'>> {
  const began = performance.now();
  const most = mostOf([sending.system, sending.packet, sending.schemaText], sending.outputTokensMax);
  const reserved: Reservation = { ...sending, most };
  let last: Sent | undefined;
  for (let attempt = 1; ; attempt++) {
    const at = context.now();
    const isReserved = await intend(context, sending, reserved, attempt);
    if (!isReserved) return last === undefined ? fail('ai.over_budget') : ok({ ...last, because: 'ai.over_budget' });
    const reply = await raced(ask, callOf(sending), sending.stopping);
    const usage = await pay(context, reserved, at, reply);
    last = sentOf(reply, usage, attempt, performance.now() - began);
    if (reply.kind === 'answered' || !RETRIED.has(reply.code) || attempt > RETRIES_MAX) return ok(last);
    const backoff = random() * Math.min(BACKOFF_MS_FIRST * 2 ** (attempt - 1), BACKOFF_MS_MAX);
    const wait = Math.max(backoff, reply.retryAfterMs ?? 0);
    if (performance.now() + wait + ATTEMPT_MS_MIN > sending.deadline) return ok(last);
    await sleep(wait, undefined, { signal: sending.stopping }).catch(() => undefined);
    if (sending.stopping.aborted) return ok(last);
  }
}

async function intend(
  context: ServerContext,
  sending: Sending,
  reserved: Reservation,
  attempt: number,
): Promise<boolean> {
  let isOver = false;
  await transact(context, async client => {
    const taken = await reserve(context, client, sending.budgets, reserved);
    isOver = !taken.ok;
    if (taken.ok && attempt === 1) await sending.intend(client);
    return ok(undefined);
  });
  return !isOver;
}

/** Settles what an attempt took. Undefined where nobody can tell, or nothing was. */
async function pay(
  context: ServerContext,
  reserved: Reservation,
  at: UnixMs,
  reply: ModelReply,
): Promise<Usage | undefined> {
  if (reply.kind === 'failed') {
    if (FREE.has(reply.code)) await settle(context, context.pool, reserved, at, undefined);
    return undefined;
  }
  const stated = reply.usage;
  // A provider that does not say is taken to have used what its question can take at most.
  const usage: Usage =
    stated === undefined
      ? {
          inputTokens: reserved.most.inputTokens,
          outputTokens: Math.min(reserved.most.outputTokens, Buffer.byteLength(reply.text, 'utf8')),
          from: 'estimated',
        }
      : { ...stated, from: 'provider' };
  await settle(context, context.pool, reserved, at, usage);
  return usage;
}

function callOf(sending: Sending): ModelCall {
  return {
    id: bytesToHex(randomBytes(8)),
    provider: sending.provider.name,
    system: sending.system,
    packet: sending.packet,
    schema: sending.schema,
    outputTokensMax: sending.outputTokensMax,
    timeoutMs: Math.max(1, Math.floor(sending.deadline - performance.now())),
    seed: sending.seed,
  };
}

/** The reply, or that none came in time: whoever drips, hangs or dies costs no more than the time that was set. */
async function raced(ask: AskModel, call: ModelCall, stopping: AbortSignal): Promise<ModelReply> {
  const given = new AbortController();
  const late = (code: ModelFailure, detail: string): ModelReply => ({
    id: call.id,
    kind: 'failed',
    code,
    detail,
    retryAfterMs: undefined,
    requestSha256: '',
    latencyMs: call.timeoutMs,
  });
  const timer = sleep(call.timeoutMs, undefined, { signal: AbortSignal.any([given.signal, stopping]) }).then(
    () => late('timed_out', `no answer in ${call.timeoutMs} ms`),
    () => late('process_down', 'the server stops'),
  );
  const asked = ask(call).catch((error: unknown) => late('failed', error instanceof Error ? error.message : 'failed'));
  const reply = await Promise.race([asked, timer]);
  given.abort();
  return reply;
}

function sentOf(reply: ModelReply, usage: Usage | undefined, attempts: number, latencyMs: number): Sent {
  return {
    reply: reply.kind === 'answered' ? reply : undefined,
    because: reply.kind === 'answered' ? 'ai.rejected' : BECAUSE[reply.code],
    detail: reply.kind === 'answered' ? '' : reply.detail,
    requestSha256: reply.requestSha256,
    usage,
    attempts,
    latencyMs: Math.round(latencyMs),
  };
}
