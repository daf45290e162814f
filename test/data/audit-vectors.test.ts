import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCheckpoint, printCheckpoint } from '../../src/audit/checkpoint.ts';
import {
  checkSignature,
  cosignatureBytes,
  cosignatureMessage,
  type NoteKey,
  noteKeyId,
  parseNote,
  parseNoteKey,
  printNote,
  printNoteKey,
} from '../../src/audit/note.ts';
import { consistencyProof, inclusionProof, logResources, printPath, TILE_WIDTH } from '../../src/audit/tile.ts';
import {
  appendLeaves,
  type CompactRange,
  EMPTY_RANGE,
  leafHash,
  nodeHash,
  rootOfRange,
  verifyConsistency,
  verifyInclusion,
} from '../../src/audit/tree.ts';
import { base64, bytesToHex, fromBase64, utf8 } from '../../src/base/bytes.ts';
import { logSigner, nativeSha256, verifyEd25519 } from '../../src/store/ed25519.ts';
import { dataFile } from './present.ts';

interface Vectors {
  readonly name: string;
  readonly seedHex: string;
  readonly vkey: string;
  readonly witnessSeedHex: string;
  readonly witnessVkey: string;
  readonly entry0: string;
  readonly leaf0: string;
  readonly leaf1: string;
  readonly node01: string;
  readonly roots: { readonly [size: string]: string };
  readonly checkpoint: string;
}

const COUNT = 70_000;
const WITNESSED_AT = 1_700_000_000;
const path = dataFile('audit-vectors.json');

describe.skipIf(path === undefined)('the vectors of the log (skipped where ../shared/data is absent)', () => {
  const vectors: Vectors = JSON.parse(path === undefined ? '{"roots":{}}' : readFileSync(path, 'utf8'));
  const leaves = Array.from({ length: COUNT }, (_, i) => leafHash(utf8(`{"i":${i},"t":"vector","v":1}`), nativeSha256));
  const levels = [leaves];
  while ((levels.at(-1)?.length ?? 0) >= TILE_WIDTH) {
    const below = levels.at(-1) ?? [];
    levels.push(
      Array.from({ length: Math.floor(below.length / 256) }, (_, i) => rootOf(below.slice(i * 256, i * 256 + 256))),
    );
  }
  const rootOf0 = (size: number) => rootOf(leaves.slice(0, size));
  const read = async (level: number, index: number, width: number) =>
    Buffer.concat(levels[level]?.slice(index * TILE_WIDTH, index * TILE_WIDTH + width) ?? []);

  test('leaves and their node', () => {
    expect(vectors.entry0).toBe('{"i":0,"t":"vector","v":1}');
    expect(bytesToHex(leafHash(utf8(vectors.entry0)))).toBe(vectors.leaf0);
    const [left = utf8(''), right = utf8('')] = leaves;
    expect(bytesToHex(right)).toBe(vectors.leaf1);
    expect(bytesToHex(nodeHash(left, right))).toBe(vectors.node01);
  });

  test('every root', () => {
    expect(Object.keys(vectors.roots).length).toBeGreaterThan(10);
    let range: CompactRange = EMPTY_RANGE;
    const found = Object.fromEntries(
      Object.keys(vectors.roots).map(size => {
        range = appendLeaves(range, leaves.slice(range.size, Number(size)), nativeSha256);
        return [size, base64(rootOfRange(range, nativeSha256))];
      }),
    );
    expect(found).toEqual(vectors.roots);
  });

  test('keys and checkpoint, byte for byte, from the seeds', async () => {
    const log = logSigner(vectors.name, Buffer.from(vectors.seedHex, 'hex'));
    const witness = logSigner('witness.example/w1', Buffer.from(vectors.witnessSeedHex, 'hex'));
    const witnessKey: NoteKey = { ...witness.key, type: 4 };
    expect(printNoteKey(log.key)).toBe(vectors.vkey);
    expect(printNoteKey(witnessKey)).toBe(vectors.witnessVkey);
    const text = printCheckpoint({
      origin: vectors.name,
      size: COUNT,
      root: fromBase64(vectors.roots[`${COUNT}`] ?? '') ?? utf8(''),
    });
    const cosignature = cosignatureBytes(WITNESSED_AT, witness.sign(cosignatureMessage(text, WITNESSED_AT)));
    const signatures = [
      { name: log.key.name, keyId: noteKeyId(log.key), signature: log.sign(utf8(text)) },
      { name: witnessKey.name, keyId: noteKeyId(witnessKey), signature: cosignature },
    ];
    expect(printNote({ text, signatures })).toBe(vectors.checkpoint);
  });

  test('the checkpoint verifies by the keys, and says what it says', async () => {
    const note = parseNote(vectors.checkpoint);
    const [log, witness] = [parseNoteKey(vectors.vkey), parseNoteKey(vectors.witnessVkey)];
    if (!note.ok || !log.ok || !witness.ok) throw new Error('all of them parse');
    expect(await checkSignature(note.value, log.value, verifyEd25519)).toEqual({
      kind: 'valid',
      unixSeconds: undefined,
    });
    const witnessed = await checkSignature(note.value, witness.value, verifyEd25519);
    expect(witnessed).toEqual({ kind: 'valid', unixSeconds: WITNESSED_AT });
    const checkpoint = parseCheckpoint(note.value.text);
    expect(checkpoint.ok && [checkpoint.value.origin, checkpoint.value.size]).toEqual([vectors.name, COUNT]);
  });

  test('the files of a log of 70,000 entries', () => {
    const paths = [...logResources(COUNT)].map(printPath).filter(name => !name.includes('entries'));
    expect(paths.length).toBe(277);
    expect(paths.slice(272)).toEqual([
      'tile/0/272',
      'tile/0/273.p/112',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
  });

  test('proofs out of its tiles, at the edges of every level', async () => {
    const root = rootOf0(COUNT);
    for (const index of [0, 255, 256, 65_535, 65_536, 69_887, 69_888, COUNT - 1]) {
      const proof = await inclusionProof(index, COUNT, read, nativeSha256);
      const hash = leaves[index] ?? utf8('');
      expect(proof.ok && verifyInclusion({ leafHash: hash, index, size: COUNT, root, proof: proof.value })).toBe(true);
    }
    for (const size of Object.keys(vectors.roots).map(Number)) {
      const proof = await consistencyProof(size, COUNT, read, nativeSha256);
      const oldRoot = fromBase64(vectors.roots[`${size}`] ?? '') ?? utf8('');
      expect(proof.ok && verifyConsistency({ oldSize: size, oldRoot, size: COUNT, root, proof: proof.value })).toBe(
        true,
      );
    }
  });
});

function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  return rootOfRange(appendLeaves(EMPTY_RANGE, hashes, nativeSha256), nativeSha256);
}
