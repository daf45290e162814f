import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { IDENTITIES, isRoot } from '../../src/app/identities.ts';
import { type EmbeddedPostgres, startPostgres } from '../../src/app/postgres.ts';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { ALLOW_OLD, END_OLD, ROTATE, TAKE_BACK } from '../../src/responders/postgres-rotation/manifest.ts';
import { postgresRotation } from '../../src/responders/postgres-rotation/responder.ts';
import {
  READ_FUNCTIONS,
  SETUP_DEFAULTS,
  setupSql,
  WRITE_FUNCTIONS,
} from '../../src/responders/postgres-rotation/setup.sql.ts';
import { filesIn } from './changes.ts';

const DATABASE = 'orders';
const A = 'orders_a';
const B = 'orders_b';
const { owner: OWNER, readUser: READER, writeUser: WRITER } = SETUP_DEFAULTS;
/** The attacker's, which shows in the plan. */
const EXFIL = 'exfil';

/** What stands in the file from which the consumers of the service read. */
export interface ServiceSecret {
  readonly user: string;
  readonly password: string;
}

/** What the tests beside the suite do as the administrator of the target and of the machine. */
export interface RotationTarget extends ConformanceTarget {
  readonly secretFile: string;
  readonly passwords: { readonly a: string; readonly b: string };
  sql(text: string, values?: readonly unknown[]): Promise<readonly { readonly [column: string]: unknown }[]>;
  login(role: string, password: string, application?: string): Promise<pg.Client>;
  secret(): Promise<ServiceSecret>;
  writeSecret(secret: ServiceSecret): Promise<void>;
  /** The log of the server, whole. */
  serverLog(): Promise<string>;
}

/** A service that uses login A, while B stands by. */
export function startRotationTarget(): Promise<RotationTarget> {
  return start('rotate');
}

/** A service that was moved to login B and uses it, while A may still log in. */
export function startEndingTarget(): Promise<RotationTarget> {
  return start('end-old');
}

