import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryQuestion, type Wording } from '../../src/app/assist/read-as-query.ts';
import { USUAL_SETTINGS } from '../../src/app/assist/settings.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import { inventedIncidents } from '../../src/cli/interference/incidents.ts';
import { readQuery } from '../../src/core/study/ask/query-schema.ts';
import { entityKey } from '../../src/model/alert.ts';
import type { Vocabulary } from '../../src/model/query.ts';
import { Browser } from '../server/harness.ts';
import { type Answering, answered, failed, HOSTED, huge, LOCAL, prose, silent, wrongSchema } from './models.ts';
import { namesFound, namesOf } from './scan.ts';
import { type AssistWorld, startAssistWorld } from './world.ts';

const BLANK = {
  form: 'count',
  of: '',
  entities: [] as string[],
  predicates: [] as string[],
  rules: [] as string[],
  products: [] as string[],
  techniques: [] as string[],
  severities: [] as string[],
  outcome: '',
  stream: '',
  from: '',
  to: '',
  order: 'first',
};
const picking =
  (more: object): Answering =>
  call =>
    answered(call, JSON.stringify({ ...BLANK, ...more }));

describe('a question that is read by a model', () => {
  let world: AssistWorld;
  let incident: string;
  beforeAll(async () => {
    world = await startAssistWorld({ providers: [HOSTED, LOCAL], tuning: { deadlineMs: 1_500 } });
    await world.settle({ ...USUAL_SETTINGS, chain: ['local'] });
    [incident = 'inc_none'] = await world.incidents(1);
  });
  afterAll(() => world.server.close());
  let asked = 0;
  // Each question another one: the same is answered from what was answered before.
  const read = async (answering: Answering, question = `how many alerts, number ${++asked}?`) => {
    world.answer(answering);
    world.calls();
    for (const { name } of [LOCAL, HOSTED]) world.assist().gateway.breakers.answered(name);
    return (await world.admin.post(`/api/v1/incidents/${incident}/ask/reading`, { question })).body;
  };

  test('becomes a query with its sentence, is not run, and stands in a record that comes out the same again', async () => {
    const before = await world.rows('SELECT id FROM ai_record');
    const reading = await read(picking({ entities: ['N1'] }));
    expect(reading).toMatchObject({ without: '', provider: 'local', query: { form: 'count' }, dropped: [] });
    expect(reading.sentence.length).toBeGreaterThan(0);
    expect(reading.answers).toBeUndefined();
    expect(await world.rows('SELECT id FROM ai_record')).toHaveLength(before.length + 1);
    const record = (await world.admin.get(`/api/v1/ai/records/${reading.record}`)).body;
    expect(record).toMatchObject({ record: { task: 'ask', incident }, replay: { isIdentical: true } });
    // What a person runs is what they saw.
    const answer = await world.admin.post(`/api/v1/incidents/${incident}/ask`, { query: reading.query });
    expect(answer.body.answers[0].sentence).toEqual(reading.sentence);
  });

  test('is a person’s to ask: no token and nobody who did not sign in may', async () => {
    const { status } = await new Browser(world.server).post(`/api/v1/incidents/${incident}/ask/reading`, {
      question: 'who?',
    });
    expect(status).toBe(401);
  });

  test.each([
    ['prose', prose, 'ai.rejected'],
    ['another schema', wrongSchema, 'ai.rejected'],
    ['an id that was not given', picking({ entities: ['N999'] }), 'ai.rejected'],
    ['an id of another incident', picking({ entities: ['inc_other'] }), 'ai.rejected'],
    ['a query that cannot be', picking({ form: 'held' }), 'ai.rejected'],
    ['no query', picking({ form: 'none' }), 'ai.abstained'],
    ['half of it', call => answered(call, '{"form":"cou', { finish: 'length' }), 'ai.rejected'],
    ['a flood', huge, 'ai.rejected'],
    ['nothing in time', silent, 'ai.timed_out'],
    ['an expired key', call => failed(call, 'denied'), 'ai.denied'],
  ] as readonly [string, Answering, string][])(
    'where it answers with %s, no query is shown and what happened is said',
    async (_, answering, because) => {
      const reading = await read(answering);
      expect(reading).toMatchObject({ without: because });
      expect(reading.shown).not.toBe('');
      expect(reading.query).toBeUndefined();
      expect(
        (await world.admin.post(`/api/v1/incidents/${incident}/ask`, { question: 'how many alerts?' })).status,
      ).toBe(200);
    },
  );

  test('leaves for a hosted provider only after its bytes were seen, and without a name', async () => {
    await world.settle({ ...USUAL_SETTINGS, chain: ['hosted'] });
    const [entity] = (await world.admin.get(`/api/v1/incidents/${incident}/ask`)).body.vocabulary.entities;
    const question = `what did "${entity.label}" do after Anna Schmidt of contoso.example called?`;
    expect(await read(picking({}), question)).toMatchObject({ without: 'ai.not_previewed' });
    expect(world.calls()).toEqual([]);
    const query = new URLSearchParams({ incident, question });
    const preview = (await world.admin.get(`/api/v1/ai/preview?${query}`)).body;
    for (const name of [entity.label, 'Anna', 'Schmidt', 'contoso']) expect(preview.packet).not.toContain(name);
    const { provider, form, requestSha256 } = preview;
    await world.admin.post('/api/v1/ai/preview/acknowledge', { provider, form, requestSha256 });
    expect(await read(picking({ entities: ['N1'] }), question)).toMatchObject({
      without: '',
      query: { where: { entities: [{ key: entity.key }] } },
    });
    expect(world.calls()[0]?.packet).toBe(preview.packet);
    await world.settle({ ...USUAL_SETTINGS, chain: ['local'] });
  });
});

