import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/postgres.ts';
import { logSigner } from './ed25519.ts';
import { readCheckpoint } from './log.ts';
import { startSequencer } from './sequencer.ts';

const signer = logSigner('log.example/start', new Uint8Array(32).fill(5));

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const COUNT = 700;

async function logWith(tenant: string, count = COUNT): Promise<string> {
  await db.ownerPool.query(
    `INSERT INTO audit_pending (tenant_id, entry)
     SELECT $1, convert_to('{"n":"' || i || '"}', 'UTF8') FROM generate_series(1, $2::int) AS i`,
    [tenant, count],
  );
  const sequencer = await startSequencer({ pool: db.serverPool, tenant, signer });
  while (sequencer.head().range.size < count) await new Promise(resolve => setTimeout(resolve, 5));
  await sequencer.stop();
  return (await readCheckpoint(db.ownerPool, tenant)) ?? '';
}

/** The reason why it does not start; undefined where it does. */
async function refusal(tenant: string, lastKnown?: string, key = signer): Promise<string | undefined> {
  try {
    const given = lastKnown === undefined ? {} : { lastKnown };
    await (await startSequencer({ pool: db.serverPool, tenant, signer: key, ...given })).stop();
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ name: 'LogRefusal' });
    return error instanceof Error ? error.message : '';
  }
}

describe('a sequencer starts on its own log, and on no other', () => {
  test('an untouched log, again and again, also since a checkpoint that was kept', async () => {
    const note = await logWith('good');
    expect(await refusal('good')).toBeUndefined();
    expect(await refusal('good', note)).toBeUndefined();
  });

  // Each is what a person with the database could do, and what a bad restore or a failing disk could leave behind.
  for (const [name, sql, reason] of [
    ['the last entry gone', 'DELETE FROM audit_entry WHERE tenant_id = $1 AND idx = 699', /699/],
    ['an entry gone in the middle', 'DELETE FROM audit_entry WHERE tenant_id = $1 AND idx = 3', /699/],
    ['an entry too many', `INSERT INTO audit_entry VALUES ($1, 700, 'x', sha256('x'), 'x')`, /701/],
    [
      'the newest entry altered',
      `UPDATE audit_entry SET entry = 'x' WHERE tenant_id = $1 AND idx = 699`,
      /entry 699 is not the one/,
    ],
    [
      'a hash altered at the edge',
      `UPDATE audit_entry SET leaf_hash = sha256('x') WHERE tenant_id = $1 AND idx = 698`,
      /another root/,
    ],
    [
      'a tile altered',
      `UPDATE audit_tile SET hashes = sha256('x') || sha256('y') WHERE tenant_id = $1`,
      /another root/,
    ],
    ['a tile gone', 'DELETE FROM audit_tile WHERE tenant_id = $1', /another root/],
    ['the head gone', 'DELETE FROM audit_head WHERE tenant_id = $1', /no head/],
    [
      'the head set back',
      `UPDATE audit_head SET size = 0, stack = '', note = (SELECT note FROM audit_checkpoint WHERE tenant_id = $1 AND size = 0) WHERE tenant_id = $1`,
      /700/,
    ],
    ['a head whose size is another', 'UPDATE audit_head SET size = 699 WHERE tenant_id = $1', /damaged/],
    [
      'a head whose stack is another',
      `UPDATE audit_head SET stack = overlay(stack PLACING sha256('x') FROM 1) WHERE tenant_id = $1`,
      /another root than its signed checkpoint/,
    ],
    [
      'a head that nobody signed',
      `UPDATE audit_head SET note = replace(note, '— ', '— x') WHERE tenant_id = $1`,
      /not signed/,
    ],
  ] as const) {
    test(`${name}: it does not start`, async () => {
      const tenant = name.replaceAll(' ', '_');
      await logWith(tenant);
      await db.ownerPool.query(sql, [tenant]);
      expect(await refusal(tenant)).toMatch(reason);
    });
  }

  test('with another key it does not start', async () => {
    await logWith('key', 3);
    const stranger = logSigner('log.example/start', new Uint8Array(32).fill(6));
    expect(await refusal('key', undefined, stranger)).toMatch(/not signed by the key/);
  });

  test('a database that is older than a checkpoint that was kept is a rollback', async () => {
    const newer = await logWith('newer', 20);
    await logWith('older', 10);
    expect(await refusal('older', newer)).toMatch(/older than that/);
  });

  test('a log that was rewritten, hashes and signatures and all, does not extend what was kept', async () => {
    const kept = await logWith('rewritten', 20);
    for (const table of ['audit_entry', 'audit_checkpoint', 'audit_head', 'audit_tile']) {
      await db.ownerPool.query(`DELETE FROM ${table} WHERE tenant_id = 'rewritten'`);
    }
    await db.ownerPool.query(`INSERT INTO audit_pending (tenant_id, entry) VALUES ('rewritten', 'another')`);
    await logWith('rewritten', 21);
    expect(await refusal('rewritten')).toBeUndefined();
    expect(await refusal('rewritten', kept)).toMatch(/does not begin with/);
  });
});

describe('what each role may do with the log', () => {
  const may = (pool: TestDatabase['serverPool'], sql: string) =>
    pool.query(sql).then(
      () => true,
      (error: { readonly code?: string }) => {
        expect(error.code).toBe('42501');
        return false;
      },
    );

  const append = `INSERT INTO audit_entry VALUES ('role', 0, 'x', sha256('x'), 'x')`;
  for (const [sql, server, executor] of [
    [`INSERT INTO audit_pending (tenant_id, entry) VALUES ('role', 'x')`, true, true],
    [`UPDATE audit_pending SET entry = 'y'`, false, false],
    [`SELECT entry FROM audit_pending`, true, false],
    [`DELETE FROM audit_pending WHERE tenant_id = 'role'`, true, false],
    [append, true, false],
    [`SELECT * FROM audit_entry`, true, true],
    [`UPDATE audit_entry SET entry = 'y'`, false, false],
    [`DELETE FROM audit_entry`, false, false],
    [`TRUNCATE audit_entry`, false, false],
    [`UPDATE audit_checkpoint SET note = 'y'`, false, false],
    [`DELETE FROM audit_checkpoint`, false, false],
    [`UPDATE audit_head SET note = note`, true, false],
    [`DELETE FROM audit_head`, false, false],
    [`UPDATE audit_tile SET n = n`, true, false],
  ] as const) {
    test(`${sql}: the server ${server ? 'may' : 'may not'}, the executor ${executor ? 'may' : 'may not'}`, async () => {
      expect(await may(db.serverPool, sql)).toBe(server);
      expect(await may(db.executorPool, sql)).toBe(executor);
    });
  }
});
