import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { socketUrl } from '../../src/app/postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { roleNames, urlForRole } from '../../src/store/roles.ts';
import { type TestDatabase, testDatabase } from '../postgres.ts';

const PASSWORDS = { server: 'one of the server', executor: 'one of the executor', own: 'one of its own' };
const ONE = { name: '0001-one', sql: 'CREATE TABLE one (id int); GRANT SELECT ON one TO $SERVER;' };
const TWO = { name: '0002-two', sql: 'CREATE TABLE two (id int);' };

describe('migrations', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await testDatabase({ migrated: false });
  });
  afterEach(() => db.close());

  async function run(migrations: readonly { name: string; sql: string }[], passwords = PASSWORDS) {
    return migrate({ url: db.superuserUrl, passwords, migrations });
  }

  test('are applied once, in order, and each role gets what the migration grants it', async () => {
    expect(await run([ONE])).toMatchObject({ ok: true, value: { applied: ['0001-one'] } });
    const again = await run([ONE, TWO]);
    expect(again).toMatchObject({ ok: true, value: { applied: ['0002-two'] } });
    if (!again.ok) return;
    const server = new pg.Client({
      connectionString: urlForRole(db.superuserUrl, again.value.roles.server, PASSWORDS.server),
    });
    await server.connect();
    await expect(server.query('SELECT * FROM one')).resolves.toMatchObject({ rowCount: 0 });
    await expect(server.query('SELECT * FROM two')).rejects.toThrow(/permission denied/);
    await server.end();
  });

  test('are refused, and the database left as it is, where a newer program was here', async () => {
    expect(await run([ONE, TWO])).toMatchObject({ ok: true });
    expect(await run([ONE])).toMatchObject({
      ok: false,
      failure: {
        code: 'database.newer',
        detail:
          'this database was written by a newer version of Countersign (it has the migration 0002-two); start that version instead.',
      },
    });
    expect(await run([ONE, TWO])).toMatchObject({ ok: true, value: { applied: [] } });
  });

  test.each([
    ['another text', { ...ONE, sql: `${ONE.sql} ` }],
    ['another name', { ...ONE, name: '0001-uno' }],
  ])('are refused where one that was applied has %s by now', async (_what, changed) => {
    expect(await run([ONE])).toMatchObject({ ok: true });
    expect(await run([changed, TWO])).toMatchObject({ ok: false, failure: { code: 'database.changed' } });
    expect((await db.ownerPool.query("SELECT to_regclass('two') AS two")).rows).toEqual([{ two: null }]);
  });

  test('leave nothing behind where one of them fails', async () => {
    const broken = { name: '0002-broken', sql: 'CREATE TABLE half (id int); SELECT 1/0;' };
    expect(await run([ONE, broken])).toMatchObject({ ok: false, failure: { code: 'database.migration_failed' } });
    const { rows } = await db.ownerPool.query("SELECT to_regclass('one') AS one, to_regclass('half') AS half");
    expect(rows).toEqual([{ one: null, half: null }]);
    expect(await run([ONE, TWO])).toMatchObject({ ok: true, value: { applied: ['0001-one', '0002-two'] } });
  });

  test('take turns where several programs start at once', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => run([ONE, TWO])));
    expect(all.map(one => one.ok)).toEqual([true, true, true, true]);
    expect(all.flatMap(one => (one.ok ? one.value.applied : []))).toEqual(['0001-one', '0002-two']);
  });

  test('set the passwords that they are given, and the earlier ones stop working', async () => {
    const first = await run([ONE]);
    await run([ONE], { server: 'a new one', executor: 'another', own: 'and one more' });
    if (!first.ok) throw new Error(first.failure.detail);
    const connect = async (password: string) => {
      const client = new pg.Client({
        connectionString: urlForRole(db.superuserUrl, first.value.roles.server, password),
      });
      return client.connect().then(
        () => client.end().then(() => 'in'),
        (error: unknown) => (error instanceof pg.DatabaseError ? error.code : String(error)),
      );
    };
    expect(await connect('a new one')).toBe('in');
    expect(await connect(PASSWORDS.server)).toBe('28P01');
  });

  test('keep the roles of two databases on one server apart', async () => {
    const other = await testDatabase({ migrated: false });
    try {
      const here = await run([ONE]);
      const there = await migrate({ url: other.superuserUrl, passwords: PASSWORDS, migrations: [ONE] });
      if (!here.ok || !there.ok) throw new Error('not migrated');
      expect(here.value.roles.server).not.toBe(there.value.roles.server);
      const stranger = new pg.Client({
        connectionString: urlForRole(db.superuserUrl, there.value.roles.server, PASSWORDS.server),
      });
      await expect(stranger.connect()).rejects.toThrow(/permission denied for database/);
    } finally {
      await other.close();
    }
  });
});

describe('the address of a role', () => {
  // Whatever stands in a folder, a name or a password arrives as it was.
  const hostile = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(text => text.isWellFormed());

  test('carries every character of folder, user and password', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (folder, user, password) => {
        const url = urlForRole(socketUrl(`/${folder}`, 'countersign', 'first', 'secret'), user, password);
        const client = new pg.Client({ connectionString: url });
        expect([client.host, client.database, client.user, client.password]).toEqual([
          `/${folder}`,
          'countersign',
          user,
          password,
        ]);
      }),
    );
  });

  test('never has a role name that PostgreSQL would cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), database => {
        const names = Object.values(roleNames(database));
        expect(new Set(names).size).toBe(4);
        for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      }),
    );
  });
});
