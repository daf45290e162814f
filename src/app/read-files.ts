import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Piece } from '../sources/read/record.ts';
import { createSplitter } from '../sources/read/splitter.ts';

const CHUNK_BYTES = 1_048_576;

/** A file cannot be read to its end. What came before the fault was already given. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

/**
 * The records of a file, in order, while it is read; `-` is standard input, and gzip is undone wherever the first
 * bytes say so. Throws {@link UnreadableFile} where the file is absent or the gzip is broken or cut short.
 */
export async function* readRecords(path: string, stdin: Readable = process.stdin): AsyncGenerator<readonly Piece[]> {
  const splitter = createSplitter();
  try {
    const raw = path === '-' ? stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
    for await (const chunk of inflate(raw)) {
      const pieces = splitter.push(chunk);
      if (pieces.length > 0) yield pieces;
    }
  } catch (cause) {
    throw new UnreadableFile(`cannot read ${path === '-' ? 'standard input' : `\`${path}\``}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  const rest = splitter.end();
  if (rest.length > 0) yield rest;
}

async function* inflate(raw: Readable): AsyncGenerator<Uint8Array> {
  const chunks = raw[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const head = bytesOf(first.value);
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield bytesOf(next.value);
  };
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole();
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const feed = (async () => {
    for await (const chunk of whole()) {
      if (!gunzip.write(chunk)) await new Promise(resolve => gunzip.once('drain', resolve));
    }
    gunzip.end();
  })();
  // The reader below sees the fault of the source as a fault of the stream.
  feed.catch((cause: unknown) => gunzip.destroy(cause instanceof Error ? cause : new Error(String(cause))));
  for await (const chunk of gunzip) yield bytesOf(chunk);
  await feed;
}

function bytesOf(chunk: unknown): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'permission is denied';
    case 'EISDIR':
      return 'it is a directory';
    case 'Z_BUF_ERROR':
      return 'the gzip ends too early';
    case 'Z_DATA_ERROR':
      return 'the gzip is damaged';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
