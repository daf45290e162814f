import { sha256 as defaultSha256 } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { fail, ok, type Result } from '../base/result.ts';
import {
  consistencySpans,
  foldRight,
  HASH_BYTES,
  inclusionSpans,
  nodeHash,
  perfectSubtrees,
  type Sha256,
  type Span,
} from './tree.ts';

/** C2SP tlog-tiles: 256 hashes a tile, so a tile covers eight levels of the tree. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
/** An entry's length is written in two bytes. */
export const ENTRY_BYTES_MAX = 65_535;

/** One resource of a log: its checkpoint, a tile of hashes, or a bundle of 256 entries. Width 256 is a full one. */
export type LogResource =
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'tile'; readonly level: number; readonly index: number; readonly width: number }
  | { readonly kind: 'entries'; readonly index: number; readonly width: number };

/** `checkpoint`, `tile/0/x001/234/067`, `tile/1/003.p/17`, `tile/entries/x001/234/067`. */
export function printPath(resource: LogResource): string {
  if (resource.kind === 'checkpoint') return 'checkpoint';
  const place = resource.kind === 'tile' ? resource.level : 'entries';
  const partial = resource.width === TILE_WIDTH ? '' : `.p/${resource.width}`;
  return `tile/${place}/${printTileIndex(resource.index)}${partial}`;
}

function printTileIndex(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

// Levels end at 6: 256^7 leaves are more than a number can count.
const PATH = /^tile\/([0-6]|entries)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The inverse of {@link printPath}; a path that would print differently is refused, so one resource has one path. */
export function parsePath(path: string): Result<LogResource, 'log_path.malformed'> {
  if (path === 'checkpoint') return ok({ kind: 'checkpoint' });
  const [, place, indexText = '', widthText] = PATH.exec(path) ?? [];
  const index = Number(indexText.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if (place === undefined || !Number.isSafeInteger(index)) return fail('log_path.malformed');
  const resource: LogResource =
    place === 'entries' ? { kind: 'entries', index, width } : { kind: 'tile', level: Number(place), index, width };
  return printPath(resource) === path ? ok(resource) : fail('log_path.malformed');
}

/** How many hashes tile `index` of `level` has in a log of `size` entries: 0 to 256. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Every resource but the checkpoint that a log of `size` entries consists of, bundles first. */
export function* logResources(size: number): Generator<LogResource> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    yield { kind: 'entries', index, width: tileWidth(0, index, size) };
  }
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    for (let index = 0; tileWidth(level, index, size) > 0; index++) {
      yield { kind: 'tile', level, index, width: tileWidth(level, index, size) };
    }
  }
}

/** (length as uint16, most significant byte first ‖ entry)*. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  invariant(entries.length <= TILE_WIDTH, 'a bundle has at most 256 entries');
  const bytes = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    invariant(entry.length <= ENTRY_BYTES_MAX, `an entry has at most ${ENTRY_BYTES_MAX} bytes`);
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length & 0xff;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/**
 * The first `count` entries, as views into `bytes`. Since a partial bundle is a prefix of every wider one, more
 * entries may follow; anything else that is left over, or missing, is a fault.
 */
export function decodeBundle(bytes: Uint8Array, count: number): Result<Uint8Array[], 'bundle.malformed'> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < TILE_WIDTH) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (end > bytes.length) return fail('bundle.malformed');
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (at !== bytes.length || entries.length < count) return fail('bundle.malformed');
  return ok(entries.slice(0, count));
}

/** The hash at a place of a tile. Undefined where the tile is too short. */
export function hashInTile(tile: Uint8Array, position: number): Uint8Array | undefined {
  const end = (position + 1) * HASH_BYTES;
  return end <= tile.length ? tile.subarray(end - HASH_BYTES, end) : undefined;
}

