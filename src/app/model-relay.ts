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

/** Starting the process and making its key pair come before the first change. */
const CHANGE_MS_MAX = 30_000;
const DOWN: ModelStatus = { isRunning: false, providers: [] };
const CHANGE_DOWN: ChangeResult = {
  ok: false,
  code: 'process_down',
  detail: 'the ai process does not answer; its log says why',
};

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
export class ModelRelay {
  readonly #ends: RelayEnds;
  readonly #calls = new Map<string, Waiting>();
  readonly #changes = new Map<string, Waiting>();
  #status = DOWN;
  #isAiUp = false;

  constructor(ends: RelayEnds) {
    this.#ends = ends;
  }

  fromServer(heard: unknown): void {
    const message = heard as FromServer | undefined;
    if (message?.kind === 'model.open') this.#ends.startAi();
    else if (message?.kind === 'model.call' && isId(message.call?.id)) this.#call(message, message.call.id);
    else if (message?.kind === 'model.change' && isId(message.id)) this.#change(message, message.id);
  }

  fromAi(heard: unknown): void {
    const message = heard as FromAi | undefined;
    if (message?.kind === 'model.status' && fits(message)) {
      this.#status = { ...message.status, isRunning: true };
      // Until it is up it would hear no call: then it is said with that.
      if (this.#isAiUp) this.#tellStatus();
    } else if (message?.kind === 'model.changed' && isId(message.id)) {
      if (take(this.#changes, message.id)) this.#ends.toServer(message);
    } else if (message?.kind === 'model.reply' && isId(message.reply?.id)) {
      // An answer to what nobody waits for any more, or never asked, goes no further.
      if (!take(this.#calls, message.reply.id)) return;
      if (fits(message)) this.#ends.toServer(message);
      else this.#failCall(message.reply.id, 'too_large', 'the answer is larger than the pipe takes');
    }
  }

  /** What a server asked that ended is nobody's any more; the next one is told how things stand. */
  serverChanged(isUp: boolean): void {
    if (isUp) {
      this.#tellStatus();
      return;
    }
    for (const waiting of [this.#calls, this.#changes]) for (const id of [...waiting.keys()]) take(waiting, id);
    this.#ends.toAi({ kind: 'model.forget' });
  }

  /** What waits for an ai process that ended is answered for it; what waited for its start goes there now. */
  aiChanged(isUp: boolean): void {
    this.#isAiUp = isUp;
    if (!isUp) this.#status = DOWN;
    this.#tellStatus();
    if (isUp) {
      for (const one of this.#changes.values())
        if (one.message !== undefined && this.#ends.toAi(one.message)) one.message = undefined;
      return;
    }
    for (const id of [...this.#calls.keys()])
      if (take(this.#calls, id)) this.#failCall(id, 'process_down', 'the ai process ended while the call waited');
    for (const [id, one] of [...this.#changes])
      if (one.message === undefined && take(this.#changes, id)) this.#failChange(id, CHANGE_DOWN);
  }

  #call(message: FromServer & { readonly kind: 'model.call' }, id: string): void {
    if (this.#calls.has(id)) return;
    const { timeoutMs } = message.call;
    const refusal = this.#refusalOf(message, timeoutMs);
    if (refusal !== undefined) {
      this.#failCall(id, ...refusal);
      return;
    }
    const since = performance.now();
    const timer = setTimeout(() => {
      this.#calls.delete(id);
      this.#failCall(id, 'timed_out', 'no answer of the ai process in time', since);
    }, timeoutMs + ANSWER_GRACE_MS);
    this.#calls.set(id, { timer, message: undefined });
    if (!this.#ends.toAi(message) && take(this.#calls, id))
      this.#failCall(id, 'process_down', 'the ai process is down');
  }

  #refusalOf(message: object, timeoutMs: number): readonly [ModelFailure, string] | undefined {
    if (!(timeoutMs > 0 && timeoutMs <= CALL_MS_MAX)) return ['failed', 'a call without a time limit'];
    if (!fits(message)) return ['too_large', 'the call is larger than the pipe takes'];
    if (this.#calls.size >= CALLS_WAITING_MAX) return ['failed', 'too many calls are waiting'];
    if (!this.#ends.isAiStarted()) return ['not_configured', 'no provider is set'];
    return this.#isAiUp ? undefined : ['process_down', 'the ai process is down'];
  }

  #change(message: FromServer & { readonly kind: 'model.change' }, id: string): void {
    if (this.#changes.has(id)) return;
    if (!fits(message) || this.#changes.size >= CHANGES_WAITING_MAX) {
      this.#failChange(id, { ok: false, code: 'invalid', detail: 'too much at once' });
      return;
    }
    this.#ends.startAi();
    const timer = setTimeout(() => {
      this.#changes.delete(id);
      this.#failChange(id, CHANGE_DOWN);
    }, CHANGE_MS_MAX);
    this.#changes.set(id, { timer, message: this.#isAiUp && this.#ends.toAi(message) ? undefined : message });
  }

  #tellStatus(): void {
    this.#ends.toServer({ kind: 'model.status', status: this.#isAiUp ? this.#status : DOWN });
  }

  #failCall(id: string, code: ModelFailure, detail: string, since?: number): void {
    this.#ends.toServer({ kind: 'model.reply', reply: failedReply(id, code, detail, since) });
  }

  #failChange(id: string, result: ChangeResult): void {
    this.#ends.toServer({ kind: 'model.changed', id, result });
  }
}

/** Takes it out of what waits. False where it does not wait there. */
function take(waiting: Map<string, Waiting>, id: string): boolean {
  const one = waiting.get(id);
  if (one === undefined) return false;
  clearTimeout(one.timer);
  return waiting.delete(id);
}

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