async function start(stage: 'rotate' | 'end-old'): Promise<RotationTarget> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'cs-target-')));
  await chmod(home, 0o755);
  const server = await startPostgres({
    home,
    identity: isRoot() ? IDENTITIES.demoTarget : undefined,
    fsync: false,
    superuser: 'allowed',
    settings: { log_statement: 'all', log_min_duration_statement: '0', log_parameter_max_length: '-1' },
  });
  try {
    return await prepare(stage, server, home);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

interface Stage {
  readonly server: EmbeddedPostgres;
  readonly home: string;
  readonly admin: pg.Client;
  readonly secretFile: string;
  readonly passwords: { readonly read: string; readonly write: string; readonly a: string; readonly b: string };
}

async function prepare(stage: 'rotate' | 'end-old', server: EmbeddedPostgres, home: string): Promise<RotationTarget> {
  const password = () => `canary-${randomBytes(12).toString('hex')}`;
  const passwords = { read: password(), write: password(), a: password(), b: password() };
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
  await admin.query(`
    CREATE TABLE ledger AS SELECT n AS id, 'line ' || n AS text FROM generate_series(1, 500) n;
    CREATE ROLE orders_service NOLOGIN; CREATE ROLE ops NOLOGIN; GRANT SELECT, INSERT ON ledger TO orders_service;
    CREATE ROLE bystander LOGIN; CREATE ROLE ${A} LOGIN; CREATE ROLE ${B} NOLOGIN; GRANT orders_service TO ${A}, ${B};
    ${setupSql({ ...SETUP_DEFAULTS, pairs: [[A, B]] })}
    ALTER ROLE ${READER} PASSWORD '${passwords.read}'; ALTER ROLE ${WRITER} PASSWORD '${passwords.write}';`);
  const folder = join(home, 'secrets');
  await mkdir(folder, { mode: 0o700 });
  const parts = { server, home, admin, secretFile: join(folder, 'orders.json'), passwords };
  return stage === 'rotate' ? await rotationOf(parts) : await endingOf(parts);
}

/** What both stages have in common. */
async function commonOf({ server, home, admin, secretFile, passwords }: Stage) {
  const sql = async (text: string, values: readonly unknown[] = []) => (await admin.query(text, [...values])).rows;
  const urlOf = (role: string, secret: string) => server.url(DATABASE, role, secret);
  const login = async (role: string, secret: string, application = EXFIL) => {
    const client = new pg.Client({ connectionString: urlOf(role, secret), application_name: application });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const opens = async (role: string, secret: string) => {
    const client = await login(role, secret, 'administrator').catch(() => undefined);
    await client?.end();
    return client !== undefined;
  };
  const secret = async () => JSON.parse(await readFile(secretFile, 'utf8')) as ServiceSecret;
  const writeSecret = async (next: ServiceSecret) => {
    await rm(secretFile, { force: true });
    await writeFile(secretFile, JSON.stringify({ host: 'db', ...next, database: DATABASE }), { mode: 0o600 });
  };
  const proxy = await startProxy({ path: join(server.socketDir, '.s.PGSQL.5432') });
  const system: SystemConfig = {
    responder: 'postgres-rotation',
    system: 'orders-secret',
    settings: {
      host: server.socketDir,
      port: '5432',
      database: DATABASE,
      tls: 'off',
      loginA: A,
      loginB: B,
      secretFile,
      consumers: 'orders-api, nightly-export',
    },
  };
  const change = (name: string, apply: string, revert: string): Change => ({
    name,
    apply: async () => void (await admin.query(apply)),
    revert: async () => void (await admin.query(revert)),
  });
  const others = async (...roles: readonly string[]) => {
    await sql('SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = ANY($1)', [roles]);
  };
  const canLogin = async (role: string) =>
    String((await sql('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [role]))[0]?.['rolcanlogin']);
  const xminOf = async (role: string) =>
    String((await sql('SELECT xmin::text AS version FROM pg_authid WHERE rolname = $1', [role]))[0]?.['version']);
  return {
    sql,
    login,
    opens,
    secret,
    writeSecret,
    change,
    others,
    canLogin,
    xminOf,
    secretFile,
    serverLog: () => readFile(join(home, 'log'), 'utf8').catch(() => serverLogIn(home)),
    responder: postgresRotation,
    system,
    proxied: { ...system, settings: { ...system.settings, host: '127.0.0.1', port: String(proxy.port) } },
    proxy,
    secrets: { read: passwords.read, write: passwords.write, probe: JSON.stringify({ [A]: passwords.a }) },
    passwords,
    program: {
      module: new URL('../../src/responders/postgres-rotation/responder.ts', import.meta.url).href,
      name: 'postgresRotation',
    },
    victim: A,
    hold: async () => heldBy(await login(A, passwords.a)),
    snapshot: async () => JSON.stringify([await sql(SNAPSHOT_SQL), await filesIn(dirname(secretFile))]),
    asksForChange: (sent: Buffer) =>
      /\b(ALTER|INSERT|UPDATE|DELETE|CREATE|DROP|GRANT)\s|SELECT countersign_rotation\.(hand_over|take_back|end_old|allow_old|end_sessions)|pg_terminate/i.test(
        sent.toString('latin1'),
      ),
    forbidden: forbiddenOf(login, passwords),
    hostileNames: HOSTILE_NAMES,
    hostileAccounts: [],
    makeHostile: async () => undefined,
    async close() {
      await proxy.close();
      await admin.end();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function serverLogIn(home: string): Promise<string> {
  const names = (await readdir(home)).filter(name => name.includes('log'));
  return (await Promise.all(names.map(name => readFile(join(home, name), 'utf8')))).join('\n');
}

async function rotationOf(parts: Stage): Promise<RotationTarget> {
  const { admin, passwords, secretFile } = parts;
  const common = await commonOf(parts);
  const { change, sql, canLogin } = common;
  const atRest = async () => {
    await common.others(A, B);
    await admin.query(
      `ALTER ROLE ${A} LOGIN PASSWORD '${passwords.a}'; ALTER ROLE ${B} NOLOGIN PASSWORD NULL; TRUNCATE countersign_rotation.act`,
    );
    for (const name of await readdir(join(secretFile, '..'))) await rm(join(secretFile, '..', name), { force: true });
    await common.writeSecret({ user: A, password: passwords.a });
  };
  await atRest();
  const file = (name: string, apply: () => Promise<void>): Change => ({ name, apply, revert: async () => undefined });
  return {
    ...common,
    contain: ROTATE,
    release: TAKE_BACK,
    effect: 'unproven',
    leavesSessions: true,
    async restore() {
      common.proxy.reset();
      await atRest();
    },
    async valueAt(path) {
      return path === 'file.login' ? (await common.secret()).user : await canLogin(B);
    },
    async isContained(name) {
      const { user, password } = await common.secret();
      return user !== name && (await common.opens(user, password));
    },
    version: () => common.xminOf(B),
    versionAfterPath: 'standby.versionAfter',
    drifts: [
      change('a rename of the login in use', `ALTER ROLE ${A} RENAME TO renamed`, `ALTER ROLE renamed RENAME TO ${A}`),
      change('a rename of the other login', `ALTER ROLE ${B} RENAME TO renamed`, `ALTER ROLE renamed RENAME TO ${B}`),
      change('a lock of the login in use', `ALTER ROLE ${A} NOLOGIN`, `ALTER ROLE ${A} LOGIN`),
      change('somebody who opened the other login', `ALTER ROLE ${B} LOGIN`, `ALTER ROLE ${B} NOLOGIN`),
      change('a password for the other login', `ALTER ROLE ${B} PASSWORD 'x'`, `ALTER ROLE ${B} PASSWORD NULL`),
      change('a new privilege', `ALTER ROLE ${B} CREATEDB`, `ALTER ROLE ${B} NOCREATEDB`),
      change('a right that only one has', `GRANT ops TO ${A}`, `REVOKE ops FROM ${A}`),
      change('a right that only the other has not', `REVOKE orders_service FROM ${B}`, `GRANT orders_service TO ${B}`),
      file('another file', () => common.writeSecret({ user: A, password: passwords.a })),
      file('a link in its place', async () => {
        await writeFile(join(parts.home, 'elsewhere'), JSON.stringify({ user: A, password: passwords.a }));
        await rm(secretFile);
        await symlink(join(parts.home, 'elsewhere'), secretFile);
      }),
    ],
    driftsAfter: [
      change('a new password of the new login', `ALTER ROLE ${B} PASSWORD 'another'`, 'SELECT 1'),
      change('a lock of the old login', `ALTER ROLE ${A} NOLOGIN`, `ALTER ROLE ${A} LOGIN`),
      file('another file', async () => common.writeSecret(await common.secret())),
      file('no file before', () => rm(`${secretFile}.before`)),
    ],
    scopes: [...scopesOf(change), ...fileScopesOf(secretFile)],
    lie: { ...lieOf(parts, sql), system: common.system },
    containAlone: async () => {
      await admin.query(`ALTER ROLE ${B} LOGIN PASSWORD '${passwords.b}'`);
      await common.writeSecret({ user: B, password: passwords.b });
    },
    rests: restsOn(admin, () => common.login(A, passwords.a)),
    untouchable: [{ name: B, reason: 'already_in_effect', isRefusedByTarget: true }],
  };
}

async function endingOf(parts: Stage): Promise<RotationTarget> {
  const { admin, passwords } = parts;
  const common = await commonOf(parts);
  const { change, sql, canLogin } = common;
  let consumer: pg.Client | undefined;
  const moved = async () => {
    await common.others(A, B);
    await admin.query(`ALTER ROLE ${A} LOGIN PASSWORD '${passwords.a}'; ALTER ROLE ${B} LOGIN PASSWORD '${passwords.b}';
      TRUNCATE countersign_rotation.act;
      INSERT INTO countersign_rotation.act (key, operation, target, partner, before)
        VALUES ('earlier', 'rotate', '${A}'::regrole, '${B}'::regrole, '{}')`);
    await common.writeSecret({ user: B, password: passwords.b });
    consumer = await common.login(B, passwords.b, 'orders-api');
  };
  await moved();
  return {
    ...common,
    contain: END_OLD,
    release: ALLOW_OLD,
    effect: 'proven',
    async restore() {
      common.proxy.reset();
      await moved();
    },
    async valueAt(path) {
      if (path === 'login.canLogin') return await canLogin(A);
      const [row] = await sql('SELECT count(*)::text AS open FROM pg_stat_activity WHERE usename = $1', [A]);
      return String(row?.['open']);
    },
    isContained: async name => (await canLogin(name)) === 'false',
    version: () => common.xminOf(A),
    versionAfterPath: 'login.versionAfter',
    drifts: [
      change('a rename', `ALTER ROLE ${A} RENAME TO renamed`, `ALTER ROLE renamed RENAME TO ${A}`),
      change('a lock by somebody else', `ALTER ROLE ${A} NOLOGIN`, `ALTER ROLE ${A} LOGIN`),
      change('a new privilege', `ALTER ROLE ${A} CREATEDB`, `ALTER ROLE ${A} NOCREATEDB`),
      change('a lock of the new login', `ALTER ROLE ${B} NOLOGIN`, `ALTER ROLE ${B} LOGIN`),
      {
        name: 'a service that went back to the old one',
        apply: () => common.writeSecret({ user: A, password: passwords.a }),
        revert: () => common.writeSecret({ user: B, password: passwords.b }),
      },
      {
        name: 'a consumer that left the new login',
        apply: async () => {
          await consumer?.end();
          await common.others(B);
        },
        revert: async () => {
          consumer = await common.login(B, passwords.b, 'orders-api');
        },
      },
    ],
    driftsAfter: [
      change('a new password', `ALTER ROLE ${A} PASSWORD 'another'`, 'SELECT 1'),
      change('a lock by somebody else on top', `ALTER ROLE ${A} NOLOGIN`, 'SELECT 1'),
      change('a new privilege', `ALTER ROLE ${A} CREATEDB`, `ALTER ROLE ${A} NOCREATEDB`),
      change('an unlock by somebody else', `ALTER ROLE ${A} LOGIN`, 'SELECT 1'),
    ],
    scopes: [...scopesOf(change), ...fileScopesOf(parts.secretFile)],
    lie: { ...(await endingLieOf(admin)), system: common.system },
    containAlone: async () => void (await admin.query(`ALTER ROLE ${A} NOLOGIN`)),
    rests: restsOn(admin, () => common.login(A, passwords.a)),
    untouchable: [{ name: B, reason: 'not_settled', isRefusedByTarget: true }],
  };
}

/** Both logins with their rights and passwords, and every file beside the secret's. No xmin: that moves with every change. */
const SNAPSHOT_SQL = `
SELECT a.rolname, a.rolsuper, a.rolcreaterole, a.rolcreatedb, a.rolcanlogin, a.rolconnlimit, a.rolpassword, a.rolvaliduntil,
  (SELECT array_agg(concat(g.rolname, m.admin_option, m.inherit_option, m.set_option) ORDER BY g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = a.oid) AS member_of
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
  const admin = (role: string) =>
    change(
      `ADMIN on ${role} from ${OWNER}`,
      `REVOKE ${role} FROM ${OWNER}`,
      `GRANT ${role} TO ${OWNER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    );
  return [
    ...READ_FUNCTIONS.map(signature => taken(`EXECUTE ON FUNCTION ${signature}`, READER)),
    ...WRITE_FUNCTIONS.map(signature => taken(`EXECUTE ON FUNCTION ${signature}`, WRITER)),
    taken('USAGE ON SCHEMA countersign_rotation', READER),
    taken('USAGE ON SCHEMA countersign_rotation', WRITER),
    taken('pg_signal_backend', OWNER),
    taken('pg_read_all_stats', OWNER),
    admin(A),
    admin(B),
    change(
      'the pair',
      'DELETE FROM countersign_rotation.pair',
      `INSERT INTO countersign_rotation.pair VALUES ('${A}'::regrole, '${B}'::regrole)`,
    ),
    change(`CREATEROLE from ${OWNER}`, `ALTER ROLE ${OWNER} NOCREATEROLE`, `ALTER ROLE ${OWNER} CREATEROLE`),
    change(
      'CONNECT on the database',
      `REVOKE CONNECT ON DATABASE ${DATABASE} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${DATABASE} TO PUBLIC`,
    ),
  ];
}

function fileScopesOf(secretFile: string): readonly Change[] {
  const folder = join(secretFile, '..');
  return [
    {
      name: 'a folder that only the executor writes into',
      apply: () => chmod(folder, 0o777),
      revert: () => chmod(folder, 0o700),
    },
    {
      name: 'a file that only its owner writes',
      apply: () => chmod(secretFile, 0o660),
      revert: () => chmod(secretFile, 0o600),
    },
  ];
}

function forbiddenOf(
  login: (role: string, secret: string) => Promise<pg.Client>,
  passwords: Stage['passwords'],
): ConformanceTarget['forbidden'] {
  const statements = [
    `ALTER ROLE ${A} NOLOGIN`,
    `ALTER ROLE ${B} PASSWORD 'x'`,
    'CREATE ROLE intruder',
    `SET ROLE ${OWNER}`,
    `SET ROLE ${A}`,
    'SELECT * FROM pg_authid',
    'SELECT * FROM ledger',
    'SELECT * FROM countersign_rotation.act',
    'SELECT * FROM countersign_rotation.pair',
    `INSERT INTO countersign_rotation.pair VALUES ('bystander'::regrole, 'ops'::regrole)`,
    `SELECT countersign_rotation.begin_act('rotate', '${A}'::regrole, '{}', 'k')`,
    'CREATE FUNCTION countersign_rotation.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  ];
  const changes = [
    `SELECT countersign_rotation.hand_over('${A}'::regrole, '{}', 'k', 'x')`,
    ...['take_back', 'end_old', 'allow_old'].map(
      name => `SELECT countersign_rotation.${name}('${A}'::regrole, '{}', 'k')`,
    ),
    `SELECT countersign_rotation.end_sessions('${A}'::regrole, 'k')`,
  ];
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
  const looks = READ_FUNCTIONS.map(signature => `SELECT ${signature.replace('oid', '10')}`);
  return [
    ...[...statements, ...changes].map(text => ({
      name: `read: ${text}`,
      isAllowed: attempt(READER, passwords.read, text),
    })),
    ...[...statements, ...looks].map(text => ({
      name: `write: ${text}`,
      isAllowed: attempt(WRITER, passwords.write, text),
    })),
    ...['bystander', OWNER, 'orders_service'].map(name => ({
      name: `write: a password for ${name}, which is in no pair`,
      isAllowed: async () => {
        const client = await login(WRITER, passwords.write);
        try {
          const { rows } = await client.query<{ answer: { outcome: string } }>(
            `SELECT countersign_rotation.hand_over('${name}'::regrole, '{}', 'k', $1) AS answer`,
            [`SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`],
          );
          return rows[0]?.answer.outcome !== 'refused';
        } finally {
          await client.end();
        }
      },
    })),
  ];
}

/** The server takes any password of the new login, and its function sets none: everything looks as if it had been done. */
function lieOf({ home, admin }: Stage, sql: RotationTarget['sql']): Change {
  const hba = join(home, 'cluster', 'pg_hba.conf');
  let [honest, text] = ['', ''];
  const reload = async () => {
    await sql('SELECT pg_reload_conf()');
    await new Promise(resolve => setTimeout(resolve, 200));
  };
  return {
    name: 'a lie',
    apply: async () => {
      const signature = WRITE_FUNCTIONS[0];
      honest = String((await sql('SELECT pg_get_functiondef($1::regprocedure) AS text', [signature]))[0]?.['text']);
      text = await readFile(hba, 'utf8');
      await writeFile(hba, `local all ${B} trust\n${text}`);
      await admin.query(`CREATE OR REPLACE FUNCTION countersign_rotation.hand_over(p_target oid, p_expected jsonb, p_key text, p_verifier text)
        RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('outcome', 'applied', 'detail', 'done', 'before', '{}'::jsonb) $$;
        ALTER ROLE ${B} LOGIN`);
      await reload();
    },
    revert: async () => {
      await writeFile(hba, text);
      await admin.query(honest);
      await reload();
    },
  };
}

async function endingLieOf(admin: pg.Client): Promise<Change> {
  const { rows } = await admin.query<{ text: string }>(
    'SELECT pg_get_functiondef(f::regprocedure) AS text FROM unnest($1::text[]) f',
    [['countersign_rotation.end_old(oid, jsonb, text)', 'countersign_rotation.end_sessions(oid, text)']],
  );
  const liar = (outcome: string) =>
    `LANGUAGE sql AS $$ SELECT jsonb_build_object('outcome', '${outcome}', 'detail', 'done', 'signalled', '0', 'before', '{}'::jsonb) $$`;
  return {
    name: 'a lie',
    apply: async () => {
      await admin.query(
        `CREATE OR REPLACE FUNCTION countersign_rotation.end_old(p_target oid, p_expected jsonb, p_key text) RETURNS jsonb ${liar('applied')};
         CREATE OR REPLACE FUNCTION countersign_rotation.end_sessions(p_target oid, p_key text) RETURNS jsonb ${liar('already_applied')}`,
      );
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
      'orders-api reads the file of the secret',
      'nightly-export reads the file of the secret',
      'itself owns 1 objects in database orders',
      'has the rights of role orders_service',
      'application "exfil"',
      'session from local socket',
    ],
    apply: async () => {
      await admin.query(`CREATE TABLE mine (id int); ALTER TABLE mine OWNER TO ${A}`);
      open = [await login(), await login()];
    },
    revert: async () => {
      for (const client of open) await client.end();
      await admin.query('DROP TABLE mine');
    },
  };
}

const HOSTILE_NAMES = [
  '',
  ' ',
  '*',
  '%',
  `${A}\0`,
  `${A} `,
  ` ${A}`,
  `${A}\n`,
  A.toUpperCase(),
  `${A}\u200b`,
  `\u202e${A}`,
  `${A}'`,
  `"${A}"`,
  `${A}"; ALTER ROLE bystander NOLOGIN; --`,
  `${A}' OR '1'='1`,
  'orders\uff3fa',
  'bystander',
  'postgres',
  READER,
  '\ud800',
  '../orders_a',
  '$(id)',
];