export function hashesOfTile(tile: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(tile.length / HASH_BYTES) }, (_, i) =>
    tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/**
 * Brings tile `index` of `level`, with at least `width` hashes; more do no harm. Undefined where there is none.
 * What it brings is never trusted: a proof made of it is checked against a signed root.
 */
export type TileReader = (level: number, index: number, width: number) => Promise<Uint8Array | undefined>;

/** RFC 9162 section 2.1.3.1, from the tiles of a log that has at least `size` entries. Leaf side first. */
export function inclusionProof(
  index: number,
  size: number,
  read: TileReader,
  sha256: Sha256 = defaultSha256,
): Promise<Result<Uint8Array[], 'tile.missing'>> {
  return hashSpans(inclusionSpans(index, size), size, read, sha256);
}

/** RFC 9162 section 2.1.4.1, from the tiles of a log that has at least `size` entries. */
export function consistencyProof(
  oldSize: number,
  size: number,
  read: TileReader,
  sha256: Sha256 = defaultSha256,
): Promise<Result<Uint8Array[], 'tile.missing'>> {
  return hashSpans(consistencySpans(oldSize, size), size, read, sha256);
}

/** The root of the first `size` entries, from the tiles. */
export async function rootFromTiles(
  size: number,
  read: TileReader,
  sha256: Sha256 = defaultSha256,
): Promise<Result<Uint8Array, 'tile.missing'>> {
  const hashes = await hashSpans([{ start: 0, end: size }], size, read, sha256);
  if (!hashes.ok) return hashes;
  const [root] = hashes.value;
  return root === undefined ? fail('tile.missing') : ok(root);
}

async function hashSpans(
  spans: readonly Span[],
  size: number,
  read: TileReader,
  sha256: Sha256,
): Promise<Result<Uint8Array[], 'tile.missing'>> {
  // The nodes of one proof share tiles: each is fetched once.
  const tiles = new Map<string, Promise<Uint8Array | undefined>>();
  const readOnce: TileReader = (level, index, width) => {
    const key = `${level}/${index}`;
    const tile = tiles.get(key) ?? read(level, index, width);
    tiles.set(key, tile);
    return tile;
  };
  const hashes: Uint8Array[] = [];
  for (const span of spans) {
    const parts: Uint8Array[] = [];
    for (const { level, index } of perfectSubtrees(span)) {
      const part = await hashOfSubtree(level, index, size, readOnce, sha256);
      if (part === undefined) return fail('tile.missing');
      parts.push(part);
    }
    if (parts.length === 0) return ok([sha256(new Uint8Array(0))]);
    hashes.push(foldRight(parts, sha256));
  }
  return ok(hashes);
}

/** The root of the leaves [index · 2^level, (index + 1) · 2^level): up to 128 hashes of one tile, folded. */
async function hashOfSubtree(
  level: number,
  index: number,
  size: number,
  read: TileReader,
  sha256: Sha256,
): Promise<Uint8Array | undefined> {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  const tileIndex = Math.floor(first / TILE_WIDTH);
  const tile = await read(tileLevel, tileIndex, tileWidth(tileLevel, tileIndex, size));
  if (tile === undefined) return undefined;
  const hashes: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const hash = hashInTile(tile, (first % TILE_WIDTH) + i);
    if (hash === undefined) return undefined;
    hashes.push(hash);
  }
  return foldPerfect(hashes, sha256);
}

/** The root of a perfect tree over a power of two of hashes. A full tile's is one hash of the tile above. */
export function foldPerfect(hashes: readonly Uint8Array[], sha256: Sha256 = defaultSha256): Uint8Array {
  const middle = hashes.length / 2;
  const [only] = hashes;
  invariant(only !== undefined && (hashes.length === 1 || Number.isInteger(middle)), 'a power of two of hashes');
  if (hashes.length === 1) return only;
  return nodeHash(foldPerfect(hashes.slice(0, middle), sha256), foldPerfect(hashes.slice(middle), sha256), sha256);
}
