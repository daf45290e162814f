import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRoot } from '../../src/app/identities.ts';
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

const WAIT_MS = 120_000;

describe('the real program', { timeout: WAIT_MS }, () => {
  let program: string;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let data: string;
  let port: number;
  let running: StartedProgram;
  beforeAll(async () => {
    program = await buildRealProgram();
    folder = await emptyFolder();
    data = join(folder.path, 'data');
    port = await freePort();
    running = launch(program, ['--data', data, '--port', String(port)]);
    await untilRunning(running);
  }, WAIT_MS);
  afterAll(async () => {
    await stop(running);
    expect(await processesWith(program)).toEqual([]);
    expect(await processesWith(data)).toEqual([]);
    await rm(program, { force: true });
    await folder.remove();
  }, WAIT_MS);

  const status = (path: string) =>
    fetch(`http://localhost:${port}${path}`).then(
      response => response.status,
      () => 0,
    );
  const isReady = async () => (await status('/readyz')) === 200;
  async function pidOf(process: 'server' | 'executor' | 'postgres'): Promise<number> {
    const found =
      process === 'postgres'
        ? Number((await readFile(join(data, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0])
        : (await processesWith(`${program} run-${process}`))[0];
    if (found === undefined || !(found > 1)) throw new Error(`no ${process}`);
    return found;
  }

  test('is live and ready, and shows its numbers to nobody who did not sign in', async () => {
    await until(isReady);
    expect(await status('/healthz')).toBe(200);
    expect(await status('/metrics')).toBe(401);
  });

  test.each(['server', 'executor', 'postgres'] as const)('is ready again after kill -9 of %s', async which => {
    await until(isReady);
    const before = await pidOf(which);
    process.kill(before, 'SIGKILL');
    await until(async () => (await pidOf(which).catch(() => before)) !== before);
    await until(isReady);
  });

  test('gives no secret away by an environment or an argument of any of its processes', async context => {
    if (!isRoot() || process.platform !== 'linux') context.skip('only root may read the environment of other users');
    const secrets = await Promise.all(
      ['cli-token', 'server/log-key', 'server/session-key', 'postgres/superuser-password', 'enrolment-link'].map(
        async name => (await readFile(join(data, name), 'utf8')).trim().split('#').at(-1) ?? '',
      ),
    );
    const pids = [running.child.pid ?? 0, await pidOf('server'), await pidOf('executor'), await pidOf('postgres')];
    for (const pid of pids) {
      const shown = `${await readFile(`/proc/${pid}/environ`, 'latin1')}${await readFile(`/proc/${pid}/cmdline`, 'latin1')}`;
      expect(shown).not.toMatch(/password|postgresql:/);
      for (const secret of secrets) expect(shown).not.toContain(secret);
    }
    expect(secrets.every(secret => secret.length >= 40)).toBe(true);
  });

  test('writes no secret into its log', async () => {
    for (const name of ['cli-token', 'server/log-key', 'server/session-key', 'postgres/superuser-password']) {
      expect(running.err()).not.toContain((await readFile(join(data, name), 'utf8')).trim());
    }
    expect(running.err()).toContain('process started');
    expect(running.err()).not.toMatch(/password=/);
  });
});

test('countersign smoke follows an alert to a proposal with its plan, and leaves nothing behind', {
  timeout: 240_000,
}, async () => {
  const program = await buildRealProgram('smoke');
  try {
    const smoke = launchCommand(program, ['smoke']);
    const { code } = await smoke.ended;
    expect(smoke.out(), smoke.err()).toContain('ok    an option becomes a proposal in review, with its plan');
    expect(smoke.out()).toMatch(/role\.canLogin: true → false/);
    expect(code).toBe(0);
    expect(await processesWith(program)).toEqual([]);
  } finally {
    await rm(program, { force: true });
  }
});
