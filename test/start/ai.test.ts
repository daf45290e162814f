import { chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backedUpFiles } from '../../src/app/backup.ts';
import { IDENTITIES, isRoot } from '../../src/app/identities.ts';
import {
  ask,
  buildFakeProgram,
  canStartHere,
  emptyFolder,
  freePort,
  launch,
  launchCommand,
  processesWith,
  type RunAs,
  type StartedProgram,
  stop,
  until,
  untilRunning,
} from './program.ts';

const KEY = 'sk-never-in-the-server';
const PROVIDER = {
  name: 'p',
  kind: 'openai_compatible',
  model: 'm',
  baseUrl: 'http://127.0.0.1:9/v1',
  region: 'local',
  isHosted: false,
  retention: '',
  price: { inputMicros: 0, outputMicros: 0, currency: 'EUR' },
  contextTokens: 8192,
  outputTokensMax: 512,
  isOn: true,
};

interface AiSelf {
  readonly pid: number;
  readonly uid: number;
  readonly groups: readonly number[];
  readonly environment: readonly string[];
  readonly argv: readonly string[];
  readonly secrets: { readonly [name: string]: unknown };
}

const SOMEBODY: RunAs = { uid: 61_998, gid: 61_998 };

test.skipIf(!isRoot() || canStartHere(SOMEBODY))(
  'as another user (this checkout lies where nobody else may read it)',
  context => context.skip(),
);

/** As ourselves, and where we are root as somebody without an account too. */
const WHO: readonly (readonly [string, RunAs | undefined])[] = isRoot()
  ? [['as root', undefined], ...(canStartHere(SOMEBODY) ? [['as another user', SOMEBODY] as const] : [])]
  : [['not as root', undefined]];

