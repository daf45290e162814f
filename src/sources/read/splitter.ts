import { concatBytes } from '../../base/bytes.ts';
import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { Rows } from './csv.ts';
import { type Encoding, encodingOf, utf16FromWtf8, wtf8FromUtf16 } from './encoding.ts';
import { jsonPieces } from './envelope.ts';
import { Gathered } from './gathered.ts';
import { JsonScanner, LargeEnvelope } from './json-scanner.ts';
import { type Layout, layoutOf } from './layout.ts';
import { Mailbox, OneMessage } from './mail-splitter.ts';
import { type Piece, refused, textPiece, tooLarge, withNote } from './record.ts';
import { XmlEvents } from './xml-events.ts';
import { zeekReader } from './zeek.ts';

export interface Splitter {
  /** Takes the next bytes and gives the records that are complete. */
  push(chunk: Uint8Array): readonly Piece[];
  /** Gives what is left. Nothing may be pushed after it. */
  end(): readonly Piece[];
}

const NEWLINE = 0x0a;
const OPEN_OBJECT = 0x7b;
const EMPTY = new Uint8Array(0);

/**
 * Splits a file into records while it is read, holding at most one record (of {@link RECORD_BYTES_MAX}, a message that
 * stands alone of more) and one chunk. Encoding and layout are recognised by the first bytes. Every byte but blank
 * lines, a byte-order mark, a header and what separates the elements of a list ends up in a record or in a refusal,
 * as it came: a record that was decoded from UTF-16 has its bytes of UTF-16.
 */
export function createSplitter(): Splitter {
  let inner: Splitter | undefined;
  const head = new Gathered();
  const start = (chunk: Uint8Array, isEnd: boolean): readonly Piece[] => {
    head.add(chunk);
    const bytes = head.take();
    const found = encodingOf(bytes, isEnd);
    if (found === undefined) {
      head.add(bytes);
      return [];
    }
    inner = found.encoding === 'utf-8' ? byLayout() : utf16(found.encoding);
    return inner.push(bytes.subarray(found.mark));
  };
  return {
    push: chunk => (inner === undefined ? start(chunk, false) : inner.push(chunk)),
    end: () => {
      const first = inner === undefined ? start(EMPTY, true) : [];
      return [...first, ...(inner?.end() ?? [])];
    },
  };
}

/** Splits lines of which the layout is known: a record each, JSON where it starts like it. For pieces of a growing file. */
export function createLineSplitter(): Splitter {
  return new Lines('text');
}

/** Splits what is read of UTF-16, and gives each piece its own bytes back. */
function utf16(encoding: Exclude<Encoding, 'utf-8'>): Splitter {
  const isBig = encoding === 'utf-16be';
  const inner = byLayout();
  let rest: Uint8Array = EMPTY;
  const back = (piece: Piece): Piece => {
    if (!piece.ok) return { ...piece, bytes: utf16FromWtf8(piece.bytes, isBig) };
    const bytes = utf16FromWtf8(piece.record.bytes, isBig);
    const noted = withNote(piece, `read as UTF-16, ${isBig ? 'big' : 'little'} end first`);
    return noted.ok ? { ok: true, record: { ...noted.record, bytes, isDecoded: true } } : noted;
  };
  const take = (chunk: Uint8Array, isEnd: boolean): readonly Piece[] => {
    const read = wtf8FromUtf16(rest.length === 0 ? chunk : concatBytes(rest, chunk), isBig, isEnd);
    rest = read.rest;
    return inner.push(read.wtf8).map(back);
  };
  return {
    push: chunk => take(chunk, false),
    end: () => {
      const last = [...take(EMPTY, true), ...inner.end().map(back)];
      return rest.length === 0 ? last : [...last, refused(rest, 'the file ends inside a code unit of UTF-16')];
    },
  };
}

function byLayout(): Splitter {
  let inner: Splitter | undefined;
  let size = 0;
  let looked = 0;
  const head = new Gathered();
  const start = (chunk: Uint8Array, isEnd: boolean): readonly Piece[] => {
    head.add(chunk);
    size += chunk.length;
    // Looking again at each byte that comes would cost the square of the head.
    if (!isEnd && looked > 0 && size < looked * LOOK_AGAIN && chunk.indexOf(NEWLINE) < 0) return [];
    looked = size;
    const bytes = head.take();
    const layout = layoutOf(bytes, isEnd);
    if (layout === undefined) {
      head.add(bytes);
      return [];
    }
    inner = splitterOf(layout);
    return inner.push(bytes);
  };
  return {
    push: chunk => (inner === undefined ? start(chunk, false) : inner.push(chunk)),
    end: () => {
      const first = inner === undefined ? start(EMPTY, true) : [];
      return [...first, ...(inner?.end() ?? [])];
    },
  };
}

/** The head is looked at again when it has grown by this factor, or by a line. */
const LOOK_AGAIN = 1.5;

