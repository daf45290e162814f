import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE, notHere, startServer } from './server-process.ts';

export const NO_KEYSTONE =
  NOT_IN_THIS_LANE ?? notHere('keystone-manage', 'keystone') ?? notHere('keystone-wsgi-public', 'keystone');

/** The rights of the two roles of the README; whatever is not named here is as Keystone has it, so the administrator's. */
const POLICY = {
  'identity:get_user': 'rule:admin_required or role:countersign_read',
  'identity:list_users': 'rule:admin_required or role:countersign_read',
  'identity:list_role_assignments': 'rule:admin_required or role:countersign_read',
  'identity:list_application_credentials': 'rule:admin_required or role:countersign_read or rule:owner',
  'identity:update_user': 'rule:admin_required or role:countersign_write',
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
  /** The administrator that it is set up with. */
  readonly admin: Ask;
  readonly project: string;
  stop(): Promise<void>;
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
  const logInTo = async (user: object, project: object) => {
    const auth = { identity: { methods: ['password'], password: { user } }, scope: { project } };
    const headers = { 'content-type': 'application/json' };
    const { status, token } = await asked('/auth/tokens', { method: 'POST', headers, body: JSON.stringify({ auth }) });
    return status === 201 ? token : undefined;
  };
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
    askWith,
    admin,
    project,
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
