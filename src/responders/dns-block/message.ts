import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Address, type Parse, withChannel } from '../shared/channel.ts';
import { NoAnswer } from '../shared/wire-text.ts';

/** One resource record (RFC 1035, 4.1.3). A class that is no class, a time of 0 and no data are what RFC 2136 asks with. */
export interface Entry {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttlSeconds: number;
  readonly data: Buffer;
}

/** What a server answered. */
export interface Answered {
  /** RFC 1035 and 2136: 0 done, 3 no such name, 5 refused, 6 the name exists, 7 the set exists, 8 it does not, 9 not allowed. */
  readonly code: number;
  readonly entries: readonly Entry[];
}

/** A key that both sides know (RFC 8945, hmac-sha256). */
export interface Key {
  readonly name: string;
  /** Base64. */
  readonly secret: string;
}

export const TYPE = { A: 1, CNAME: 5, SOA: 6, TXT: 16, TSIG: 250, ANY: 255 } as const;
export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;
export const CODE = {
  DONE: 0,
  NO_NAME: 3,
  REFUSED: 5,
  NAME_EXISTS: 6,
  SET_EXISTS: 7,
  NO_SET: 8,
  NOT_ALLOWED: 9,
} as const;
const OPCODE_UPDATE = 5;
const ALGORITHM = 'hmac-sha256';
const FUDGE_SECONDS = 300;
const LABEL_BYTES_MAX = 63;

export function nameBytes(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.').map(label => Buffer.from(label, 'ascii'));
  if (labels.some(({ length }) => length === 0 || length > LABEL_BYTES_MAX)) throw new RangeError('no name of DNS');
  return Buffer.concat([...labels.flatMap(label => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

/** A text as the data of a TXT record. */
export function textData(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'ascii')]);
}

function entryBytes({ name, type, class: ofClass, ttlSeconds, data }: Entry): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(ofClass, 2);
  fixed.writeUInt32BE(ttlSeconds, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(name), fixed, data]);
}

function messageBytes(flags: number, counts: readonly number[], parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(12);
  randomBytes(2).copy(header, 0);
  header.writeUInt16BE(flags, 2);
  for (const [i, count] of counts.entries()) header.writeUInt16BE(count, 4 + 2 * i);
  return Buffer.concat([header, ...parts]);
}

function question(name: string, type: number): Buffer {
  const rest = Buffer.alloc(4);
  rest.writeUInt16BE(type, 0);
  rest.writeUInt16BE(CLASS.IN, 2);
  return Buffer.concat([nameBytes(name), rest]);
}

/** A question; `recursive` asks the server to look elsewhere, too. */
export function queryOf(name: string, type: number, recursive: boolean): Buffer {
  return messageBytes(recursive ? 0x0100 : 0, [1, 0, 0, 0], [question(name, type)]);
}

/** RFC 2136: changes to a zone, all of them or none, and only where every prerequisite holds. */
export function updateOf(zone: string, prerequisites: readonly Entry[], changes: readonly Entry[]): Buffer {
  const parts = [question(zone, TYPE.SOA), ...[...prerequisites, ...changes].map(entryBytes)];
  return messageBytes(OPCODE_UPDATE << 11, [1, prerequisites.length, changes.length, 0], parts);
}

/** The message with its TSIG record at the end (RFC 8945, 4.2 and 4.3), and the signature that the answer's builds on. */
function signed(message: Buffer, key: Key, nowSeconds: number): { readonly bytes: Buffer; readonly mac: Buffer } {
  const time = Buffer.alloc(8);
  time.writeUIntBE(nowSeconds, 0, 6);
  time.writeUInt16BE(FUDGE_SECONDS, 6);
  const head = [nameBytes(key.name), Buffer.from([0, CLASS.ANY, 0, 0, 0, 0]), nameBytes(ALGORITHM), time];
  const none = Buffer.alloc(4);
  const mac = createHmac('sha256', Buffer.from(key.secret, 'base64'))
    .update(Buffer.concat([message, ...head, none]))
    .digest();
  const tail = Buffer.alloc(8);
  tail.writeUInt16BE(message.readUInt16BE(0), 2);
  tail.writeUInt16BE(0, 4);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(mac.length);
  const data = Buffer.concat([nameBytes(ALGORITHM), time, length, mac, tail.subarray(2)]);
  const bytes = Buffer.concat([
    message,
    entryBytes({ name: key.name, type: TYPE.TSIG, class: CLASS.ANY, ttlSeconds: 0, data }),
  ]);
  bytes.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { bytes, mac };
}

