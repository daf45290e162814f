import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { IDENTITIES, isRoot } from '../../src/app/identities.ts';
import { type EmbeddedPostgres, startPostgres } from '../../src/app/postgres.ts';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { postgresRoleManifest } from '../../src/responders/postgres-role/manifest.ts';
import { postgresRole } from '../../src/responders/postgres-role/responder.ts';
import { allowTargetSql, SETUP_DEFAULTS, setupSql } from '../../src/responders/postgres-role/setup.sql.ts';

const DATABASE = 'orders';
const VICTIM = 'c.victim';
const LONG_NAME = 'l'.repeat(63);
const { owner: OWNER, readUser: READER, writeUser: WRITER } = SETUP_DEFAULTS;
const quoted = pg.escapeIdentifier;

/** What the suite and the tests beside it do as the administrator of the target. */
export interface PostgresTarget extends ConformanceTarget {
  sql(text: string, values?: readonly unknown[]): Promise<readonly { readonly [column: string]: unknown }[]>;
  /** A connection as any login, whose password is that of the victim. */
  login(role: string): Promise<pg.Client>;
}

/** Starts a PostgreSQL of its own in a temporary folder, as an operator would set it up for Countersign. */
export async function startPostgresTarget(): Promise<PostgresTarget> {
  const home = await mkdtemp(join(tmpdir(), 'cs-target-'));
  await chmod(home, 0o755);
  const server = await startPostgres({
    home,
    identity: isRoot() ? IDENTITIES.demoTarget : undefined,
    fsync: false,
    superuser: 'allowed',
  });
  try {
    return await prepare(server, home);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function prepare(server: EmbeddedPostgres, home: string): Promise<PostgresTarget> {
  const password = () => `canary-${randomBytes(12).toString('hex')}`;
  const passwords = { read: password(), write: password(), victim: password() };
  const superuserUrl = await server.asSuperuser(async url => url);
  const first = new pg.Client({ connectionString: superuserUrl });
  await first.connect();
  await first.query(`CREATE DATABASE ${DATABASE}`);
  await first.end();
  const url = new URL(superuserUrl);
  url.pathname = `/${DATABASE}`;
  const admin = new pg.Client({ connectionString: url.toString() });
  admin.on('error', () => undefined);
  await admin.connect();
  const sql = async (text: string, values: readonly unknown[] = []) => (await admin.query(text, [...values])).rows;
  await admin.query(`
    CREATE TABLE ledger AS SELECT n AS id, 'line ' || n AS text FROM generate_series(1, 500) n;
    CREATE ROLE reports NOLOGIN; CREATE ROLE ops NOLOGIN; CREATE ROLE bystander LOGIN; CREATE ROLE ${quoted(LONG_NAME)} LOGIN;
    CREATE ROLE team LOGIN; GRANT team TO bystander; GRANT SELECT ON ledger TO reports, ops;
    ${setupSql({ ...SETUP_DEFAULTS, targets: ['bystander', LONG_NAME, 'team'] })}
    ALTER ROLE ${READER} PASSWORD '${passwords.read}'; ALTER ROLE ${WRITER} PASSWORD '${passwords.write}';`);
  await admin.query(victimSql(passwords.victim));
  const login = async (role: string, secret = passwords.victim) => {
    const client = new pg.Client({ connectionString: server.url(DATABASE, role, secret), application_name: 'exfil' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const proxy = await startProxy({ path: join(server.socketDir, '.s.PGSQL.5432') });
  const system: SystemConfig = {
    responder: 'postgres-role',
    system: 'orders-db',
    settings: { host: server.socketDir, port: '5432', database: DATABASE, tls: 'off' },
  };
  const isContained = async (name: string) =>
    (await sql('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [name]))[0]?.['rolcanlogin'] === false;
  const [contain, release] = postgresRoleManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const change = (name: string, apply: string, revert: string): Change => ({
    name,
    apply: async () => void (await admin.query(apply)),
    revert: async () => void (await admin.query(revert)),
  });
  const V = quoted(VICTIM);
  const makeAnew = `DROP OWNED BY ${V}; DROP ROLE ${V}; ${victimSql(passwords.victim)}`;
  return {
    responder: postgresRole,
    system,
    proxied: { ...system, settings: { ...system.settings, host: '127.0.0.1', port: String(proxy.port) } },
    proxy,
    secrets: { read: passwords.read, write: passwords.write, probe: JSON.stringify({ [VICTIM]: passwords.victim }) },
    contain,
    release,
    program: {
      module: new URL('../../src/responders/postgres-role/responder.ts', import.meta.url).href,
      name: 'postgresRole',
    },
    effect: 'proven',
    victim: VICTIM,
    sql,
    login,
    byHand: {
      name: 'a lock with psql',
      async apply() {
        const writer = await login(WRITER, passwords.write);
        try {
          const [row] = await sql(
            'SELECT oid::text, countersign.role_state(oid)::text AS state FROM pg_roles WHERE rolname = $1',
            [VICTIM],
          );
          await writer.query("SELECT countersign.lock_role($1, $2, 'by hand')", [row?.['oid'], row?.['state']]);
        } finally {
          await writer.end();
        }
      },
      revert: async () => void (await admin.query(`ALTER ROLE ${V} LOGIN`)),
    },
    async restore() {
      proxy.reset();
      await sql('SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = $1', [VICTIM]);
      if (await isContained(VICTIM)) await admin.query(`ALTER ROLE ${V} LOGIN`);
      await admin.query('TRUNCATE countersign.act');
    },
    snapshot: async () => JSON.stringify(await sql(SNAPSHOT_SQL)),
    async valueAt(path) {
      if (path === 'role.canLogin') return String(!(await isContained(VICTIM)));
      const [row] = await sql('SELECT count(*)::text AS open FROM pg_stat_activity WHERE usename = $1', [VICTIM]);
      return String(row?.['open']);
    },
    isContained,
    version: async () =>
      String((await sql('SELECT xmin::text AS version FROM pg_authid WHERE rolname = $1', [VICTIM]))[0]?.['version']),
    versionAfterPath: 'role.versionAfter',
    asksForChange: sent =>
      /\b(ALTER|INSERT|UPDATE|DELETE|CREATE|DROP|GRANT)\s|SELECT countersign\.(lock|unlock|end)_role|pg_terminate/i.test(
        sent.toString('latin1'),
      ),
    drifts: [
      change(
        'a rename',
        `ALTER ROLE ${V} RENAME TO renamed`,
        `ALTER ROLE renamed RENAME TO ${V}; ALTER ROLE ${V} PASSWORD '${passwords.victim}'`,
      ),
      change('a role of the same name made anew', makeAnew, makeAnew),
      change('a lock by somebody else', `ALTER ROLE ${V} NOLOGIN`, `ALTER ROLE ${V} LOGIN`),
      change('a new privilege', `ALTER ROLE ${V} CREATEDB`, `ALTER ROLE ${V} NOCREATEDB`),
      change('a new membership', `GRANT ops TO ${V}`, `REVOKE ops FROM ${V}`),
      change('somebody who gets its rights', `GRANT ${V} TO bystander`, `REVOKE ${V} FROM bystander`),
    ],
    driftsAfter: [
      change('a new password', `ALTER ROLE ${V} PASSWORD 'another'`, `ALTER ROLE ${V} PASSWORD '${passwords.victim}'`),
      change('a lock by somebody else on top', `ALTER ROLE ${V} NOLOGIN`, 'SELECT 1'),
      change('a new membership', `GRANT ops TO ${V}`, `REVOKE ops FROM ${V}`),
      change('a new setting', `ALTER ROLE ${V} SET work_mem = '8MB'`, `ALTER ROLE ${V} RESET work_mem`),
      change('an unlock by somebody else', `ALTER ROLE ${V} LOGIN`, 'SELECT 1'),
    ],
    scopes: scopesOf(change),
    forbidden: forbiddenOf(login, passwords),
    lie: { ...(await lieOf(admin)), system },
    containAlone: async () => void (await admin.query(`ALTER ROLE ${V} NOLOGIN`)),
    hold: async () => heldBy(await login(VICTIM)),
    rests: restsOn(admin, () => login(VICTIM)),
    untouchable: [
      { name: 'postgres', reason: 'not_expressible', isRefusedByTarget: true },
      { name: READER, reason: 'own_identity', isRefusedByTarget: true },
      { name: WRITER, reason: 'own_identity', isRefusedByTarget: true },
      { name: 'team', reason: 'not_expressible', isRefusedByTarget: true },
    ],
    hostileNames: [
      '',
      ' ',
      '*',
      '%',
      `${VICTIM}\0`,
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\n`,
      VICTIM.toUpperCase(),
      `${VICTIM}\u200b`,
      `\u202e${VICTIM}`,
      `${VICTIM}'`,
      `'${VICTIM}'`,
      `"${VICTIM}"`,
      `${VICTIM}"; ALTER ROLE bystander NOLOGIN; --`,
      `${VICTIM}' OR '1'='1`,
      'c\uff0evictim',
      `${LONG_NAME}l`,
      '\ud800',
      '../c.victim',
      '$(id)',
    ],
    hostileAccounts: [
      'x"; DROP ROLE "c.victim"; --',
      "o'brien",
      '%I %s $1',
      'back\\slash',
      '\u202etxet',
      'UPPER case',
      `${VICTIM} `,
      `"${VICTIM}"`,
    ],
    async makeHostile(name) {
      return change(name, `CREATE ROLE ${quoted(name)} LOGIN; ${allowTargetSql(name)}`, `DROP ROLE ${quoted(name)}`);
    },
    async close() {
      await proxy.close();
      await admin.end();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function victimSql(password: string): string {
  const V = quoted(VICTIM);
  return `CREATE ROLE ${V} LOGIN PASSWORD '${password}'; COMMENT ON ROLE ${V} IS E'external\ncountersign: person';
    GRANT reports TO ${V}; ${allowTargetSql(VICTIM)}`;
}

/** Roles with their rights, passwords, settings and memberships. Not xmin, and no oid: those move with every change. */
const SNAPSHOT_SQL = `
SELECT a.rolname, a.rolsuper, a.rolcreaterole, a.rolcreatedb, a.rolcanlogin, a.rolreplication, a.rolbypassrls, a.rolconnlimit, a.rolpassword, a.rolvaliduntil,
  (SELECT array_agg(concat(g.rolname, m.admin_option, m.inherit_option, m.set_option) ORDER BY g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = a.oid) AS member_of,
  (SELECT array_agg(s.setconfig::text ORDER BY s.setdatabase) FROM pg_db_role_setting s WHERE s.setrole = a.oid) AS settings,
  (SELECT count(*) FROM pg_class c WHERE c.relowner = a.oid) AS owns
FROM pg_authid a WHERE a.rolname NOT LIKE 'pg\\_%' ORDER BY a.rolname`;

function heldBy(client: pg.Client): HeldConnection {
  return {
    reads: async () => {
      try {
        const { rowCount } = await client.query('SELECT * FROM ledger LIMIT 10');
        return rowCount === 10;
      } catch {
        return false;
      }
    },
    close: async () => void (await client.end().catch(() => undefined)),
  };
}

function scopesOf(change: (name: string, apply: string, revert: string) => Change): readonly Change[] {
  const taken = (right: string, from: string) =>
    change(`${right} from ${from}`, `REVOKE ${right} FROM ${from}`, `GRANT ${right} TO ${from}`);
  return [
    ...['role_state(oid)', 'role_sessions(oid)'].map(name => taken(`EXECUTE ON FUNCTION countersign.${name}`, READER)),
    ...['lock_role', 'unlock_role', 'end_role_sessions'].map(name =>
      taken(`EXECUTE ON FUNCTION countersign.${name}(oid, jsonb, text)`, WRITER),
    ),
    taken('USAGE ON SCHEMA countersign', READER),
    taken('USAGE ON SCHEMA countersign', WRITER),
    taken('pg_signal_backend', OWNER),
    taken('pg_read_all_stats', OWNER),
    change(`ADMIN on the role from ${OWNER}`, `REVOKE ${quoted(VICTIM)} FROM ${OWNER}`, allowTargetSql(VICTIM)),
    change(`CREATEROLE from ${OWNER}`, `ALTER ROLE ${OWNER} NOCREATEROLE`, `ALTER ROLE ${OWNER} CREATEROLE`),
    change(
      'CONNECT on the database',
      `REVOKE CONNECT ON DATABASE ${DATABASE} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${DATABASE} TO PUBLIC`,
    ),
  ];
}

function forbiddenOf(
  login: (role: string, secret?: string) => Promise<pg.Client>,
  passwords: { readonly read: string; readonly write: string },
): ConformanceTarget['forbidden'] {
  const V = quoted(VICTIM);
  const statements = [
    `ALTER ROLE ${V} NOLOGIN`,
    `ALTER ROLE ${V} PASSWORD 'x'`,
    'CREATE ROLE intruder',
    `GRANT pg_signal_backend TO CURRENT_USER`,
    `SET ROLE ${OWNER}`,
    `SET ROLE ${V}`,
    'SELECT * FROM pg_authid',
    'SELECT * FROM ledger',
    'SELECT * FROM countersign.act',
    "INSERT INTO countersign.act (key, operation, target, before) VALUES ('k', 'lock', 10, '{}')",
    'DELETE FROM countersign.act',
    `SELECT countersign.begin_act('lock', '${V}'::regrole, '{}', 'k')`,
    'CREATE FUNCTION countersign.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  ];
  const changes = ['lock_role', 'unlock_role', 'end_role_sessions'].map(
    name => `SELECT countersign.${name}('${V}'::regrole, '{}', 'k')`,
  );
  const attempt = (role: string, secret: string, statement: string) => async () => {
    const client = await login(role, secret);
    try {
      await client.query(statement);
      return true;
    } catch (error) {
      return !(error instanceof pg.DatabaseError && error.code === '42501');
    } finally {
      await client.end();
    }
  };
  const endsOthers = (role: string, secret: string) => async () => {
    const victim = await login(VICTIM);
    try {
      return await attempt(
        role,
        secret,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${VICTIM}'`,
      )();
    } finally {
      await victim.end().catch(() => undefined);
    }
  };
  return [
    ...[...statements, ...changes].map(text => ({
      name: `read: ${text}`,
      isAllowed: attempt(READER, passwords.read, text),
    })),
    ...[...statements, `SELECT countersign.role_state(10)`].map(text => ({
      name: `write: ${text}`,
      isAllowed: attempt(WRITER, passwords.write, text),
    })),
    { name: 'read: end sessions of others', isAllowed: endsOthers(READER, passwords.read) },
    { name: 'write: end sessions of others', isAllowed: endsOthers(WRITER, passwords.write) },
  ];
}

/** The functions of the target, replaced by some that say that it is done. */
async function lieOf(admin: pg.Client): Promise<Change> {
  const names = ['lock_role', 'end_role_sessions'].map(name => `countersign.${name}(oid, jsonb, text)`);
  const { rows } = await admin.query<{ text: string }>(
    'SELECT pg_get_functiondef(f::regprocedure) AS text FROM unnest($1::text[]) f',
    [names],
  );
  const liar = `LANGUAGE sql AS $$ SELECT jsonb_build_object('outcome', 'applied', 'detail', 'done', 'signalled', '0', 'before', '{}'::jsonb) $$`;
  return {
    name: 'a lie',
    apply: async () => {
      for (const name of ['lock_role', 'end_role_sessions']) {
        await admin.query(
          `CREATE OR REPLACE FUNCTION countersign.${name}(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb ${liar}`,
        );
      }
    },
    revert: async () => {
      for (const { text } of rows) await admin.query(text);
    },
  };
}

function restsOn(admin: pg.Client, login: () => Promise<pg.Client>): ConformanceTarget['rests'] {
  let open: readonly pg.Client[] = [];
  return {
    name: 'what rests on it',
    mentions: [
      'owns 2 objects in database orders',
      'has the rights of role reports',
      'application \\"exfil\\"',
      'database orders',
      'session from local socket',
    ].map(text => text.replaceAll('\\"', '"')),
    apply: async () => {
      await admin.query(
        `CREATE TABLE mine (id int); CREATE TABLE mine_too (id int); ALTER TABLE mine OWNER TO ${quoted(VICTIM)}; ALTER TABLE mine_too OWNER TO ${quoted(VICTIM)}`,
      );
      open = [await login(), await login()];
    },
    revert: async () => {
      for (const client of open) await client.end();
      await admin.query('DROP TABLE mine, mine_too');
    },
  };
}
