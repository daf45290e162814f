import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, Refusal } from './refusal.ts';

const FAST_STOP_WAIT_MS_MAX = 20_000;
const IMMEDIATE_STOP_WAIT_MS_MAX = 10_000;
const POLL_MS = 20;

/**
 * Stops the PostgreSQL that a killed supervisor left running on `cluster`, and removes a pid file that names nobody.
 *
 * Only for the holder of the data directory's lock: whose lock it is decides that a server found here is an orphan and
 * not somebody's live instance. The process is signalled only after it was seen to be the PostgreSQL of this very
 * folder: after a reboot its number may belong to any other program.
 */
export async function stopLeftoverPostgres(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  if (await isPostgresOf(pid, cluster)) {
    const ended =
      (await end(pid, cluster, 'SIGINT', FAST_STOP_WAIT_MS_MAX)) ||
      (await end(pid, cluster, 'SIGQUIT', IMMEDIATE_STOP_WAIT_MS_MAX));
    if (!ended) throw new Refusal(`an earlier PostgreSQL (process ${pid}) does not end; end it and start again.`);
  }
  await rm(pidFile, { force: true });
}

/** Whether process `pid` is a PostgreSQL that works in the folder `cluster`. */
export async function isPostgresOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    // A server works in its data directory for as long as it lives.
    const workingDir = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return workingDir !== undefined && workingDir === (await realpath(cluster));
  }
  return new Promise(resolve => {
    execFile('ps', ['-o', 'command=', '-p', String(pid)], (_error, stdout) =>
      resolve(stdout.includes(`-D ${cluster} `)),
    );
  });
}

/** Whether it ended in time. One that nobody has reaped yet counts: it has no working directory any more. */
async function end(pid: number, cluster: string, signal: 'SIGINT' | 'SIGQUIT', waitMs: number): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
  for (const giveUpAt = Date.now() + waitMs; Date.now() < giveUpAt; await sleep(POLL_MS)) {
    if (!(await isPostgresOf(pid, cluster))) return true;
  }
  return false;
}
