import type { Piece } from '../../src/sources/read/record.ts';
import { createSplitter } from '../../src/sources/read/splitter.ts';

/** The pieces of a file that comes in chunks of so many bytes. */
export function split(file: string | Uint8Array, chunkBytes?: number): readonly Piece[] {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  const size = chunkBytes ?? Math.max(bytes.length, 1);
  const splitter = createSplitter();
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(...splitter.push(bytes.slice(at, at + size)));
  pieces.push(...splitter.end());
  return pieces;
}

/** What each piece says: the record's value, or in angle brackets why it is refused. */
export function valuesOf(pieces: readonly Piece[]): readonly unknown[] {
  return pieces.map(piece => (piece.ok ? piece.record.value : `<${piece.refusal.detail}>`));
}

export function textsOf(pieces: readonly Piece[]): readonly string[] {
  return pieces.map(piece => (piece.ok ? piece.record.text : `<${piece.refusal.detail}>`));
}

export function notesOf(pieces: readonly Piece[]): readonly (readonly string[])[] {
  return pieces.map(piece => (piece.ok ? (piece.record.notes ?? []) : []));
}

export function bytesOf(piece: Piece): Uint8Array {
  return piece.ok ? piece.record.bytes : piece.bytes;
}
