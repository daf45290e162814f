import { webcrypto } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aiDir } from '../../src/app/data-directory.ts';
import { isTestPassed, type ModelPipe, testCall } from '../../src/app/model-pipe.ts';
import { type KeyedProvider, keySealLabel } from '../../src/model/provider-key.ts';
import type { ModelReply } from '../../src/ports/model.ts';
import { CALLS_WAITING_MAX, type ProviderChange } from '../../src/ports/model-pipe.ts';
import { buildRealProgram, until } from '../start/program.ts';
import { callTo, KEY } from './ask.ts';
import { type Double, GOOD_TEXT, providerAt, startDouble } from './double.ts';
import { type Piped, startPiped } from './pipe.ts';

/** As a page does it, with nothing but WebCrypto. */
async function seal(publicKey: string, provider: KeyedProvider, key: string): Promise<string> {
  const { subtle } = webcrypto;
  const spki = Buffer.from(publicKey, 'base64');
  const imported = await subtle.importKey('spki', spki, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['encrypt']);
  const label = new TextEncoder().encode(keySealLabel(provider));
  const sealed = await subtle.encrypt({ name: 'RSA-OAEP', label }, imported, new TextEncoder().encode(key));
  return Buffer.from(sealed).toString('base64');
}

describe('the ai process', { timeout: 60_000 }, () => {
  let program: string;
  let double: Double;
  let piped: Piped;
  beforeAll(async () => {
    program = await buildRealProgram('ai');
    double = await startDouble();
  });
  afterAll(async () => {
    await double.close();
    await rm(program, { force: true });
  });
  beforeEach(async () => {
    piped = await startPiped(program);
  });
  afterEach(() => piped.end());

  const set = async (behaviour: string) => {
    const config = providerAt(double.origin, behaviour);
    expect(await piped.store.set({ config, key: KEY })).toMatchObject({ ok: true });
    return config.name;
  };
  const isKnown = async (name: string) => {
    await piped.models.open();
    await until(() => piped.models.providers().some(provider => provider.name === name));
  };
  const isUp = (models: ModelPipe) => until(() => models.status().isRunning);

  test('does not run while no provider is set, and starts by itself once a command sets one', async () => {
    expect(await piped.models.ask(callTo('none'))).toMatchObject({ code: 'not_configured' });
    expect(piped.pid()).toBeUndefined();
    const name = await set('good');
    await isUp(piped.models);
    expect(await piped.models.ask(callTo(name))).toMatchObject({ id: 'c1', kind: 'answered', text: GOOD_TEXT });
    expect(piped.models.providers()).toEqual([providerAt(double.origin, 'good')]);
    expect(JSON.stringify(piped.models.status())).not.toContain(KEY);
  });

  test('takes up providers that a command changes while it runs', async () => {
    const name = await set('good');
    await isKnown(name);
    const other = await set('fails');
    await isKnown(other);
    expect(await piped.models.ask(callTo(other))).toMatchObject({ code: 'failed', detail: 'answered 500 (api_error)' });
    await piped.store.remove(other);
    expect(await piped.models.ask(callTo(other))).toMatchObject({ code: 'not_configured' });
    await until(() => piped.models.providers().length === 1);
  });

  test('is started from a page, and takes a key that only it can open', async () => {
    const status = await piped.models.open();
    expect(status).toMatchObject({ isRunning: true, providers: [] });
    const provider = providerAt(double.origin, 'good');
    const sealedKey = await seal(status.publicKey ?? '', provider, KEY);
    expect(await piped.models.configure({ kind: 'set', provider, sealedKey })).toEqual({ ok: true });
    expect(await piped.models.ask(callTo(provider.name))).toMatchObject({ kind: 'answered' });
    expect(double.seen.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(await piped.models.configure({ kind: 'remove', name: provider.name })).toEqual({ ok: true });
    expect(await piped.models.configure({ kind: 'remove', name: provider.name })).toMatchObject({ code: 'unknown' });
  });

  test('never lets a stored or sealed key go to another address than it was entered for', async () => {
    const { publicKey = '' } = await piped.models.open();
    const provider = providerAt(double.origin, 'good');
    const sealedKey = await seal(publicKey, provider, KEY);
    const elsewhere = { ...provider, baseUrl: 'http://127.0.0.1:9/evil' };
    const configure = (change: ProviderChange) => piped.models.configure(change);
    expect(await configure({ kind: 'set', provider: elsewhere, sealedKey })).toMatchObject({ code: 'key_unreadable' });
    expect(await configure({ kind: 'set', provider, sealedKey })).toEqual({ ok: true });
    expect(await configure({ kind: 'set', provider: elsewhere })).toMatchObject({ code: 'key_needed' });
    expect(await configure({ kind: 'set', provider: { ...provider, kind: 'anthropic' } })).toMatchObject({
      code: 'key_needed',
    });
    // What is not where it goes may change without the key.
    expect(await configure({ kind: 'set', provider: { ...provider, model: 'double-2', isOn: false } })).toEqual({
      ok: true,
    });
    expect(await configure({ kind: 'set', provider: { ...provider, baseUrl: 'file:///etc/passwd' } })).toMatchObject({
      code: 'invalid',
    });
  });

  test('keeps providers, keys and its key pair over a restart, in files that only its user may read', async () => {
    const { publicKey } = await piped.models.open();
    const name = await set('good');
    await isKnown(name);
    process.kill(piped.pid() ?? 0, 'SIGKILL');
    await until(() => !piped.models.status().isRunning);
    await isUp(piped.models);
    expect(piped.models.publicKey()).toBe(publicKey);
    expect(await piped.models.ask(callTo(name))).toMatchObject({ kind: 'answered' });
    for (const file of ['providers.json', 'sealing-key'])
      expect((await stat(join(aiDir(piped.dataDir), file))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(aiDir(piped.dataDir), 'providers.json'), 'utf8')).toContain(KEY);
  });

  test('killed while calls wait, it leaves each of them with a failure at once, and is started again', async () => {
    const name = await set('silent');
    await isKnown(name);
    const since = performance.now();
    const waiting = Array.from({ length: 5 }, () => piped.models.ask(callTo(name, { timeoutMs: 20_000 })));
    await new Promise(resolve => setTimeout(resolve, 300));
    process.kill(piped.pid() ?? 0, 'SIGKILL');
    const replies = await Promise.all(waiting);
    expect(performance.now() - since).toBeLessThan(5_000);
    for (const reply of replies) expect(reply).toMatchObject({ kind: 'failed', code: 'process_down' });
    await isUp(piped.models);
    await set('good');
    expect(await piped.models.ask(callTo(providerAt('', 'good').name))).toMatchObject({ kind: 'answered' });
  });

  test('stopped in its tracks, it costs a call no more than its time limit and two seconds', async () => {
    const name = await set('good');
    await isKnown(name);
    const pid = piped.pid() ?? 0;
    process.kill(pid, 'SIGSTOP');
    const since = performance.now();
    const reply = await piped.models.ask(callTo(name, { timeoutMs: 500 }));
    expect(performance.now() - since).toBeLessThan(2_500);
    expect(reply).toMatchObject({ kind: 'failed', code: 'timed_out' });
    process.kill(pid, 'SIGCONT');
    expect(await piped.models.ask(callTo(name))).toMatchObject({ kind: 'answered' });
  });

  test('gives up what a server asked that is gone, and does not answer the next one with it', async () => {
    const name = await set('silent');
    await isKnown(name);
    const lost = piped.models.ask(callTo(name, { timeoutMs: 3_000 }));
    await until(() => double.seen.at(-1)?.path.startsWith('/silent') === true);
    const heard: ModelReply[] = [];
    const next = piped.restartServer();
    await isUp(next);
    await set('good');
    heard.push(await next.ask(callTo(providerAt('', 'good').name, { id: 'next' })));
    expect(heard).toMatchObject([{ id: 'next', kind: 'answered' }]);
    expect(await lost).toMatchObject({ kind: 'failed', code: 'timed_out' });
    expect(await piped.log()).toContain('whoever asked is gone');
  });

  test(`takes ${CALLS_WAITING_MAX} calls at once and refuses one more; none is mistaken for another`, async () => {
    const [slow, good] = [await set('silent'), await set('good')];
    await isKnown(good);
    const waiting = Array.from({ length: CALLS_WAITING_MAX }, (_, index) =>
      piped.models.ask(callTo(slow, { id: `same`, seed: index, timeoutMs: 700 })),
    );
    expect(await piped.models.ask(callTo(good))).toMatchObject({
      code: 'failed',
      detail: 'too many calls are waiting',
    });
    for (const reply of await Promise.all(waiting)) expect(reply).toMatchObject({ id: 'same', code: 'timed_out' });
    expect(await piped.models.ask(callTo(good))).toMatchObject({ kind: 'answered' });
  });

  test('refuses a call that is too large, and lives through an answer of 100 MB', async () => {
    const [good, huge] = [await set('good'), await set('huge')];
    await isKnown(huge);
    expect(await piped.models.ask(callTo(good, { system: 'x'.repeat(3_000_000) }))).toMatchObject({
      code: 'too_large',
    });
    const pid = piped.pid();
    for (let times = 0; times < 5; times++)
      expect(await piped.models.ask(callTo(huge, { timeoutMs: 5_000 }))).toMatchObject({ code: 'too_large' });
    expect(piped.pid()).toBe(pid);
    const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1];
    console.log(`the ai process took ${Math.round(Number(peak) / 1024)} MB at most`);
    if (peak !== undefined) expect(Number(peak)).toBeLessThan(250 * 1024);
  });

  test('says so where its providers cannot be read, and answers on', async () => {
    const name = await set('good');
    await isKnown(name);
    await writeFile(join(aiDir(piped.dataDir), 'providers.json'), '{"v":1,"providers":[{"key":"sk-half');
    await until(() => piped.models.status().trouble !== undefined);
    expect(piped.models.status().trouble).not.toContain('sk-half');
    expect(await piped.models.ask(callTo(name))).toMatchObject({ code: 'not_configured' });
  });

  test('writes no key, no packet and no answer into its log', async () => {
    const [good, echo] = [await set('good'), await set('echo')];
    await isKnown(echo);
    await piped.models.ask(callTo(good));
    await piped.models.ask(callTo(echo));
    const log = await piped.log();
    expect(log).toContain('"answered"');
    for (const secret of [KEY, 'SECRETHOST', 'abstain', 'You order ids']) expect(log).not.toContain(secret);
  });

  test('is tried by one small question that holds nothing of ours', async () => {
    const name = await set('good');
    await isKnown(name);
    const reply = await piped.models.ask(testCall('t1', name));
    expect(reply).toMatchObject({ kind: 'answered' });
    // The double's answer is no answer to this question.
    expect(isTestPassed(reply)).toBe(false);
    expect(isTestPassed({ ...reply, text: '{"ready":"yes"}' } as ModelReply)).toBe(true);
  });
});
