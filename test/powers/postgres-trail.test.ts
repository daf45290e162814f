import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MS_PER_MINUTE, unixMsFrom } from '../../src/base/time.ts';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import { postgresRole } from '../../src/responders/postgres-role/responder.ts';
import { SETUP_DEFAULTS } from '../../src/responders/postgres-role/setup.sql.ts';
import { trailSql } from '../../src/responders/postgres-role/trail.sql.ts';
import { type PostgresTarget, startPostgresTarget } from '../conformance/postgres-target.ts';
import { must } from '../harness/installation.ts';

const { readUser: READER, writeUser: WRITER } = SETUP_DEFAULTS;

describe('what a PostgreSQL itself keeps of our write login', () => {
  let target: PostgresTarget;
  let writer: pg.Client;

  beforeAll(async () => {
    target = await startPostgresTarget();
  }, 60_000);
  afterAll(() => target.close());
  beforeEach(() => target.restore());

  const read = (cursor: string, aheadMs = 0) =>
    postgresRole.auditTrail?.(cursor, target.system, {
      ...contextOf(target),
      now: () => unixMsFrom(Date.now() + aheadMs),
    });
  const page = async (cursor: string, aheadMs = 0) => {
    const answer = await read(cursor, aheadMs);
    if (answer === undefined) throw new Error('it keeps one');
    return must(answer);
  };
  const planLock = async () =>
    must(
      await postgresRole.plan(
        { operation: 'lock', target: { name: target.victim }, before: undefined },
        target.system,
        contextOf(target),
      ),
    );

  /** Whoever has our write credential in hand, and psql. */
  async function byHand<T>(work: (client: pg.Client, oid: string, expected: string) => Promise<T>): Promise<T> {
    const settings = target.system.settings;
    writer = new pg.Client({
      host: settings['host'],
      port: Number(settings['port']),
      database: settings['database'],
      user: WRITER,
      password: target.secrets.write,
    });
    await writer.connect();
    try {
      const [row] = await target.sql(
        'SELECT oid::text, countersign.role_state(oid)::text AS state FROM pg_roles WHERE rolname = $1',
        [target.victim],
      );
      return await work(writer, String(row?.['oid']), String(row?.['state']));
    } finally {
      await writer.end();
    }
  }

  test('begins with what comes after the first look', async () => {
    await byHand((client, oid, expected) =>
      client.query("SELECT countersign.lock_role($1, $2, 'before')", [oid, expected]),
    );
    const begun = await page('');
    expect(begun.entries).toEqual([]);
    expect((await page(begun.cursor)).entries).toEqual([]);
  });

  test('has an act of ours under its key, on its target', async () => {
    const { cursor } = await page('');
    const held = await target.hold();
    const plan = await planLock();
    const receipt = await postgresRole.execute(
      plan,
      target.system,
      capabilityOf(target, 'key-of-ours'),
      contextOf(target),
    );
    expect(receipt.outcome).toBe('applied');
    await held.close();
    const { entries } = await page(cursor);
    expect(entries.length).toBeGreaterThanOrEqual(1);
    for (const entry of entries)
      expect(entry).toMatchObject({ operation: 'lock', key: 'key-of-ours', target: plan.target.immutableId });
  });

  test('has what was done with the credential by hand, and from where', async () => {
    const { cursor } = await page('');
    const before = Date.now();
    await byHand((client, oid, expected) =>
      client.query("SELECT countersign.lock_role($1, $2, 'by hand')", [oid, expected]),
    );
    const [entry] = (await page(cursor)).entries;
    expect(entry).toMatchObject({
      operation: 'lock',
      key: 'by hand',
      from: 'local socket',
      text: `lock: ${target.victim}`,
    });
    expect(entry?.at).toBeGreaterThan(before - 1_000);
  });

  test('is nothing that the write login could read, change or empty', async () => {
    for (const statement of [
      'SELECT * FROM countersign.trail',
      'DELETE FROM countersign.trail',
      'TRUNCATE countersign.trail',
      "UPDATE countersign.trail SET login = 'x'",
      "INSERT INTO countersign.trail (operation, target, key, text) VALUES ('lock', 1, 'k', 't')",
      "SELECT setval('countersign.trail_number_seq', 1)",
      'ALTER TABLE countersign.act DISABLE TRIGGER ALL',
      'SELECT countersign.trail_since(0)',
      'SET session_replication_role = replica',
      'SET SESSION AUTHORIZATION postgres',
    ])
      await byHand(client => expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501' }));
  });

  test('shows sessions that were ended by a call that was then taken back, as a number without a line', async () => {
    const { cursor } = await page('');
    const held = await target.hold();
    await byHand(async (client, oid, expected) => {
      await client.query('BEGIN');
      await client.query("SELECT countersign.end_role_sessions($1, $2, 'taken back')", [oid, expected]);
      await client.query('ROLLBACK');
    });
    expect(await held.reads()).toBe(false);
    await held.close();
    const first = await page(cursor);
    // It may be under way still.
    expect(first.entries).toEqual([]);
    const then = await page(first.cursor, MS_PER_MINUTE + 1);
    expect(then.entries).toMatchObject([{ operation: '', text: expect.stringContaining('has no line') }]);
    expect((await page(then.cursor, 2 * MS_PER_MINUTE)).entries).toEqual([]);
  });

  test('is waited for where the call is only slow', async () => {
    const { cursor } = await page('');
    const first = await byHand(async (client, oid, expected) => {
      await client.query('BEGIN');
      await client.query("SELECT countersign.lock_role($1, $2, 'slow')", [oid, expected]);
      const meanwhile = await page(cursor);
      await client.query('COMMIT');
      return meanwhile;
    });
    expect(first.entries).toEqual([]);
    expect((await page(first.cursor)).entries).toMatchObject([{ key: 'slow' }]);
  });

  test('leaves out what an administrator did themselves', async () => {
    const { cursor } = await page('');
    await target.sql(`ALTER ROLE "${target.victim}" NOLOGIN`);
    expect((await page(cursor, 5 * MS_PER_MINUTE)).entries).toEqual([]);
  });

  test('that was emptied and begun anew is said, and not read as an empty one', async () => {
    await byHand((client, oid, expected) =>
      client.query("SELECT countersign.lock_role($1, $2, 'one more')", [oid, expected]),
    );
    const { cursor } = await page('');
    await target.sql('TRUNCATE countersign.trail RESTART IDENTITY');
    expect(await read(cursor)).toMatchObject({ ok: false, failure: { code: 'responder.trail_cut' } });
  });

  test('of another table, or of another server, is not taken for the one that was read', async () => {
    const { cursor } = await page('');
    const other = JSON.stringify({ ...JSON.parse(cursor), trail: '7000000000000000000:16400' });
    for (const one of [other, 'nothing of ours', '{}'])
      expect(await read(one)).toMatchObject({ ok: false, failure: { code: 'responder.trail_cut' } });
  });

  test('tells the time of the server, by which its own times are read', async () => {
    const before = Date.now();
    const { clock } = await page('', 3 * MS_PER_MINUTE);
    expect(clock).toBeGreaterThan(before - 1_000);
    expect(clock).toBeLessThan(Date.now() + 1_000);
  });

  test('is said to be missing where the set-up is of an earlier version, and is added by the same statements', async () => {
    await target.sql('DROP FUNCTION countersign.trail_end(); DROP FUNCTION countersign.trail_since(bigint)');
    expect(await read('')).toMatchObject({ ok: false, failure: { code: 'responder.missing_scope' } });
    await target.sql(trailSql(SETUP_DEFAULTS));
    expect(await read('')).toMatchObject({ ok: true });
  });
});

describe('rights that a PostgreSQL says our logins have', () => {
  let target: PostgresTarget;
  beforeAll(async () => {
    target = await startPostgresTarget();
  }, 60_000);
  afterAll(() => target.close());

  const rights = async () => {
    const answer = await postgresRole.rights?.(target.system, contextOf(target));
    if (answer === undefined) throw new Error('they can be read');
    return must(answer);
  };

  test('are each right of the manifest, and after its own set-up what is needed and nothing that is forbidden', async () => {
    const seen = await rights();
    const { scopes } = postgresRole.manifest;
    expect(seen).toHaveLength(scopes.read.length + scopes.write.length + 2 * scopes.forbidden.length);
    expect(seen.filter(({ need, granted }) => granted !== (need === 'needed' ? 'yes' : 'no'))).toEqual([]);
  });

  test.each([
    [
      `REVOKE EXECUTE ON FUNCTION countersign.lock_role(oid, jsonb, text) FROM ${WRITER}`,
      `GRANT EXECUTE ON FUNCTION countersign.lock_role(oid, jsonb, text) TO ${WRITER}`,
      'needed',
      'EXECUTE on countersign.lock_role(oid, jsonb, text)',
    ],
    [
      `REVOKE EXECUTE ON FUNCTION countersign.trail_end() FROM ${READER}`,
      `GRANT EXECUTE ON FUNCTION countersign.trail_end() TO ${READER}`,
      'needed',
      'EXECUTE on countersign.trail_end()',
    ],
    [`ALTER ROLE ${WRITER} CREATEDB`, `ALTER ROLE ${WRITER} NOCREATEDB`, 'forbidden', 'CREATEDB'],
    [
      `GRANT SELECT ON countersign.trail TO ${WRITER}`,
      `REVOKE SELECT ON countersign.trail FROM ${WRITER}`,
      'forbidden',
      'SELECT, INSERT, UPDATE or DELETE on countersign.trail',
    ],
    [
      `GRANT pg_signal_backend TO ${READER}`,
      `REVOKE pg_signal_backend FROM ${READER}`,
      'forbidden',
      'membership in any other role',
    ],
  ])('see it when somebody says %s', async (apply, revert, need, scope) => {
    await target.sql(apply);
    const wrong = (await rights()).filter(right => right.granted !== (right.need === 'needed' ? 'yes' : 'no'));
    await target.sql(revert);
    expect(wrong).toEqual(expect.arrayContaining([expect.objectContaining({ need, scope })]));
  });
});
