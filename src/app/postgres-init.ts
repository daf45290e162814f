import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { giveTo, type Identity } from './identities.ts';
import type { PostgresPrograms } from './postgres-binary.ts';
import { Refusal } from './refusal.ts';

/** PostgreSQL's own name for its first role. */
export const SUPERUSER = 'postgres';

const INITDB_ARGS = [
  `--username=${SUPERUSER}`,
  '--auth-local=scram-sha-256',
  '--auth-host=reject',
  '--encoding=UTF8',
  // The same order and the same letters on every machine, whatever its system's locales are.
  '--no-locale',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
];
/** What its processes see of our environment: nothing. */
export const POSTGRES_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Makes a database cluster at `cluster`, owned by `identity` (undefined: by ourselves).
 *
 * Made beside its place and renamed when whole: a crash half-way leaves nothing that a later start takes for a cluster.
 *
 * As root: `initdb` looks its user up by number in the list of accounts, and our ids have no account. So it runs as
 * some ordinary account (nobody), and the folder is given to `identity` afterwards.
 */
export async function initialiseCluster(
  programs: PostgresPrograms,
  cluster: string,
  password: string,
  identity: Identity | undefined,
  fsync: boolean,
): Promise<void> {
  const making = `${cluster}.making`;
  const passwordFile = `${cluster}.password`;
  await rm(making, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  const helper = identity === undefined ? undefined : await ordinaryAccount();
  await mkdir(making, { mode: 0o700 });
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (helper !== undefined) {
      await chown(making, helper.uid, helper.gid);
      await chown(passwordFile, helper.uid, helper.gid);
    }
    const args = [`--pgdata=${making}`, `--pwfile=${passwordFile}`, ...INITDB_ARGS, ...(fsync ? [] : ['--no-sync'])];
    await runInitdb(programs.initdb, args, helper);
  } finally {
    await rm(passwordFile, { force: true });
  }
  if (identity !== undefined) await giveTo(identity, making);
  await rename(making, cluster);
}

async function runInitdb(initdb: string, args: readonly string[], as: Identity | undefined): Promise<void> {
  const first = await run(initdb, args, as);
  if (first.ok) return;
  if (/could not look up effective user ID/.test(first.output)) {
    // In a user namespace our number can be mapped to one that has an account. Not every system allows that.
    const { uid } = await ordinaryAccount();
    const mapped = await run('unshare', ['--user', `--map-user=${uid}`, '--', initdb, ...args], undefined);
    if (mapped.ok) return;
    throw new Refusal(
      `cannot make a database as user ${process.getuid?.()}: this number has no account, which PostgreSQL's initdb needs; add a line to /etc/passwd, start as another user, or set DATABASE_URL.`,
    );
  }
  if (/No space left on device|Disk quota exceeded/.test(first.output)) {
    throw new Refusal(
      'cannot make the database: the disk is full; free some space, or choose another disk with --data.',
    );
  }
  if (first.notStarted) {
    throw new Refusal(
      `no usable PostgreSQL program: ${initdb} does not run on this system (it needs a Linux with glibc, or macOS); set DATABASE_URL to a PostgreSQL 15 or newer instead.`,
    );
  }
  throw new Refusal(`cannot make the database: ${lastLine(first.output)}`);
}

interface Ran {
  readonly ok: boolean;
  readonly notStarted: boolean;
  readonly output: string;
}

function run(program: string, args: readonly string[], as: Identity | undefined): Promise<Ran> {
  return new Promise(resolve => {
    const options = { env: POSTGRES_ENV, cwd: '/', ...(as === undefined ? {} : { uid: as.uid, gid: as.gid }) };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error?.code;
      // 126 and 127: found but not runnable, as the loader and shells say it.
      const notStarted = typeof code === 'string' || code === 126 || code === 127;
      resolve({ ok: error === null, notStarted, output: `${stdout}\n${stderr}\n${error?.message ?? ''}` });
    });
  });
}

function lastLine(output: string): string {
  const lines = output.split('\n').filter(line => /error|fatal|could not/i.test(line));
  return lines.at(0) ?? output.trim().slice(-300);
}

/** The account `nobody`, or where there is none any account that is not root's. */
async function ordinaryAccount(): Promise<Identity> {
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map(line => line.split(':'))
    .filter(fields => Number(fields[2]) > 0 && Number(fields[3]) > 0)
    .map(fields => ({ name: fields[0], uid: Number(fields[2]), gid: Number(fields[3]) }));
  const chosen = accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  if (chosen === undefined) {
    throw new Refusal(
      "cannot make a database: /etc/passwd lists no account but root's, and PostgreSQL's initdb refuses to run as root; add one, or set DATABASE_URL.",
    );
  }
  return { uid: chosen.uid, gid: chosen.gid };
}
