import { sha256 as defaultSha256, equalBytes } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';

/** Any implementation of SHA-256. It must not keep its argument: the caller uses the buffer again. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 32;

/** Sizes and indices are JavaScript numbers; beyond this they would lose digits. */
export const TREE_SIZE_MAX = Number.MAX_SAFE_INTEGER;

/** The root of a log without entries: SHA-256 of nothing (RFC 6962 section 2.1). */
export function emptyRoot(sha256: Sha256 = defaultSha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** SHA-256(0x00 ‖ entry), RFC 6962 section 2.1. */
export function leafHash(entry: Uint8Array, sha256: Sha256 = defaultSha256): Uint8Array {
  const preimage = new Uint8Array(entry.length + 1);
  preimage.set(entry, 1);
  return sha256(preimage);
}

const nodePreimage = Uint8Array.of(1, ...new Uint8Array(2 * HASH_BYTES));

/** SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256 = defaultSha256): Uint8Array {
  nodePreimage.set(left, 1);
  nodePreimage.set(right, 1 + HASH_BYTES);
  return sha256(nodePreimage);
}

/**
 * Everything that has to be known of a tree in order to append to it and to name its root: the roots of
 * the perfect subtrees that its size splits into, largest first. At most 53 hashes.
 */
export interface CompactRange {
  readonly size: number;
  readonly stack: readonly Uint8Array[];
}

export const EMPTY_RANGE: CompactRange = { size: 0, stack: [] };

/** Called for each perfect subtree that an append completes: it covers the leaves from index · 2^level on. */
export type OnSubtree = (level: number, index: number, hash: Uint8Array) => void;

/** The range after these leaves. The one given is left as it was. */
export function appendLeaves(
  range: CompactRange,
  leafHashes: Iterable<Uint8Array>,
  sha256: Sha256 = defaultSha256,
  onSubtree: OnSubtree = () => {},
): CompactRange {
  const stack = [...range.stack];
  let size = range.size;
  for (const leaf of leafHashes) {
    invariant(size < TREE_SIZE_MAX, 'a log has fewer than 2^53 entries');
    let hash = leaf;
    let level = 0;
    let index = size;
    onSubtree(level, index, hash);
    while (index % 2 === 1) {
      const left = stack.pop();
      invariant(left !== undefined, 'a compact range has one hash for each bit of its size');
      hash = nodeHash(left, hash, sha256);
      level += 1;
      index = half(index);
      onSubtree(level, index, hash);
    }
    stack.push(hash);
    size += 1;
  }
  return { size, stack };
}

export function rootOfRange(range: CompactRange, sha256: Sha256 = defaultSha256): Uint8Array {
  return range.stack.length === 0 ? emptyRoot(sha256) : foldRight(range.stack, sha256);
}

/** Whether the stack has exactly the hashes that the size asks for. What is read from a store is checked with it. */
export function isWellFormedRange(range: CompactRange): boolean {
  let ones = 0;
  for (let rest = range.size; rest > 0; rest = half(rest)) ones += rest % 2;
  return ones === range.stack.length && range.stack.every(hash => hash.length === HASH_BYTES);
}

export function rootOfLeaves(leafHashes: Iterable<Uint8Array>, sha256: Sha256 = defaultSha256): Uint8Array {
  return rootOfRange(appendLeaves(EMPTY_RANGE, leafHashes, sha256), sha256);
}

/** The leaves from `start` up to but not including `end`: one node of the tree. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The nodes of an inclusion proof, leaf side first: PATH(index, D[size]) of RFC 6962 section 2.1.1. */
export function inclusionSpans(index: number, size: number): Span[] {
  invariant(0 <= index && index < size && size <= TREE_SIZE_MAX, 'the index is inside the tree');
  const spans: Span[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (index < middle) {
      spans.push({ start: middle, end });
      end = middle;
    } else {
      spans.push({ start, end: middle });
      start = middle;
    }
  }
  return spans.reverse();
}

/** The nodes of a consistency proof: PROOF(old, D[size]) of RFC 6962 section 2.1.2. Empty for old = 0 and old = size. */
export function consistencySpans(oldSize: number, size: number): Span[] {
  invariant(0 <= oldSize && oldSize <= size && size <= TREE_SIZE_MAX, 'the older tree is no larger');
  if (oldSize === 0 || oldSize === size) return [];
  const spans: Span[] = [];
  let start = 0;
  let end = size;
  while (oldSize < end) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (oldSize <= middle) {
      spans.push({ start: middle, end });
      end = middle;
    } else {
      spans.push({ start, end: middle });
      start = middle;
    }
  }
  // Where the older tree is itself a perfect left subtree, whoever checks the proof has its root already.
  if (start > 0) spans.push({ start, end });
  return spans.reverse();
}

/** A node as perfect subtrees, left to right: each covers the leaves from index · 2^level on. */
export function perfectSubtrees(span: Span): { readonly level: number; readonly index: number }[] {
  const subtrees: { level: number; index: number }[] = [];
  for (let start = span.start; start < span.end; ) {
    let level = 0;
    let width = 1;
    while (start % (width * 2) === 0 && start + width * 2 <= span.end) {
      width *= 2;
      level += 1;
    }
    subtrees.push({ level, index: start / width });
    start += width;
  }
  return subtrees;
}

/** The hash of a node from those of its perfect subtrees, left to right. */
export function foldRight(hashes: readonly Uint8Array[], sha256: Sha256 = defaultSha256): Uint8Array {
  const last = hashes.at(-1);
  invariant(last !== undefined, 'there is at least one hash to fold');
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right, sha256), last);
}

/** RFC 9162 section 2.1.3.2. False for every argument that is not such a proof, and never an exception. */
export function verifyInclusion(
  claim: {
    readonly leafHash: Uint8Array;
    readonly index: number;
    readonly size: number;
    readonly root: Uint8Array;
    readonly proof: readonly Uint8Array[];
  },
  sha256: Sha256 = defaultSha256,
): boolean {
  const { index, size, proof } = claim;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (![claim.leafHash, claim.root, ...proof].every(isHash)) return false;
  let at = index;
  let last = size - 1;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash, sha256);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(hash, claim.root);
}

/**
 * RFC 9162 section 2.1.4.2. Every tree extends the empty one, by the empty proof; a tree extends itself likewise.
 * False for every argument that is not such a proof, and never an exception.
 */
export function verifyConsistency(
  claim: {
    readonly oldSize: number;
    readonly oldRoot: Uint8Array;
    readonly size: number;
    readonly root: Uint8Array;
    readonly proof: readonly Uint8Array[];
  },
  sha256: Sha256 = defaultSha256,
): boolean {
  const { oldSize, oldRoot, size, root, proof } = claim;
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) return false;
  if (![oldRoot, root, ...proof].every(isHash)) return false;
  if (oldSize === 0 && !equalBytes(oldRoot, emptyRoot(sha256))) return false;
  if (oldSize === size) return proof.length === 0 && equalBytes(oldRoot, root);
  if (oldSize === 0) return proof.length === 0;
  let at = oldSize - 1;
  let last = size - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  // `at` is 0 now exactly when the older size is a power of two, and then the proof leaves its root out.
  const [first, ...rest] = at === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let oldHash = first;
  let hash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(sibling, oldHash, sha256);
      hash = nodeHash(sibling, hash, sha256);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(hash, root);
}

/** Half, rounded down. Not a shift, since those cut numbers to 32 bits. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function largestPowerOfTwoBelow(value: number): number {
  let power = 1;
  while (power * 2 < value) power *= 2;
  return power;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}
