import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readJson, writeWhole } from './data-directory.ts';
import { errorCode } from './refusal.ts';

/** A piece that is sent at once. */
const PIECE_BYTES = 512 * 1024;
/** A line longer than this is sent without its end: the server sets it aside, with the reason. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;
/** The beginning by which a file is known again after it was renamed, copied or replaced. */
const HEAD_BYTES_MAX = 1_024;
const LOOK_MS = 250;
/** Whoever writes a file may go on for a moment after it was renamed. */
const GRACE_MS = 2_000;
/** Rotated files that are looked through for the one that we know. */
const SIBLINGS_MAX = 200;

export interface FollowOptions {
  readonly file: string;
  readonly stateFile: string;
  /** Resolves when the lines are durable, however long that takes; rejects where they never will be. */
  readonly send: (lines: Buffer) => Promise<void>;
  /** Says what a person should know. */
  readonly tell: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** How far a file was sent. Saved after what is before is durable. */
interface Position {
  readonly offset: number;
  /** SHA-256 of the first `headBytes` bytes, hex. */
  readonly head: string;
  readonly headBytes: number;
}

const POSITION = z.strictObject({
  v: z.literal(1),
  file: z.string(),
  offset: z.number().int().min(0),
  head: z.string(),
  headBytes: z.number().int().min(0).max(HEAD_BYTES_MAX),
});
const START: Position = { offset: 0, head: '', headBytes: 0 };

/**
 * Sends the lines of a file that grows, and goes on where it was after any end of this program. A file that was renamed
 * is read to its end first, then the new one of the name; of one that was copied and emptied the rest is read from the
 * copy. Where lines may have gone unread it says so.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { file, signal } = options;
  await mkdir(dirname(options.stateFile), { recursive: true, mode: 0o700 });
  let position = await catchUp(options);
  while (!signal.aborted) {
    const handle = await openWhenThere(file, signal);
    if (handle === undefined) return;
    try {
      position = await followOne(options, handle, position);
    } finally {
      await handle.close();
    }
  }
}

/** Follows one open file until it was replaced or emptied. Resolves to where to begin in the file of that name then. */
async function followOne(options: FollowOptions, handle: FileHandle, from: Position): Promise<Position> {
  const { signal, file } = options;
  let position = from;
  let replacedAt: number | undefined;
  while (!signal.aborted) {
    const now = await handle.stat();
    if (now.size < position.offset || !(await isKnown(handle, position))) {
      await readRest(options, position, 'it was emptied or written anew');
      return save(options, START);
    }
    const moved = await sendLines(options, handle, position, false);
    if (moved.offset !== position.offset) {
      position = moved;
      if (replacedAt !== undefined) replacedAt = Date.now();
      continue;
    }
    if (replacedAt === undefined && (await isReplaced(file, now.ino, now.dev))) replacedAt = Date.now();
    if (replacedAt !== undefined && Date.now() - replacedAt >= GRACE_MS) {
      // No more will come: a last line without its end is whole now.
      await sendLines(options, handle, position, true);
      await readRotatedAfter(options, now.ino, now.mtimeMs);
      return save(options, START);
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return position;
}

/** Sends what stands after the position, up to the last line end; with `isAll` what follows it too. */
async function sendLines(
  options: FollowOptions,
  handle: FileHandle,
  from: Position,
  isAll: boolean,
): Promise<Position> {
  let position = from;
  for (let size = PIECE_BYTES; !options.signal.aborted; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, position.offset);
    const bytes = buffer.subarray(0, bytesRead);
    const isLast = bytesRead < size;
    let end = bytes.lastIndexOf(0x0a) + 1;
    if (end === 0 && !isLast && size < LINE_BYTES_MAX) {
      size = LINE_BYTES_MAX;
      continue;
    }
    if ((isLast && isAll) || (end === 0 && !isLast)) end = bytes.length;
    if (end === 0) return position;
    await options.send(Buffer.from(bytes.subarray(0, end)));
    position = await save(options, await positionAt(handle, position.offset + end));
    size = PIECE_BYTES;
  }
  return position;
}

async function positionAt(handle: FileHandle, offset: number): Promise<Position> {
  const headBytes = Math.min(offset, HEAD_BYTES_MAX);
  return { offset, headBytes, head: await headOf(handle, headBytes) };
}

async function headOf(handle: FileHandle, count: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
  return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
}

async function isKnown(handle: FileHandle, position: Position): Promise<boolean> {
  return position.headBytes === 0 || (await headOf(handle, position.headBytes)) === position.head;
}

async function isReplaced(file: string, ino: number, dev: number): Promise<boolean> {
  try {
    const now = await stat(file);
    return now.ino !== ino || now.dev !== dev;
  } catch (error) {
    // Renamed, and the new one is not there yet: what we hold open may still grow.
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** At the start: what was written after the saved position, also where the file has been rotated since. */
async function catchUp(options: FollowOptions): Promise<Position> {
  const saved = POSITION.safeParse(await readJson(options.stateFile));
  if (!saved.success || saved.data.file !== options.file) return START;
  const { offset, head, headBytes } = saved.data;
  const position = { offset, head, headBytes };
  if (position.offset === 0 || (await holds(options.file, position))) return position;
  await readRest(options, position, 'it was rotated meanwhile');
  return save(options, START);
}

/** Reads what is left in the rotated file that we know, and every one that was rotated after it. */
async function readRest(options: FollowOptions, position: Position, because: string): Promise<void> {
  const siblings = await siblingsOf(options.file);
  let own = -1;
  for (const [index, { path }] of siblings.entries()) if (await holds(path, position)) own = index;
  if (own < 0) {
    options.tell(
      `${options.file} was read up to byte ${position.offset}, then ${because}, and what stood after that is in no file beside it: lines may be missing.`,
    );
    return;
  }
  for (const [index, { path }] of siblings.slice(own).entries())
    await readWhole(options, path, index === 0 ? position : START);
}

/** Files that were rotated while we were still at the one before, as when the server was away for long. */
async function readRotatedAfter(options: FollowOptions, ino: number, mtimeMs: number): Promise<void> {
  for (const sibling of await siblingsOf(options.file))
    if (sibling.ino !== ino && sibling.at > mtimeMs) await readWhole(options, sibling.path, START);
}

async function readWhole(options: FollowOptions, path: string, from: Position): Promise<void> {
  const handle = await open(path);
  try {
    await sendLines(options, handle, from, true);
  } finally {
    await handle.close();
  }
}

interface Sibling {
  readonly path: string;
  readonly at: number;
  readonly ino: number;
}

/** `.1`, `-20260131`, `.2026-01-31T10`: what is put behind the name of a file that is rotated. */
const ROTATED = /^[.-]\d[\dT:_.-]{0,40}$/;

/** Rotated files beside it, oldest first. */
async function siblingsOf(file: string): Promise<readonly Sibling[]> {
  const folder = dirname(file);
  const name = basename(file);
  const names = (await readdir(folder)).filter(one => one.startsWith(name) && ROTATED.test(one.slice(name.length)));
  const found: Sibling[] = [];
  for (const one of names.slice(0, SIBLINGS_MAX)) {
    const path = join(folder, one);
    const about = await stat(path).catch(() => undefined);
    if (about?.isFile() === true) found.push({ path, at: about.mtimeMs, ino: about.ino });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** Whether this file begins as the one that we know, and reaches as far. */
async function holds(path: string, position: Position): Promise<boolean> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    return (await handle.stat()).size >= position.offset && (await isKnown(handle, position));
  } finally {
    await handle.close();
  }
}

async function openWhenThere(file: string, signal: AbortSignal): Promise<FileHandle | undefined> {
  while (!signal.aborted) {
    try {
      return await open(file);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

async function save(options: FollowOptions, position: Position): Promise<Position> {
  await writeWhole(options.stateFile, JSON.stringify({ v: 1, file: options.file, ...position }));
  return position;
}
