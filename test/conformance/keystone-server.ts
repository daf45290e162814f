import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE, notHere, startServer } from './server-process.ts';

export const NO_KEYSTONE =
  NOT_IN_THIS_LANE ?? notHere('keystone-manage', 'keystone') ?? notHere('keystone-wsgi-public', 'keystone');

/** Who may look at a token where nobody changed it. */
const VALIDATORS =
  'rule:admin_required or (role:reader and system_scope:all) or rule:service_role or rule:token_subject';

/** The rights of the two roles of the README; whatever is not named here is as Keystone has it, so the administrator's. */
const POLICY = {
  'identity:get_user': 'rule:admin_required or role:countersign_read',
  'identity:list_users': 'rule:admin_required or role:countersign_read',
  'identity:list_role_assignments': 'rule:admin_required or role:countersign_read',
  'identity:list_application_credentials': 'rule:admin_required or role:countersign_read or rule:owner',
  'identity:update_user': 'rule:admin_required or role:countersign_write',
  'identity:delete_application_credential': 'rule:admin_required or role:countersign_keys or rule:owner',
  'identity:validate_token': `${VALIDATORS} or role:countersign_read`,
};

const config = (home: string) => `[DEFAULT]
log_file = ${home}/log
[database]
connection = sqlite:///${home}/keystone.db
[fernet_tokens]
key_repository = ${home}/fernet
[identity]
password_hash_rounds = 4
[oslo_policy]
policy_file = ${home}/policy.yaml
`;

/** One request of somebody who is logged in. */
export type Ask = (
  method: string,
  path: string,
  body?: object,
) => Promise<{ readonly status: number; readonly body: unknown }>;

export interface Keystone {
  readonly port: number;
  readonly url: (port?: number) => string;
  /** A token, for the project in which everybody here has their roles; undefined where the login is refused. */
  logIn(user: string, password: string): Promise<string | undefined>;
  readonly askWith: (token: string) => Ask;
  /** A token by an application credential; undefined where it is refused. */
  logInByKey(id: string, secret: string): Promise<string | undefined>;
  /** Whether those whose role reads may look at tokens, too. */
  letLookAtTokens(may: boolean): Promise<void>;
  /** The administrator that it is set up with. */
  readonly admin: Ask;
  readonly project: string;
  /**
   * What Keystone keeps of an application credential, and a way to put it back under its own id: Keystone itself can only make
   * another one.
   */
  keepKey(id: string): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** Takes rows of application credentials out of Keystone's database, and puts them in again. */
const ROWS = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
db.row_factory = sqlite3.Row
given = json.load(sys.stdin)
def rows(query, value): return [dict(row) for row in db.execute(query, (value,))]
def put(table, row):
    names = ', '.join(row)
    db.execute('INSERT OR IGNORE INTO %s (%s) VALUES (%s)' % (table, names, ', '.join('?' * len(row))), list(row.values()))
if isinstance(given, str):
    keys = rows('SELECT * FROM application_credential WHERE id = ?', given)
    roles = rows('SELECT * FROM application_credential_role WHERE application_credential_id = ?', keys[0]['internal_id'])
    rules = rows('SELECT * FROM application_credential_access_rule WHERE application_credential_id = ?', keys[0]['internal_id'])
    print(json.dumps({'application_credential': keys, 'application_credential_role': roles, 'application_credential_access_rule': rules}))
else:
    for table, list_ in given.items():
        for row in list_: put(table, row)
    db.commit()
`;

function askRows(database: string, given: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', ['-c', ROWS, database], (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdin?.end(JSON.stringify(given));
  });
}

/** Starts a Keystone of its own on SQLite, with nobody but its administrator. */
export async function startKeystone(): Promise<Keystone> {
  const home = await mkdtemp(join(tmpdir(), 'cs-keystone-'));
  const port = await freePort();
  const url = (other = port) => `http://127.0.0.1:${other}/v3`;
  const file = join(home, 'keystone.conf');
  await mkdir(join(home, 'fernet'), { mode: 0o700 });
  await writeFile(file, config(home));
  await writeFile(join(home, 'policy.yaml'), JSON.stringify(POLICY));
  const run = (...args: readonly string[]) => promisify(execFile)('keystone-manage', ['--config-file', file, ...args]);
  await run('db_sync');
  await run('fernet_setup', '--keystone-user', 'root', '--keystone-group', 'root');
  await run('bootstrap', '--bootstrap-password', ADMIN_PASSWORD);
  // A look that is not over yet keeps nobody from writing.
  const journal = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')";
  await promisify(execFile)('/usr/bin/python3', ['-c', journal, join(home, 'keystone.db')]);
  const server = await startServer('keystone-wsgi-public', ['--host', '127.0.0.1', '--port', String(port)], port, {
    OS_KEYSTONE_CONFIG_FILES: file,
  });
  const asked = async (path: string, init: RequestInit) => {
    const answer = await fetch(url() + path, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
    const text = await answer.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: answer.status, body, token: answer.headers.get('x-subject-token') ?? undefined };
  };
  const authenticate = async (auth: object) => {
    const headers = { 'content-type': 'application/json' };
    const { status, token } = await asked('/auth/tokens', { method: 'POST', headers, body: JSON.stringify({ auth }) });
    return status === 201 ? token : undefined;
  };
  const logInTo = (user: object, project: object) =>
    authenticate({ identity: { methods: ['password'], password: { user } }, scope: { project } });
  const askWith = (token: string): Ask => {
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
    return (method, path, body) =>
      asked(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  };
  const domain = { id: 'default' };
  const token = await logInTo({ name: 'admin', domain, password: ADMIN_PASSWORD }, { name: 'admin', domain });
  if (token === undefined) throw new Error('the administrator logs in');
  const admin = askWith(token);
  const project = idOf(
    (await admin('POST', '/projects', { project: { name: 'soc', domain_id: 'default' } })).body,
    'project',
  );
  return {
    port,
    url,
    logIn: (user, password) => logInTo({ id: user, password }, { id: project }),
    logInByKey: (id, secret) =>
      authenticate({ identity: { methods: ['application_credential'], application_credential: { id, secret } } }),
    async letLookAtTokens(may) {
      const rules = may ? POLICY : { ...POLICY, 'identity:validate_token': VALIDATORS };
      await writeFile(join(home, 'policy.yaml'), JSON.stringify(rules));
    },
    askWith,
    admin,
    project,
    async keepKey(id) {
      const database = join(home, 'keystone.db');
      const kept: unknown = JSON.parse(await askRows(database, id));
      return async () => void (await askRows(database, kept));
    },
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

const ADMIN_PASSWORD = 'made-for-this-test';
const ANSWER_MS = 10_000;

/** The id of what was just made. */
export function idOf(body: unknown, member: string): string {
  const made = (body as { readonly [name: string]: { readonly id?: string } | undefined } | undefined)?.[member];
  if (made?.id === undefined) throw new Error(`no ${member} was made: ${JSON.stringify(body)}`);
  return made.id;
}
