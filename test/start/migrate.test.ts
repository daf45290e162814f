import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { urlForRole } from '../../src/store/roles.ts';
import { type TestDatabase, testDatabase } from '../postgres.ts';

const PASSWORDS = { server: 'one of the server', executor: 'one of the executor' };
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
});
