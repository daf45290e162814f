import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Servers that take minutes to be gone through have a lane of their own. */
export const NOT_IN_THIS_LANE =
  process.env['COUNTERSIGN_TEST_SERVERS'] === '1' ? undefined : 'npm run test:servers runs it';

/** Why a program cannot be started here; undefined where it can. */
export function notHere(program: string, debianPackage: string): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { env: { PATH: PATH_WITH_SBIN }, stdio: 'ignore' });
  return found.status === 0 ? undefined : `${program} is not installed (Debian: ${debianPackage})`;
}

const PATH_WITH_SBIN = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
/** Keystone takes six seconds on a machine that does nothing else, and several times that on a busy one. */
const START_MS_MAX = 60_000;
const LOOK_EVERY_MS = 10;

/** Starts a server of a test's own and waits until something listens on its port. */
export async function startServer(
  program: string,
  args: readonly string[],
  port: number,
  env: { readonly [name: string]: string } = {},
): Promise<{ stop(): Promise<void> }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: PATH_WITH_SBIN, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', piece => (said = `${said}${piece}`.slice(-2_000)));
  const until = Date.now() + START_MS_MAX;
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${program} did not start: ${said}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { stop: () => stop(child) };
}

async function listens(port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(timer);
}
