import { concatBytes, utf8 } from '../../base/bytes.ts';
import { headersOf, type Structured, structured, textIn } from './mime-header.ts';

/** Parts of one message that are looked at, and how deep they may stand in each other. */
const PARTS_MAX = 200;
const DEPTH_MAX = 16;
const NEWLINE = 0x0a;

/** A part that holds no others, decoded from its transfer encoding. */
export interface Leaf {
  readonly type: string;
  /** As the part names its file; undefined where it does not. */
  readonly name: string | undefined;
  readonly isAttachment: boolean;
  readonly charset: string | undefined;
  readonly bytes: Uint8Array;
}

export interface Body {
  readonly leaves: readonly Leaf[];
  /** True where there are more parts, or deeper ones, than are looked at. */
  readonly isCut: boolean;
}

/** The leaves of a message's body (RFC 2046), in order. A message within the message is a leaf of type `message/rfc822`. */
export function bodyOf(message: Uint8Array): Body {
  const leaves: Leaf[] = [];
  let isCut = false;
  let count = 0;
  const open: { readonly bytes: Uint8Array; readonly depth: number }[] = [{ bytes: message, depth: 0 }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    count += 1;
    if (count > PARTS_MAX || part.depth > DEPTH_MAX) {
      isCut = true;
      continue;
    }
    const { fields, body } = headersOf(part.bytes);
    const type = structured(fields.get('content-type')?.[0]);
    const boundary = type.parameters.get('boundary');
    const bytes = part.bytes.subarray(body);
    if (type.value.startsWith('multipart/') && boundary !== undefined && boundary !== '') {
      const depth = part.depth + 1;
      const found = partsOf(bytes, boundary);
      if (found.isCut) isCut = true;
      open.push(...found.parts.map(one => ({ bytes: one, depth })).reverse());
      continue;
    }
    leaves.push(
      leafOf(
        type,
        structured(fields.get('content-disposition')?.[0]),
        fields.get('content-transfer-encoding')?.[0],
        bytes,
      ),
    );
  }
  return { leaves, isCut };
}

function leafOf(type: Structured, disposition: Structured, encoding: string | undefined, bytes: Uint8Array): Leaf {
  const name = disposition.parameters.get('filename') ?? type.parameters.get('name');
  return {
    type: type.value === '' ? 'text/plain' : type.value,
    name: name === '' ? undefined : name,
    isAttachment: disposition.value === 'attachment' || name !== undefined,
    charset: type.parameters.get('charset'),
    bytes: transferDecoded(bytes, encoding),
  };
}

/** What stands between the boundary's lines. Without a last one, the last part runs to the end. */
function partsOf(
  bytes: Uint8Array,
  boundary: string,
): { readonly parts: readonly Uint8Array[]; readonly isCut: boolean } {
  const mark = utf8(`--${boundary}`);
  const parts: Uint8Array[] = [];
  let from = -1;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, at);
    const next = newline < 0 ? bytes.length : newline + 1;
    if (startsWith(bytes, at, mark)) {
      const after = at + mark.length;
      const isLast = bytes[after] === 0x2d && bytes[after + 1] === 0x2d;
      // A longer boundary that begins alike is another one's.
      const isWhole = isLast || (bytes[after] ?? NEWLINE) <= 0x20;
      if (isWhole) {
        if (from >= 0) parts.push(bytes.subarray(from, beforeBreak(bytes, at)));
        if (isLast || parts.length > PARTS_MAX) return { parts, isCut: !isLast };
        from = next;
      }
    }
    at = next;
  }
  if (from >= 0) parts.push(bytes.subarray(from));
  return { parts, isCut: false };
}

function startsWith(bytes: Uint8Array, at: number, mark: Uint8Array): boolean {
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}

/** The line break before a boundary belongs to the boundary. */
function beforeBreak(bytes: Uint8Array, at: number): number {
  if (bytes[at - 1] !== NEWLINE) return at;
  return bytes[at - 2] === 0x0d ? at - 2 : at - 1;
}

function transferDecoded(bytes: Uint8Array, encoding: string | undefined): Uint8Array {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === 'base64') return base64Decoded(bytes);
  return name === 'quoted-printable' ? quotedDecoded(bytes) : bytes;
}

const SEXTETS = new Int8Array(256).fill(-1);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((letter, value) => {
  SEXTETS[letter.charCodeAt(0)] = value;
});

/** Base64 as mail carries it (RFC 2045 section 6.8): what is not of its alphabet is passed over, padding starts anew. */
function base64Decoded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((bytes.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let size = 0;
  for (const byte of bytes) {
    const sextet = SEXTETS[byte] ?? -1;
    if (sextet < 0) {
      if (byte === 0x3d) bits = 0;
      continue;
    }
    word = ((word << 6) | sextet) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[size++] = (word >> bits) & 0xff;
    }
  }
  return out.subarray(0, size);
}

/** Quoted-printable (RFC 2045 section 6.7). A `=` that begins nothing stays as it is. */
function quotedDecoded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0x3d) {
      out[size++] = byte;
      continue;
    }
    const [first, second] = [bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
    if (first === NEWLINE) at += 1;
    else if (first === 0x0d && second === NEWLINE) at += 2;
    else {
      const value = hexValue(first) * 16 + hexValue(second);
      if (Number.isNaN(value)) out[size++] = byte;
      else {
        out[size++] = value;
        at += 2;
      }
    }
  }
  return out.subarray(0, size);
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN;
}

/** The text of the leaves of one type, joined, at most so many characters. */
export function textOfType(leaves: readonly Leaf[], type: string, charsMax: number): string | undefined {
  const texts: Uint8Array[] = [];
  let charset: string | undefined;
  for (const leaf of leaves) {
    if (leaf.type !== type || leaf.isAttachment) continue;
    charset ??= leaf.charset;
    if (texts.length > 0 && leaf.charset !== charset) continue;
    texts.push(leaf.bytes);
  }
  if (texts.length === 0) return undefined;
  // A character has at most four bytes.
  const text = textIn(concatBytes(...texts).subarray(0, charsMax * 4), charset);
  return text.slice(0, charsMax).toWellFormed();
}
