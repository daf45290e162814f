import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LogReader } from '../audit/reader.ts';
import { logResources, printPath } from '../audit/tile.ts';
import { checkpointOfNote, type Queryable } from './log.ts';
import { type Exported, exportLog } from './log-tiles.ts';

/** The largest that a resource of a log can be: a bundle of 256 entries of 65,535 bytes, framed. */
const RESOURCE_BYTES_MAX = 256 * (2 + 65_535);

/**
 * Writes the whole log into a directory in the layout of C2SP tlog-tiles, the checkpoint last. Each file is written
 * beside its name, synced and renamed. What stands there of an earlier export stays valid.
 */
export function exportLogToDirectory(db: Queryable, tenant: string, directory: string): Promise<Exported | undefined> {
  return exportLog(db, tenant, (path, bytes) => writeDurably(directory, path, bytes));
}

/** What {@link copyLogToDirectory} wrote. */
export interface Copied {
  readonly size: number;
  readonly bytes: number;
}

/**
 * The same from wherever a log can be read, such as a running server: the log as of its newest checkpoint, which is
 * written last. Copies and does not verify. Rejects where the checkpoint cannot be read or a part is missing.
 */
export async function copyLogToDirectory(read: LogReader, directory: string): Promise<Copied> {
  const note = await read('checkpoint');
  const size = note && checkpointOfNote(Buffer.from(note).toString('utf8'))?.size;
  if (note === undefined || size === undefined) throw new Error('there is no checkpoint of a log');
  let bytes = note.length;
  for (const resource of logResources(size)) {
    if (resource.kind === 'checkpoint') continue;
    const path = printPath(resource);
    const part = await read(path);
    if (part === undefined) throw new Error(`${path} is missing`);
    bytes += part.length;
    await writeDurably(directory, path, part);
  }
  await writeDurably(directory, 'checkpoint', note);
  return { size, bytes };
}

async function writeDurably(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(`${file}.part`, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.part`, file);
}

/** A log in a directory. Absent files are undefined; a file that cannot be read rejects. */
export function directoryLog(directory: string): LogReader {
  return async path => {
    try {
      return await readFile(join(directory, path));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

const FETCH_MS_MAX = 30_000;

/** A log over HTTP, below a base address. 404 and 410 are undefined; every other answer but 200 rejects. */
export function httpLog(base: string, headers: Readonly<Record<string, string>> = {}): LogReader {
  const root = base.endsWith('/') ? base : `${base}/`;
  return async path => {
    const url = new URL(path, root);
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(FETCH_MS_MAX) });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw new Error(`${url.pathname}: the server answered ${response.status}`);
    return readCapped(response, url.pathname);
  };
}

/** A server that never stops sending must not fill the memory of whoever checks it. */
async function readCapped(response: Response, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > RESOURCE_BYTES_MAX) throw new Error(`${path}: longer than any part of a log`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
