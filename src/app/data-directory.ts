import { chmod, mkdir, readFile, rename, stat, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isRoot } from './identities.ts';
import { type DirectoryLock, lockDirectory } from './lock.ts';
import { errorCode, errorText, fileRefusal, Refusal } from './refusal.ts';

/**
 * Layout of the data directory. Raised when an older program could not work with what this one writes.
 * (The schema of the database has its own record, `schema_migration`.)
 */
export const DATA_FORMAT = 1;

/** Below this PostgreSQL could not finish its first checkpoint. */
const FREE_BYTES_MIN = 128 * 1024 * 1024;

/** Where data goes when nobody says otherwise. A demo has its own, because it can never become anything else. */
export function defaultDataDir(demo: boolean): string {
  const usual = isRoot() ? '/var/lib/countersign' : resolve('.countersign');
  return demo ? `${usual}-demo` : usual;
}

/** The executor's storage. Outside the data directory: restoring or deleting that one does not touch what it remembers. */
export function executorDir(dataDir: string): string {
  return `${dataDir}.executor`;
}

/** The ai process's own folder: providers with their keys, and what opens keys that browsers sealed. Never backed up. */
export function aiDir(dataDir: string): string {
  return join(dataDir, 'ai');
}

/**
 * Makes the data directory usable by this process alone: made where it isn't, locked, of a format that we know, on a
 * disk with room. Throws a {@link Refusal} otherwise. Until the lock is held nothing in it is changed.
 */
export async function openDataDirectory(dataDir: string): Promise<DirectoryLock> {
  try {
    await makeWay(dirname(dataDir));
    await mkdir(dataDir, { mode: 0o700 }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    if (!(await stat(dataDir)).isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
  } catch (error) {
    throw fileRefusal(error, dataDir);
  }
  await refuseOthersDirectory(dataDir);
  const lock = await lockDirectory(dataDir);
  try {
    await checkFormat(dataDir);
    await checkRoom(dataDir);
    // As root the processes have users of their own, each with a folder in here; they may pass, not look.
    await chmod(dataDir, isRoot() ? 0o711 : 0o700);
    return lock;
  } catch (error) {
    await lock.release();
    throw fileRefusal(error, dataDir);
  }
}

/** Makes the folders on the way. As root others may enter those that we made, whatever our umask: our processes are others. */
async function makeWay(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined || !isRoot()) return;
  for (let at = folder; at.length >= firstMade.length; at = dirname(at)) await chmod(at, 0o755);
}

async function refuseOthersDirectory(dataDir: string): Promise<void> {
  const { uid } = await stat(dataDir);
  const self = process.getuid?.();
  if (self === undefined || uid === self) return;
  throw new Refusal(
    `${dataDir} belongs to user ${uid} and this is user ${self}; start as that user, or choose another directory with --data.`,
  );
}

async function checkFormat(dataDir: string): Promise<void> {
  const file = join(dataDir, 'format');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    await writeWhole(file, `${DATA_FORMAT}\n`);
    return;
  }
  const format = Number(text);
  if (!Number.isSafeInteger(format) || format < 1) {
    throw new Refusal(`${file} does not hold a number; ${dataDir} is not a data directory of Countersign.`);
  }
  if (format > DATA_FORMAT) {
    throw new Refusal(
      `${dataDir} was written by a newer version of Countersign (data format ${format}, this program knows ${DATA_FORMAT}); start that version instead.`,
    );
  }
}

async function checkRoom(dataDir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free >= FREE_BYTES_MIN) return;
  const mb = (bytes: number) => Math.floor(bytes / 1024 / 1024);
  throw new Refusal(
    `the disk is full: ${mb(free)} MB are free at ${dataDir} and ${mb(FREE_BYTES_MIN)} MB are needed; free some space, or choose another disk with --data.`,
  );
}

/** Replaces a file as a whole: a reader, and a start after a crash, sees the old text or the new one. */
export async function writeWhole(file: string, text: string, mode = 0o600): Promise<void> {
  const unfinished = `${file}.making`;
  await writeFile(unfinished, text, { mode, flush: true });
  await rename(unfinished, file);
}

/** `~` and relative paths, as people type them. */
export function pathFrom(text: string): string {
  return text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : resolve(text);
}

/** The JSON in a file; undefined where there is no file. Throws a {@link Refusal} where it cannot be read. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Refusal(`cannot read ${file}: ${errorText(error)}.`);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(`cannot read ${file}: it is damaged; restore it from a backup.`);
  }
}
