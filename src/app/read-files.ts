import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Piece } from '../sources/read/record.ts';
import { createSplitter } from '../sources/read/splitter.ts';

/** The records of a chunk live until the last of them is taken: with chunks of a megabyte, reading takes 8 % longer. */
const CHUNK_BYTES = 131_072;
/** Compressed bytes that are undone at once. They become at most a thousand times as many (RFC 1951). */
const SLICE_BYTES = 16_384;

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
    // What came before the fault is given, the record in the middle of which it stands too: refused, with its bytes.
    const broken = splitter.end();
    if (broken.length > 0) yield broken;
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
  yield* gunzipped(whole());
}

/**
 * Undoes gzip, of one member or several, a slice at a time: what came out before the slice with a fault is given before
 * the fault is thrown, and a file that swells is held by no more than a slice's worth.
 */
async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let out: Uint8Array[] = [];
  let fault: Error | undefined;
  gunzip.on('data', (chunk: Uint8Array) => out.push(chunk));
  gunzip.on('error', cause => {
    fault = cause;
  });
  // A write that meets a fault is never called back: the stream closes.
  let wake: () => void = () => undefined;
  gunzip.on('close', () => wake());
  const taken = function* (): Generator<Uint8Array> {
    const some = out;
    out = [];
    yield* some;
    if (fault !== undefined) throw fault;
  };
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        const slice = chunk.subarray(at, at + SLICE_BYTES);
        await new Promise<void>(resolve => {
          wake = resolve;
          gunzip.write(slice, () => resolve());
        });
        yield* taken();
      }
    }
    await new Promise<void>(resolve => {
      wake = resolve;
      gunzip.end();
    });
    yield* taken();
  } finally {
    gunzip.destroy();
  }
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
