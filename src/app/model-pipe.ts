import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  ANSWER_BYTES_MAX,
  type AskModel,
  type ModelCall,
  type ModelReply,
  type ProviderConfig,
} from '../ports/model.ts';
import {
  ANSWER_GRACE_MS,
  CALL_MS_MAX,
  type ChangeResult,
  type FromAi,
  type FromServer,
  type ModelStatus,
  PROVIDERS_MAX,
  type ProviderChange,
} from '../ports/model-pipe.ts';
import { failedReply } from './model-relay.ts';

/** The server's end of the pipe: asks models, without a key and without a way to a provider. */
export interface ModelPipe {
  /** Asks once. Never rejects, and settles within the call's time limit and two seconds, whatever dies. */
  readonly ask: AskModel;
  status(): ModelStatus;
  providers(): readonly ProviderConfig[];
  /** What browsers seal keys with; undefined while the ai process does not run. {@link open} starts it. */
  publicKey(): string | undefined;
  /** Starts the ai process where none runs. Settles with how it stands, at the latest after {@link OPEN_MS_MAX}. */
  open(): Promise<ModelStatus>;
  /** Adds, changes or removes a provider. Never rejects. The key is sealed: only the ai process opens it. */
  configure(change: ProviderChange): Promise<ChangeResult>;
  /** Called whenever the status changes, until the returned function is. */
  onStatus(listen: (status: ModelStatus) => void): () => void;
}

/** What is needed of `process`. */
export interface ParentEnd {
  readonly connected: boolean;
  send?: NodeJS.Process['send'];
  on(event: 'message', hear: (message: unknown) => void): unknown;
}

export const OPEN_MS_MAX = 20_000;
/** Longer than the supervisor waits, which knows better what happened, so that its answer comes first. */
const CHANGE_MS_MAX = 32_000;
const SUPERVISOR_FIRST_MS = 250;
const DOWN: ModelStatus = { isRunning: false, providers: [] };

const REPLY = z.discriminatedUnion('kind', [
  z.object({
    id: z.string(),
    kind: z.literal('answered'),
    text: z.string().max(ANSWER_BYTES_MAX),
    finish: z.enum(['stop', 'length', 'other']),
    usage: z.object({ inputTokens: z.int().min(0), outputTokens: z.int().min(0) }).optional(),
    model: z.string().max(200),
    fingerprint: z.string().max(200),
    requestSha256: z.string().regex(/^[0-9a-f]{64}$/),
    latencyMs: z.number().min(0),
  }),
  z.object({
    id: z.string(),
    kind: z.literal('failed'),
    code: z.enum([
      'timed_out',
      'unreachable',
      'rate_limited',
      'denied',
      'failed',
      'too_large',
      'not_text',
      'not_configured',
      'process_down',
    ]),
    detail: z.string().max(500),
    retryAfterMs: z.number().min(0).optional(),
    requestSha256: z.string().regex(/^([0-9a-f]{64})?$/),
    latencyMs: z.number().min(0),
  }),
]);

const PROVIDER = z.object({
  name: z.string().max(100),
  kind: z.enum(['openai_compatible', 'anthropic', 'google', 'bedrock']),
  model: z.string().max(200),
  baseUrl: z.string().max(500).optional(),
  region: z.string().max(100),
  isHosted: z.boolean(),
  retention: z.string().max(500),
  price: z.object({ inputMicros: z.int().min(0), outputMicros: z.int().min(0), currency: z.string().max(3) }),
  contextTokens: z.int().min(1),
  outputTokensMax: z.int().min(1),
  isOn: z.boolean(),
});

const STATUS = z.object({
  isRunning: z.boolean(),
  providers: z.array(PROVIDER).max(PROVIDERS_MAX),
  publicKey: z.string().max(2_000).optional(),
  trouble: z.string().max(1_000).optional(),
});

const CHANGED = z.object({
  id: z.string(),
  result: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true) }),
    z.object({
      ok: z.literal(false),
      code: z.enum(['invalid', 'key_needed', 'key_unreadable', 'too_many', 'unknown', 'not_written', 'process_down']),
      detail: z.string().max(1_000),
    }),
  ]),
});

/** A server that nobody started an ai process beside: in tests, and offline. Every call is answered `not_configured`. */
export function noModelPipe(): ModelPipe {
  return {
    ask: async call => failedReply(call.id, 'not_configured', 'no provider is set'),
    status: () => DOWN,
    providers: () => [],
    publicKey: () => undefined,
    open: async () => DOWN,
    configure: async () => ({ ok: false, code: 'process_down', detail: 'no ai process can be started here' }),
    onStatus: () => () => undefined,
  };
}

/** The pipe over the supervisor that forked this process. What comes back is not believed to have any form. */
export function createModelPipe(parent: ParentEnd): ModelPipe {
  return new ParentPipe(parent);
}

class ParentPipe implements ModelPipe {
  readonly #parent: ParentEnd;
  readonly #calls = new Map<string, (reply: ModelReply) => void>();
  readonly #changes = new Map<string, (result: ChangeResult) => void>();
  readonly #listeners = new Set<(status: ModelStatus) => void>();
  #status = DOWN;

