import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordLostCalls } from '../../src/app/assist/lost-calls.ts';
import type { Id } from '../../src/base/id.ts';
import { honest, silent } from './models.ts';
import { type AssistWorld, startAssistWorld } from './world.ts';

describe('what was asked', () => {
  let world: AssistWorld;
  let id: Id<'incident'>;
  beforeAll(async () => {
    world = await startAssistWorld({ tuning: { deadlineMs: 6_000 } });
    id = (await world.incidents(1))[0] ?? 'inc_none';
  });
  afterAll(() => world.server.close());

  test('is written up also where whoever asked was killed: the question stands, and what was reserved stays spent', async () => {
    const { context, study } = world.parts();
    world.answer(silent);
    const asked = world.assist().ask(id, 'usr_test');
    await expect.poll(async () => (await world.rows('SELECT 1 FROM ai_asking')).length).toBe(1);
    // As a killed server leaves it: the question left, and no record was written.
    expect(await recordLostCalls(context, study.studied, 0)).toBe(1);
    const { rows } = (await world.admin.get(`/api/v1/ai/records?incident=${id}`)).body;
    expect(rows[0]).toMatchObject({ outcome: { kind: 'not_used', because: 'ai.process_down' }, incident: id });
    expect(rows[0].costMicros).toBeGreaterThan(0);
    expect((await world.admin.get(`/api/v1/ai/records/${rows[0].id}`)).body.replay).toEqual({
      isIdentical: true,
      because: '',
    });
    expect(await recordLostCalls(context, study.studied, 0)).toBe(0);
    // Whoever comes after all finds the record there, and shows nothing beside it.
    expect(await asked).toMatchObject({ without: 'ai.not_recorded' });
  });

  test('is given up and written down where the server stops, which waits for no provider', async () => {
    world.answer(silent);
    world.assist().gateway.breakers.answered('local');
    const asked = world.assist().ask(id, 'usr_test');
    const before = (await world.rows('SELECT 1 FROM ai_asking')).length;
    await expect.poll(async () => (await world.rows('SELECT 1 FROM ai_asking')).length).toBe(before + 1);
    const began = performance.now();
    await world.server.restart();
    expect(await asked).toMatchObject({ without: 'ai.process_down' });
    expect(performance.now() - began).toBeLessThan(5_000);
    const { rows } = (await world.admin.get(`/api/v1/ai/records?incident=${id}`)).body;
    expect(rows[0]).toMatchObject({ outcome: { kind: 'not_used', because: 'ai.process_down' } });
  });

  test('stays as it was, and a changed byte of it is seen', async () => {
    world.answer(honest);
    world.assist().gateway.breakers.answered('local');
    const outcome = await world.assist().ask(id, 'usr_test');
    const path = `/api/v1/ai/records/${outcome?.record}`;
    const { record } = (await world.admin.get(path)).body;
    expect((await world.admin.get(path)).body.replay.isIdentical).toBe(true);
    await world.rows(
      `UPDATE ai_blob SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) WHERE sha256 = '${record.responseSha256}'`,
    );
    expect((await world.admin.get(path)).body.replay).toEqual({
      isIdentical: false,
      because: 'the answer’s bytes are not kept',
    });
  });

  test('is what the entry of the log says, digest for digest', async () => {
    const [row] = await world.rows<{ body: Record<string, unknown> }>(
      'SELECT body FROM ai_record ORDER BY id DESC LIMIT 1',
    );
    await expect
      .poll(async () => (await world.admin.get('/api/v1/log/entries?type=ai.called')).body.rows[0]?.text ?? '')
      .toContain(String(row?.body['id']));
    const [entry] = (await world.admin.get('/api/v1/log/entries?type=ai.called')).body.rows;
    const said = JSON.parse(entry.text);
    for (const name of ['packetSha256', 'schemaSha256', 'requestSha256', 'responseSha256', 'shownSha256', 'provider'])
      expect(said[name]).toBe(row?.body[name]);
    expect(entry.text).not.toMatch(/examplar|unusual sign-in/i);
  });

  test('is accounted for by day, provider and task', async () => {
    const { used } = (await world.admin.get('/api/v1/ai')).body;
    expect(used).toHaveLength(1);
    expect(used[0]).toMatchObject({ provider: 'local', task: 'select', calls: 3, notUsed: 2 });
    expect(used[0].costMicros).toBeGreaterThan(0);
  });
});

const PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url));

describe('a prompt', () => {
  let world: AssistWorld;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-prompts-'));
    await cp(PROMPTS, folder, { recursive: true });
    world = await startAssistWorld({ wellKnown: { promptsFolder: folder } });
  });
  afterAll(() => world.server.close());

  test.each(['system.md', 'CHANGELOG.md'])(
    'of which one byte of %s is changed does not load: no model is asked, rules speak, and Health says so',
    async file => {
      const [id = 'inc_none'] = await world.incidents(1);
      const path = join(folder, 'select', '1.0.0', file);
      const bytes = await readFile(path);
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(10) ^ 1, 10);
      await writeFile(path, changed);
      expect(await world.assist().ask(id, 'usr_test')).toMatchObject({
        without: 'ai.prompt_changed',
        shown: { level: 'L0' },
      });
      expect(world.calls()).toEqual([]);
      const me = (await world.admin.get('/api/v1/me')).body;
      expect(me.ai).toMatchObject({ level: 'L0', because: expect.stringContaining('not the one that was approved') });
      expect(me.health.find((item: { name: string }) => item.name === 'ai')).toMatchObject({ status: 'degraded' });
      expect((await world.admin.get(`/api/v1/incidents/${id}`)).body.summary.story.length).toBeGreaterThan(0);
      await writeFile(path, bytes);
      expect(await world.assist().ask(id, 'usr_test')).toMatchObject({ without: undefined });
      world.calls();
    },
  );
});
