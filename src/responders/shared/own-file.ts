import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';

/** Why a file is none that can be read or replaced. Its text holds nothing of what stands in the file. */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile';
}

const OWN_MODE = 0o600;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Whoever may write into the folder can put another file there, or a link to one: then what we write goes elsewhere,
 * and the consumers log in as somebody else says.
 */
export async function checkFolder(folder: string): Promise<void> {
  const seen = await stat(folder).catch(() => undefined);
  if (seen?.isDirectory() !== true) throw new UnfitFile('its folder is not there');
  if ((await realpath(folder)) !== folder) throw new UnfitFile('a link leads to its folder');
  const self = process.geteuid?.();
  if (self !== 0 && seen.uid !== self) throw new UnfitFile('its folder belongs to another user than the executor');
  if ((seen.mode & 0o022) !== 0) throw new UnfitFile('others than the owner of its folder may write there');
}

/** Opens a file to read that nobody but its owner can have put there, changed, or be reading unasked. */
export async function openOwn(path: string): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  // Without O_NONBLOCK a pipe in its place would hold us up for ever.
  const handle = await openAt(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new UnfitFile('it is no plain file');
    if (stats.nlink !== 1) throw new UnfitFile('it has a second name');
    if ((stats.mode & 0o007) !== 0) throw new UnfitFile('everybody on the machine may read or write it');
    if ((stats.mode & 0o020) !== 0) throw new UnfitFile('others than its owner may write it');
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Opens what stands there itself, and nothing that a link there leads to. */
export async function openAt(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags | O_NOFOLLOW, OWN_MODE);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
    throw new UnfitFile(WHY.get(code) ?? code, { cause: code });
  }
}

const WHY = new Map([
  ['ENOENT', 'it is not there'],
  ['ELOOP', 'it is a link'],
  ['EACCES', 'the executor may not read it'],
]);
