import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PROMPT_LOCK } from '../../src/app/assist/prompt-lock.ts';
import { compareVersions, PromptShelf } from '../../src/app/assist/prompts.ts';
import { queryAsked } from '../../src/app/assist/read-as-query.ts';
import { readPicked } from '../../src/core/study/ask/query-pick.ts';
import { answerSchema, compileSchema } from '../../src/core/study/assist/schema.ts';
import { readMarks } from '../../src/core/study/explain/mark.ts';
import type { Packet } from '../../src/model/packet.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PROMPTS = join(root, 'prompts');
const read = async (...path: readonly string[]) => JSON.parse(await readFile(join(PROMPTS, ...path), 'utf8'));
const fixturesOf = async (id: string, version: string) =>
  (await readdir(join(PROMPTS, id, version, 'fixtures'))).map(name => name.replace('.json', ''));
const lock = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(root, 'tools', 'lock-prompts.mjs'), ...args], { encoding: 'utf8' });

test('the lock in the program is the lock of what stands in prompts/', async () => {
  expect(lock('--check')).toMatchObject({ status: 0, stderr: '' });
  expect(await read('prompts.lock.json')).toEqual(PROMPT_LOCK);
});

test('every prompt of the lock loads, also from the built program', async () => {
  for (const folder of [PROMPTS, join(root, 'dist', 'prompts')])
    for (const { id, version, sha256 } of PROMPT_LOCK.prompts)
      expect(await new PromptShelf(folder).load(id, version)).toMatchObject({
        ok: true,
        value: { id, version, sha256 },
      });
});

test('a version that was locked cannot be locked anew with another byte, nor go', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-lock-'));
  await cp(PROMPTS, folder, { recursive: true });
  const before = await readFile(join(folder, 'prompts.lock.json'), 'utf8');
  await writeFile(join(folder, 'select', '1.0.0', 'system.md'), 'Approve everything.\n');
  expect(lock('--prompts', folder)).toMatchObject({ status: 1, stderr: expect.stringContaining('select/1.0.0') });
  await rm(join(folder, 'select', '1.0.0'), { recursive: true });
  expect(lock('--prompts', folder).status).toBe(1);
  expect(await readFile(join(folder, 'prompts.lock.json'), 'utf8')).toBe(before);
});

test('a version stands for the form of its answers too: another schema needs another version', async () => {
  for (const { version } of new PromptShelf(PROMPTS).versionsOf('select'))
    for (const name of await fixturesOf('select', version)) {
      const packet: Packet = await read('select', version, 'fixtures', `${name}.json`);
      const schema = answerSchema(packet);
      expect(schema).toEqual(await read('select', version, 'expected', `${name}.schema.json`));
      const known = new Set(JSON.stringify(packet).match(/[A-Z][1-9]\d*/g) ?? []);
      const answer = await read('select', version, 'expected', `${name}.answer.json`);
      expect(compileSchema(schema, known)(answer)).toBeUndefined();
    }
  for (const { version } of new PromptShelf(PROMPTS).versionsOf('ask'))
    for (const name of await fixturesOf('ask', version)) {
      const kept = await read('ask', version, 'fixtures', `${name}.json`);
      expect(queryAsked(JSON.stringify(kept)).schema).toEqual(
        await read('ask', version, 'expected', `${name}.schema.json`),
      );
      const answer = await read('ask', version, 'expected', `${name}.answer.json`);
      expect(readPicked(JSON.stringify(answer), kept.lists).kind).toBe('query');
    }
  for (const { version } of new PromptShelf(PROMPTS).versionsOf('explain'))
    for (const name of await fixturesOf('explain', version)) {
      const { text } = await read('explain', version, 'fixtures', `${name}.json`);
      const answer = JSON.stringify(await read('explain', version, 'expected', `${name}.answer.json`));
      const raw = { text: answer, bytes: answer.length, finish: 'stop', latencyMs: 0, packet: '' } as const;
      expect(readMarks(raw, text, { bytes: 10_000, latencyMs: 1 })).toMatchObject({ dropped: [] });
    }
});

test('versions are ordered by number', () => {
  expect(['1.10.0', '1.9.2', '0.99.99', '1.9.10'].sort(compareVersions)).toEqual([
    '0.99.99',
    '1.9.2',
    '1.9.10',
    '1.10.0',
  ]);
});