describe.each(WHO)('the ai process beside the others, %s', { timeout: 120_000 }, (_who, as) => {
  const isIsolated = isRoot() && as === undefined;
  let program: string;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let data: string;
  let port: number;
  let running: StartedProgram;
  beforeAll(async () => {
    program = await buildFakeProgram();
  });
  afterAll(() => rm(program, { force: true }));
  beforeEach(async () => {
    folder = await emptyFolder(as);
    data = join(folder.path, 'data');
    port = await freePort();
  });
  afterEach(async () => {
    await stop(running);
    expect(await processesWith(data)).toEqual([]);
    expect(await processesWith(program)).toEqual([]);
    await folder.remove();
  });

  async function start(): Promise<void> {
    running = launch(program, ['--data', data, '--port', String(port)], as);
    await untilRunning(running);
  }
  const askAi = <T>(packet: object | 'open') =>
    ask<T>(port, `/?ai=${encodeURIComponent(packet === 'open' ? packet : JSON.stringify(packet))}`);
  const self = () => askAi<AiSelf>({ do: 'tell' });
  const aiPids = () => processesWith(`${program} run-ai`);

  test('is not there while no provider is set, which is said and is no fault; a page may start it', async () => {
    await start();
    expect(running.out()).toContain('model      none: rules write every summary');
    expect(await aiPids()).toEqual([]);
    expect(await self()).toMatchObject({ kind: 'failed', code: 'not_configured' });
    expect(await askAi('open')).toMatchObject({ isRunning: true, providers: [] });
    expect(await aiPids()).toHaveLength(1);
    // The key pair is made by the process itself, in a folder that is its own.
    const folderStat = await stat(join(data, 'ai'));
    expect(folderStat.mode & 0o777).toBe(0o700);
    expect(folderStat.uid).toBe(isIsolated ? IDENTITIES.ai.uid : (as?.uid ?? process.getuid?.()));
  });

  test('has no database and no secret of another process, and is started again after kill -9', async () => {
    await mkdir(join(data, 'ai'), { recursive: true, mode: 0o700 });
    await writeFile(
      join(data, 'ai', 'providers.json'),
      JSON.stringify({ v: 1, providers: [{ config: PROVIDER, key: KEY }] }),
    );
    const owner = isIsolated ? IDENTITIES.ai : as;
    if (owner !== undefined) {
      if (as !== undefined) for (const path of [data, join(data, 'ai')]) await chown(path, as.uid, as.gid);
      await chown(join(data, 'ai', 'providers.json'), owner.uid, owner.gid);
    }
    await start();
    expect(running.out()).toContain('model      p (m, local)');
    await until(async () => (await self()).pid !== undefined);
    const me = await self();
    expect(me.secrets).toEqual({ v: 1, process: 'ai', folder: join(data, 'ai') });
    expect(me.argv.slice(2)).toEqual(['run-ai']);
    const usual = ['PATH', 'TZ', 'NODE_ENV', 'LANG', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'];
    expect(me.environment.filter(name => !usual.includes(name))).toEqual([]);
    process.kill(me.pid, 'SIGKILL');
    await until(async () => ((await self()).pid ?? me.pid) !== me.pid);
    expect(running.err()).not.toContain(KEY);
    // What goes into a backup is listed by name, and this folder is not.
    expect(backedUpFiles(data).filter(({ path }) => path.includes('/ai'))).toEqual([]);
    const doctor = launchCommand(program, ['doctor', '--data', data], as);
    await doctor.ended;
    expect(doctor.out()).toContain('Model: p (m, local).');
    expect(doctor.out()).not.toContain(KEY);
  });

  test('outlives the server, whose calls nobody waits for any more, and ends with the supervisor', async () => {
    await start();
    await askAi('open');
    const before = await self();
    const lost = askAi({ do: 'wait' }).catch(() => 'lost');
    await new Promise(resolve => setTimeout(resolve, 300));
    const [server = 0] = await processesWith(`${program} run-server`);
    process.kill(server, 'SIGKILL');
    expect(await lost).toBe('lost');
    await until(async () => (await self().catch(() => undefined))?.pid === before.pid);
    running.child.kill('SIGKILL');
    await running.ended;
    await until(async () => (await aiPids()).length === 0);
    await start();
  });

  test('wholly taken over, it can reach neither the database nor what another process keeps', async context => {
    if (!isIsolated) context.skip('not met: not as root all processes are one user, so nothing keeps them apart');
    await start();
    await askAi('open');
    const me = await self();
    expect(me.uid).toBe(IDENTITIES.ai.uid);
    expect(me.groups.filter(group => group !== IDENTITIES.ai.gid)).toEqual([]);
    const postmaster = (await readFile(join(data, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
    const sockets = postmaster[4] ?? '';
    const [socket = ''] = (await readdir(sockets)).filter(name => /^\.s\.PGSQL\.\d+$/.test(name));
    expect(socket).not.toBe('');
    expect(await askAi({ do: 'list', path: sockets })).toBe('EACCES');
    expect(await askAi({ do: 'connect', path: join(sockets, socket) })).toBe('EACCES');
    const others = [
      'server/log-key',
      'server/session-key',
      'postgres/superuser-password',
      'postgres/cluster/PG_VERSION',
      'cli-token',
      'installation.json',
    ].map(name => join(data, name));
    const [server] = await processesWith(`${program} run-server`);
    const [executor] = await processesWith(`${program} run-executor`);
    for (const path of [
      ...others,
      join(`${data}.executor`, 'genesis.json'),
      ...[server, executor, running.child.pid].flatMap(pid => [`/proc/${pid}/environ`, `/proc/${pid}/mem`]),
    ])
      expect(await askAi({ do: 'read', path }), path).toBe('EACCES');
    // The same calls do reach what is its own.
    expect(await askAi({ do: 'list', path: join(data, 'ai') })).toEqual(['sealing-key']);
    expect(await askAi({ do: 'read', path: join(data, 'ai', 'sealing-key') })).toMatch(/^read \d{4}$/);
    // And the server cannot read the keys of providers.
    expect(await ask(port, `/?path=${encodeURIComponent(join(data, 'ai', 'sealing-key'))}`)).toBe('EACCES');
  });
});
