import { encodeBundle, logResources, parsePath, printPath, TILE_WIDTH, tileWidth } from '../audit/tile.ts';
import { HASH_BYTES } from '../audit/tree.ts';
import { utf8 } from '../base/bytes.ts';
import { checkpointOfNote, type Queryable, readCheckpoint, readEntries, tileReader } from './log.ts';
import { LogRefusal } from './log-start.ts';

/** What an HTTP door answers. The headers keep to C2SP tlog-tiles; `private`, since reading the log needs a role. */
export interface LogResponse {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** A tile once complete to a width never changes; also a partial one, since it is a prefix of every later one. */
const IMMUTABLE = 'private, max-age=31536000, immutable';

/**
 * The log of a tenant as C2SP tlog-tiles lays it out, for a path such as `checkpoint`, `tile/0/x001/234/067.p/8` or
 * `tile/entries/003`. Undefined for every other path, and for what the log does not reach yet.
 */
export async function readLogPath(db: Queryable, tenant: string, path: string): Promise<LogResponse | undefined> {
  const resource = parsePath(path);
  if (!resource.ok) return undefined;
  const note = await readCheckpoint(db, tenant);
  const size = note === undefined ? undefined : checkpointOfNote(note)?.size;
  if (note === undefined || size === undefined) return undefined;
  if (resource.value.kind === 'checkpoint') {
    return { bytes: utf8(note), contentType: 'text/plain; charset=utf-8', cacheControl: 'private, no-cache' };
  }
  const { index, width } = resource.value;
  const level = resource.value.kind === 'tile' ? resource.value.level : 0;
  if (width > tileWidth(level, index, size)) return undefined;
  const bytes =
    resource.value.kind === 'tile'
      ? await tileReader(db, tenant)(level, index, width)
      : await readBundle(db, tenant, index, width);
  return bytes && { bytes, contentType: 'application/octet-stream', cacheControl: IMMUTABLE };
}

async function readBundle(db: Queryable, tenant: string, index: number, width: number): Promise<Uint8Array> {
  return encodeBundle(await readEntries(db, tenant, index * TILE_WIDTH, index * TILE_WIDTH + width));
}

export interface Exported {
  readonly size: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Of entries, without their framing. */
  readonly entryBytes: number;
}

/**
 * Writes the whole log, as of its newest checkpoint, by `write`: bundles and tiles first, the checkpoint last, so
 * that what a crash leaves behind has no checkpoint and is not taken for a log. Undefined where there is no log.
 * Throws {@link LogRefusal} where a stored tile is missing.
 */
export async function exportLog(
  db: Queryable,
  tenant: string,
  write: (path: string, bytes: Uint8Array) => Promise<void>,
): Promise<Exported | undefined> {
  const note = await readCheckpoint(db, tenant);
  const size = note === undefined ? undefined : checkpointOfNote(note)?.size;
  if (note === undefined || size === undefined) return undefined;
  let bytes = 0;
  let entryBytes = 0;
  const put = async (path: string, content: Uint8Array) => {
    bytes += content.length;
    await write(path, content);
  };
  for (const resource of logResources(size)) {
    if (resource.kind === 'entries') {
      const bundle = await readBundle(db, tenant, resource.index, resource.width);
      entryBytes += bundle.length - 2 * resource.width;
      await put(printPath(resource), bundle);
    } else if (resource.kind === 'tile') {
      const tile = await tileReader(db, tenant)(resource.level, resource.index, resource.width);
      if (tile?.length !== resource.width * HASH_BYTES) {
        throw new LogRefusal(`${printPath(resource)} is missing or short in the database`);
      }
      await put(printPath(resource), tile);
    }
  }
  await put('checkpoint', utf8(note));
  return { size, bytes, entryBytes };
}
