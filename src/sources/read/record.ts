import { utf8 } from '../../base/bytes.ts';
import type { RawRecord, Refusal } from '../../ports/source.ts';
import { RECORD_BYTES_MAX, RECORD_DEPTH_MAX } from '../shared/bounds.ts';
import { type Decoded, decodeText } from './encoding.ts';
import { isMessage, messagePiece } from './message.ts';

/** One piece of a file: a record, or bytes that cannot be one. Nothing between two pieces is lost but blank lines. */
export type Piece =
  | { readonly ok: true; readonly record: RawRecord }
  /** `bytes` are those of the record, or its first part where it is above the size that we keep. */
  | { readonly ok: false; readonly refusal: Refusal; readonly bytes: Uint8Array };

export function refused(bytes: Uint8Array, detail: string): Piece {
  return { ok: false, refusal: { code: 'source.rejected_input', detail }, bytes };
}

export function tooLarge(bytes: Uint8Array): Piece {
  return refused(bytes.slice(0, RECORD_BYTES_MAX), `the record is larger than ${RECORD_BYTES_MAX} bytes`);
}

export const NOT_TEXT = 'the record is not valid UTF-8, and no text of Windows-1252 either';

/** A record of a text that was decoded, with the note about it. */
export function pieceOf(bytes: Uint8Array, decoded: Decoded, value: unknown): Piece {
  const { text, note } = decoded;
  return {
    ok: true,
    record: note === undefined ? { bytes, text, value } : { bytes, text, value, isDecoded: true, notes: [note] },
  };
}

/** The same piece with one more note, where it is a record. */
export function withNote(piece: Piece, note: string): Piece {
  if (!piece.ok) return piece;
  return { ok: true, record: { ...piece.record, notes: [...(piece.record.notes ?? []), note] } };
}

/** A record of text that must be JSON. */
export function jsonPiece(bytes: Uint8Array): Piece {
  if (bytes.length > RECORD_BYTES_MAX) return tooLarge(bytes);
  const decoded = decodeText(bytes);
  return decoded === undefined ? refused(bytes, NOT_TEXT) : jsonTextPiece(bytes, decoded);
}

function jsonTextPiece(bytes: Uint8Array, decoded: Decoded): Piece {
  const { text } = decoded;
  if (isDeeperThan(text, RECORD_DEPTH_MAX))
    return refused(bytes, `the record is nested deeper than ${RECORD_DEPTH_MAX} levels`);
  try {
    const value: unknown = JSON.parse(text);
    return pieceOf(bytes, decoded, value);
  } catch {
    const also = decoded.note === undefined ? '' : ', and not valid UTF-8 either';
    return refused(bytes, `the record is not valid JSON${also}`);
  }
}

/** A line of plain text; one that is a JSON object is read as such. */
export function textPiece(bytes: Uint8Array): Piece {
  if (bytes.length > RECORD_BYTES_MAX) return tooLarge(bytes);
  const decoded = decodeText(bytes);
  if (decoded === undefined) return refused(bytes, NOT_TEXT);
  if (decoded.text.startsWith('{')) return jsonTextPiece(bytes, decoded);
  return pieceOf(bytes, decoded, decoded.text);
}

/** One record from bytes of a delivery that holds exactly one: JSON where it starts like it, a message, else text. */
export function recordOf(bytes: Uint8Array): Piece {
  const first = bytes.find(byte => byte > 0x20);
  if (first === 0x7b || first === 0x5b) return jsonPiece(bytes);
  return isMessage(bytes) ? messagePiece(bytes) : textPiece(bytes);
}

/** A record made of a value that arrived parsed (an element of a delivery); its bytes are its JSON text. */
export function recordOfValue(value: unknown): RawRecord {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  return { bytes: utf8(text), text, value };
}

/** True where brackets outside strings nest deeper than `max`. One pass, so that no input costs more than its length. */
export function isDeeperThan(text: string, max: number): boolean {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) isString = false;
    } else if (code === 0x22) isString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > max) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
