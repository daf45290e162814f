import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../postgres.ts';

/** What only the executor says happened. */
const FACTS_OF_THE_EXECUTOR = ['plan_result', 'execution', 'execution_fact'];
/** What people said, and what the executor judges by. */
const WORDS_OF_PEOPLE = [
  'invitation',
  'enrolment',
  'person_change',
  'person_change_signature',
  'machine_custody',
  'session_endorsement',
  'inventory_version',
  'proposal',
  'revision',
  'review',
  'withdrawal',
  'finding',
  'kill_switch',
  'evidence',
  'alert',
];
const APPEND_ONLY = [
  ...FACTS_OF_THE_EXECUTOR,
  ...WORDS_OF_PEOPLE.filter(table => table !== 'alert'),
  'intake_batch',
  'incident_event',
  'late_news',
  'evidence_opened',
  'audit_blob',
  'ai_blob',
  'ai_asking',
  'ai_spending',
  'ai_record',
  'ai_setting',
  'ai_preview',
  'own_effect',
  'alert_suppression',
  'notice_fact',
  'judged_first',
  'drill_turn',
  'proposal_comment',
  'evidence_task',
  'evidence_task_end',
  'playbook_file',
  'playbook_run',
  'playbook_fact',
];

describe('a database role', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  /** What PostgreSQL answers, tried and not looked up: the statement is refused before it would touch a row. */
  async function attempt(role: 'server' | 'executor', statement: string): Promise<string> {
    const pool = role === 'server' ? db.serverPool : db.executorPool;
    return pool.query(statement).then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    );
  }
  const REFUSED = '42501'; // insufficient_privilege
  const insertNothing = (table: string) => `INSERT INTO ${table} (tenant_id) SELECT 'default' WHERE false`;

  test.each(FACTS_OF_THE_EXECUTOR)('of the server may not insert into %s', async table => {
    expect(await attempt('server', insertNothing(table))).toBe(REFUSED);
    expect(await attempt('executor', insertNothing(table))).toBe('done');
  });

  test.each(WORDS_OF_PEOPLE)('of the executor may not insert into %s', async table => {
    expect(await attempt('executor', insertNothing(table))).toBe(REFUSED);
  });

  test.each(APPEND_ONLY)('may not change or delete a row of %s', async table => {
    for (const role of ['server', 'executor'] as const) {
      expect(await attempt(role, `UPDATE ${table} SET tenant_id = tenant_id WHERE false`)).toBe(REFUSED);
      expect(await attempt(role, `DELETE FROM ${table} WHERE false`)).toBe(REFUSED);
      expect(await attempt(role, `TRUNCATE ${table}`)).toBe(REFUSED);
    }
  });

  test.each([
    ['make a table', 'CREATE TABLE mine (id int)'],
    ['make a temporary table', 'CREATE TEMP TABLE mine (id int)'],
    ['make a schema', 'CREATE SCHEMA mine'],
    ['make a role', 'CREATE ROLE mine'],
    ['read passwords', 'SELECT rolpassword FROM pg_authid'],
    ['read a file of the server', "SELECT pg_read_file('postgresql.conf')"],
    ['run a program', "COPY (SELECT 1) TO PROGRAM 'true'"],
  ])('may not %s', async (_what, statement) => {
    expect(await attempt('server', statement)).not.toBe('done');
    expect(await attempt('executor', statement)).not.toBe('done');
  });

  test('of the executor does not even read what people say of a proposal', async () => {
    for (const table of ['proposal_comment', 'evidence_task', 'evidence_task_end'])
      expect(await attempt('executor', `SELECT 1 FROM ${table}`)).toBe(REFUSED);
  });

  test('may not hand out privileges, its own included', async () => {
    // PostgreSQL answers this with a warning, so what counts is what was granted.
    await attempt('server', 'GRANT INSERT ON review TO PUBLIC');
    await attempt('executor', 'GRANT INSERT ON execution_fact TO PUBLIC');
    const granted = await db.ownerPool.query(
      "SELECT 1 FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname IN ('review', 'execution_fact') AND a.grantee = 0",
    );
    expect(granted.rowCount).toBe(0);
  });

  test('may not become the owner or the other role', async () => {
    for (const [role, other] of [
      ['server', db.roles.executor],
      ['executor', db.roles.server],
      ['server', db.roles.owner],
      ['executor', db.roles.owner],
    ] as const) {
      expect(await attempt(role, `SET ROLE ${other}`)).toBe(REFUSED);
    }
  });

  test('that forgets its tenant sees nothing', async () => {
    await db.ownerPool.query(
      "INSERT INTO withdrawal VALUES ('other', 'prp_1', 1, 'usr_1', 'because', now()) ON CONFLICT DO NOTHING",
    );
    expect((await db.serverPool.query('SELECT * FROM withdrawal')).rowCount).toBe(0);
    const client = await db.serverPool.connect();
    await client.query("BEGIN; SET LOCAL countersign.tenant = 'other'");
    expect((await client.query('SELECT * FROM withdrawal')).rowCount).toBe(1);
    await client.query('ROLLBACK');
    client.release();
  });
});
