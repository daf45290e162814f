import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity, parseProcessIdentity } from './process-identity.ts';
import { errorCode, fileRefusal, Refusal } from './refusal.ts';

/** Exclusive use of a data directory. */
export interface DirectoryLock {
  release(): Promise<void>;
}

const ATTEMPTS_MAX = 5;
/** Longer than another start needs between reading a stale lock and moving it away. */
const SETTLE_MS = 50;

/**
 * Takes the data directory for this process, or refuses with the number of the process that has it.
 *
 * The lock is a file that names its holder by number and start time, put in place by a hard link, which only one can
 * make. A holder that was killed is recognised by its start time, also when its number is used again. A stale lock is
 * moved away and looked at again: had another start replaced it in between, it is put back.
 */
export async function lockDirectory(dataDir: string): Promise<DirectoryLock> {
  const file = join(dataDir, 'lock');
  const self = await identityOf(process.pid);
  if (self === undefined)
    throw new Refusal('cannot find out when this process started, which the lock needs; mount /proc.');
  // The nonce tells this holding from any other, also of this same process.
  const text = JSON.stringify({ ...self, nonce: randomBytes(12).toString('hex') });
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (await place(file, text)) {
      await sleep(SETTLE_MS);
      if ((await readFile(file, 'utf8').catch(() => '')) === text) {
        return { release: () => rm(file, { force: true }) };
      }
    }
    const holder = await holderIn(file);
    if (holder !== undefined && (await isRunning(holder))) throw inUse(dataDir, holder);
    await moveStale(file);
  }
  throw new Refusal(`cannot lock ${dataDir}: several programs try to use it at once; start one.`);
}

function inUse(dataDir: string, holder: ProcessIdentity): Refusal {
  return new Refusal(
    `another Countersign (process ${holder.pid}) is already using ${dataDir}; stop it first, or choose another directory with --data.`,
  );
}

async function place(file: string, text: string): Promise<boolean> {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(own, text, { mode: 0o644 });
    await link(own, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw fileRefusal(error, file);
  } finally {
    await rm(own, { force: true });
  }
}

/** The process that a lock file names; undefined for none, or for a file that says nothing we understand. */
export async function holderIn(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return parseProcessIdentity(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function moveStale(file: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch {
    return; // Another start moved it first.
  }
  const moved = await holderIn(aside);
  if (moved !== undefined && (await isRunning(moved))) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