/** A name at a place of a message, with the pointers of RFC 1035, 4.1.4. */
function readName(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  // No name has more labels than this; a message whose pointers go round ends here.
  for (let hops = 0; hops < 128; hops++) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) {
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
    } else if (length === 0) {
      return { name: labels.join('.').toLowerCase(), end: end ?? at + 1 };
    } else {
      labels.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
  throw new NoAnswer('the answer holds a name without an end');
}

function readEntry(message: Buffer, start: number): { readonly entry: Entry; readonly end: number } {
  const { name, end } = readName(message, start);
  const type = message.readUInt16BE(end);
  const length = message.readUInt16BE(end + 8);
  const from = end + 10;
  const isName = type === TYPE.CNAME;
  const data = isName ? nameBytes(readName(message, from).name) : message.subarray(from, from + length);
  return {
    entry: { name, type, class: message.readUInt16BE(end + 2), ttlSeconds: message.readUInt32BE(end + 4), data },
    end: from + length,
  };
}

function answeredBy(
  message: Buffer,
): Answered & { readonly tsigAt: number | undefined; readonly tsig: Entry | undefined } {
  let at = 12;
  for (let i = 0; i < message.readUInt16BE(4); i++) at = readName(message, at).end + 4;
  const entries: Entry[] = [];
  let tsigAt: number | undefined;
  let tsig: Entry | undefined;
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  for (let i = 0; i < count; i++) {
    const { entry, end } = readEntry(message, at);
    if (entry.type === TYPE.TSIG) {
      tsigAt = at;
      tsig = entry;
    } else if (i < message.readUInt16BE(6)) entries.push(entry);
    at = end;
  }
  return { code: message.readUInt16BE(2) & 0xf, entries, tsigAt, tsig };
}

/** Whether the answer was signed by who knows the key, over the question that was sent (RFC 8945, 5.3). */
function isSigned(message: Buffer, tsigAt: number, tsig: Entry, key: Key, asked: Buffer): boolean {
  const body = Buffer.from(message.subarray(0, tsigAt));
  body.writeUInt16BE(body.readUInt16BE(10) - 1, 10);
  const { end } = readName(tsig.data, 0);
  const macLength = tsig.data.readUInt16BE(end + 8);
  const mac = tsig.data.subarray(end + 10, end + 10 + macLength);
  const rest = tsig.data.subarray(end + 10 + macLength);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(asked.length);
  const wanted = createHmac('sha256', Buffer.from(key.secret, 'base64'))
    .update(
      Buffer.concat([
        length,
        asked,
        body,
        nameBytes(key.name),
        Buffer.from([0, CLASS.ANY, 0, 0, 0, 0]),
        nameBytes(ALGORITHM),
        tsig.data.subarray(end, end + 8),
        rest.subarray(2),
      ]),
    )
    .digest();
  return mac.length === wanted.length && timingSafeEqual(mac, wanted);
}

const framed: Parse<Buffer> = bytes => {
  if (bytes.length < 2) return undefined;
  const length = bytes.readUInt16BE(0);
  return bytes.length < 2 + length ? undefined : { value: bytes.subarray(2, 2 + length), length: 2 + length };
};

/**
 * Sends one message over TCP and gives the answer. With a key both are signed: an answer that says done and is signed by
 * nobody is no answer. Rejects with NotReached before it was sent and with NoAnswer after.
 */
export async function tell(
  address: Address,
  message: Buffer,
  key: Key | undefined,
  now: { readonly seconds: number; readonly timeoutMs: number },
): Promise<Answered> {
  const sent = key === undefined ? { bytes: message, mac: Buffer.alloc(0) } : signed(message, key, now.seconds);
  const frame = Buffer.alloc(2);
  frame.writeUInt16BE(sent.bytes.length);
  return await withChannel(address, now.timeoutMs, async channel => {
    channel.send(Buffer.concat([frame, sent.bytes]));
    const reply = await channel.read(framed);
    try {
      if (reply.readUInt16BE(0) !== message.readUInt16BE(0)) throw new NoAnswer('the answer is to another question');
      const { code, entries, tsigAt, tsig } = answeredBy(reply);
      const isOurs =
        key === undefined ||
        (tsigAt !== undefined && tsig !== undefined && isSigned(reply, tsigAt, tsig, key, sent.mac));
      // A server that does not know the key answers NOTAUTH, unsigned: that one is believed, as it claims nothing.
      if (!isOurs && code !== CODE.NOT_ALLOWED && code !== CODE.REFUSED) throw new NoAnswer('the answer is not signed');
      return { code, entries };
    } catch (error) {
      throw error instanceof NoAnswer ? error : new NoAnswer('the answer is malformed');
    }
  });
}
