import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { closedTo, type Identity, SOCKET_GID } from './identities.ts';
import { findPostgres } from './postgres-binary.ts';
import { initialiseCluster, POSTGRES_ENV, SUPERUSER } from './postgres-init.ts';
import { isPostgresOf, stopLeftoverPostgres } from './postgres-leftover.ts';
import { fileRefusal, Refusal } from './refusal.ts';

export interface PostgresOptions {
  /** A folder for this server alone; made if it isn't there. Holds the cluster, its socket, its log and its password. */
  readonly home: string;
  /** What it runs as. Undefined: as ourselves, which PostgreSQL refuses for root. */
  readonly identity: Identity | undefined;
  /** False loses data when the machine stops: for tests only. */
  readonly fsync: boolean;
  /** `rejected`: its superuser may connect only inside {@link EmbeddedPostgres.asSuperuser}. */
  readonly superuser: 'rejected' | 'allowed';
  /** Further settings, by their names in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of ours: a child process that listens on a Unix socket only. */
export interface EmbeddedPostgres {
  readonly pid: number;
  readonly socketDir: string;
  /** Settles when the process has ended, for whatever reason. Never rejects. */
  readonly ended: Promise<string>;
  /**
   * Runs `work` with a connection string of the superuser for the database `postgres`. With `superuser: 'rejected'`
   * the door is opened for as long as `work` runs and is shut, and known to be shut, when this settles.
   */
  asSuperuser<T>(work: (url: string) => Promise<T>): Promise<T>;
  /** Where `user` connects to `database`. */
  url(database: string, user: string, password: string): string;
  /** Ends its sessions, writes a checkpoint and ends the process. Safe to call twice. */
  stop(): Promise<void>;
}

const PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${PORT}`;
/** `sun_path` without its closing zero byte. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'darwin' ? 103 : 107;
/** Crash recovery of a large database may take minutes. */
const START_WAIT_MS_MAX = 600_000;
const STOP_WAIT_MS_MAX = 30_000;
const RELOAD_WAIT_MS_MAX = 15_000;
const POLL_MS = 10;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Starts the PostgreSQL of `options.home`, and makes it first where there is none.
 *
 * The caller must hold the lock of the data directory: a server that still runs there is taken for an orphan of a
 * supervisor that was killed, and is stopped first. What it had committed is kept.
 *
 * Throws a {@link Refusal} where a person has to do something.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { home, identity } = options;
  await prepareHome(home, identity);
  const cluster = join(home, 'cluster');
  const programs = await findPostgres(home, identity);
  const password = await superuserPassword(home);
  const hasCluster = await stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (hasCluster) await stopLeftoverPostgres(cluster);
  else await initialiseCluster(programs, cluster, password, identity, options.fsync);
  const socketDir = await prepareSocketDir(home, identity);
  await writeDoor(cluster, options.superuser, identity);
  const launched = await launch(programs.postgres, cluster, socketDir, options);
  return running(launched, cluster, socketDir, password, options);
}

async function prepareHome(home: string, identity: Identity | undefined): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await chmod(home, identity === undefined ? 0o700 : 0o711);
  } catch (error) {
    throw fileRefusal(error, home);
  }
  const closed = identity === undefined ? undefined : await closedTo(identity, home);
  if (closed !== undefined) {
    throw new Refusal(
      `cannot keep a database below ${closed}: as root each process runs as a user of its own, and others may not enter that folder; choose a directory such as /var/lib/countersign with --data.`,
    );
  }
}

/** Made once, with the cluster. Only whoever may read this file can ask to be superuser. */
async function superuserPassword(home: string): Promise<string> {
  const file = join(home, 'superuser-password');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const made = randomBytes(32).toString('base64url');
  await writeFile(file, made, { mode: 0o600 });
  return made;
}

/**
 * The folder of the socket. As root only PostgreSQL, and the group that server and executor share, may enter it.
 * A Unix socket's path is short by the kernel's definition: where ours would be too long, a fresh private folder is
 * made elsewhere, and its name kept so that a later start can remove it after a crash.
 */
async function prepareSocketDir(home: string, identity: Identity | undefined): Promise<string> {
  const note = join(home, 'short-socket-dir');
  const left = await readFile(note, 'utf8').catch(() => '');
  if (left !== '') await rm(left, { recursive: true, force: true });
  await rm(note, { force: true });
  let dir = join(home, 'socket');
  if (Buffer.byteLength(join(dir, SOCKET_NAME)) > SOCKET_PATH_BYTES_MAX) {
    const base = Buffer.byteLength(tmpdir()) > 60 ? '/tmp' : tmpdir();
    dir = await mkdtemp(join(base, 'countersign-'));
    await writeFile(note, dir, { mode: 0o600 });
  } else {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
  if (identity !== undefined) {
    await chown(dir, identity.uid, SOCKET_GID);
    await chmod(dir, 0o710);
  }
  return dir;
}

/** Who may connect, as pg_hba.conf says it. Replaced by a rename, so PostgreSQL never reads half of it. */
async function writeDoor(cluster: string, superuser: 'rejected' | 'allowed', identity: Identity | undefined) {
  const method = superuser === 'rejected' ? 'reject' : 'scram-sha-256';
  const unfinished = join(cluster, 'pg_hba.conf.making');
  await writeFile(unfinished, `local all ${SUPERUSER} ${method}\nlocal all all scram-sha-256\n`, { mode: 0o600 });
  if (identity !== undefined) await chown(unfinished, identity.uid, identity.gid);
  await rename(unfinished, join(cluster, 'pg_hba.conf'));
}

/** An eighth of the memory, as pages are touched; what the queue reads of 165,000 incidents is 100 MB. */
function sharedBuffersMb(memoryBytes: number): number {
  const eighth = Math.floor(memoryBytes / 8 / 2 ** 20);
  return Math.min(SHARED_BUFFERS_MB_MAX, Math.max(SHARED_BUFFERS_MB_MIN, eighth));
}
const SHARED_BUFFERS_MB_MIN = 128;
const SHARED_BUFFERS_MB_MAX = 1_024;

function settingsFor(socketDir: string, options: PostgresOptions): Readonly<Record<string, string>> {
  return {
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0777', // Its folder is the wall: 0700, or 0710 as root.
    fsync: options.fsync ? 'on' : 'off',
    synchronous_commit: options.fsync ? 'on' : 'off',
    full_page_writes: options.fsync ? 'on' : 'off',
    max_connections: '80',
    max_wal_size: '2GB',
    jit: 'off',
    // Disks without moving parts, and what is read often is in memory anyway.
    random_page_cost: '1.1',
    shared_buffers: `${sharedBuffersMb(totalmem())}MB`,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    // Statements carry what our users' alerts say; they don't belong in a log.
    log_min_error_statement: 'panic',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    ...options.settings,
  };
}

interface Launched {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
}

async function launch(
  program: string,
  cluster: string,
  socketDir: string,
  options: PostgresOptions,
): Promise<Launched> {
  const giveUpAt = Date.now() + START_WAIT_MS_MAX;
  for (;;) {
    const logFile = join(options.home, 'postgres.log');
    if (((await stat(logFile).catch(() => undefined))?.size ?? 0) > LOG_BYTES_MAX)
      await rename(logFile, `${logFile}.1`);
    const log = await open(logFile, 'a', 0o600);
    const logStart = (await log.stat()).size;
    const settings = Object.entries(settingsFor(socketDir, options)).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const child = spawn(program, ['-D', cluster, ...settings], {
      cwd: cluster,
      env: POSTGRES_ENV,
      // A session of its own: Ctrl-C in the terminal is for the supervisor, which stops this one last.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(options.identity === undefined ? {} : { uid: options.identity.uid, gid: options.identity.gid }),
    });
    const ended = new Promise<string>(resolve => {
      child.once('error', error => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    });
    await log.close();
    const state = await Promise.race([ended, ready(cluster, child, giveUpAt)]);
    if (state === 'ready' && child.pid !== undefined) return { pid: child.pid, child, ended };
    const said = (await readFile(logFile)).subarray(logStart).toString('utf8');
    // Backends of a postmaster that was killed need a moment to notice it; until then they hold its shared memory.
    const mayPass = /still in use|lock file .* already exists/.test(said) && Date.now() < giveUpAt;
    if (!mayPass) throw startRefusal(said, state);
    await sleep(100);
  }
}

function startRefusal(said: string, state: string): Refusal {
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return new Refusal(
      'PostgreSQL cannot start: the disk is full; free some space, or choose another disk with --data.',
    );
  }
  const line = said.split('\n').find(text => /FATAL|PANIC|ERROR|error/.test(text)) ?? state;
  return new Refusal(`PostgreSQL cannot start: ${line.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '').trim()}`);
}

/** Resolves when the server takes connections: the eighth line of its pid file then says so. */
async function ready(cluster: string, child: ChildProcess, giveUpAt: number): Promise<string> {
  while (child.exitCode === null && child.signalCode === null) {
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return 'ready';
    if (Date.now() > giveUpAt) {
      child.kill('SIGQUIT');
      return `not ready after ${START_WAIT_MS_MAX / 1000} s`;
    }
    await sleep(POLL_MS);
  }
  return 'ended';
}

function running(
  { pid, child, ended }: Launched,
  cluster: string,
  socketDir: string,
  password: string,
  options: PostgresOptions,
): EmbeddedPostgres {
  const url = (database: string, user: string, secret: string) => socketUrl(socketDir, database, user, secret);
  const superuserUrl = url('postgres', SUPERUSER, password);
  let stopping: Promise<void> | undefined;
  return {
    pid,
    socketDir,
    ended,
    url,
    asSuperuser: work =>
      options.superuser === 'allowed'
        ? work(superuserUrl)
        : throughDoor({ cluster, pid, identity: options.identity, superuserUrl }, work),
    stop() {
      stopping ??= stopChild(child, ended).then(async () => {
        if (socketDir !== join(options.home, 'socket')) await rm(socketDir, { recursive: true, force: true });
      });
      return stopping;
    },
  };
}

interface Door {
  readonly cluster: string;
  readonly pid: number;
  readonly identity: Identity | undefined;
  readonly superuserUrl: string;
}

/** Lets the superuser in for as long as `work` runs. */
async function throughDoor<T>(door: Door, work: (url: string) => Promise<T>): Promise<T> {
  const set = async (superuser: 'rejected' | 'allowed') => {
    await writeDoor(door.cluster, superuser, door.identity);
    process.kill(door.pid, 'SIGHUP');
    await untilSuperuserIs(superuser, door.superuserUrl);
  };
  await set('allowed');
  try {
    return await work(door.superuserUrl);
  } finally {
    await set('rejected');
  }
}

/**
 * The superuser of a server that another process of ours runs, for backup and the like: whoever may write the cluster's
 * folder may open its door. Undefined where none runs on `home`.
 */
export async function superuserOfRunning(
  home: string,
  identity: Identity | undefined,
): Promise<EmbeddedPostgres['asSuperuser'] | undefined> {
  const cluster = join(home, 'cluster');
  const [pidLine, , , , socketDir] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split(
    '\n',
  );
  const pid = Number(pidLine);
  if (socketDir === undefined || !(pid > 1) || !(await isPostgresOf(pid, cluster))) return undefined;
  const superuserUrl = socketUrl(socketDir, 'postgres', SUPERUSER, await superuserPassword(home));
  return work => throughDoor({ cluster, pid, identity, superuserUrl }, work);
}

/** A connection string for a Unix socket, in which every part may hold any character. */
export function socketUrl(socketDir: string, database: string, user: string, password: string): string {
  const query = new URLSearchParams({ host: socketDir, port: String(PORT), user, password });
  return `postgresql:///${encodeURIComponent(database)}?${query.toString().replaceAll('+', '%20')}`;
}

/** A reload is a signal, which is answered some time later: the door is known to be as wanted when we have tried it. */
async function untilSuperuserIs(wanted: 'rejected' | 'allowed', url: string): Promise<void> {
  const giveUpAt = Date.now() + RELOAD_WAIT_MS_MAX;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    // A connection that the server ends reports it here too; what matters is the promise below.
    client.on('error', () => undefined);
    const state = await client.connect().then(
      () => 'allowed',
      (error: unknown) => (error instanceof pg.DatabaseError && error.code === '28000' ? 'rejected' : 'unreachable'),
    );
    if (state === 'allowed') await client.end();
    if (state === wanted) return;
    if (Date.now() > giveUpAt)
      throw new Refusal(`PostgreSQL does not answer: its superuser is ${state}, not ${wanted}.`);
    await sleep(POLL_MS);
  }
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGINT'); // Fast shutdown: sessions are ended, what they committed is written.
  const inTime = await Promise.race([ended.then(() => true), sleep(STOP_WAIT_MS_MAX, false, { ref: false })]);
  if (!inTime) {
    child.kill('SIGQUIT');
    await ended;
  }
}
