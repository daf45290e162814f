import { concatBytes } from '../../base/bytes.ts';
import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { aroundDetail, jsonPieces, largeListIn } from './envelope.ts';
import type { EnvelopeKind } from './envelope-kinds.ts';
import { Gathered } from './gathered.ts';
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  endOfValue,
  memberAt,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from './json-walk.ts';
import { jsonPiece, type Piece, refused, tooLarge } from './record.ts';

const ENDS_INSIDE = 'the file ends inside the record';

/**
 * Finds the values of JSON arrays, or values one after the other, without parsing what surrounds them, so that
 * each keeps its exact bytes. Counts brackets outside strings; a value above the size cap is passed over and refused,
 * unless it is an envelope, of which each element is a record.
 */
export class JsonScanner {
  private isInList = false;
  private value: OpenValue | undefined;

  push(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.value === undefined) {
        const byte = chunk[at] ?? 0;
        if (byte <= 0x20 || byte === COMMA) at++;
        else if (byte === OPEN_LIST && !this.isInList) {
          this.isInList = true;
          at++;
        } else if (byte === CLOSE_LIST && this.isInList) {
          this.isInList = false;
          at++;
        } else this.value = new OpenValue(jsonPieces, true);
        continue;
      }
      at = this.value.push(chunk, at, pieces);
      if (this.value.isClosed) this.value = undefined;
    }
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    this.value?.end(pieces);
    this.value = undefined;
    return pieces;
  }
}

/** One JSON value while its bytes come in. Starts at the value's first byte. */
class OpenValue {
  isClosed = false;
  private readonly kept = new Gathered();
  private depth = 0;
  private isString = false;
  private isEscaped = false;
  private isStarted = false;
  private isSkipping = false;
  private large: LargeEnvelope | undefined;
  private readonly piecesOf: (bytes: Uint8Array) => readonly Piece[];
  private readonly mayBeEnvelope: boolean;

  constructor(piecesOf: (bytes: Uint8Array) => readonly Piece[], mayBeEnvelope: boolean) {
    this.piecesOf = piecesOf;
    this.mayBeEnvelope = mayBeEnvelope;
  }

  /** Takes bytes from a place on, and gives the place behind what it took. */
  push(chunk: Uint8Array, from: number, pieces: Piece[]): number {
    if (this.large !== undefined) return this.pushLarge(this.large, chunk, from, pieces);
    const end = this.endIn(chunk, from);
    // The usual value: it begins and ends in one chunk, and nothing of it has to be kept.
    if (end !== undefined && this.kept.length === 0 && !this.isSkipping && end - from <= RECORD_BYTES_MAX) {
      this.isClosed = true;
      pieces.push(...this.piecesOf(chunk.slice(from, end)));
      return end;
    }
    const large = this.keep(chunk.subarray(from, end ?? chunk.length), pieces);
    if (end === undefined) return chunk.length;
    this.isClosed = true;
    if (large !== undefined) large.end(pieces);
    else if (!this.isSkipping) pieces.push(...this.piecesOf(this.kept.take()));
    return end;
  }

  end(pieces: Piece[]): void {
    if (this.large !== undefined) this.large.end(pieces);
    else if (!this.isSkipping) {
      const bytes = this.kept.take();
      // A number or word at the end of the file has nothing after it that would have closed it.
      if (this.depth === 0 && !this.isString) pieces.push(...this.piecesOf(bytes));
      else pieces.push(refused(bytes, ENDS_INSIDE));
    }
  }

  private pushLarge(large: LargeEnvelope, chunk: Uint8Array, from: number, pieces: Piece[]): number {
    const end = large.push(chunk, from, pieces);
    if (large.isClosed) {
      this.isClosed = true;
      large.end(pieces);
    }
    return end;
  }

  /** Where the value ends (exclusive), undefined where it goes on. The state is held in locals: this sees every byte. */
  private endIn(chunk: Uint8Array, from: number): number | undefined {
    let { depth, isString, isEscaped } = this;
    let end: number | undefined;
    for (let at = from; at < chunk.length && end === undefined; at++) {
      const byte = chunk[at] ?? 0;
      if (isString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) {
          isString = false;
          if (depth === 0) end = at + 1;
        }
      } else if (byte === QUOTE || byte === OPEN_OBJECT || byte === OPEN_LIST) {
        // What opens behind a bare word is a value of its own.
        if (depth === 0 && (this.isStarted || at > from)) end = at;
        else if (byte === QUOTE) isString = true;
        else depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        // A bracket that closes nothing is refused as a value of its own.
        if (depth === 0) end = this.isStarted || at > from ? at : at + 1;
        else if (--depth === 0) end = at + 1;
      } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) end = at;
    }
    this.isStarted = true;
    this.depth = depth;
    this.isString = isString;
    this.isEscaped = isEscaped;
    return end;
  }

  /** Gives the envelope that the value turned out to be, where it is one too large to be kept. */
  private keep(part: Uint8Array, pieces: Piece[]): LargeEnvelope | undefined {
    if (this.isSkipping) return undefined;
    this.kept.add(part);
    if (this.kept.length <= RECORD_BYTES_MAX) return undefined;
    const bytes = this.kept.take();
    this.large = this.mayBeEnvelope ? LargeEnvelope.open(bytes, pieces)?.envelope : undefined;
    if (this.large !== undefined) return this.large;
    pieces.push(tooLarge(bytes));
    this.isSkipping = true;
    return undefined;
  }
}

