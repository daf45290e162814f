import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PromptShelf } from '../../src/app/assist/prompts.ts';
import { inventedIncidents } from '../../src/cli/interference/incidents.ts';
import { laneOf } from '../../src/cli/interference/lane.ts';
import { startAsking } from '../ai/ask.ts';
import { providerAt } from '../ai/double.ts';
import { realIncidents } from '../assist/all-incidents.ts';
import { findEngine, serveEngine } from './engine.ts';

/* A real small model in the place of a model. What it makes of incidents is reported and never gates; that none of its
 * answers does harm is asserted, as of every other. */

const GGUF = process.env['COUNTERSIGN_MODEL_GGUF'];
const INCIDENTS = Number(process.env['COUNTERSIGN_MODEL_INCIDENTS'] ?? '12');
const CONTEXT_TOKENS = 8_192;
const ANSWER_TOKENS = 700;
const CALL_MS_MAX = 300_000;
/** What a small window holds beside the prompt. */
const PACKET_BYTES = 6_000;
const PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url));

/** Share of pairs that two orders have the same way round, of ids that both name; undefined of fewer than two. */
function agreement(one: readonly string[], other: readonly string[]): number | undefined {
  const place = new Map(other.map((id, at) => [id, at]));
  const places = one.flatMap(id => place.get(id) ?? []);
  let [same, pairs] = [0, 0];
  for (const [at, first] of places.entries())
    for (const second of places.slice(at + 1)) {
      pairs++;
      if (first < second) same++;
    }
  return pairs === 0 ? undefined : same / pairs;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

test(`a small real model is asked about ${INCIDENTS} incidents: its figures are printed, and nothing that it answers does harm`, {
  timeout: INCIDENTS * CALL_MS_MAX,
}, async context => {
  const entry = findEngine();
  if (entry === undefined) return context.skip('node-llama-cpp is not installed: test/models/README.md says how');
  if (GGUF === undefined || !existsSync(GGUF)) return context.skip('COUNTERSIGN_MODEL_GGUF names no file');
  const prompt = await new PromptShelf(PROMPTS).load('select', '1.0.0');
  if (!prompt.ok) throw new Error(prompt.failure);
  const real = await realIncidents(1);
  const incidents = [...real, ...inventedIncidents(INCIDENTS, 23)].slice(0, INCIDENTS);
  const engine = await serveEngine(entry, { modelPath: GGUF, contextTokens: CONTEXT_TOKENS, temperature: 0 });
  const asking = await startAsking();
  const kinds: Record<string, number> = {};
  const dropped: Record<string, number> = {};
  const [latencies, agreements, verified, parts]: [number[], number[], number[], number[]] = [[], [], [], []];
  const harm: string[] = [];
  try {
    for (const incident of incidents) {
      const {
        made,
        schema,
        read,
        assist: merged,
        rules,
        oracle,
      } = laneOf(incident, { namesWithheld: false, strings: true, bytesTarget: PACKET_BYTES }, CALL_MS_MAX);
      const reply = await asking.ask(
        providerAt(engine.origin, 'v1'),
        {
          system: prompt.value.text,
          packet: made.text,
          schema: schema as never,
          seed: 1,
          outputTokensMax: ANSWER_TOKENS,
          timeoutMs: CALL_MS_MAX,
        },
        '',
      );
      latencies.push(reply.latencyMs);
      if (reply.kind === 'failed') {
        kinds[reply.code] = (kinds[reply.code] ?? 0) + 1;
        continue;
      }
      const { text, finish, latencyMs } = reply;
      const answer = read({ text, bytes: Buffer.byteLength(text), finish, latencyMs, packet: made.digest });
      const kind =
        answer.selection === undefined ? 'rejected' : answer.selection.abstain === 'no' ? 'used' : 'abstained';
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      for (const { code } of answer.dropped) dropped[code] = (dropped[code] ?? 0) + 1;
      const assist = merged(answer);
      harm.push(...oracle(assist));
      if (answer.selection === undefined) continue;
      verified.push(answer.verified);
      parts.push(answer.verified + answer.dropped.length);
      const same = agreement(assist.order, rules.order);
      if (same !== undefined) agreements.push(same);
    }
  } finally {
    await engine.close();
    await asking.end();
  }
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
  console.log(
    JSON.stringify({
      incidents: incidents.length,
      real: Math.min(real.length, incidents.length),
      answers: kinds,
      partsVerified: sum(verified),
      parts: sum(parts),
      dropped,
      orderAgreesWithRules: Number(mean(agreements).toFixed(3)),
      secondsEach: Number((mean(latencies) / 1_000).toFixed(1)),
      forbiddenEffects: harm.length,
    }),
  );
  expect(harm).toEqual([]);
});
