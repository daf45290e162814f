import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToHex, equalBytes, hexToBytes, sha256, utf8 } from '../base/bytes.ts';
import {
  appendLeaves,
  consistencySpans,
  EMPTY_RANGE,
  emptyRoot,
  foldRight,
  inclusionSpans,
  isWellFormedRange,
  leafHash,
  nodeHash,
  perfectSubtrees,
  rootOfLeaves,
  rootOfRange,
  type Span,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts';

const leaves = Array.from({ length: 300 }, (_, i) => leafHash(utf8(`entry ${i}`)));

/** MTH of RFC 6962 section 2.1, word for word: the oracle of everything below. */
function mth(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (only === undefined) return sha256(new Uint8Array());
  if (hashes.length === 1) return only;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(mth(hashes.slice(0, k)), mth(hashes.slice(k)));
}
const hashOf = (span: Span) => mth(leaves.slice(span.start, span.end));
const root = (size: number) => mth(leaves.slice(0, size));
const inclusion = (index: number, size: number) => inclusionSpans(index, size).map(hashOf);
const consistency = (oldSize: number, size: number) => consistencySpans(oldSize, size).map(hashOf);
const hex = (text: string) => hexToBytes(text) ?? new Uint8Array();

const indexAndSize = fc.integer({ min: 1, max: 300 }).chain(size => fc.tuple(fc.nat(size - 1), fc.constant(size)));
const twoSizes = fc.nat(300).chain(size => fc.tuple(fc.nat(size), fc.constant(size)));

describe('roots', () => {
  const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  for (const [size, expected] of [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ].entries()) {
    test(`the RFC 6962 root of ${size} entries`, () => {
      expect(bytesToHex(rootOfLeaves(entries.slice(0, size).map(entry => leafHash(hex(entry)))))).toBe(expected);
    });
  }

  test('a compact range has the root of the definition, however the leaves came in', () => {
    fc.assert(
      fc.property(twoSizes, ([middle, size]) => {
        const range = appendLeaves(appendLeaves(EMPTY_RANGE, leaves.slice(0, middle)), leaves.slice(middle, size));
        expect(isWellFormedRange(range)).toBe(true);
        expect(rootOfRange(range)).toEqual(root(size));
      }),
    );
  });

  test('a range whose stack lost or gained a hash is seen', () => {
    const range = appendLeaves(EMPTY_RANGE, leaves.slice(0, 7));
    expect(isWellFormedRange({ ...range, stack: range.stack.slice(1) })).toBe(false);
    expect(isWellFormedRange({ ...range, size: 8 })).toBe(false);
  });

  test('the perfect subtrees of a node have its hash', () => {
    fc.assert(
      fc.property(indexAndSize, ([index, size]) => {
        for (const span of [...inclusionSpans(index, size), { start: 0, end: size }]) {
          const parts = perfectSubtrees(span).map(({ level, index: at }) =>
            hashOf({ start: at * 2 ** level, end: (at + 1) * 2 ** level }),
          );
          expect(foldRight(parts)).toEqual(hashOf(span));
        }
      }),
    );
  });
});

describe('inclusion', () => {
  test('every entry of every tree proves', () => {
    for (let size = 1; size <= 70; size++) {
      for (let index = 0; index < size; index++) {
        const claim = {
          leafHash: leaves[index] ?? hex(''),
          index,
          size,
          root: root(size),
          proof: inclusion(index, size),
        };
        expect(verifyInclusion(claim)).toBe(true);
      }
    }
  });

  test('nothing else proves: another leaf, index, size or root, a proof that is longer, shorter or altered', () => {
    fc.assert(
      fc.property(indexAndSize, fc.nat(), fc.nat(), ([index, size], pick, bit) => {
        const claim = {
          leafHash: leaves[index] ?? hex(''),
          index,
          size,
          root: root(size),
          proof: inclusion(index, size),
        };
        const wrongs = [
          { leafHash: flip(claim.leafHash, bit) },
          { root: flip(claim.root, bit) },
          { root: claim.root.slice(1) },
          { index: (index + 1 + (pick % size)) % size === index ? size : (index + 1 + (pick % size)) % size },
          { index: -1 },
          { index: index + 0.5 },
          { size: index },
          { proof: [...claim.proof, leaves[0] ?? hex('')] },
          { proof: claim.proof.map((hash, i) => (i === pick % claim.proof.length ? flip(hash, bit) : hash)) },
          { proof: claim.proof.slice(1) },
        ].filter(wrong => wrong.proof === undefined || claim.proof.length > 0 || wrong.proof.length > 0);
        for (const wrong of wrongs) expect(verifyInclusion({ ...claim, ...wrong })).toBe(false);
      }),
    );
  });
});

describe('consistency', () => {
  test('every tree extends every tree before it', () => {
    for (let size = 0; size <= 70; size++) {
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const claim = { oldSize, oldRoot: root(oldSize), size, root: root(size), proof: consistency(oldSize, size) };
        expect(verifyConsistency(claim)).toBe(true);
      }
    }
  });

  test('nothing else proves: another root or size, a proof that is longer, shorter or altered', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), fc.nat(), ([oldSize, size], pick, bit) => {
        const claim = { oldSize, oldRoot: root(oldSize), size, root: root(size), proof: consistency(oldSize, size) };
        expect(verifyConsistency({ ...claim, oldRoot: flip(claim.oldRoot, bit) })).toBe(false);
        expect(verifyConsistency({ ...claim, oldSize: size + 1 })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, leaves[0] ?? hex('')] })).toBe(false);
        if (oldSize > 0) expect(verifyConsistency({ ...claim, root: flip(claim.root, bit) })).toBe(false);
        if (claim.proof.length === 0) return;
        const altered = claim.proof.map((hash, i) => (i === pick % claim.proof.length ? flip(hash, bit) : hash));
        expect(verifyConsistency({ ...claim, proof: altered })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [] })).toBe(false);
      }),
    );
  });

  test('a log that claims to extend the empty one must name the empty root', () => {
    const claim = { oldSize: 0, size: 3, root: root(3), proof: [] };
    expect(verifyConsistency({ ...claim, oldRoot: emptyRoot() })).toBe(true);
    expect(verifyConsistency({ ...claim, oldRoot: root(1) })).toBe(false);
  });
});

test('a leaf never has the hash of a node', () => {
  const [left = hex(''), right = hex('')] = leaves;
  const asEntry = Uint8Array.of(...left, ...right);
  expect(equalBytes(leafHash(asEntry), nodeHash(left, right))).toBe(false);
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === Math.floor(bit / 8) % bytes.length ? byte ^ (1 << (bit % 8)) : byte));
}
