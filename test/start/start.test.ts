import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isRoot } from '../../src/app/identities.ts';
import {
  ask,
  buildFakeProgram,
  canStartHere,
  emptyFolder,
  freePort,
  launch,
  processesWith,
  type RunAs,
  type StartedProgram,
  stop,
  until,
  untilRunning,
} from './program.ts';

const SOMEBODY: RunAs = { uid: 61999, gid: 61999 };

interface ServerSelf {
  readonly pid: number;
  readonly supervisor: number;
  readonly uid: number;
  readonly groups: readonly number[];
  readonly environment: readonly string[];
  readonly argv: readonly string[];
  readonly genesis: { readonly installation: string; readonly linkPublicKey: string };
  readonly isIsolated: boolean;
}

test.skipIf(!isRoot() || canStartHere(SOMEBODY))(
  'as another user (this checkout lies where nobody else may read it)',
  context => context.skip(),
);

/** As ourselves, and where we are root as somebody without an account too. */
const WHO: readonly (readonly [string, RunAs | undefined])[] = isRoot()
  ? [['as root', undefined], ...(canStartHere(SOMEBODY) ? [['as another user', SOMEBODY] as const] : [])]
  : [['not as root', undefined]];

describe.each(WHO)('countersign start, %s', { timeout: 120_000 }, (_who, as) => {
  let program: string;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let data: string;
  let port: number;
  const started: StartedProgram[] = [];
  beforeAll(async () => {
    program = await buildFakeProgram();
  });
  afterAll(() => rm(program, { force: true }));
  beforeEach(async () => {
    folder = await emptyFolder(as);
    data = join(folder.path, 'my data');
    port = await freePort();
  });
  afterEach(async () => {
    for (const one of started.splice(0)) {
      one.child.kill('SIGTERM');
      await one.ended;
    }
    await folder.remove();
  });

  function start(...more: string[]): StartedProgram {
    const one = launch(program, ['--data', data, '--port', String(port), ...more], as);
    started.push(one);
    return one;
  }
  const self = () => ask<ServerSelf>(port, '/');

  test('runs in a folder with spaces, twice in a row, and leaves nothing behind', async () => {
    const first = start();
    await untilRunning(first);
    const before = await self();
    await stop(first);
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(await processesWith(data)).toEqual([]);
    expect(await processesWith(program)).toEqual([]);

    const second = start();
    await untilRunning(second);
    const after = await self();
    expect(after.genesis.installation).toBe(before.genesis.installation);
    // Nobody has enrolled: the first link may be in the wrong hands by now, so it no longer counts.
    expect(after.genesis.linkPublicKey).not.toBe(before.genesis.linkPublicKey);
  });

  test('says where it is open, and puts the enrolment link where only we can read it', async () => {
    const one = start();
    await untilRunning(one);
    expect(one.out()).toContain(`http://localhost:${port}`);
    const linkFile = join(data, 'enrolment-link');
    expect((await stat(linkFile)).mode & 0o777).toBe(0o600);
    const link = (await readFile(linkFile, 'utf8')).trim();
    expect(link).toMatch(new RegExp(`^http://localhost:${port}/enrol#[A-Za-z0-9_-]{43}$`));
    const seed = link.split('#')[1] ?? '';
    expect(one.out()).not.toContain(seed);
    expect(one.err()).not.toContain(seed);
  });

  test('says so where its processes are not isolated from each other', async () => {
    const one = start();
    await untilRunning(one);
    const text = 'single user: processes are not isolated from each other';
    expect(one.out().includes(text)).toBe(!(await self()).isIsolated);
  });

  test('hands its secrets over a pipe, and none by environment or argument', async () => {
    await untilRunning(start());
    const { environment, argv } = await self();
    expect(
      environment.filter(
        name =>
          !['PATH', 'TZ', 'NODE_ENV', 'LANG', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'].includes(name),
      ),
    ).toEqual([]);
    expect(argv.slice(2)).toEqual(['run-server']);
  });

  test('refuses a second instance on the same data directory, naming the process', async () => {
    const one = start();
    await untilRunning(one);
    const two = launch(program, ['--data', data, '--port', String(await freePort())], as);
    expect((await two.ended).code).toBe(1);
    expect(two.err()).toMatch(
      new RegExp(`^countersign: another Countersign \\(process ${one.child.pid}\\) is already using .*\\.\n$`),
    );
    expect((await self()).supervisor).toBe(one.child.pid);
  });

  test('refuses a port that another program has', async () => {
    const first = start();
    await untilRunning(first);
    const other = launch(program, ['--data', `${data} 2`, '--port', String(port)], as);
    expect((await other.ended).code).toBe(1);
    expect(other.err()).toBe(
      `countersign: port ${port} is taken by another program; stop that one, or choose another port with --port.\n`,
    );
  });

  test('after kill -9 of the supervisor the next start finds everything as it was', async () => {
    const first = start();
    await untilRunning(first);
    const before = await self();
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start();
    await untilRunning(second);
    const after = await self();
    expect(after.genesis.installation).toBe(before.genesis.installation);
    expect(after.supervisor).toBe(second.child.pid);
    // One of each: what the killed supervisor had started is gone.
    expect(await processesWith('run-server').then(all => all.includes(before.pid))).toBe(false);
    expect((await processesWith(` -D ${data}`)).length).toBeLessThanOrEqual(1);
  });

  test('after kill -9 of a process that process is started again', async () => {
    await untilRunning(start());
    const before = await self();
    process.kill(before.pid, 'SIGKILL');
    await until(async () => (await self().catch(() => before)).pid !== before.pid);
  });

  test('after kill -9 of PostgreSQL the database is back, with the roles as they were', async () => {
    await untilRunning(start());
    const cluster = join(data, 'postgres', 'cluster');
    const pid = Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await until(async () => Array.isArray(await ask(port, '/?sql=SELECT 1')));
    expect(await ask(port, '/?sql=SELECT count(*)::int FROM enrolment')).toEqual([{ count: 0 }]);
  });

  test('the superuser of its database may not connect, and neither may the owner of the tables', async () => {
    await untilRunning(start());
    expect(await ask(port, '/?sql=SELECT 1&user=postgres')).toBe('28000');
    expect(await ask(port, '/?sql=SELECT 1&user=cs_countersign_owner')).toMatch(/^28/);
    expect(await ask(port, '/?sql=INSERT INTO execution (tenant_id) SELECT $$default$$')).toBe('42501');
  });

  test.runIf(isRoot() && as === undefined)('no process can look into another', async () => {
    await untilRunning(start());
    const me = await self();
    expect(me.uid).toBe(61235);
    expect(me.groups).not.toContain(0);
    const [executor] = (await processesWith('run-executor')).filter(pid => pid !== me.pid);
    const postgres = (await readFile(join(data, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0];
    for (const pid of [executor, postgres, me.supervisor]) {
      for (const file of ['environ', 'mem', 'maps', 'fd/0']) {
        expect(await ask(port, `/?path=/proc/${pid}/${file}`), `/proc/${pid}/${file}`).toBe('EACCES');
      }
    }
    for (const file of [
      'postgres/superuser-password',
      'postgres/cluster/PG_VERSION',
      'cli-token',
      'installation.json',
    ]) {
      expect(await ask(port, `/?path=${encodeURIComponent(join(data, file))}`), file).toBe('EACCES');
    }
    expect(await ask(port, `/?path=${encodeURIComponent(`${data}.executor/genesis.json`)}`)).toBe('EACCES');
    // The same call does read what is the server's own.
    expect(await ask(port, `/?path=${encodeURIComponent(join(data, 'server', 'log-key'))}`)).toBe('read 44');
  });
});
