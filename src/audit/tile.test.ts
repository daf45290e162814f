import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import {
  consistencyProof,
  decodeBundle,
  encodeBundle,
  inclusionProof,
  type LogResource,
  logResources,
  parsePath,
  printPath,
  rootFromTiles,
  TILE_WIDTH,
  type TileReader,
  tileWidth,
} from './tile.ts';
import {
  appendLeaves,
  consistencySpans,
  EMPTY_RANGE,
  inclusionSpans,
  leafHash,
  perfectSubtrees,
  rootOfLeaves,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts';

const aResource: fc.Arbitrary<LogResource> = fc.oneof(
  fc.constant<LogResource>({ kind: 'checkpoint' }),
  fc.record(
    {
      kind: fc.constant('tile' as const),
      level: fc.nat(6),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    { kind: fc.constant('entries' as const), index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) },
    { noNullPrototype: true },
  ),
);

describe('paths', () => {
  test('parse undoes print', () => {
    fc.assert(
      fc.property(aResource, resource => {
        expect(parsePath(printPath(resource))).toEqual({ ok: true, value: resource });
      }),
    );
  });
  test('print undoes parse, for any path that parses', () => {
    const noise = fc.constantFrom('x', '0', '000', '/', '.p/', '.p/7', '256', '..', '-', ' ', 'tile/', 'x000/');
    fc.assert(
      fc.property(aResource, fc.nat(), noise, fc.nat(3), (resource, at, extra, cut) => {
        const path = printPath(resource);
        const place = at % (path.length + 1);
        const near = path.slice(0, place) + extra + path.slice(place + cut);
        const parsed = parsePath(near);
        if (parsed.ok) expect(printPath(parsed.value)).toBe(near);
      }),
      { numRuns: 3_000 },
    );
  });
  for (const [resource, path] of [
    [{ kind: 'tile', level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ kind: 'tile', level: 1, index: 0, width: 1 }, 'tile/1/000.p/1'],
    [{ kind: 'entries', index: 1_000, width: 256 }, 'tile/entries/x001/000'],
    [{ kind: 'entries', index: 999, width: 255 }, 'tile/entries/999.p/255'],
  ] as const) {
    test(path, () => expect(printPath(resource)).toBe(path));
  }
});

describe('bundles', () => {
  const someEntries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  test('decode undoes encode, and a shorter one is a prefix', () => {
    fc.assert(
      fc.property(someEntries, fc.nat(20), (entries, few) => {
        const count = Math.min(few, entries.length);
        expect(decodeBundle(encodeBundle(entries), entries.length)).toEqual({ ok: true, value: entries });
        expect(decodeBundle(encodeBundle(entries), count)).toEqual({ ok: true, value: entries.slice(0, count) });
        const shorter = encodeBundle(entries.slice(0, count));
        expect(encodeBundle(entries).slice(0, shorter.length)).toEqual(shorter);
      }),
    );
  });
  test('an entry may be empty, or as long as its two bytes of length can say', () => {
    const entries = [new Uint8Array(), new Uint8Array(65_535).fill(7), utf8('x')];
    expect(decodeBundle(encodeBundle(entries), 3)).toEqual({ ok: true, value: entries });
  });
  test('what is cut or too long is refused', () => {
    const bundle = encodeBundle([utf8('one'), utf8('two')]);
    for (let length = 1; length < bundle.length; length++) {
      expect(decodeBundle(bundle.slice(0, length), 2).ok).toBe(false);
    }
    expect(decodeBundle(bundle, 3).ok).toBe(false);
    expect(decodeBundle(new Uint8Array(2 * 257), 256).ok).toBe(false);
  });
});

const LEAVES = Array.from({ length: 1_000 }, (_, i) => leafHash(utf8(`${i}`)));

function tilesOf(leaves: readonly Uint8Array[]): TileReader {
  const levels = new Map<number, Uint8Array[]>();
  appendLeaves(EMPTY_RANGE, leaves, undefined, (height, _, hash) => {
    if (height % 8 !== 0) return;
    const level = levels.get(height / 8) ?? [];
    levels.set(height / 8, level);
    level.push(hash);
  });
  return async (level, index, width) => {
    const hashes = levels.get(level)?.slice(index * TILE_WIDTH, index * TILE_WIDTH + width) ?? [];
    return hashes.length === 0 ? undefined : new Uint8Array(Buffer.concat(hashes));
  };
}

describe('proofs from tiles', () => {
  const read = tilesOf(LEAVES);
  const sizes = fc.integer({ min: 1, max: LEAVES.length });

  test('the root is that of the leaves', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async size => {
        expect(await rootFromTiles(size, read)).toEqual({ ok: true, value: rootOfLeaves(LEAVES.slice(0, size)) });
      }),
      { numRuns: 30 },
    );
    expect(await rootFromTiles(0, read)).toEqual({ ok: true, value: rootOfLeaves([]) });
  });

  test('every entry proves, in every size', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, pick) => {
        const index = pick % size;
        const proof = await inclusionProof(index, size, read);
        const root = rootOfLeaves(LEAVES.slice(0, size));
        const hash = LEAVES[index] ?? utf8('');
        expect(proof.ok && verifyInclusion({ leafHash: hash, index, size, root, proof: proof.value })).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('every size extends every size before it', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, pick) => {
        const oldSize = pick % (size + 1);
        const proof = await consistencyProof(oldSize, size, read);
        const [oldRoot, root] = [oldSize, size].map(n => rootOfLeaves(LEAVES.slice(0, n)));
        if (oldRoot === undefined || root === undefined) throw new Error('two roots');
        expect(proof.ok && verifyConsistency({ oldSize, oldRoot, size, root, proof: proof.value })).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('a tile that is missing or short is said so, and no proof is made up', async () => {
    const missing: TileReader = async () => undefined;
    const short: TileReader = async () => new Uint8Array(31);
    for (const broken of [missing, short]) {
      expect(await inclusionProof(3, 900, broken)).toEqual({ ok: false, failure: 'tile.missing' });
      expect(await rootFromTiles(900, broken)).toEqual({ ok: false, failure: 'tile.missing' });
    }
  });

  test('a proof fetches each tile once, and few of them', async () => {
    const fetched: string[] = [];
    const counting: TileReader = (level, index, width) => {
      fetched.push(`${level}/${index}`);
      return read(level, index, width);
    };
    await inclusionProof(700, 1_000, counting);
    expect(new Set(fetched).size).toBe(fetched.length);
    expect(fetched.length).toBeLessThanOrEqual(3);
  });
});

