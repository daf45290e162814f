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
/** Longer than the supervisor waits, so that its answer comes first. */
const CHANGE_MS_MAX = 32_000;
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
  const calls = new Map<string, (reply: ModelReply) => void>();
  const changes = new Map<string, (result: ChangeResult) => void>();
  const listeners = new Set<(status: ModelStatus) => void>();
  let status = DOWN;

  parent.on('message', heard => {
    const message = heard as FromAi | undefined;
    if (message?.kind === 'model.reply') settleCall(message.reply);
    else if (message?.kind === 'model.changed') changes.get(message.id)?.(message.result);
    else if (message?.kind === 'model.status') {
      status = message.status;
      for (const listen of [...listeners]) listen(status);
    }
  });

  function settleCall(heard: unknown): void {
    const parsed = REPLY.safeParse(heard);
    const id = parsed.success ? parsed.data.id : Object(heard).id;
    const settle = calls.get(id);
    if (!parsed.success) settle?.(failedReply(id, 'failed', 'the ai process answered something else'));
    else if (parsed.data.kind === 'answered') settle?.({ ...parsed.data, usage: parsed.data.usage });
    else settle?.({ ...parsed.data, retryAfterMs: parsed.data.retryAfterMs });
  }

  const send = (message: FromServer): boolean => {
    if (!parent.connected || parent.send === undefined) return false;
    parent.send(message, undefined, undefined, () => undefined);
    return true;
  };

  return {
    ask: call => askOver(call, calls, send),
    status: () => status,
    providers: () => status.providers,
    publicKey: () => status.publicKey,
    open() {
      if (status.isRunning || !send({ kind: 'model.open' })) return Promise.resolve(status);
      return new Promise(resolve => {
        const done = () => {
          clearTimeout(timer);
          listeners.delete(listen);
          resolve(status);
        };
        const listen = (now: ModelStatus) => now.isRunning && done();
        const timer = setTimeout(done, OPEN_MS_MAX);
        listeners.add(listen);
      });
    },
    configure(change) {
      const id = randomUUID();
      return new Promise(resolve => {
        const settle = (result: ChangeResult) => {
          clearTimeout(timer);
          changes.delete(id);
          resolve(result);
        };
        const down: ChangeResult = { ok: false, code: 'process_down', detail: 'the ai process does not answer' };
        const timer = setTimeout(() => settle(down), CHANGE_MS_MAX);
        changes.set(id, settle);
        if (!send({ kind: 'model.change', id, change })) settle(down);
      });
    },
    onStatus(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
  };
}

/** Over the pipe a call has an id of its own: one that is asked again is not mistaken for its first attempt. */
function askOver(
  call: ModelCall,
  calls: Map<string, (reply: ModelReply) => void>,
  send: (message: FromServer) => boolean,
): Promise<ModelReply> {
  const id = randomUUID();
  const since = performance.now();
  const timeoutMs = Math.min(Math.max(Math.round(call.timeoutMs), 1), CALL_MS_MAX);
  return new Promise(resolve => {
    const settle = (reply: ModelReply) => {
      clearTimeout(timer);
      calls.delete(id);
      resolve({ ...reply, id: call.id });
    };
    const fail = (code: 'timed_out' | 'process_down', detail: string) => settle(failedReply(id, code, detail, since));
    // A little after the supervisor's own, which knows better what happened.
    const timer = setTimeout(
      () => fail('timed_out', 'no answer over the pipe in time'),
      timeoutMs + ANSWER_GRACE_MS + 250,
    );
    calls.set(id, settle);
    if (!send({ kind: 'model.call', call: { ...call, id, timeoutMs } })) fail('process_down', 'there is no supervisor');
  });
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
