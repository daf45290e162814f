import type { LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { type ModelCall, type ModelReply, PACKET_BYTES_MAX } from '../ports/model.ts';
import { CALL_MS_MAX } from '../ports/model-pipe.ts';
import type { OpenModel } from './adapters.ts';
import { type Exchange, openExchange, WireFailure } from './exchange.ts';
import { addressOf, type StoredProvider } from './provider.ts';
import type { ProviderStore } from './store.ts';

/** Of a model's name and a fingerprint, as a provider writes them. */
const NAME_CHARS_MAX = 200;
/** A word of an error that is no longer than this may stand by chance in what was sent. */
const CHANCE_CHARS_MAX = 3;

/** Asks once. Never rejects, and settles within the call's time limit whatever the provider does. */
export type AskOnce = (call: ModelCall, givenUp: AbortSignal) => Promise<ModelReply>;

export function createAsk(store: ProviderStore, openModel: OpenModel): AskOnce {
  return async (call, givenUp) => {
    const since = performance.now();
    const asked = { id: call.id, latencyMs: () => Math.round(performance.now() - since) };
    try {
      const stored = await store.read();
      if (!stored.ok) return failed(asked, new WireFailure('not_configured', stored.trouble), undefined);
      const provider = stored.providers.find(({ config }) => config.name === call.provider);
      const refusal = notAsked(provider, call);
      if (provider === undefined || refusal !== undefined)
        return failed(asked, refusal ?? new WireFailure('not_configured', 'no such provider'), undefined);
      return await exchange(asked, provider, call, openModel, givenUp);
    } catch {
      return failed(asked, new WireFailure('failed', 'the request could not be made'), undefined);
    }
  };
}

interface Asked {
  readonly id: string;
  readonly latencyMs: () => number;
}

function notAsked(provider: StoredProvider | undefined, call: ModelCall): WireFailure | undefined {
  if (provider === undefined) return new WireFailure('not_configured', 'no provider of that name is set');
  if (!provider.config.isOn) return new WireFailure('not_configured', 'the provider is switched off');
  if (Buffer.byteLength(call.packet) > PACKET_BYTES_MAX)
    return new WireFailure('too_large', `the packet is larger than ${PACKET_BYTES_MAX} bytes`);
  return undefined;
}

async function exchange(
  asked: Asked,
  provider: StoredProvider,
  call: ModelCall,
  openModel: OpenModel,
  givenUp: AbortSignal,
): Promise<ModelReply> {
  // A timer of our own: Node may collect a signal that `AbortSignal.any` was made of, and then it never fires.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(late()), Math.min(call.timeoutMs, CALL_MS_MAX));
  const giveUp = () => deadline.abort(new WireFailure('failed', 'whoever asked is gone'));
  if (givenUp.aborted) giveUp();
  givenUp.addEventListener('abort', giveUp, { once: true });
  const wire = openExchange(new URL(addressOf(provider.config)).origin, deadline.signal, word =>
    isKnown(word, provider, call),
  );
  try {
    const answer = generate(provider, call, openModel, wire, deadline.signal);
    // Where the deadline wins, what becomes of the rest is nobody's business any more.
    answer.catch(() => undefined);
    return answered(asked, await Promise.race([answer, aborted(deadline.signal)]), wire);
  } catch (error) {
    return failed(asked, wire.failure() ?? asFailure(error), wire);
  } finally {
    clearTimeout(timer);
    givenUp.removeEventListener('abort', giveUp);
  }
}

function late(): WireFailure {
  return new WireFailure('timed_out', 'no whole answer in time');
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What the SDK itself objects to, once the wire had nothing to object: the answer is none of that vendor. */
function asFailure(error: unknown): WireFailure {
  return error instanceof WireFailure
    ? error
    : new WireFailure('failed', "answered JSON that is not in the vendor's form");
}

function isKnown(word: string, { key }: StoredProvider, call: ModelCall): boolean {
  return word.length > CHANCE_CHARS_MAX && [key, call.packet, call.system].some(text => text.includes(word));
}

async function generate(
  provider: StoredProvider,
  call: ModelCall,
  openModel: OpenModel,
  wire: Exchange,
  signal: AbortSignal,
): Promise<LanguageModelV3GenerateResult> {
  return openModel(provider, wire.fetch).doGenerate({
    prompt: [
      { role: 'system', content: call.system },
      { role: 'user', content: [{ type: 'text', text: call.packet }] },
    ],
    responseFormat: { type: 'json', name: 'answer', schema: call.schema },
    maxOutputTokens: Math.min(call.outputTokensMax, provider.config.outputTokensMax),
    temperature: 0,
    seed: call.seed,
    abortSignal: signal,
  });
}

function answered(asked: Asked, result: LanguageModelV3GenerateResult, wire: Exchange): ModelReply {
  const { content, finishReason, response } = result;
  const isFinished = finishReason.unified === 'stop' || finishReason.unified === 'length';
  const texts = content.flatMap(part => (part.type === 'text' ? [part.text] : []));
  if (texts.length === 0 && !isFinished) throw new WireFailure('failed', 'answered without any text');
  const body: { [name: string]: unknown } = Object(response?.body);
  return {
    id: asked.id,
    kind: 'answered',
    text: texts.join(''),
    finish: isFinished ? (finishReason.unified as 'stop' | 'length') : 'other',
    usage: usageOf(result),
    model: nameFrom(response?.modelId ?? body['modelVersion']),
    fingerprint: nameFrom(body['system_fingerprint']),
    requestSha256: wire.requestSha256(),
    latencyMs: asked.latencyMs(),
  };
}

function usageOf({ usage }: LanguageModelV3GenerateResult) {
  const [inputTokens, outputTokens] = [usage.inputTokens.total, usage.outputTokens.total];
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : undefined;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

/** What a provider calls something: printable, and short. */
function nameFrom(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[^\x20-\x7e]/g, '').slice(0, NAME_CHARS_MAX) : '';
}

function failed(asked: Asked, failure: WireFailure, wire: Exchange | undefined): ModelReply {
  return {
    id: asked.id,
    kind: 'failed',
    code: failure.code,
    detail: failure.message,
    retryAfterMs: failure.retryAfterMs,
    requestSha256: wire?.requestSha256() ?? '',
    latencyMs: asked.latencyMs(),
  };
}
