import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { USUAL_SETTINGS } from '../../src/app/assist/settings.ts';
import type { Id } from '../../src/base/id.ts';
import {
  type Answering,
  answered,
  broken,
  cut,
  empty,
  failed,
  foreign,
  honest,
  huge,
  LOCAL,
  late,
  lying,
  obedient,
  prose,
  silent,
  wrongSchema,
} from './models.ts';
import { type AssistWorld, startAssistWorld } from './world.ts';

/** `COUNTERSIGN_CHAOS=100 npx vitest run test/assist/chaos.test.ts` is the long form. */
const EACH = Number(process.env['COUNTERSIGN_CHAOS'] ?? 4);
const SOAKED = Number(process.env['COUNTERSIGN_SOAK'] ?? 60);
const DEADLINE_MS = 600;
const AT_ONCE = 4;

const CLASSES: readonly (readonly [string, Answering])[] = [
  ['never answers, or a byte a second', silent],
  ['answers after the time limit', late],
  ['asks us to wait', call => failed(call, 'rate_limited', 5)],
  ['fails with 5xx', call => failed(call, 'failed')],
  ['breaks off', broken],
  ['is cut short', cut],
  ['answers nothing', empty],
  ['answers as much as it may', huge],
  ['answers in prose', prose],
  ['answers in another schema', wrongSchema],
  ['names ids that it was not given', foreign],
  ['does what the telemetry says', obedient],
  ['swaps roles', lying],
  ['answers with bytes of no text', call => answered(call, '\ud800\u0000{')],
];

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

describe('whatever a provider does', () => {
  let world: AssistWorld;
  let left = 0;
  let incidents: readonly Id<'incident'>[] = [];
  beforeAll(async () => {
    world = await startAssistWorld({ tuning: { deadlineMs: DEADLINE_MS, runningMax: AT_ONCE } });
    const much = { tokens: 1_000_000_000_000, costMicros: 1_000_000_000_000 };
    await world.settle({ budgets: { incident: much, hour: much, day: much } });
    incidents = await world.incidents(EACH);
  });
  afterAll(() => world.server.close());

  test.each(CLASSES)(
    'one that %s: every incident is told within two seconds of the deadline',
    async (_name, answering) => {
      world.answer(answering);
      await world.rows('DELETE FROM ai_cache');
      const took = await each(incidents, async id => {
        // Left alone, it would not be asked at all, which is no trial.
        world.assist().gateway.breakers.answered(LOCAL.name);
        const began = performance.now();
        const outcome = await world.assist().ask(id, 'usr_test');
        expect(outcome?.shown.order.length).toBeGreaterThan(0);
        expect(outcome?.shown.ranking.length).toBeGreaterThan(1);
        return performance.now() - began;
      });
      expect(took).toHaveLength(EACH);
      expect(Math.max(...took)).toBeLessThan(DEADLINE_MS + 2_000);
      left += world.calls().length;
    },
    600_000,
  );

  test('no call is without its record, no record without its entry in the log, and each replays to the same bytes', async () => {
    const [counts] = await world.rows<{ attempts: string; records: string; entries: string }>(
      `SELECT (SELECT sum((body ->> 'attempts')::int) FROM ai_record) AS attempts, (SELECT count(*) FROM ai_record) AS records,
              (SELECT count(*) FROM (SELECT entry FROM audit_entry UNION ALL SELECT entry FROM audit_pending) e
                WHERE position('"type":"ai.called"'::bytea in entry) > 0) AS entries`,
    );
    expect(Number(counts?.attempts)).toBe(left);
    expect(counts?.entries).toBe(counts?.records);
    const { identical, all } = await replayAll(world);
    console.log(
      `chaos: ${CLASSES.length} x ${EACH}, ${left} calls, ${counts?.records} records, ${identical} of ${all} replay to the same bytes`,
    );
    expect(identical).toBe(all);
    expect(all).toBe(Number(counts?.records));
  }, 600_000);
});

async function replayAll(world: AssistWorld): Promise<{ readonly identical: number; readonly all: number }> {
  const { replayRecord } = await import('../../src/app/assist/replay.ts');
  const { context, study } = world.parts();
  const records = await world.rows<{ id: string }>('SELECT id FROM ai_record ORDER BY id');
  let identical = 0;
  for (const { id } of records) {
    const replayed = await replayRecord(context, study.studied, id);
    if (replayed.isIdentical) identical++;
    else console.log(id, replayed.because);
  }
  return { identical, all: records.length };
}

describe('budgets', () => {
  let world: AssistWorld;
  beforeAll(async () => {
    world = await startAssistWorld({ tuning: { deadlineMs: 5_000, runningMax: AT_ONCE } });
  });
  afterAll(() => world.server.close());

  test('are not passed by a token, whatever races', async () => {
    const incidents = await world.incidents(SOAKED);
    // Enough for about half of them: an answer here takes some five hundred tokens, and what is reserved some thousand.
    const cap = 8_000 + 250 * SOAKED;
    await world.settle({ budgets: { ...USUAL_SETTINGS.budgets, hour: { tokens: cap, costMicros: 1_000_000_000 } } });
    let used = 0;
    world.answer(call => {
      const reply = honest(call) as Extract<Awaited<ReturnType<typeof honest>>, { kind: 'answered' }>;
      used += (reply.usage?.inputTokens ?? 0) + (reply.usage?.outputTokens ?? 0);
      return reply;
    });
    const outcomes = await each(incidents, id => world.assist().ask(id, 'usr_test'));
    const refused = outcomes.filter(outcome => outcome?.without === 'ai.over_budget').length;
    const spent = (await world.admin.get('/api/v1/ai')).body.budgets.hour.spent;
    console.log(
      `budgets: ${SOAKED} incidents, ${outcomes.length - refused} asked, ${refused} refused, ${spent.tokens} of ${cap} tokens spent`,
    );
    expect(refused).toBeGreaterThan(0);
    expect(outcomes.length - refused).toBeGreaterThan(0);
    expect(spent.tokens).toBe(used);
    expect(used).toBeLessThanOrEqual(cap);
  }, 600_000);
});
