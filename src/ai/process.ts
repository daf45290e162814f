import type { Logger } from 'pino';
import { pino } from 'pino';
import { z } from 'zod';
import type { ModelCall } from '../ports/model.ts';
import {
  CALL_MS_MAX,
  type ChangeResult,
  type FromAi,
  type ModelStatus,
  type ProviderChange,
  type ToAi,
} from '../ports/model-pipe.ts';
import type { AiSecrets, RunningProcess } from '../ports/secrets.ts';
import type { OpenModel } from './adapters.ts';
import { type AskOnce, createAsk } from './ask.ts';
import { isSamePlace, parseKey, parseProvider } from './provider.ts';
import { openSealing, type Sealing } from './sealing.ts';
import { ProviderStore, type Stored, type StoreFailure } from './store.ts';

/** How this process is spoken to. Nothing else comes in, and besides providers' answers nothing goes out. */
export interface AiChannel {
  send(message: FromAi): void;
  listen(hear: (message: unknown) => void): void;
}

/** A command may have replaced the providers. */
const LOOK_EVERY_MS = 1_000;

const CALL = z.strictObject({
  id: z.string().min(1).max(100),
  provider: z.string().max(100),
  system: z.string(),
  packet: z.string(),
  schema: z.record(z.string(), z.unknown()),
  outputTokensMax: z.int().min(1),
  timeoutMs: z.int().min(1).max(CALL_MS_MAX),
  seed: z.int(),
});

/** The ai process: answers calls, keeps the providers, says how it stands. It has no database and decides nothing. */
export async function runAi(
  secrets: AiSecrets,
  openModel: OpenModel,
  channel: AiChannel,
  logger: Logger = pino({ name: 'ai' }, pino.destination(2)),
): Promise<RunningProcess> {
  const store = new ProviderStore(secrets.folder);
  const sealing = await openSealing(secrets.folder);
  const ask = createAsk(store, openModel);
  let givenUp = new AbortController();
  let changing: Promise<unknown> = Promise.resolve();
  channel.listen(message => {
    const heard = message as ToAi;
    switch (heard?.kind) {
      case 'model.call':
        void answer(heard.call, ask, givenUp.signal, channel, logger);
        return;
      case 'model.change':
        // One after the other: each is laid over what the one before it wrote.
        changing = changing
          .then(() => change(heard.change, store, sealing))
          .then(result => channel.send({ kind: 'model.changed', id: heard.id, result }))
          .then(tell)
          .catch((error: unknown) => logger.error({ err: nameOf(error) }, 'a provider could not be changed'));
        return;
      case 'model.forget':
        givenUp.abort();
        givenUp = new AbortController();
    }
  });
  let told = '';
  const tell = async () => {
    const status = statusOf(await store.read(), sealing);
    const text = JSON.stringify(status);
    if (text !== told) channel.send({ kind: 'model.status', status });
    told = text;
  };
  await tell();
  const looking = setInterval(() => void tell().catch(() => undefined), LOOK_EVERY_MS);
  return {
    async stop() {
      clearInterval(looking);
      givenUp.abort();
    },
  };
}

async function answer(
  asked: unknown,
  ask: AskOnce,
  givenUp: AbortSignal,
  channel: AiChannel,
  logger: Logger,
): Promise<void> {
  const parsed = CALL.safeParse(asked);
  if (!parsed.success) {
    // The supervisor gives it up in time; there is no name by which to answer it.
    logger.error('heard a call that is none');
    return;
  }
  const call: ModelCall = parsed.data;
  const reply = await ask(call, givenUp);
  if (reply.kind === 'failed')
    logger.warn(
      { provider: call.provider, code: reply.code, detail: reply.detail, ms: reply.latencyMs },
      'not answered',
    );
  else logger.info({ provider: call.provider, ms: reply.latencyMs, usage: reply.usage }, 'answered');
  channel.send({ kind: 'model.reply', reply });
}

function statusOf(stored: Stored, { publicKey }: Sealing): ModelStatus {
  return stored.ok
    ? { isRunning: true, providers: stored.providers.map(({ config }) => config), publicKey }
    : { isRunning: true, providers: [], publicKey, trouble: stored.trouble };
}

async function change(asked: ProviderChange, store: ProviderStore, sealing: Sealing): Promise<ChangeResult> {
  if (asked?.kind === 'remove') return resultOf(await store.remove(String(asked.name)));
  if (asked?.kind !== 'set') return { ok: false, code: 'invalid', detail: 'no such change' };
  const provider = parseProvider(asked.provider);
  if (!provider.ok) return { ok: false, code: 'invalid', detail: provider.failure };
  const config = provider.value;
  const stored = await store.read();
  if (!stored.ok) return { ok: false, code: 'not_written', detail: stored.trouble };
  const known = stored.providers.find(other => other.config.name === config.name);
  let key: string | undefined;
  if (asked.sealedKey !== undefined) {
    key = await sealing.open(config, String(asked.sealedKey));
    if (key === undefined)
      return { ok: false, code: 'key_unreadable', detail: 'the key was sealed for another process or another address' };
  } else if (known !== undefined) {
    // Who may change where a key goes must know it: else the server could have it sent to an address of its own.
    if (known.key !== '' && !isSamePlace(known.config, config))
      return { ok: false, code: 'key_needed', detail: 'the address is another, so the key has to be entered again' };
    key = known.key;
  }
  const parsedKey = parseKey(config.kind, key ?? '');
  if (!parsedKey.ok) return { ok: false, code: 'key_needed', detail: parsedKey.failure };
  return resultOf(await store.set({ config, key: parsedKey.value }));
}

function resultOf(done: { readonly ok: true } | { readonly ok: false; readonly failure: StoreFailure }): ChangeResult {
  return done.ok ? { ok: true } : { ok: false, ...done.failure };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
