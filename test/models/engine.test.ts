import { expect, test } from 'vitest';
import { z } from 'zod';
import { startAsking } from '../ai/ask.ts';
import { providerAt } from '../ai/double.ts';
import { findEngine, serveEngine } from './engine.ts';
import { randomGguf } from './random-gguf.ts';

const CALLS = Number(process.env['COUNTERSIGN_MODEL_CALLS'] ?? '100');
const CALL_MS_MAX = 60_000;

/** In the manner of a selection: flat, and every id of a closed list. */
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
const listOf = (values: readonly string[], maxItems: number) => ({
  type: 'array',
  maxItems,
  items: { type: 'string', enum: values },
});
const SCHEMA = {
  type: 'object',
  properties: {
    order: listOf(ids('F', 12), 6),
    ranking: listOf(ids('A', 4), 4),
    requests: listOf(ids('R', 3), 3),
    abstain: { type: 'string', enum: ['no', 'too_little', 'contradictory', 'out_of_scope'] },
  },
  required: ['order', 'ranking', 'requests', 'abstain'],
  additionalProperties: false,
};
const ANSWER = z.strictObject({
  order: z.array(z.enum(ids('F', 12))),
  ranking: z.array(z.enum(ids('A', 4))),
  requests: z.array(z.enum(ids('R', 3))),
  abstain: z.enum(['no', 'too_little', 'contradictory', 'out_of_scope']),
});

test('the random model has the same bytes for the same seed, and others for another', () => {
  expect(randomGguf().subarray(0, 4).toString()).toBe('GGUF');
  expect(randomGguf().equals(randomGguf())).toBe(true);
  expect(randomGguf(8).equals(randomGguf())).toBe(false);
});

test(`llama.cpp with random weights is asked ${CALLS} times, and every answer is handled`, {
  timeout: CALLS * 5_000 + 60_000,
}, async context => {
  const entry = findEngine();
  if (entry === undefined) return context.skip('node-llama-cpp is not installed: test/models/README.md says how');
  const engine = await serveEngine(entry);
  const asking = await startAsking();
  try {
    const provider = providerAt(engine.origin, 'v1');
    const counts = { admissible: 0, cut: 0, inadmissible: 0, failed: 0 };
    const distinct = new Set<string>();
    let ms = 0;
    for (let seed = 1; seed <= CALLS; seed++) {
      const more = { schema: SCHEMA, seed, outputTokensMax: 220, timeoutMs: CALL_MS_MAX };
      const reply = await asking.ask(provider, more, '');
      ms += reply.latencyMs;
      if (reply.kind === 'failed') counts.failed++;
      else if (reply.finish === 'length') counts.cut++;
      else if (isAnswer(reply.text)) {
        counts.admissible++;
        distinct.add(reply.text);
      } else counts.inadmissible++;
    }
    console.log(
      `${CALLS} answers of a real engine: ${JSON.stringify(counts)}, ${distinct.size} of them different, ${Math.round(ms / CALLS)} ms each`,
    );
    expect(counts.failed).toBe(0);
    expect(counts.admissible).toBeGreaterThan(CALLS / 2);
    expect(distinct.size).toBeGreaterThan(1);
  } finally {
    await engine.close();
    await asking.end();
  }
});

function isAnswer(text: string): boolean {
  try {
    return ANSWER.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