/**
 * An envelope that is larger than a record may be: its elements are records, taken while it is read. What stands
 * around the list is set aside as a piece of its own where it is more than transport.
 */
export class LargeEnvelope {
  /** True once the value's last bracket was seen. */
  isClosed = false;
  private readonly head: Uint8Array;
  private readonly kind: EnvelopeKind;
  private readonly tail = new Gathered();
  private isTailCut = false;
  private depth: number;
  private isString = false;
  private isEscaped = false;
  private isInList = true;
  private element: OpenValue | undefined;
  private count = 0;

  private constructor(head: Uint8Array, kind: EnvelopeKind) {
    this.head = head;
    this.kind = kind;
    // An object for each step of the path, and the list.
    this.depth = kind.path.length + 1;
  }

  /** Takes over a value by its first bytes, of which it takes those before `end`. Undefined where they are of no envelope. */
  static open(
    bytes: Uint8Array,
    pieces: Piece[],
  ): { readonly envelope: LargeEnvelope; readonly end: number } | undefined {
    const found = largeListIn(bytes);
    if (found === undefined) return undefined;
    const envelope = new LargeEnvelope(bytes.slice(0, found.list + 1), found.kind);
    return { envelope, end: envelope.push(bytes, found.list + 1, pieces) };
  }

  push(chunk: Uint8Array, from: number, pieces: Piece[]): number {
    let at = from;
    while (at < chunk.length && this.isInList) {
      if (this.element === undefined) {
        const byte = chunk[at] ?? 0;
        if (byte <= 0x20 || byte === COMMA) at++;
        else if (byte === CLOSE_LIST) this.isInList = false;
        else {
          this.element = new OpenValue(one => [jsonPiece(one)], false);
          this.count += 1;
        }
        continue;
      }
      at = this.element.push(chunk, at, pieces);
      if (this.element.isClosed) this.element = undefined;
    }
    return at >= chunk.length || this.isClosed ? at : this.pushTail(chunk, at);
  }

  private pushTail(chunk: Uint8Array, from: number): number {
    let at = from;
    for (; at < chunk.length && !this.isClosed; at++) {
      const byte = chunk[at] ?? 0;
      if (this.isString) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === BACKSLASH) this.isEscaped = true;
        else if (byte === QUOTE) this.isString = false;
      } else if (byte === QUOTE) this.isString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.depth += 1;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.depth -= 1;
        if (this.depth === 0) this.isClosed = true;
      }
    }
    const part = chunk.subarray(from, at);
    if (this.tail.length + part.length <= RECORD_BYTES_MAX) this.tail.add(part);
    else this.isTailCut = true;
    return at;
  }

  /** Gives what is left: an element that was cut off, and what stands around the list. */
  end(pieces: Piece[]): void {
    this.element?.end(pieces);
    this.element = undefined;
    const around = concatBytes(this.head, this.tail.take());
    if (!this.isClosed) pieces.push(refused(around, `${ENDS_INSIDE}; ${aroundDetail(this.count)}`));
    else if (this.isTailCut || !isTransport(around, this.kind)) pieces.push(refused(around, aroundDetail(this.count)));
  }
}

/** Values that say nothing. */
const EMPTY: ReadonlySet<string> = new Set(['null', '[]', '{}', '""', '0']);

/** True where an envelope, its list taken out, holds nothing but transport. */
function isTransport(around: Uint8Array, kind: EnvelopeKind): boolean {
  let at = around.indexOf(OPEN_OBJECT);
  for (let level = 0; level < kind.path.length; level++) {
    let below: number | undefined;
    for (let member = memberAt(around, at + 1); member !== undefined; ) {
      if (member.key === kind.path[level]) below = member.value;
      const end = endOfValue(around, member.value);
      if (end === undefined) return false;
      const isSilent = member.key === kind.path[level] || kind.transport.has(member.key);
      if (!isSilent && !EMPTY.has(String.fromCharCode(...around.subarray(member.value, end).slice(0, 5)))) return false;
      member = memberAt(around, end);
    }
    if (below === undefined) return false;
    at = below;
  }
  return true;
}
