import { concatBytes, textFromUtf8 } from '../../base/bytes.ts';
import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { headerOf } from '../shared/csv.ts';
import { rowPiece } from './csv.ts';
import { JsonScanner } from './json-scanner.ts';
import { jsonPiece, type Piece, textPiece, tooLarge } from './record.ts';

/** How the records of a file are told apart. `documents` are JSON values of any layout: an array's, or one after the other. */
export type Layout = 'ndjson' | 'documents' | 'csv' | 'text';

export interface Splitter {
  /** Takes the next bytes and gives the records that are complete. */
  push(chunk: Uint8Array): readonly Piece[];
  /** Gives what is left. Nothing may be pushed after it. */
  end(): readonly Piece[];
}

const NEWLINE = 0x0a;
const EMPTY = new Uint8Array(0);

/**
 * Splits a file into records while it is read, holding at most one record of {@link RECORD_BYTES_MAX} and one chunk.
 * The layout is recognised by the first bytes: a JSON array, JSON objects a line, JSON objects over several lines,
 * CSV with a header, else a record a line. Every byte but blank lines, a byte-order mark, a header and what
 * separates the elements of an array ends up in a record or in a refusal.
 */
export function createSplitter(): Splitter {
  let inner: Splitter | undefined;
  let head: Uint8Array = EMPTY;
  const start = (bytes: Uint8Array, isEnd: boolean): readonly Piece[] => {
    head = head.length === 0 ? bytes : concatBytes(head, bytes);
    const body = withoutMark(head);
    const layout = layoutOf(body, isEnd);
    if (layout === undefined) return [];
    inner = layout === 'documents' ? documents() : lines(layout);
    head = EMPTY;
    return inner.push(body);
  };
  return {
    push: chunk => (inner === undefined ? start(chunk, false) : inner.push(chunk)),
    end: () => {
      const first = inner === undefined ? start(EMPTY, true) : [];
      return inner === undefined ? first : [...first, ...inner.end()];
    },
  };
}

/** Splits lines of which the layout is known: a record each, JSON where it starts like it. For pieces of a growing file. */
export function createLineSplitter(): Splitter {
  return lines('text');
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Undefined while the first line is not complete and might still be. */
function layoutOf(bytes: Uint8Array, isEnd: boolean): Layout | undefined {
  let at = 0;
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at++;
  if (at === bytes.length) return isEnd ? 'text' : undefined;
  const newline = bytes.indexOf(NEWLINE, at);
  const isWhole = newline >= 0 || isEnd;
  if (!isWhole && bytes.length - at <= RECORD_BYTES_MAX) {
    // A one-line array may be the whole file: it is recognised by its start.
    return /^\[\s*[[{"]/.test(textFromUtf8(bytes.subarray(at, at + 64)) ?? '') ? 'documents' : undefined;
  }
  const line = bytes.subarray(at, newline < 0 ? Math.min(bytes.length, at + RECORD_BYTES_MAX) : newline);
  return layoutOfLine((textFromUtf8(line) ?? '').trim(), textFromUtf8(bytes.subarray(newline + 1, newline + 65)) ?? '');
}

function layoutOfLine(line: string, next: string): Layout {
  if (/^\[\s*(?:[[{"]|$)/.test(line) && (line.length > 1 || /^\s*[[{"\]]/.test(next))) return 'documents';
  if (line.startsWith('{')) {
    if (/^\{\s*"Records"\s*:\s*\[/.test(line)) return 'documents';
    return /^\{$|[[{,]$/.test(line) && !line.endsWith('}') ? 'documents' : 'ndjson';
  }
  return headerOf(line) === undefined ? 'text' : 'csv';
}

function lines(layout: 'ndjson' | 'csv' | 'text'): Splitter {
  let rest: Uint8Array = EMPTY;
  let isSkipping = false;
  let header: readonly string[] | undefined;
  const piece = (bytes: Uint8Array): Piece | undefined => {
    const line = bytes[bytes.length - 1] === 0x0d ? bytes.subarray(0, -1) : bytes;
    if (isBlank(line)) return undefined;
    if (layout === 'ndjson') return jsonPiece(line);
    if (layout === 'text') return textPiece(line);
    if (header !== undefined) return rowPiece(line, header);
    header = headerOf(textFromUtf8(line) ?? '');
    return header === undefined ? textPiece(line) : undefined;
  };
  const push = (chunk: Uint8Array): readonly Piece[] => {
    const pieces: Piece[] = [];
    let from = 0;
    for (let at = endOfLine(chunk, from); at >= 0; at = endOfLine(chunk, from)) {
      const line = rest.length === 0 ? chunk.slice(from, at) : concatBytes(rest, chunk.subarray(from, at));
      from = at + 1;
      rest = EMPTY;
      if (isSkipping) isSkipping = false;
      else if (layout === 'csv' && isOpenRow(line) && line.length <= RECORD_BYTES_MAX)
        rest = concatBytes(line, Uint8Array.of(NEWLINE));
      else {
        const found = piece(line);
        if (found !== undefined) pieces.push(found);
      }
    }
    if (isSkipping) return pieces;
    rest = rest.length === 0 ? chunk.slice(from) : concatBytes(rest, chunk.subarray(from));
    if (rest.length > RECORD_BYTES_MAX) {
      pieces.push(tooLarge(rest.slice(0, RECORD_BYTES_MAX)));
      rest = EMPTY;
      isSkipping = true;
    }
    return pieces;
  };
  return {
    push,
    end: () => {
      const last = isSkipping || rest.length === 0 ? undefined : piece(rest);
      rest = EMPTY;
      return last === undefined ? [] : [last];
    },
  };
}

function endOfLine(chunk: Uint8Array, from: number): number {
  return from >= chunk.length ? -1 : chunk.indexOf(NEWLINE, from);
}

/** A quoted cell may hold a line break: the row is open while its quotes are odd in number. */
function isOpenRow(line: Uint8Array): boolean {
  let quotes = 0;
  for (let at = line.indexOf(0x22); at >= 0; at = line.indexOf(0x22, at + 1)) quotes++;
  return quotes % 2 === 1;
}

function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte > 0x20) return false;
  return true;
}

function documents(): Splitter {
  const scanner = new JsonScanner();
  return {
    push: chunk => scanner.push(chunk),
    end: () => scanner.end(),
  };
}