describe('geometry far beyond what can be built here', () => {
  const huge = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  test('the nodes of a proof cover the rest of the tree exactly, with no overlap', () => {
    fc.assert(
      fc.property(huge, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (size, _, where) => {
        const index = Math.min(size - 1, Math.floor(where * size));
        const spans = [...inclusionSpans(index, size), { start: index, end: index + 1 }].sort(
          (a, b) => a.start - b.start,
        );
        expect(spans[0]?.start).toBe(0);
        expect(spans.at(-1)?.end).toBe(size);
        for (const [i, span] of spans.entries()) expect(span.start).toBe(i === 0 ? 0 : spans[i - 1]?.end);
        expect(spans.length).toBeLessThanOrEqual(54);
      }),
    );
  });
  test('each node splits into perfect subtrees whose tiles the log has', () => {
    fc.assert(
      fc.property(huge, fc.double({ min: 0, max: 1, noNaN: true }), (size, where) => {
        const oldSize = Math.max(1, Math.floor(where * size));
        for (const span of [...consistencySpans(oldSize, size), { start: 0, end: size }]) {
          let at = span.start;
          for (const { level, index } of perfectSubtrees(span)) {
            expect(index * 2 ** level).toBe(at);
            at += 2 ** level;
            const tileLevel = Math.floor(level / 8);
            const first = index * 2 ** (level % 8);
            const width = tileWidth(tileLevel, Math.floor(first / 256), size);
            expect(width).toBeGreaterThanOrEqual((first % 256) + 2 ** (level % 8));
          }
          expect(at).toBe(span.end);
        }
      }),
    );
  });
  test('a log’s resources are as many as its size asks for', () => {
    fc.assert(
      fc.property(fc.nat(200_000), size => {
        const all = [...logResources(size)];
        const bundles = all.filter(({ kind }) => kind === 'entries').length;
        expect(bundles).toBe(Math.ceil(size / 256));
        expect(new Set(all.map(printPath)).size).toBe(all.length);
      }),
      { numRuns: 10 },
    );
  });
});
