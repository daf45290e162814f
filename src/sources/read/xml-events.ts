import { RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { Gathered } from './gathered.ts';
import { type Piece, refused, textPiece, tooLarge } from './record.ts';

const LESS = 0x3c;
const MORE = 0x3e;
/** `<Event`, `</Event>`: what is longer is no tag that we look for. */
const TAG_BYTES_MAX = 16;

/**
 * Takes apart what Windows exports as XML: each `<Event>…</Event>` is a record of text, whether they stand in
 * `<Events>` or one after the other, on one line or on many. A prolog and the tags around them are no records; any
 * other text between two events is refused with its bytes.
 */
export class XmlEvents {
  private readonly kept = new Gathered();
  private readonly tag: number[] = [];
  private isInTag = false;
  private isEvent = false;
  private isSkipping = false;

  push(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === LESS) {
        // A tag begins here; what stood before it between two events was no part of one.
        if (!this.isEvent) {
          this.keep(chunk.subarray(from, at), pieces);
          this.closeBetween(pieces);
          from = at;
        }
        this.isInTag = true;
        this.tag.length = 0;
        continue;
      }
      if (!this.isInTag) continue;
      if (this.tag.length < TAG_BYTES_MAX) this.tag.push(byte);
      if (!this.isEvent && isEventTag(this.tag)) this.isEvent = true;
      if (byte !== MORE) continue;
      this.isInTag = false;
      const name = String.fromCharCode(...this.tag);
      const isDone = this.isEvent && (name === '/Event>' || name === 'Event/>');
      if (!isDone && this.isEvent) continue;
      this.keep(chunk.subarray(from, at + 1), pieces);
      from = at + 1;
      if (isDone) this.closeEvent(pieces);
      else this.closeBetween(pieces);
    }
    this.keep(chunk.subarray(from), pieces);
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    const bytes = this.kept.take();
    if (this.isSkipping) return pieces;
    if (this.isEvent) pieces.push(refused(bytes, 'the file ends inside the record'));
    else if (!isAround(bytes)) pieces.push(refused(bytes, 'it stands outside of any <Event>'));
    return pieces;
  }

  private closeEvent(pieces: Piece[]): void {
    const bytes = this.kept.take();
    this.isEvent = false;
    if (this.isSkipping) this.isSkipping = false;
    else pieces.push(textPiece(bytes));
  }

  private closeBetween(pieces: Piece[]): void {
    const bytes = this.kept.take();
    if (this.isSkipping) this.isSkipping = false;
    else if (!isAround(bytes)) pieces.push(refused(bytes, 'it stands outside of any <Event>'));
  }

  private keep(part: Uint8Array, pieces: Piece[]): void {
    if (this.isSkipping) return;
    this.kept.add(part);
    if (this.kept.length <= RECORD_BYTES_MAX) return;
    pieces.push(tooLarge(this.kept.take()));
    this.isSkipping = true;
  }
}

function isEventTag(tag: readonly number[]): boolean {
  const text = String.fromCharCode(...tag);
  return text.length === 6 && /^Event[\s>/]$/.test(text);
}

/** Blank, a prolog, a comment or a tag of the list. */
function isAround(bytes: Uint8Array): boolean {
  if (bytes.length > 4_096) return false;
  const text = String.fromCharCode(...bytes).trim();
  return text === '' || /^(?:<\?xml[^>]*>|<\/?Events(?:\s[^>]*)?>)$/.test(text);
}
