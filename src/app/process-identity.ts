import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** A process by its number and by when it started, since numbers are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Comparable only on this machine and this boot. */
  readonly startedAt: string;
}

/** The process that has the number `pid` now; undefined where none has, or where it has ended and waits to be reaped. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  if (process.platform !== 'linux') {
    const startedAt = await new Promise<string>(resolve => {
      execFile('ps', ['-o', 'lstart=', '-p', String(pid)], (_error, stdout) => resolve(stdout.trim()));
    });
    return startedAt === '' ? undefined : { pid, startedAt };
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold spaces and parentheses itself: fields are counted from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (ticks === undefined || state === 'Z' || state === 'X') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return { pid, startedAt: `${boot.trim()} ${ticks}` };
}

/** Whether that very process still runs. */
export async function isRunning(one: ProcessIdentity): Promise<boolean> {
  return (await identityOf(one.pid))?.startedAt === one.startedAt;
}

/** Undefined for anything that is not the JSON of a {@link ProcessIdentity}. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return undefined;
  const { pid, startedAt } = value;
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 && typeof startedAt === 'string'
    ? { pid, startedAt }
    : undefined;
}