  constructor(parent: ParentEnd) {
    this.#parent = parent;
    parent.on('message', heard => this.#hear(heard as Partial<FromAi> | undefined));
  }

  status(): ModelStatus {
    return this.#status;
  }

  providers(): readonly ProviderConfig[] {
    return this.#status.providers;
  }

  publicKey(): string | undefined {
    return this.#status.publicKey;
  }

  onStatus(listen: (status: ModelStatus) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** Over the pipe a call has an id of its own: one that is asked again is not mistaken for its first attempt. */
  readonly ask: AskModel = call => {
    const id = randomUUID();
    const since = performance.now();
    const timeoutMs = Math.min(Math.max(Math.round(call.timeoutMs), 1), CALL_MS_MAX);
    return new Promise(resolve => {
      const settle = (reply: ModelReply) => {
        clearTimeout(timer);
        this.#calls.delete(id);
        resolve({ ...reply, id: call.id });
      };
      const fail = (code: 'timed_out' | 'process_down', detail: string) => settle(failedReply(id, code, detail, since));
      const giveUpMs = timeoutMs + ANSWER_GRACE_MS + SUPERVISOR_FIRST_MS;
      const timer = setTimeout(() => fail('timed_out', 'no answer over the pipe in time'), giveUpMs);
      this.#calls.set(id, settle);
      const message = { kind: 'model.call', call: { ...call, id, timeoutMs } } as const;
      if (!this.#send(message)) fail('process_down', 'there is no supervisor');
    });
  };

  open(): Promise<ModelStatus> {
    if (this.#status.isRunning || !this.#send({ kind: 'model.open' })) return Promise.resolve(this.#status);
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        unlisten();
        resolve(this.#status);
      };
      const unlisten = this.onStatus(status => status.isRunning && done());
      const timer = setTimeout(done, OPEN_MS_MAX);
    });
  }

  configure(change: ProviderChange): Promise<ChangeResult> {
    const id = randomUUID();
    const down: ChangeResult = { ok: false, code: 'process_down', detail: 'the ai process does not answer' };
    return new Promise(resolve => {
      const settle = (result: ChangeResult) => {
        clearTimeout(timer);
        this.#changes.delete(id);
        resolve(result);
      };
      const timer = setTimeout(() => settle(down), CHANGE_MS_MAX);
      this.#changes.set(id, settle);
      if (!this.#send({ kind: 'model.change', id, change })) settle(down);
    });
  }

  #send(message: FromServer): boolean {
    if (!this.#parent.connected || this.#parent.send === undefined) return false;
    this.#parent.send(message, undefined, undefined, () => undefined);
    return true;
  }

  #hear(message: Partial<FromAi> | undefined): void {
    if (message?.kind === 'model.reply') this.#settleCall(message.reply);
    else if (message?.kind === 'model.changed') {
      const parsed = CHANGED.safeParse(message);
      if (parsed.success) this.#changes.get(parsed.data.id)?.(parsed.data.result);
    } else if (message?.kind === 'model.status') {
      const parsed = STATUS.safeParse(message.status);
      this.#status = parsed.success ? (withoutAbsent(parsed.data) as ModelStatus) : DOWN;
      for (const listen of [...this.#listeners]) listen(this.#status);
    }
  }

  #settleCall(heard: unknown): void {
    const parsed = REPLY.safeParse(heard);
    const id = parsed.success ? parsed.data.id : Object(heard).id;
    const settle = this.#calls.get(id);
    if (!parsed.success) settle?.(failedReply(id, 'failed', 'the ai process answered something else'));
    else if (parsed.data.kind === 'answered') settle?.({ ...parsed.data, usage: parsed.data.usage });
    else settle?.({ ...parsed.data, retryAfterMs: parsed.data.retryAfterMs });
  }
}

/** What was absent in JSON is absent here, and not there with no value. */
function withoutAbsent(value: object): object {
  return JSON.parse(JSON.stringify(value));
}

/** The smallest question that shows whether a provider answers in our form. Nothing of any incident is in it. */
export function testCall(id: string, provider: string, timeoutMs = 20_000): ModelCall {
  return {
    id,
    provider,
    system: 'This is a test of the connection. Answer with the JSON object {"ready":"yes"} and nothing else.',
    packet: '{"v":"1","test":"yes"}',
    schema: {
      type: 'object',
      properties: { ready: { type: 'string', enum: ['yes'] } },
      required: ['ready'],
      additionalProperties: false,
    },
    outputTokensMax: 256,
    timeoutMs,
    seed: 1,
  };
}

/** Whether the answer to {@link testCall} is in the form that was asked for. */
export function isTestPassed(reply: ModelReply): boolean {
  if (reply.kind !== 'answered' || reply.finish !== 'stop') return false;
  try {
    const { ready }: { ready?: unknown } = Object(JSON.parse(reply.text));
    return ready === 'yes';
  } catch {
    return false;
  }
}
