import { concatBytes } from '../../base/bytes.ts';
import { type Piece, refused, textPiece, tooLarge } from './record.ts';

/** A message longer than this is refused: RFC 5425 asks for 8 KB at least, alerts in JSON are larger. */
export const FRAME_BYTES_MAX = 1024 * 1024;
/** Digits of a length that are looked at. A longer one is no length that anybody means. */
const LENGTH_DIGITS_MAX = 20;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const LESS_THAN = 0x3c;
const EMPTY = new Uint8Array(0);

export interface SyslogFrames {
  /** Takes the next bytes of a connection and gives the messages that are complete. */
  push(chunk: Uint8Array): readonly Piece[];
  /** Gives what is left when the connection ends. Nothing may be pushed after it. */
  end(): readonly Piece[];
  /** Whether part of a message is held. */
  isPartial(): boolean;
  /** Whether the places of messages cannot be told any more. What follows is ignored; the connection has to end. */
  isBroken(): boolean;
}

/**
 * Tells the messages of a TCP or TLS connection apart (RFC 6587 sections 3.4.1 and 3.4.2): `LENGTH SPACE <…` counted,
 * anything else a line. Each message is looked at by itself, because senders mix them. Every byte ends up in a message
 * or in a refusal, but for line ends and NULs between messages.
 */
export function createSyslogFrames(): SyslogFrames {
  let rest: Uint8Array = EMPTY;
  let isSkipping = false;
  let isBroken = false;
  const push = (chunk: Uint8Array): readonly Piece[] => {
    if (isBroken) return [];
    const bytes = rest.length === 0 ? chunk : concatBytes(rest, chunk);
    const pieces: Piece[] = [];
    let at = 0;
    for (;;) {
      if (isSkipping) {
        const end = bytes.indexOf(NEWLINE, at);
        if (end < 0) {
          at = bytes.length;
          break;
        }
        isSkipping = false;
        at = end + 1;
      }
      while (at < bytes.length && isBetween(bytes[at] ?? 0)) at++;
      if (at === bytes.length) break;
      const length = lengthAt(bytes, at);
      if (length === 'unknown') break;
      if (length !== undefined) {
        if (length.count > FRAME_BYTES_MAX) {
          isBroken = true;
          pieces.push(refused(bytes.slice(at), `a message says that it has more than ${FRAME_BYTES_MAX} bytes`));
          rest = EMPTY;
          return pieces;
        }
        if (bytes.length < length.start + length.count) break;
        pieces.push(messageOf(bytes.slice(length.start, length.start + length.count)));
        at = length.start + length.count;
        continue;
      }
      const end = bytes.indexOf(NEWLINE, at);
      if (end >= 0 && end - at <= FRAME_BYTES_MAX) {
        pieces.push(messageOf(bytes.slice(at, end)));
        at = end + 1;
      } else if (end >= 0 || bytes.length - at > FRAME_BYTES_MAX) {
        pieces.push(tooLarge(bytes.slice(at, at + FRAME_BYTES_MAX)));
        isSkipping = true;
      } else break;
    }
    rest = at === 0 ? bytes : bytes.slice(at);
    return pieces;
  };
  return {
    push,
    end() {
      const last = rest;
      rest = EMPTY;
      if (last.length === 0) return [];
      const length = lengthAt(last, 0);
      if (typeof length === 'object') {
        const missing = length.start + length.count - last.length;
        return [refused(last, `the connection ended ${missing} bytes before the end of the message`)];
      }
      return [messageOf(last)];
    },
    isPartial: () => rest.length > 0,
    isBroken: () => isBroken,
  };
}

/** A length and where its message starts; undefined where none stands here, `unknown` while that cannot be told. */
function lengthAt(
  bytes: Uint8Array,
  from: number,
): { readonly count: number; readonly start: number } | 'unknown' | undefined {
  const first = bytes[from] ?? 0;
  if (first < 0x31 || first > 0x39) return undefined;
  let at = from;
  while (at < bytes.length && at - from <= LENGTH_DIGITS_MAX && isDigit(bytes[at] ?? 0)) at++;
  if (at - from > LENGTH_DIGITS_MAX) return undefined;
  if (at === bytes.length) return 'unknown';
  if (bytes[at] !== SPACE) return undefined;
  if (at + 1 === bytes.length) return 'unknown';
  if (bytes[at + 1] !== LESS_THAN) return undefined;
  return { count: Number(String.fromCharCode(...bytes.subarray(from, at))), start: at + 1 };
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isBetween = (byte: number) => byte === NEWLINE || byte === 0x0d || byte === 0;

/** A message without the line end that some senders count in. */
function messageOf(bytes: Uint8Array): Piece {
  let end = bytes.length;
  while (end > 0 && isBetween(bytes[end - 1] ?? 0)) end--;
  return textPiece(bytes.subarray(0, end));
}
