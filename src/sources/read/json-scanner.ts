import { concatBytes } from '../../base/bytes.ts';
import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { jsonPiece, type Piece, refused, tooLarge } from './record.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

/** CloudTrail delivers `{"Records":[…]}`: the elements are the records. */
const RECORDS = /^\{\s*"Records"\s*:\s*\[$/;
const RECORDS_HEAD_MAX = 64;

/**
 * Finds the values of a JSON array, or values one after the other, without parsing what surrounds them, so that
 * each keeps its exact bytes. Counts brackets outside strings; an element above the size cap is passed over and refused.
 */
export class JsonScanner {
  /** Bytes of the open value that came in earlier chunks. */
  private kept: Uint8Array = new Uint8Array(0);
  private depth = 0;
  /** The depth at which elements stand: 1 inside an array, 2 inside `Records`, 0 for values one after the other. */
  private base: number | undefined;
  private isString = false;
  private isEscaped = false;
  private isOpen = false;
  private isSkipping = false;

  push(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    let from = this.isOpen ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.isString) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === BACKSLASH) this.isEscaped = true;
        else if (byte === QUOTE) this.isString = false;
        continue;
      }
      if (!this.isOpen) {
        if (this.opensList(byte)) continue;
        if (byte <= 0x20 || byte === COMMA || byte === CLOSE_LIST || (this.base === 2 && byte === CLOSE_OBJECT))
          continue;
        this.isOpen = true;
        from = at;
      }
      const isDone = this.step(byte);
      if (isDone !== undefined) {
        const until = isDone === 'before' ? at : at + 1;
        pieces.push(...this.close(chunk.subarray(from, until)));
        from = -1;
      } else if (this.atRecords(chunk, from, at, byte)) from = -1;
    }
    if (this.isOpen) this.keep(chunk.subarray(Math.max(from, 0)), pieces);
    return pieces;
  }

  end(): readonly Piece[] {
    if (!this.isOpen || this.isSkipping) return [];
    this.isOpen = false;
    const bytes = this.kept;
    // A number or word at the end of the file has nothing after it that would have closed it.
    return [this.depth === (this.base ?? 0) ? jsonPiece(bytes) : refused(bytes, 'the file ends inside the record')];
  }

  private opensList(byte: number): boolean {
    if (this.base !== undefined || byte !== OPEN_LIST) return false;
    this.base = 1;
    this.depth = 1;
    return true;
  }

  /** Whether this byte ends the open value: `after` with it, `before` where it is already what follows a bare word. */
  private step(byte: number): 'after' | 'before' | undefined {
    const base = this.base ?? 0;
    if (byte === QUOTE) this.isString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (this.depth <= base) return 'before';
      this.depth -= 1;
      if (this.depth === base) return 'after';
    } else if (this.depth === base && (byte === COMMA || byte === 0x0a)) return 'before';
    return undefined;
  }

  private atRecords(chunk: Uint8Array, from: number, at: number, byte: number): boolean {
    if (this.base !== undefined || byte !== OPEN_LIST || this.depth !== 2) return false;
    const head = concatBytes(this.kept, chunk.subarray(Math.max(from, 0), at + 1));
    if (head.length > RECORDS_HEAD_MAX) return false;
    if (!RECORDS.test(String.fromCharCode(...head))) return false;
    this.base = 2;
    this.isOpen = false;
    this.kept = new Uint8Array(0);
    return true;
  }

  private close(tail: Uint8Array): readonly Piece[] {
    const bytes = this.kept.length === 0 ? tail.slice() : concatBytes(this.kept, tail);
    const isSkipped = this.isSkipping;
    this.kept = new Uint8Array(0);
    this.isOpen = false;
    this.isSkipping = false;
    this.base ??= 0;
    return isSkipped || bytes.every(one => one <= 0x20) ? [] : [jsonPiece(bytes)];
  }

  private keep(tail: Uint8Array, pieces: Piece[]): void {
    if (this.isSkipping) return;
    this.kept = this.kept.length === 0 ? tail.slice() : concatBytes(this.kept, tail);
    if (this.kept.length <= RECORD_BYTES_MAX) return;
    pieces.push(tooLarge(this.kept.slice(0, RECORD_BYTES_MAX)));
    this.kept = new Uint8Array(0);
    this.isSkipping = true;
  }
}
