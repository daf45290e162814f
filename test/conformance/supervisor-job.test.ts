import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../src/base/time.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import type { ResponderContext, SystemConfig } from '../../src/ports/responder.ts';
import { parseConfig } from '../../src/responders/supervisor-job/config.ts';
import { answersAt } from '../../src/responders/supervisor-job/jobs.ts';
import { supervisorJob } from '../../src/responders/supervisor-job/responder.ts';
import { callText } from '../../src/responders/supervisor-job/xml-rpc.ts';
import { freePort } from './free-port.ts';
import { startServer } from './server-process.ts';
import { NO_SUPERVISORD, startSupervisorTarget } from './supervisor-target.ts';

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'supervisor-job, on a real supervisord', start: startSupervisorTarget, notHere: NO_SUPERVISORD },
);

const TIMEOUT_MS = 4_000;
const LOOK_EVERY_MS = 20;

/** Two sections with a login each, a job that listens itself, and one whose child does and outlives it. */
async function startTwoSections() {
  const home = await mkdtemp(join(tmpdir(), 'cs-supervisor-'));
  const [read, write, plain, forks] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const password = () => `canary-${randomBytes(12).toString('hex')}`;
  const secrets = { read: password(), write: password() };
  const listen = join(home, 'listen.cjs');
  const pidFile = join(home, 'child.pid');
  await writeFile(
    listen,
    "require('node:fs').writeFileSync(process.argv[3], String(process.pid)); require('node:net').createServer().listen(Number(process.argv[2]), '127.0.0.1');",
  );
  const fork = join(home, 'fork.sh');
  await writeFile(fork, `setsid ${process.execPath} ${listen} ${forks} ${pidFile} &\nwait\n`);
  const job = (name: string, command: string) =>
    `[program:${name}]\ncommand=${command}\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`;
  const section = (name: string, port: number, user: string, secret: string) =>
    `[inet_http_server:${name}]\nport=127.0.0.1:${port}\nusername=${user}\npassword=${secret}\n`;
  await writeFile(
    join(home, 'supervisord.conf'),
    `[supervisord]\nnodaemon=true\nlogfile=${home}/log\npidfile=${home}/pid\nchildlogdir=${home}
[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
${section('read', read, 'reader', secrets.read)}${section('write', write, 'writer', secrets.write)}
${job('plain', `${process.execPath} ${listen} ${plain} ${join(home, 'plain.pid')}`)}${job('forks', `/bin/sh ${fork}`)}`,
    { mode: 0o600 },
  );
  const server = await startServer('supervisord', ['-n', '-c', join(home, 'supervisord.conf')], write);
  for (const port of [plain, forks]) {
    const until = Date.now() + TIMEOUT_MS;
    while ((await answersAt({ host: '127.0.0.1', port }, TIMEOUT_MS)) !== 'yes' && Date.now() < until)
      await sleep(LOOK_EVERY_MS);
  }
  const urlOf = (port: number) => `http://127.0.0.1:${port}/RPC2`;
  const settings = {
    url: urlOf(write),
    user: 'writer',
    readUrl: urlOf(read),
    readUser: 'reader',
    ownJobs: 'countersign:executor',
    ports: `plain:plain=127.0.0.1:${plain} forks:forks=127.0.0.1:${forks}`,
  };
  return {
    system: { responder: 'supervisor-job', system: 'app-1', settings } satisfies SystemConfig,
    secrets,
    ports: { plain, forks },
    async statusOf(side: 'read' | 'write', user: string, secret: string) {
      const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
      const body = callText('supervisor.getAllProcessInfo', []);
      const url = urlOf(side === 'read' ? read : write);
      return (await fetch(url, { method: 'POST', headers: { authorization }, body })).status;
    },
    async stop() {
      await server.stop();
      process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
      await rm(home, { recursive: true, force: true });
    },
  };
}

