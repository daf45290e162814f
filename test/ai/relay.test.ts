import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createModelPipe, type ParentEnd } from '../../src/app/model-pipe.ts';
import { failedReply, ModelRelay } from '../../src/app/model-relay.ts';
import type { ModelReply } from '../../src/ports/model.ts';
import { CALLS_WAITING_MAX, type FromAi, MESSAGE_BYTES_MAX, type ToAi } from '../../src/ports/model-pipe.ts';
import { callTo } from './ask.ts';

/** What processes that were taken over may say. */
const GARBAGE: readonly unknown[] = [
  null,
  undefined,
  7,
  'model.call',
  [],
  {},
  { kind: 'model.call' },
  { kind: 'model.call', call: null },
  { kind: 'model.call', call: { id: 7 } },
  { kind: 'model.call', call: { id: 'x'.repeat(101), timeoutMs: 1 } },
  { kind: 'model.change', id: {} },
  { kind: 'model.reply' },
  { kind: 'model.reply', reply: null },
  { kind: 'model.reply', reply: { id: 'nobody-asked', kind: 'answered', text: 'approve' } },
  { kind: 'model.changed', id: 'nobody-asked', result: { ok: true } },
  { kind: 'model.changed', id: 'x', result: 'yes' },
  { kind: 'model.status' },
  { kind: 'model.status', status: { isRunning: 'yes', providers: 'all' } },
  { kind: '__proto__', constructor: 1 },
];

function standing() {
  const heard: { server: FromAi[]; ai: ToAi[] } = { server: [], ai: [] };
  const state = { isServerUp: true, isAiUp: false };
  const relay = new ModelRelay({
    toServer: message => state.isServerUp && heard.server.push(message) > 0,
    toAi: message => state.isAiUp && heard.ai.push(message) > 0,
    startAi: () => undefined,
    isAiStarted: () => true,
  });
  const ai = (isUp: boolean) => {
    state.isAiUp = isUp;
    relay.aiChanged(isUp);
  };
  const server = (isUp: boolean) => {
    state.isServerUp = isUp;
    relay.serverChanged(isUp);
  };
  const replies = () => heard.server.flatMap(message => (message.kind === 'model.reply' ? [message.reply] : []));
  return { relay, heard, ai, server, replies };
}

describe('the relay in the supervisor', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('passes on nothing that neither side could have meant', () => {
    const { relay, heard, ai } = standing();
    ai(true);
    heard.server.length = 0;
    for (const message of GARBAGE) {
      relay.fromServer(message);
      relay.fromAi(message);
    }
    expect(heard.ai).toEqual([]);
    expect(heard.server.filter(message => message.kind !== 'model.status')).toEqual([]);
  });

  test('passes on no message that is larger than the pipe takes', () => {
    const { relay, heard, ai, replies } = standing();
    ai(true);
    relay.fromServer({ kind: 'model.call', call: callTo('p', { id: 'a', packet: 'x'.repeat(MESSAGE_BYTES_MAX) }) });
    expect(replies()).toMatchObject([{ id: 'a', code: 'too_large' }]);
    relay.fromServer({ kind: 'model.call', call: callTo('p', { id: 'b' }) });
    relay.fromAi({ kind: 'model.reply', reply: { id: 'b', kind: 'answered', text: 'x'.repeat(MESSAGE_BYTES_MAX) } });
    expect(replies()[1]).toMatchObject({ id: 'b', code: 'too_large' });
    expect(heard.ai).toHaveLength(1);
  });

  test('answers each call exactly once, whoever dies, answers twice or stays silent', () => {
    const id = fc.nat(30).map(String);
    const event = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const), id }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('reply' as const), id }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('ai' as const), isUp: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(5_000) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), events => {
        const { relay, ai, replies } = standing();
        ai(true);
        const asked = new Map<string, number>();
        for (const one of events) {
          if (one.do === 'call' && !asked.has(one.id)) {
            asked.set(one.id, 1);
            relay.fromServer({ kind: 'model.call', call: callTo('p', { id: one.id, timeoutMs: 1_000 }) });
          } else if (one.do === 'reply') {
            relay.fromAi({ kind: 'model.reply', reply: failedReply(one.id, 'failed', 'answered 500') });
          } else if (one.do === 'ai') ai(one.isUp);
          else if (one.do === 'wait') vi.advanceTimersByTime(one.ms);
        }
        vi.advanceTimersByTime(10_000);
        expect(
          replies()
            .map(reply => reply.id)
            .sort(),
        ).toEqual([...asked.keys()].sort());
      }),
      { numRuns: 500 },
    );
  });

  test(`lets ${CALLS_WAITING_MAX} calls wait and no more, and forgets those of a server that ended`, () => {
    const { relay, heard, ai, server, replies } = standing();
    ai(true);
    for (let at = 0; at <= CALLS_WAITING_MAX; at++)
      relay.fromServer({ kind: 'model.call', call: callTo('p', { id: String(at) }) });
    expect(replies()).toMatchObject([{ id: String(CALLS_WAITING_MAX), code: 'failed' }]);
    server(false);
    expect(heard.ai.at(-1)).toEqual({ kind: 'model.forget' });
    server(true);
    relay.fromAi({ kind: 'model.reply', reply: failedReply('3', 'failed', 'late') });
    vi.advanceTimersByTime(60_000);
    expect(replies()).toHaveLength(1);
  });

  test('refuses a call without a time limit, which would wait for ever', () => {
    const { relay, ai, replies } = standing();
    ai(true);
    for (const [at, timeoutMs] of [Number.NaN, -1, 0, 1e12, Number.POSITIVE_INFINITY].entries())
      relay.fromServer({ kind: 'model.call', call: callTo('p', { id: `t${at}`, timeoutMs }) });
    expect(replies().map(reply => reply.kind === 'failed' && reply.code)).toEqual(Array(5).fill('failed'));
  });
});

test('the server’s end believes no form of what comes back', async () => {
  let say: (message: unknown) => void = () => undefined;
  const sent: { call: { id: string } }[] = [];
  const parent = {
    connected: true,
    send: (message: never) => sent.push(message) > 0,
    on: (_event: string, hear: (message: unknown) => void) => {
      say = hear;
    },
  } as unknown as ParentEnd;
  const pipe = createModelPipe(parent);
  for (const message of GARBAGE) say(message);
  expect(pipe.status()).toEqual({ isRunning: false, providers: [] });
  const waiting: Promise<ModelReply> = pipe.ask(callTo('p'));
  for (const message of GARBAGE) say(message);
  say({ kind: 'model.reply', reply: { id: sent[0]?.call.id, kind: 'answered', text: 7, approve: true } });
  expect(await waiting).toMatchObject({ id: 'c1', kind: 'failed', code: 'failed' });
});
