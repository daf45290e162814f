import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { cp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AssistView } from '../../src/model/api.ts';
import { honestSelection } from '../assist/models.ts';
import type { LinkKey } from '../authenticator.ts';
import { Browser, lines, send, type TestServer } from '../server/harness.ts';
import {
  buildRealProgram,
  emptyFolder,
  freePort,
  launch,
  launchCommand,
  processesWith,
  type StartedProgram,
  stop,
  until,
  untilRunning,
} from './program.ts';

const WAIT_MS = 180_000;
const PROMPTS = fileURLToPath(new URL('../../prompts', import.meta.url));
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');

/** A vLLM or llama.cpp of our own: answers well, or not at all. */
async function startProvider(port: number): Promise<{ asked: () => number; hang(): void; server: Server }> {
  let [asked, isHanging] = [0, false];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked++;
      if (isHanging) return;
      const { messages } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const content = JSON.stringify(honestSelection(JSON.parse(messages.at(-1).content)));
      const message = { role: 'assistant', content };
      const body = { model: 'own-1', choices: [{ index: 0, message, finish_reason: 'stop' }] };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ ...body, usage: { prompt_tokens: 400, completion_tokens: 90 } }));
    });
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    asked: () => asked,
    hang: () => {
      isHanging = true;
    },
    server,
  };
}

function linkKeyOf(seed: string): LinkKey {
  const der = Buffer.concat([PKCS8_HEAD, Buffer.from(seed, 'base64url')]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url'),
    sign: bytes => sign(null, bytes, key).toString('base64url'),
  };
}

describe('the whole way to a model and back', { timeout: WAIT_MS }, () => {
  let program: string;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let data: string;
  let running: StartedProgram;
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let admin: Browser;
  let port: number;
  let incident: string;
  const command = async (...args: readonly string[]) => {
    const one = launchCommand(program, [...args, '--data', data]);
    const { code } = await one.ended;
    return { code, out: one.out(), err: one.err() };
  };
  const view = async (): Promise<AssistView> => (await admin.get(`/api/v1/incidents/${incident}/assist`)).body;
  const records = async () => (await admin.get('/api/v1/ai/records')).body.rows;

  beforeAll(async () => {
    program = await buildRealProgram('assist');
    await cp(PROMPTS, join(dirname(program), 'prompts'), { recursive: true });
    folder = await emptyFolder();
    data = join(folder.path, 'data');
    port = await freePort();
    const providerPort = await freePort();
    provider = await startProvider(providerPort);
    running = launch(program, ['--data', data, '--port', String(port)]);
    await untilRunning(running);
    const base = `http://127.0.0.1:${providerPort}/v1`;
    const set = await command(
      'model',
      'add',
      'own',
      '--kind',
      'openai_compatible',
      '--model',
      'own-1',
      '--base-url',
      base,
      '--key-stdin',
    );
    expect(set, set.err).toMatchObject({ code: 0 });
    admin = new Browser({ port, origin: `http://localhost:${port}` } as TestServer);
    const link = (await readFile(join(data, 'enrolment-link'), 'utf8')).trim();
    const enrolled = await admin.enrol(linkKeyOf(link.split('#').at(-1)?.replace('seed=', '') ?? ''), 'Ada');
    expect(enrolled.status, enrolled.text).toBe(200);
    await admin.signIn();
    const token = (await readFile(join(data, 'cli-token'), 'utf8')).trim();
    const alert = (id: string, minute: number) => ({
      id,
      time: `2026-03-01T10:0${minute}:00Z`,
      rule: `Rule ${id}`,
      host: 'xavier-pc',
      user: 'xavier',
      severity: 'high',
      product: 'Examplar',
    });
    const auth = { authorization: `Bearer ${token}` };
    const sent = await send({ port }, 'POST', `/api/v1/ingest?map=${MAP}`, auth, lines([alert('a', 1), alert('b', 2)]));
    expect(sent.status, sent.text).toBe(200);
    incident = (await admin.get('/api/v1/incidents')).body.rows[0].id;
  }, WAIT_MS);
  afterAll(async () => {
    provider.server.closeAllConnections();
    provider.server.close();
    await stop(running);
    expect(await processesWith(program)).toEqual([]);
    await rm(program, { force: true });
    await rm(join(dirname(program), 'prompts'), { recursive: true, force: true });
    await folder.remove();
  }, WAIT_MS);

  test('an incident is asked about over all three processes, and what came of it replays to the same bytes', async () => {
    await until(async () => (await view()).state === 'not_asked');
    expect(provider.asked()).toBe(0);
    expect((await admin.get('/api/v1/me')).body.ai.level).toBe('L1');
    await admin.post(`/api/v1/incidents/${incident}/assist`, {});
    await until(async () => (await view()).state === 'done');
    expect(await view()).toMatchObject({ provider: 'own', assist: { level: 'L1', dropped: [] } });
    expect(provider.asked()).toBe(1);
    const replayed = await command('ai', 'replay', '--all');
    expect(replayed, replayed.err).toMatchObject({ code: 0, out: '1 of 1 records replay to the same bytes.\n' });
  });

  test.skipIf(process.env['COUNTERSIGN_CHAOS'] === undefined)(
    'a server that is killed while it asks writes the call down when it is there again (long: COUNTERSIGN_CHAOS)',
    async () => {
      provider.hang();
      const before = provider.asked();
      const alert = { id: 'c', time: '2026-03-01T10:03:00Z', rule: 'Rule c', host: 'xavier-pc', user: 'xavier' };
      const token = (await readFile(join(data, 'cli-token'), 'utf8')).trim();
      await send({ port }, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${token}` }, lines([alert]));
      await admin.post(`/api/v1/incidents/${incident}/assist`, {});
      await until(() => provider.asked() > before);
      const [pid] = await processesWith(`${program} run-server`);
      process.kill(pid ?? 0, 'SIGKILL');
      await until(async () => (await processesWith(`${program} run-server`))[0] !== pid);
      const began = performance.now();
      while ((await records().catch(() => [])).length < 2 && performance.now() - began < 120_000)
        await new Promise(resolve => setTimeout(resolve, 1_000));
      expect((await records())[0]).toMatchObject({ outcome: { kind: 'not_used', because: 'ai.process_down' } });
      const replayed = await command('ai', 'replay', '--all');
      expect(replayed, replayed.err).toMatchObject({ code: 0, out: '2 of 2 records replay to the same bytes.\n' });
    },
  );
});
