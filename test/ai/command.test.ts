import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IDENTITIES, isRoot } from '../../src/app/identities.ts';
import { buildRealProgram, launchCommand } from '../start/program.ts';
import { KEY } from './ask.ts';
import { type Double, startDouble } from './double.ts';

describe('countersign model', { timeout: 60_000 }, () => {
  let program: string;
  let double: Double;
  let folder: string;
  let keyFile: string;
  beforeAll(async () => {
    program = await buildRealProgram('model');
    double = await startDouble();
  });
  afterAll(async () => {
    await double.close();
    await rm(program, { force: true });
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-model-'));
    keyFile = join(folder, 'key');
    await writeFile(keyFile, `${KEY}\n`, { mode: 0o600 });
    await mkdir(join(folder, 'data'));
    return () => rm(folder, { recursive: true, force: true });
  });

  async function model(
    ...args: string[]
  ): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
    const one = launchCommand(program, ['model', ...args, '--data', join(folder, 'data')]);
    const { code } = await one.ended;
    expect(one.out() + one.err()).not.toContain(KEY);
    return { out: one.out(), err: one.err(), code };
  }
  const add = (name: string, ...more: string[]) =>
    model('add', name, '--kind', 'openai_compatible', '--model', 'double-1', '--key-file', keyFile, ...more);

  test('sets a provider whose key only the ai process may read, lists it, tries it, switches it and forgets it', async () => {
    const added = await add('here', '--base-url', `${double.origin}/good`, '--price-in', '0.15', '--price-out', '0.6');
    expect(added, added.err).toMatchObject({ code: 0 });
    expect(added.out).toContain('local. Try it');
    const store = join(folder, 'data', 'ai', 'providers.json');
    const { mode, uid } = await stat(store);
    expect([mode & 0o777, uid]).toEqual([0o600, isRoot() ? IDENTITIES.ai.uid : process.getuid?.()]);
    expect((await stat(join(folder, 'data', 'ai'))).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(store, 'utf8')).providers[0].config.price).toEqual({
      inputMicros: 150_000,
      outputMicros: 600_000,
      currency: 'USD',
    });
    expect((await model('list')).out).toContain('here  openai_compatible  double-1');
    // The double answers, though not what was asked.
    const tried = await model('test', 'here');
    expect(tried).toMatchObject({ code: 1 });
    expect(tried.out).toMatch(/here answers, but not in the form that was asked for \(double-1, 120 tokens in, 7 out/);
    expect(await model('off', 'here')).toMatchObject({ code: 0 });
    expect((await model('test', 'here')).out).toContain('the provider is switched off');
    expect(await model('on', 'here')).toMatchObject({ code: 0 });
    expect(await model('remove', 'here')).toMatchObject({ code: 0 });
    expect((await model('list')).out).toContain('no model is set');
    expect(await readFile(store, 'utf8')).not.toContain(KEY);
  });

  test('says what a provider answers that refuses the key', async () => {
    await add('expired', '--base-url', `${double.origin}/expired`);
    const tried = await model('test', 'expired');
    expect(tried.out).toMatch(/^expired did not answer: answered 401 \(expired_api_key\) \(denied, \d+ ms\)\n$/);
    expect(tried.code).toBe(1);
  });

  test.each([
    ['a local provider at a vendor’s own address', ['add', 'x', '--kind', 'anthropic', '--model', 'm', '--local']],
    [
      'a key in clear over the Internet',
      ['add', 'x', '--kind', 'openai_compatible', '--model', 'm', '--base-url', 'http://models.example/v1'],
    ],
    [
      'an address with a password',
      ['add', 'x', '--kind', 'openai_compatible', '--model', 'm', '--base-url', 'https://a:b@models.example/v1'],
    ],
    [
      'another protocol',
      ['add', 'x', '--kind', 'openai_compatible', '--model', 'm', '--base-url', 'file:///etc/passwd'],
    ],
    ['a kind that does not exist', ['add', 'x', '--kind', 'oracle', '--model', 'm']],
    ['a model that is a path', ['add', 'x', '--kind', 'google', '--model', '../../v2/files']],
    ['Bedrock without an AWS region', ['add', 'x', '--kind', 'bedrock', '--model', 'm', '--region', 'eu']],
    ['a name with spaces', ['add', 'x y', '--kind', 'google', '--model', 'm']],
    ['a provider that is not there', ['remove', 'x']],
  ])('refuses %s in one sentence', async (_what, args) => {
    const more = args[0] === 'add' ? ['--key-file', keyFile] : [];
    const refused = await model(...args, ...more);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^countersign: [^\n]+\.\n$/);
    expect((await model('list')).out).toContain('no model is set');
  });

  test('takes a key neither from a file that others may read nor from an argument', async () => {
    await chmod(keyFile, 0o644);
    expect((await add('x', '--base-url', `${double.origin}/good`)).err).toContain('can be read by others');
    const argued = await model('add', 'x', '--kind', 'google', '--model', 'm', '--key', 'abc');
    expect(argued.code).not.toBe(0);
  });

  test('follows no link that a taken-over ai process left in its folder', async () => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'untouched');
    await mkdir(join(folder, 'data', 'ai'), { mode: 0o700 });
    await symlink(victim, join(folder, 'data', 'ai', 'providers.json'));
    const refused = await add('x', '--base-url', `${double.origin}/good`);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('ELOOP');
    expect(await readFile(victim, 'utf8')).toBe('untouched');
  });
});
