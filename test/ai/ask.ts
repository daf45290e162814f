import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAdapters } from '../../src/ai/adapters.ts';
import { createAsk } from '../../src/ai/ask.ts';
import { ProviderStore } from '../../src/ai/store.ts';
import type { ModelCall, ModelReply, ProviderConfig } from '../../src/ports/model.ts';

export const KEY = 'sk-double-0123456789-not-a-real-key';
export const PACKET = '{"v":"1","incident":"opaque","entities":[{"id":"N1","kind":"host","name":"SECRETHOST"}]}';
export const SYSTEM = 'You order ids. Answer in JSON.';
export const SCHEMA = {
  type: 'object',
  properties: {
    order: { type: 'array', items: { type: 'string', enum: ['F1', 'F2'] } },
    abstain: { type: 'string', enum: ['no', 'too_little'] },
  },
  required: ['order', 'abstain'],
  additionalProperties: false,
} as const;

export function callTo(provider: string, more: Partial<ModelCall> = {}): ModelCall {
  return {
    id: 'c1',
    provider,
    system: SYSTEM,
    packet: PACKET,
    schema: SCHEMA,
    outputTokensMax: 256,
    timeoutMs: 800,
    seed: 7,
    ...more,
  };
}

/** What the ai process does with a call, in this process, over a store of its own. */
export interface Asking {
  readonly store: ProviderStore;
  readonly folder: string;
  ask(config: ProviderConfig, more?: Partial<ModelCall>, key?: string): Promise<ModelReply>;
  end(): Promise<void>;
}

export async function startAsking(): Promise<Asking> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-ai-'));
  const openModel = await loadAdapters();
  let made = 0;
  return {
    store: new ProviderStore(folder),
    folder,
    async ask(config, more, key = KEY) {
      // A folder for each, so that calls may go on at once.
      const store = new ProviderStore(join(folder, String(made++)));
      const set = await store.set({ config, key });
      if (!set.ok) throw new Error(set.failure.detail);
      return createAsk(store, openModel)(callTo(config.name, more), new AbortController().signal);
    },
    end: () => rm(folder, { recursive: true, force: true }),
  };
}
