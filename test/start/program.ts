import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the fake program into dist/, from where its packages are found. Once for each test file, which removes it. */
export function buildFakeProgram(): Promise<string> {
  return buildInto(`fake-program-${process.pid}.js`, join('test', 'start', 'fake-program.ts'));
}

/** The same for the real one: what is tested is these sources, and not what somebody built before. */
export function buildRealProgram(purpose = 'real'): Promise<string> {
  return buildInto(`${purpose}-program-${process.pid}.js`, join('src', 'cli', 'main.ts'));
}

async function buildInto(name: string, entry: string): Promise<string> {
  const outfile = join(ROOT, 'dist', 'test', name);
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    define: { 'process.env.COUNTERSIGN_VERSION': '"0.0.0-test"' },
    logLevel: 'warning',
  });
  return outfile;
}

export interface StartedProgram {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Whom to run a program as, when we are root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Starts `countersign start` of a program. Its environment is empty but for a path. */
export function launch(program: string, args: readonly string[], as?: RunAs, cwd = tmpdir()): StartedProgram {
  return launchCommand(program, ['start', ...args], as, cwd);
}

/** The same for any command. */
export function launchCommand(program: string, args: readonly string[], as?: RunAs, cwd = tmpdir()): StartedProgram {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
  });
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', text => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', text => {
    err += text;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(resolve => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, out: () => out, err: () => err, ended };
}

/** Waits until it says that it runs. Throws with all that it said where it ends instead. */
export async function untilRunning(started: StartedProgram): Promise<void> {
  const ended = started.ended.then(end => {
    throw new Error(`ended with ${JSON.stringify(end)}\n${started.out()}\n${started.err()}`);
  });
  await Promise.race([until(() => started.out().includes('Ctrl-C stops it.')), ended]);
}

export async function stop(started: StartedProgram): Promise<void> {
  started.child.kill('SIGTERM');
  await started.ended;
}

/** Waits for a condition. The test's own time limit is what ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 25));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** An empty folder of that user, removed with what the program puts beside its data directory. */
export async function emptyFolder(as?: RunAs): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'countersign start '));
  if (as !== undefined) await chown(path, as.uid, as.gid);
  const { chmod } = await import('node:fs/promises');
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** What the fake server answers at `path`. */
export async function ask<T>(port: number, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return (await response.json()) as T;
}

/** Numbers of the processes of this machine whose command line holds `text`. */
export async function processesWith(text: string): Promise<readonly number[]> {
  const { execFile } = await import('node:child_process');
  const listing = await new Promise<string>(resolve => {
    execFile('ps', ['-eo', 'pid=,stat=,args='], { maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
  return listing
    .split('\n')
    .filter(line => line.includes(text) && !/^\s*\d+ Z/.test(line))
    .map(line => Number.parseInt(line, 10));
}

/** Whether somebody else can start a program of this checkout: below a home that is closed to them nobody can. */
export function canStartHere({ uid, gid }: RunAs): boolean {
  return spawnSync('test', ['-r', fileURLToPath(import.meta.url)], { uid, gid, stdio: 'ignore' }).status === 0;
}
