import type { ModelFailure, ModelReply } from '../ports/model.ts';
import {
  ANSWER_GRACE_MS,
  CALL_MS_MAX,
  CALLS_WAITING_MAX,
  CHANGES_WAITING_MAX,
  type ChangeResult,
  type FromAi,
  type FromServer,
  MESSAGE_BYTES_MAX,
  type ModelStatus,
  type ToAi,
} from '../ports/model-pipe.ts';

/** The two that the supervisor stands between. Each says whether the message was handed over. */
export interface RelayEnds {
  toServer(message: FromAi): boolean;
  toAi(message: ToAi): boolean;
  /** Starts the ai process where none is kept running. */
  startAi(): void;
  /** Whether one is kept running, though it may be down at the moment. */
  isAiStarted(): boolean;
}

/** What the supervisor does with what it hears and sees of the server and the ai process. */
export interface ModelRelay {
  fromServer(message: unknown): void;
  fromAi(message: unknown): void;
  serverChanged(isUp: boolean): void;
  aiChanged(isUp: boolean): void;
}

/** Starting the process and making its key pair come before the first change. */
const CHANGE_MS_MAX = 30_000;
const DOWN: ModelStatus = { isRunning: false, providers: [] };

interface Waiting {
  readonly timer: NodeJS.Timeout;
  /** What goes to the ai process when it is there; undefined once it went. */
  message: ToAi | undefined;
}

/**
 * Carries calls to the ai process and answers back. Nothing waits forever: whoever dies, and whatever is never answered,
 * each call gets exactly one reply within its own time limit and {@link ANSWER_GRACE_MS}. What comes from either side is
 * bounded in size and number, and otherwise looked at by who it is for.
 */
export function relayModels(ends: RelayEnds): ModelRelay {
  const calls = new Map<string, Waiting>();
  const changes = new Map<string, Waiting>();
  let status = DOWN;
  let isAiUp = false;

  const take = (waiting: Map<string, Waiting>, id: string): boolean => {
    const one = waiting.get(id);
    if (one === undefined) return false;
    clearTimeout(one.timer);
    return waiting.delete(id);
  };
  const failCall = (id: string, code: ModelFailure, detail: string, since?: number) =>
    ends.toServer({ kind: 'model.reply', reply: failedReply(id, code, detail, since) });
  const failChange = (id: string, result: ChangeResult) => ends.toServer({ kind: 'model.changed', id, result });

  function call(message: FromServer & { readonly kind: 'model.call' }, id: string): void {
    const { timeoutMs } = message.call;
    if (calls.has(id)) return;
    if (!(timeoutMs > 0 && timeoutMs <= CALL_MS_MAX)) return void failCall(id, 'failed', 'a call without a time limit');
    if (!fits(message)) return void failCall(id, 'too_large', 'the call is larger than the pipe takes');
    if (calls.size >= CALLS_WAITING_MAX) return void failCall(id, 'failed', 'too many calls are waiting');
    if (!ends.isAiStarted()) return void failCall(id, 'not_configured', 'no provider is set');
    if (!isAiUp || !ends.toAi(message)) return void failCall(id, 'process_down', 'the ai process is down');
    const since = performance.now();
    const timer = setTimeout(() => {
      calls.delete(id);
      failCall(id, 'timed_out', 'no answer of the ai process in time', since);
    }, timeoutMs + ANSWER_GRACE_MS);
    calls.set(id, { timer, message: undefined });
  }

  function change(message: FromServer & { readonly kind: 'model.change' }, id: string): void {
    if (changes.has(id)) return;
    if (!fits(message) || changes.size >= CHANGES_WAITING_MAX)
      return void failChange(id, { ok: false, code: 'invalid', detail: 'too much at once' });
    ends.startAi();
    const timer = setTimeout(() => {
      changes.delete(id);
      failChange(id, PROCESS_DOWN);
    }, CHANGE_MS_MAX);
    changes.set(id, { timer, message: isAiUp && ends.toAi(message) ? undefined : message });
  }

  return {
    fromServer(heard) {
      const message = heard as FromServer | undefined;
      if (message?.kind === 'model.open') ends.startAi();
      else if (message?.kind === 'model.call' && isId(message.call?.id)) call(message, message.call.id);
      else if (message?.kind === 'model.change' && isId(message.id)) change(message, message.id);
    },
    fromAi(heard) {
      const message = heard as FromAi | undefined;
      if (message?.kind === 'model.status' && fits(message)) {
        status = { ...message.status, isRunning: true };
        ends.toServer({ kind: 'model.status', status });
      } else if (message?.kind === 'model.changed' && isId(message.id)) {
        if (take(changes, message.id)) ends.toServer(message);
      } else if (message?.kind === 'model.reply' && isId(message.reply?.id)) {
        // An answer to what nobody waits for any more, or never asked, goes no further.
        if (!take(calls, message.reply.id)) return;
        if (fits(message)) ends.toServer(message);
        else failCall(message.reply.id, 'too_large', 'the answer is larger than the pipe takes');
      }
    },
    serverChanged(isUp) {
      if (isUp) return void ends.toServer({ kind: 'model.status', status });
      for (const id of [...calls.keys()]) take(calls, id);
      for (const id of [...changes.keys()]) take(changes, id);
      ends.toAi({ kind: 'model.forget' });
    },
    aiChanged(isUp) {
      isAiUp = isUp;
      if (isUp) {
        for (const one of changes.values())
          if (one.message !== undefined && ends.toAi(one.message)) one.message = undefined;
        return;
      }
      status = DOWN;
      ends.toServer({ kind: 'model.status', status });
      for (const id of [...calls.keys()])
        if (take(calls, id)) failCall(id, 'process_down', 'the ai process ended while the call waited');
      for (const [id, one] of [...changes])
        if (one.message === undefined && take(changes, id)) failChange(id, PROCESS_DOWN);
    },
  };
}

const PROCESS_DOWN: ChangeResult = {
  ok: false,
  code: 'process_down',
  detail: 'the ai process does not answer; its log says why',
};

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 100;
}

function fits(message: object): boolean {
  return JSON.stringify(message).length <= MESSAGE_BYTES_MAX;
}

/** The answer to a call that no provider answered. No byte was sent, as far as we know. */
export function failedReply(id: string, code: ModelFailure, detail: string, since?: number): ModelReply {
  return {
    id,
    kind: 'failed',
    code,
    detail,
    retryAfterMs: undefined,
    requestSha256: '',
    latencyMs: since === undefined ? 0 : Math.round(performance.now() - since),
  };
}
