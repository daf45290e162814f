import { decodeWords } from 'postal-mime';
import { decodeText } from './encoding.ts';

/** Fields of one header block that are looked at. */
const FIELDS_MAX = 1_000;
/** A field's value above this is cut. */
const VALUE_CHARS_MAX = 16_384;
const NEWLINE = 0x0a;

/**
 * Fields that hold addresses. Their encoded words stay as they are: decoded, the sender's words of a name would read
 * like the structure around them, and `=?utf-8?Q?boss=40example.com=3E?= <eve@…>` like an address of boss.
 */
const ADDRESSES: ReadonlySet<string> = new Set(
  'from sender reply-to to cc bcc return-path delivered-to resent-from resent-sender resent-to resent-cc'.split(' '),
);

export interface Headers {
  /** Values by name in lower case, in the order of the message; unfolded, encoded words decoded but in addresses (RFC 2047). */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Where the body begins. */
  readonly body: number;
}

/** Reads the header block of a message or of a part of one. A line that is no field is passed over. */
export function headersOf(bytes: Uint8Array): Headers {
  const fields = new Map<string, string[]>();
  let current: { readonly name: string; value: string } | undefined;
  let count = 0;
  const close = (): void => {
    if (current === undefined) return;
    const list = fields.get(current.name) ?? [];
    const value = current.value.trim();
    list.push(ADDRESSES.has(current.name) ? value : decodeWords(value));
    fields.set(current.name, list);
    current = undefined;
  };
  let at = 0;
  while (at < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end);
    at = newline < 0 ? bytes.length : newline + 1;
    if (line.length === 0) break;
    const isFolded = line[0] === 0x20 || line[0] === 0x09;
    if (isFolded && current !== undefined) {
      if (current.value.length < VALUE_CHARS_MAX) current.value += ` ${textOf(line).trimStart()}`;
      continue;
    }
    close();
    const colon = line.indexOf(0x3a);
    if (isFolded || colon < 1 || count >= FIELDS_MAX) continue;
    count += 1;
    current = {
      name: textOf(line.subarray(0, colon)).trimEnd().toLowerCase(),
      value: textOf(line.subarray(colon + 1)),
    };
  }
  close();
  return { fields, body: at };
}

function textOf(bytes: Uint8Array): string {
  const cut = bytes.subarray(0, VALUE_CHARS_MAX);
  return decodeText(cut)?.text ?? String.fromCharCode(...cut);
}

/** A structured value: `text/plain; charset="utf-8"` (RFC 2045), with the parts of RFC 2231 put together. */
export interface Structured {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

// A quote that does not end runs to the end, so that no other start looks for its end again.
const PARAMETER = /;\s*([A-Za-z0-9_-]{1,64})(\*\d{1,3})?(\*)?=(?:"((?:[^"\\]|\\.)*)"?|([^;\s"]*))/g;

export function structured(text: string | undefined): Structured {
  const whole = (text ?? '').slice(0, VALUE_CHARS_MAX);
  const parts = new Map<string, { readonly at: number; readonly text: string; readonly isCoded: boolean }[]>();
  for (const [, name = '', section, star, quoted, bare] of whole.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    const list = parts.get(key) ?? [];
    list.push({
      at: Number(section?.slice(1) ?? 0),
      text: quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
      isCoded: star !== undefined,
    });
    parts.set(key, list);
  }
  const parameters = new Map<string, string>();
  for (const [key, list] of parts) parameters.set(key, joined(list));
  return { value: whole.split(';', 1)[0]?.trim().toLowerCase() ?? '', parameters };
}

function joined(list: readonly { readonly at: number; readonly text: string; readonly isCoded: boolean }[]): string {
  const sorted = [...list].sort((a, b) => a.at - b.at);
  const isCoded = sorted.some(one => one.isCoded);
  const whole = sorted.map(one => one.text).join('');
  if (!isCoded) return whole;
  const [charset, , ...rest] = whole.split("'");
  return percentDecoded(rest.length === 0 ? whole : rest.join("'"), charset ?? '');
}

function percentDecoded(text: string, charset: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = text[at] === '%' ? /^[0-9a-f]{2}$/i.exec(text.slice(at + 1, at + 3))?.[0] : undefined;
    if (hex === undefined) bytes.push(text.charCodeAt(at) & 0xff);
    else {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    }
  }
  return textIn(Uint8Array.from(bytes), charset);
}

/** Bytes as text of a named character set; of an unknown one, or of none, as {@link decodeText} reads them. */
export function textIn(bytes: Uint8Array, charset: string | undefined): string {
  const label = (charset ?? '').trim().toLowerCase();
  if (label !== '' && label !== 'utf-8' && label !== 'us-ascii') {
    try {
      return new TextDecoder(label).decode(bytes);
    } catch {
      // No character set that we have.
    }
  }
  return decodeText(bytes)?.text ?? new TextDecoder().decode(bytes);
}
