import { bytesToHex, sha256 } from '../../base/bytes.ts';
import { MESSAGE_BYTES_MAX, RECORD_BYTES_MAX } from '../shared/bounds.ts';
import { decodeText } from './encoding.ts';
import { linksOf } from './message-links.ts';
import { bodyOf, type Leaf, textOfType } from './mime-body.ts';
import { headersOf } from './mime-header.ts';
import { type Piece, refused } from './record.ts';

/** Bytes in which the header of a message must end to be recognised. */
const HEAD_BYTES_MAX = 65_536;
/** Characters of each form of the body that are kept beside the raw message. */
const BODY_CHARS_MAX = 65_536;
const ATTACHMENTS_MAX = 100;
const NAME_CHARS_MAX = 1_024;
const NEWLINE = 0x0a;

/** Fields that say where a message comes from; one of them must be there. */
const ORIGIN: ReadonlySet<string> = new Set(['from', 'sender', 'return-path', 'received']);
/** Fields that only mail has, or has together. Three different ones must be there. */
const OF_MAIL: ReadonlySet<string> = new Set(
  'from sender return-path received to cc subject date message-id mime-version content-type reply-to delivered-to dkim-signature authentication-results'.split(
    ' ',
  ),
);
const OF_MAIL_MIN = 3;

/**
 * True where bytes begin with the header of a message (RFC 5322), or with a mailbox's `From ` line and one; undefined
 * while they are too few to tell.
 */
export function isMessage(bytes: Uint8Array, isEnd = true): boolean | undefined {
  const names = new Set<string>();
  let isFirst = true;
  for (let at = 0; at < bytes.length && at < HEAD_BYTES_MAX; ) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0 && !isEnd) break;
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end);
    at = end + 1;
    if (line.length === 0) return isMail(names);
    const isFolded = line[0] === 0x20 || line[0] === 0x09;
    if (isFirst && isFolded) return false;
    const isMailbox = isFirst && startsWithFrom(line);
    isFirst = false;
    if (isFolded || isMailbox) continue;
    const name = fieldName(line);
    if (name === undefined) return false;
    names.add(name);
  }
  return isEnd || bytes.length >= HEAD_BYTES_MAX ? isMail(names) : undefined;
}

function isMail(names: ReadonlySet<string>): boolean {
  let count = 0;
  for (const name of names) if (OF_MAIL.has(name)) count += 1;
  return count >= OF_MAIL_MIN && [...names].some(name => ORIGIN.has(name));
}

function fieldName(line: Uint8Array): string | undefined {
  const head = String.fromCharCode(...line.subarray(0, 80));
  return /^([!-9;-~]{1,76})[ \t]*:/.exec(head)?.[1]?.toLowerCase();
}

/** A mailbox's line between two messages (RFC 4155). */
export function startsWithFrom(line: Uint8Array): boolean {
  const head = String.fromCharCode(...line.subarray(0, 200));
  return /^From \S+ .*\d{2}:\d{2}/.test(head);
}

/** What is read of a message. Everything in it is the sender's word. */
interface Message {
  readonly '@type': 'message/rfc822';
  /** Values by the field's name in lower case, topmost first. */
  readonly header: { readonly [name: string]: readonly string[] };
  readonly text?: string;
  readonly html?: string;
  /** Addresses of the web in the text, and those that its links lead to. */
  readonly links?: readonly string[];
  readonly attachments?: readonly Attachment[];
  /** The message that this one carries whole, as a reporter forwards it. */
  readonly reported?: Message;
}

interface Attachment {
  readonly name?: string;
  readonly type: string;
  readonly bytes: number;
  /** Hex SHA-256 of the decoded bytes. */
  readonly sha256: string;
}

/** The record of a message: its exact bytes, and as its value what it says, decoded. */
export function messagePiece(bytes: Uint8Array, bytesMax = MESSAGE_BYTES_MAX): Piece {
  if (bytes.length > bytesMax)
    return refused(bytes.slice(0, RECORD_BYTES_MAX), `the message is larger than ${bytesMax} bytes`);
  const text = decodeText(bytes.subarray(0, RECORD_BYTES_MAX))?.text ?? '';
  const notes: string[] = [];
  const start = startsWithFrom(bytes) ? bytes.indexOf(NEWLINE) + 1 : 0;
  const value = messageOf(bytes.subarray(start), notes, true);
  return { ok: true, record: { bytes, text, value, isDecoded: true, ...(notes.length > 0 ? { notes } : {}) } };
}

function messageOf(bytes: Uint8Array, notes: string[], isOuter: boolean): Message {
  const { fields } = headersOf(bytes);
  const { leaves, isCut } = bodyOf(bytes);
  if (isCut) notes.push('the message has more parts than are looked at');
  const header: { [name: string]: readonly string[] } = Object.create(null) as { [name: string]: readonly string[] };
  for (const [name, values] of fields) header[name] = values;
  const text = textOfType(leaves, 'text/plain', BODY_CHARS_MAX);
  const html = textOfType(leaves, 'text/html', BODY_CHARS_MAX);
  if (text?.length === BODY_CHARS_MAX || html?.length === BODY_CHARS_MAX)
    notes.push(`of the message's text ${BODY_CHARS_MAX} characters are looked at`);
  const links = linksOf(text, html);
  const carried = isOuter ? leaves.find(leaf => leaf.type === 'message/rfc822') : undefined;
  const attachments = attachmentsOf(
    leaves.filter(leaf => leaf !== carried),
    notes,
  );
  return {
    '@type': 'message/rfc822',
    header,
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    ...(links.length === 0 ? {} : { links }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(carried === undefined ? {} : { reported: messageOf(carried.bytes, notes, false) }),
  };
}

function attachmentsOf(leaves: readonly Leaf[], notes: string[]): readonly Attachment[] {
  const found = leaves.filter(leaf => leaf.isAttachment || !leaf.type.startsWith('text/'));
  if (found.length > ATTACHMENTS_MAX) notes.push(`of ${found.length} attachments ${ATTACHMENTS_MAX} are looked at`);
  return found.slice(0, ATTACHMENTS_MAX).map(leaf => ({
    ...(leaf.name === undefined ? {} : { name: leaf.name.slice(0, NAME_CHARS_MAX).toWellFormed() }),
    type: leaf.type,
    bytes: leaf.bytes.length,
    sha256: bytesToHex(sha256(leaf.bytes)),
  }));
}