function vocabularyOfAlerts(alerts: ReturnType<typeof inventedIncidents>[number]['alerts']): Vocabulary {
  const entities = new Map(
    alerts.flatMap(alert =>
      alert.entities.map(
        ({ kind, value, label }) =>
          [entityKey({ kind, value }), { key: entityKey({ kind, value }), kind, label }] as const,
      ),
    ),
  );
  return {
    entities: [...entities.values()],
    rules: [...new Map(alerts.map(({ rule, title }) => [rule, { rule, title }])).values()],
    products: [...new Set(alerts.map(({ product }) => product))],
    techniques: [],
    streams: alerts.map(({ fields, product }) => `${fields.host ?? '*'}|${product}`),
    recordFields: [],
    words: [],
    window: { from: unixMsFrom(0), to: unixMsFrom(1_000) },
  };
}

// Seconds of one processor, which others may want too.
test('no name leaves in questions about 520 invented incidents, whoever and whatever they ask about', {
  timeout: 180_000,
}, () => {
  const leaks = inventedIncidents(520, 17).flatMap(({ alerts, inventory }) => {
    const vocabulary = vocabularyOfAlerts(alerts);
    const names = namesOf(alerts, inventory);
    const said = [...vocabulary.entities.map(({ label }) => label), ...names].slice(0, 12).join(' and ');
    const wording: Wording = {
      incident: 'inc_1',
      text: `what did ${said} do before "${vocabulary.entities[0]?.label ?? ''}" failed?`,
      vocabulary,
      now: unixMsFrom(2_000),
    };
    const prompt = { id: 'ask', version: '1.0.0', text: '', sha256: '' };
    const { packet, schema } = queryQuestion(wording, prompt, { by: '', nonce: 'q7' }).asked(true);
    return namesFound(packet.replace('"salt":"q7"', '') + JSON.stringify(schema), names);
  });
  expect(leaks).toEqual([]);
});

test('whatever a model answers, nothing but a query of this incident comes of it', () => {
  const [incident] = inventedIncidents(1, 5);
  const vocabulary = vocabularyOfAlerts(incident?.alerts ?? []);
  const wording: Wording = { incident: 'inc_1', text: 'who?', vocabulary, now: unixMsFrom(2_000) };
  const prompt = { id: 'ask', version: '1.0.0', text: '', sha256: '' };
  const asked = queryQuestion(wording, prompt, { by: '', nonce: 'q7' }).asked(false);
  const keys = new Set(vocabulary.entities.map(({ key }) => key));
  const oneOf = (...ids: readonly string[]) => fc.constantFrom('', ...ids);
  const listOf = (...ids: readonly string[]) =>
    fc.oneof(
      { weight: 9, arbitrary: fc.array(fc.constantFrom(...ids), { maxLength: 3 }) },
      fc.array(fc.constantFrom('N999', 'approve', '__proto__'), { maxLength: 2 }),
    );
  const forms = fc.constantFrom(
    'alerts',
    'values',
    'count',
    'held',
    'absent',
    'gaps',
    'acts',
    'prevalence',
    'none',
    'close',
  );
  const shaped = fc
    .record({
      form: forms,
      of: oneOf('user+nhi', 'host', 'rule'),
      entities: listOf('N1', 'N2'),
      predicates: listOf('auth_failed'),
      rules: listOf('D1'),
      severities: listOf('high'),
      outcome: oneOf('success'),
    })
    .map(more => JSON.stringify({ ...BLANK, ...more }));
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 8, arbitrary: shaped }, fc.json(), fc.string()), text => {
      const reading = asked.read({
        text,
        bytes: text.length,
        finish: 'stop',
        latencyMs: 1,
        packet: asked.packetSha256,
      });
      const shown = reading.shown('air_1');
      expect(Object.keys(shown).sort()).toEqual(['dropped', 'query', 'record', 'without']);
      if (shown.query === undefined) return;
      accepted += 1;
      expect(readQuery(shown.query).ok).toBe(true);
      const named = JSON.stringify(shown.query).match(/"key":"(?:[^"\\]|\\.)*"/g) ?? [];
      for (const one of named) expect(keys.has(JSON.parse(`{${one}}`).key)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(accepted).toBeGreaterThan(200);
});
