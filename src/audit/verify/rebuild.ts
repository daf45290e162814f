import { bytesToHex, equalBytes } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type LogReader, readResource } from '../reader.ts';
import { decodeBundle, hashInTile, type LogResource, printPath, TILE_WIDTH, tileWidth } from '../tile.ts';
import {
  appendLeaves,
  type CompactRange,
  EMPTY_RANGE,
  HASH_BYTES,
  leafHash,
  rootOfRange,
  type Sha256,
} from '../tree.ts';
import type { Finding } from './report.ts';

/** The root of the first `size` entries, as the entries themselves say. */
export interface Rebuilt {
  readonly root: Uint8Array;
  /** The root at the earlier size that was asked for. */
  readonly rootSince: Uint8Array | undefined;
}

export interface RebuildOptions {
  readonly read: LogReader;
  readonly size: number;
  readonly sha256: Sha256;
  /** Also tell the root at this size, at most `size`. */
  readonly since: number | undefined;
  /** Each bundle in order, after its hashes were compared. */
  readonly onEntries: (first: number, entries: readonly Uint8Array[]) => Promise<void>;
}

/**
 * Check 3: reads every bundle, hashes every entry, compares every hash of every tile with what the entries say, and
 * names the first entry that differs. One bundle is held at a time, and the next is on its way.
 */
export async function rebuild(options: RebuildOptions): Promise<Result<Rebuilt, Finding>> {
  const { read, size, since, sha256 } = options;
  let range: CompactRange = EMPTY_RANGE;
  let rootSince = since === 0 ? rootOfRange(range, sha256) : undefined;
  const upper = new UpperTiles(read, size);
  let next = size > 0 ? load(read, 0, size) : undefined;
  for (let index = 0; next !== undefined; index++) {
    const loaded = await next;
    if (!loaded.ok) return loaded;
    const first = index * TILE_WIDTH;
    next = first + TILE_WIDTH < size ? load(read, index + 1, size) : undefined;
    // Whoever returns early must not leave a rejection behind that nobody hears.
    next?.catch(() => undefined);
    const leaves = loaded.value.entries.map(entry => leafHash(entry, sha256));
    const differing = compareLeaves(loaded.value, first, leaves);
    if (differing !== undefined) return fail(differing);
    const cut = since === undefined ? 0 : Math.max(0, Math.min(leaves.length, since - first));
    for (const part of [leaves.slice(0, cut), leaves.slice(cut)]) {
      range = appendLeaves(range, part, sha256, upper.collect);
      if (range.size === since) rootSince = rootOfRange(range, sha256);
    }
    const wrongTile = await upper.compare();
    if (wrongTile !== undefined) return fail(wrongTile);
    await options.onEntries(first, loaded.value.entries);
  }
  return ok({ root: rootOfRange(range, sha256), rootSince });
}

interface Loaded {
  readonly bundlePath: string;
  readonly tilePath: string;
  readonly entries: readonly Uint8Array[];
  readonly tile: Uint8Array;
}

async function load(read: LogReader, index: number, size: number): Promise<Result<Loaded, Finding>> {
  const width = tileWidth(0, index, size);
  const bundle = await readResource(read, { kind: 'entries', index, width });
  if (bundle === undefined) return fail(missing({ kind: 'entries', index, width }));
  const entries = decodeBundle(bundle.bytes, width);
  const hasMore = entries.ok && !bundle.isCut && sizeOf(entries.value) !== bundle.bytes.length;
  if (!entries.ok || hasMore) {
    return fail({
      code: 'bundle.malformed',
      detail: `${bundle.path} does not hold ${width} entries`,
      path: bundle.path,
    });
  }
  const tile = await readTile(read, 0, index, width);
  if (!tile.ok) return tile;
  return ok({ bundlePath: bundle.path, tilePath: tile.value.path, entries: entries.value, tile: tile.value.bytes });
}

function sizeOf(entries: readonly Uint8Array[]): number {
  return entries.reduce((length, entry) => length + 2 + entry.length, 0);
}

async function readTile(
  read: LogReader,
  level: number,
  index: number,
  width: number,
): Promise<Result<{ path: string; bytes: Uint8Array }, Finding>> {
  const tile = await readResource(read, { kind: 'tile', level, index, width });
  if (tile === undefined) return fail(missing({ kind: 'tile', level, index, width }));
  const expected = (tile.isCut ? TILE_WIDTH : width) * HASH_BYTES;
  if (tile.bytes.length !== expected) {
    const detail = `${tile.path} has ${tile.bytes.length} bytes instead of ${expected}`;
    return fail({ code: 'tile.malformed', detail, path: tile.path });
  }
  return ok(tile);
}

function missing(resource: LogResource): Finding {
  const path = printPath(resource);
  return { code: 'log.missing_file', detail: `${path} is missing`, path };
}

function compareLeaves(loaded: Loaded, first: number, leaves: readonly Uint8Array[]): Finding | undefined {
  const i = leaves.findIndex((leaf, at) => !equalBytes(leaf, hashInTile(loaded.tile, at) ?? new Uint8Array()));
  const leaf = leaves[i];
  if (leaf === undefined) return undefined;
  return {
    code: 'log.entry_differs',
    detail: `entry ${first + i} does not have the hash that ${loaded.tilePath} gives`,
    path: loaded.bundlePath,
    byteOffset: sizeOf(loaded.entries.slice(0, i)) + 2,
    entry: first + i,
    expected: bytesToHex(hashInTile(loaded.tile, i) ?? new Uint8Array()),
    found: bytesToHex(leaf),
  };
}

/** Compares the tiles above level 0 with the subtrees that the entries complete, one open tile a level. */
class UpperTiles {
  readonly #open = new Map<number, { readonly index: number; readonly path: string; readonly bytes: Uint8Array }>();
  #completed: { readonly level: number; readonly index: number; readonly hash: Uint8Array }[] = [];
  readonly #read: LogReader;
  readonly #size: number;

  constructor(read: LogReader, size: number) {
    this.#read = read;
    this.#size = size;
  }

  readonly collect = (height: number, index: number, hash: Uint8Array): void => {
    if (height > 0 && height % 8 === 0) this.#completed.push({ level: height / 8, index, hash });
  };

  async compare(): Promise<Finding | undefined> {
    const completed = this.#completed;
    this.#completed = [];
    for (const { level, index, hash } of completed) {
      const tileIndex = Math.floor(index / TILE_WIDTH);
      let tile = this.#open.get(level);
      if (tile?.index !== tileIndex) {
        const found = await readTile(this.#read, level, tileIndex, tileWidth(level, tileIndex, this.#size));
        if (!found.ok) return found.failure;
        tile = { index: tileIndex, ...found.value };
        this.#open.set(level, tile);
      }
      const stored = hashInTile(tile.bytes, index % TILE_WIDTH) ?? new Uint8Array();
      if (!equalBytes(stored, hash)) {
        const first = index * TILE_WIDTH ** level;
        return {
          code: 'log.tile_differs',
          detail: `${tile.path} does not have the hash of the entries ${first} to ${first + TILE_WIDTH ** level - 1}`,
          path: tile.path,
          byteOffset: (index % TILE_WIDTH) * HASH_BYTES,
          entry: first,
          expected: bytesToHex(hash),
          found: bytesToHex(stored),
        };
      }
    }
    return undefined;
  }
}
