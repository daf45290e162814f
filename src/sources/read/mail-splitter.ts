import { MESSAGE_BYTES_MAX, RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { Gathered } from './gathered.ts';
import { messagePiece, startsWithFrom } from './message.ts';
import { type Piece, refused } from './record.ts';

const NEWLINE = 0x0a;

/** A file that is one message. */
export class OneMessage {
  private readonly kept = new Gathered();
  private isSkipping = false;

  push(chunk: Uint8Array): readonly Piece[] {
    if (this.isSkipping) return [];
    this.kept.add(chunk);
    if (this.kept.length <= MESSAGE_BYTES_MAX) return [];
    this.isSkipping = true;
    return [messageTooLarge(this.kept.take(), MESSAGE_BYTES_MAX)];
  }

  end(): readonly Piece[] {
    return this.isSkipping ? [] : [messagePiece(this.kept.take())];
  }
}

function messageTooLarge(bytes: Uint8Array, max: number): Piece {
  return refused(bytes.slice(0, RECORD_BYTES_MAX), `the message is larger than ${max} bytes`);
}

/**
 * A mailbox (RFC 4155): a message begins at a `From ` line that follows a blank one. That line stays with the bytes of
 * its message. Many messages are held at once behind this, so each may be as large as any other record and no larger.
 */
export class Mailbox {
  private readonly kept = new Gathered();
  private readonly line = new Gathered();
  private isAfterBlank = false;
  private isSkipping = false;

  push(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    for (let from = 0; from < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, from);
      const until = newline < 0 ? chunk.length : newline + 1;
      this.line.add(chunk.subarray(from, until));
      if (newline >= 0) this.closeLine(pieces);
      else if (this.line.length > RECORD_BYTES_MAX) this.keep(this.line.take(), pieces);
      from = until;
    }
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    this.closeLine(pieces);
    this.closeMessage(pieces);
    return pieces;
  }

  private closeLine(pieces: Piece[]): void {
    const line = this.line.take();
    if (this.isAfterBlank && startsWithFrom(line)) this.closeMessage(pieces);
    this.isAfterBlank = line.length <= 2 && line.every(byte => byte === NEWLINE || byte === 0x0d);
    this.keep(line, pieces);
  }

  private closeMessage(pieces: Piece[]): void {
    const bytes = this.kept.take();
    if (!this.isSkipping && bytes.some(byte => byte > 0x20)) pieces.push(messagePiece(bytes, RECORD_BYTES_MAX));
    this.isSkipping = false;
  }

  private keep(bytes: Uint8Array, pieces: Piece[]): void {
    if (this.isSkipping) return;
    this.kept.add(bytes);
    if (this.kept.length <= RECORD_BYTES_MAX) return;
    pieces.push(messageTooLarge(this.kept.take(), RECORD_BYTES_MAX));
    this.isSkipping = true;
  }
}