describe.skipIf(NO_SUPERVISORD !== undefined)(
  `a supervisord with two sections${NO_SUPERVISORD === undefined ? '' : ` (skipped: ${NO_SUPERVISORD})`}`,
  () => {
    let world: Awaited<ReturnType<typeof startTwoSections>>;
    beforeAll(async () => {
      world = await startTwoSections();
    });
    afterAll(() => world?.stop());

    const context = (): ResponderContext => ({
      now: () => unixMsFrom(Date.now()),
      readCredential: async () => secretOf(world.secrets.read),
      probeCredential: undefined,
      timeoutMs: TIMEOUT_MS,
    });
    async function stopped(name: string, system: SystemConfig) {
      const request = { operation: 'stop', target: { name }, before: undefined };
      const plan = await supervisorJob.plan(request, system, context());
      if (!plan.ok) throw new Error(plan.failure.detail);
      const capability = createCapability({
        actDigest: '0'.repeat(64),
        idempotencyKey: randomUUID(),
        open: async () => secretOf(world.secrets.write),
        stillAllowed: async () => true,
      });
      const receipt = await supervisorJob.execute(plan.value, system, capability, context());
      expect(receipt.outcome, receipt.detail).toBe('applied');
      const seen = await supervisorJob.observe(plan.value, system, context());
      if (!seen.ok) throw new Error(seen.failure.detail);
      return { plan: plan.value, seen: seen.value };
    }

    test('neither login is taken at the port of the other', async () => {
      const { secrets, statusOf } = world;
      expect(await statusOf('read', 'reader', secrets.read)).toBe(200);
      expect(await statusOf('write', 'writer', secrets.write)).toBe(200);
      expect(await statusOf('write', 'reader', secrets.read)).toBe(401);
      expect(await statusOf('read', 'writer', secrets.write)).toBe(401);
    });

    test('a job whose port is closed with it is stopped, and no more is claimed than that', async () => {
      const { plan, seen } = await stopped('plain', world.system);
      expect(plan.blast.direct).toContain(`every connection to 127.0.0.1:${world.ports.plain}`);
      expect(seen).toMatchObject({ state: 'in_effect', effect: 'unproven' });
      expect(seen.checks).toContainEqual({
        text: `Nothing takes connections at 127.0.0.1:${world.ports.plain}.`,
        ok: 'yes',
      });
    });

    test('a job whose child keeps its port open is not stopped in effect, whatever supervisord says', async () => {
      const { plan, seen } = await stopped('forks', world.system);
      expect(seen).toMatchObject({ state: 'in_effect', effect: 'not_in_effect' });
      expect(seen.checks).toContainEqual({
        text: `Something still takes connections at 127.0.0.1:${world.ports.forks}.`,
        ok: 'no',
      });
      // Without being told of the port nobody would have noticed.
      const untold = { ...world.system, settings: { ...world.system.settings, ports: '' } };
      expect(await supervisorJob.observe(plan, untold, context())).toMatchObject({
        ok: true,
        value: { effect: 'unproven' },
      });
    });
  },
);

describe('the settings of a supervisord', () => {
  const usual = { url: 'https://app-1.example.org/RPC2', ownJobs: 'countersign:executor' };

  test('need no second section and no ports', () => {
    expect(parseConfig(usual)).toMatchObject({ ok: true, value: { readUrl: '', ports: '' } });
  });

  test.each([
    { readUrl: 'http://app-1.example.org/RPC2' },
    { readUser: 'a:b' },
    { ports: 'web' },
    { ports: 'web:*=127.0.0.1:80' },
    { ports: 'web:web=127.0.0.1' },
    { ports: 'web:web=127.0.0.1:99999' },
    { ports: 'web:web=169.254.169.254:80' },
    { ports: 'web:web=127.0.0.1:80 web:web=127.0.0.1:81' },
  ])('are refused as %j', wrong => {
    expect(parseConfig({ ...usual, ...wrong })).toMatchObject({ ok: false });
  });
});