function splitterOf(layout: Layout): Splitter {
  switch (layout) {
    case 'documents':
      return new JsonScanner();
    case 'events':
      return new XmlEvents();
    case 'message':
      return new OneMessage();
    case 'mailbox':
      return new Mailbox();
    default:
      return new Lines(layout);
  }
}

interface LineReader {
  /** The records of a line: several where it is an envelope. */
  read(line: Uint8Array): readonly Piece[];
  end?(): readonly Piece[];
}

function lineReader(layout: 'ndjson' | 'csv' | 'zeek' | 'text'): LineReader {
  if (layout === 'csv') return new Rows();
  if (layout === 'zeek') return { read: zeekReader() };
  if (layout === 'ndjson') return { read: jsonPieces };
  return { read: line => (startsAsObject(line) ? jsonPieces(line) : [textPiece(line)]) };
}

function startsAsObject(line: Uint8Array): boolean {
  return line[0] === OPEN_OBJECT;
}

/** A record a line. A row of CSV may hold line breaks in quotes; a line that is an envelope may be of any length. */
class Lines {
  private readonly kept = new Gathered();
  private quotes = 0;
  private isSkipping = false;
  private large: LargeEnvelope | undefined;
  private readonly layout: 'ndjson' | 'csv' | 'zeek' | 'text';
  private readonly reader: LineReader;

  constructor(layout: 'ndjson' | 'csv' | 'zeek' | 'text') {
    this.layout = layout;
    this.reader = lineReader(layout);
  }

  push(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    for (let from = 0; from < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, from);
      const until = newline < 0 ? chunk.length : newline;
      if (newline >= 0 && this.isWholeLine(chunk, from, until)) this.readLine(chunk.slice(from, until), pieces);
      else {
        this.take(chunk.subarray(from, until), pieces);
        if (newline >= 0) this.closeLine(pieces);
      }
      from = until + 1;
    }
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    this.quotes = 0;
    this.closeLine(pieces);
    pieces.push(...(this.reader.end?.() ?? []));
    return pieces;
  }

  /** The usual line: it begins and ends in one chunk, and nothing of it has to be kept. */
  private isWholeLine(chunk: Uint8Array, from: number, until: number): boolean {
    if (this.kept.length > 0 || this.isSkipping || this.large !== undefined || until - from > RECORD_BYTES_MAX)
      return false;
    if (this.layout !== 'csv') return true;
    return this.quotes === 0 && quotesIn(chunk.subarray(from, until)) % 2 === 0;
  }

  private take(part: Uint8Array, pieces: Piece[]): void {
    if (this.isSkipping) return;
    if (this.large !== undefined) {
      this.takeLarge(this.large, part, pieces);
      return;
    }
    if (this.layout === 'csv') this.quotes += quotesIn(part);
    this.kept.add(part);
    if (this.kept.length <= RECORD_BYTES_MAX) return;
    const bytes = this.kept.take();
    this.quotes = 0;
    const isJson = this.layout === 'ndjson' || (this.layout === 'text' && startsAsObject(bytes));
    const opened = isJson ? LargeEnvelope.open(bytes, pieces) : undefined;
    if (opened !== undefined) {
      this.large = opened.envelope;
      this.takeBehind(bytes.subarray(opened.end), pieces);
      return;
    }
    pieces.push(tooLarge(bytes));
    this.isSkipping = true;
  }

  private takeLarge(large: LargeEnvelope, part: Uint8Array, pieces: Piece[]): void {
    const end = large.isClosed ? 0 : large.push(part, 0, pieces);
    this.takeBehind(part.subarray(end), pieces);
  }

  private takeBehind(rest: Uint8Array, pieces: Piece[]): void {
    if (!isBlank(rest)) pieces.push(refused(rest.slice(), 'it stands behind the value of its line'));
  }

  private closeLine(pieces: Piece[]): void {
    if (this.large !== undefined) {
      this.large.end(pieces);
      this.large = undefined;
      return;
    }
    if (this.isSkipping) {
      this.isSkipping = false;
      return;
    }
    // A quoted cell may hold a line break: the row is open while its quotes are odd in number.
    if (this.quotes % 2 === 1) {
      this.kept.add(Uint8Array.of(NEWLINE));
      return;
    }
    this.quotes = 0;
    this.readLine(this.kept.take(), pieces);
  }

  private readLine(bytes: Uint8Array, pieces: Piece[]): void {
    const line = bytes[bytes.length - 1] === 0x0d ? bytes.subarray(0, -1) : bytes;
    if (!isBlank(line)) pieces.push(...this.reader.read(line));
  }
}

function quotesIn(part: Uint8Array): number {
  let quotes = 0;
  for (let at = part.indexOf(0x22); at >= 0; at = part.indexOf(0x22, at + 1)) quotes++;
  return quotes;
}

function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte > 0x20) return false;
  return true;
}
