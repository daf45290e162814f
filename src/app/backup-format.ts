import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { invariant } from '../base/invariant.ts';
import { errorCode, Refusal } from './refusal.ts';

/*
 * A backup is one gzip file of frames. A frame is a kind (one byte), a length (four bytes, big-endian) and that many
 * bytes. In this order:
 *
 *   H  head       JSON, {@link BackupHead}
 *   F  file       its name; followed by D frames
 *   T  table      JSON, `{"name","columns"}`; followed by D frames in PostgreSQL's COPY text format
 *   D  data       a piece of the file or table before it
 *   Z  end        SHA-256 of everything before it
 *
 * Whoever has a backup has the key of the log: it is as secret as the data directory.
 */

export interface BackupHead {
  readonly v: 1;
  readonly installation: string;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly programVersion: string;
  /** Entries in the log. */
  readonly logSize: number;
  readonly migrations: readonly { readonly name: string; readonly sha256: string }[];
  /** The next number that each numbering column would give out. Not its highest: rows may have gone since. */
  readonly sequences: readonly { readonly table: string; readonly column: string; readonly next: string }[];
}

export type Frame =
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'table'; readonly name: string; readonly columns: readonly string[] }
  | { readonly kind: 'data'; readonly bytes: Buffer };

const KINDS = { head: 0x48, file: 0x46, table: 0x54, data: 0x44, end: 0x5a } as const;
const FRAME_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES = 5;

/** Writes frames to a file that appears under its name only when it is whole. */
export class BackupWriter {
  readonly #hash: Hash = createHash('sha256');
  readonly #gzip = createGzip({ level: 6 });
  readonly #path: string;
  readonly #written: Promise<void>;

  private constructor(path: string, written: (gzip: ReturnType<typeof createGzip>) => Promise<void>) {
    this.#path = path;
    this.#written = written(this.#gzip);
    // Reported by `finish`; until then nobody waits for it.
    this.#written.catch(() => undefined);
  }

  static async create(path: string, head: BackupHead): Promise<BackupWriter> {
    const file = await open(`${path}.making`, 'w', 0o600);
    const writer = new BackupWriter(path, gzip => pipeline(gzip, file.createWriteStream({ flush: true })));
    await writer.#frame(KINDS.head, Buffer.from(JSON.stringify(head)));
    return writer;
  }

  async file(name: string, bytes: Buffer): Promise<void> {
    await this.#frame(KINDS.file, Buffer.from(name));
    await this.data(bytes);
  }

  table(name: string, columns: readonly string[]): Promise<void> {
    return this.#frame(KINDS.table, Buffer.from(JSON.stringify({ name, columns })));
  }

  async data(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += FRAME_BYTES_MAX) {
      await this.#frame(KINDS.data, bytes.subarray(at, at + FRAME_BYTES_MAX));
    }
  }

  /** Where the rows of a table are written as they come. */
  sink(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.data(chunk).then(() => done(), done);
      },
    });
  }

  async finish(): Promise<void> {
    await this.#frame(KINDS.end, this.#hash.copy().digest());
    this.#gzip.end();
    await this.#written;
    await rename(`${this.#path}.making`, this.#path);
  }

  async abandon(): Promise<void> {
    this.#gzip.destroy();
    await this.#written.catch(() => undefined);
    await rm(`${this.#path}.making`, { force: true });
  }

  async #frame(kind: number, bytes: Buffer): Promise<void> {
    invariant(bytes.length <= FRAME_BYTES_MAX, `a frame has at most ${FRAME_BYTES_MAX} bytes`);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(kind, 0);
    header.writeUInt32BE(bytes.length, 1);
    for (const part of [header, bytes]) {
      this.#hash.update(part);
      if (!this.#gzip.write(part)) {
        await Promise.race([new Promise(resolve => this.#gzip.once('drain', resolve)), this.#written]);
      }
    }
  }
}

/**
 * Reads a backup: its head, then its frames in order. Throws a {@link Refusal} for anything that `BackupWriter` did not
 * write. It is read to its end first, where the digest of all of it stands: nothing of what was altered is taken, and
 * nobody is told of a table that a flipped bit renamed.
 */
export async function readBackup(
  path: string,
): Promise<{ readonly head: BackupHead; readonly frames: AsyncGenerator<Frame, void> }> {
  await requireWhole(path);
  const raw = rawFrames(path);
  const first = await raw.next();
  if (first.done === true || first.value.kind !== KINDS.head) throw notABackup(path);
  const head = parseHead(first.value.bytes, path);
  return { head, frames: frames(raw, path) };
}

async function requireWhole(path: string): Promise<void> {
  for await (const { kind } of rawFrames(path)) if (kind === KINDS.end) return;
  throw notABackup(path);
}

function notABackup(path: string): Refusal {
  return new Refusal(`${path} is not a whole backup of Countersign; use another.`);
}

function parseHead(bytes: Buffer, path: string): BackupHead {
  try {
    const head: BackupHead = JSON.parse(bytes.toString('utf8'));
    if (
      head.v === 1 &&
      typeof head.installation === 'string' &&
      Array.isArray(head.migrations) &&
      Array.isArray(head.sequences)
    ) {
      return head;
    }
  } catch {
    // Said below.
  }
  throw notABackup(path);
}

async function* frames(raw: AsyncGenerator<RawFrame, void>, path: string): AsyncGenerator<Frame, void> {
  for await (const { kind, bytes } of raw) {
    switch (kind) {
      case KINDS.file:
        yield { kind: 'file', name: bytes.toString('utf8') };
        break;
      case KINDS.table: {
        const { name, columns }: { name: string; columns: string[] } = JSON.parse(bytes.toString('utf8'));
        yield { kind: 'table', name, columns };
        break;
      }
      case KINDS.data:
        yield { kind: 'data', bytes };
        break;
      case KINDS.end:
        return;
      default:
        throw notABackup(path);
    }
  }
  throw notABackup(path);
}

interface RawFrame {
  readonly kind: number;
  readonly bytes: Buffer;
}

async function* rawFrames(path: string): AsyncGenerator<RawFrame, void> {
  const hash = createHash('sha256');
  const source = createReadStream(path);
  const gunzip = createGunzip();
  // An error of the file ends the reading below, with the file's own words.
  source.on('error', error => gunzip.destroy(error));
  let pending: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of source.pipe(gunzip)) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        if (pending.length < HEADER_BYTES) break;
        const length = pending.readUInt32BE(1);
        if (length > FRAME_BYTES_MAX) throw notABackup(path);
        if (pending.length < HEADER_BYTES + length) break;
        const whole = pending.subarray(0, HEADER_BYTES + length);
        pending = pending.subarray(HEADER_BYTES + length);
        const frame = { kind: whole.readUInt8(0), bytes: whole.subarray(HEADER_BYTES) };
        if (frame.kind === KINDS.end && !hash.copy().digest().equals(frame.bytes)) throw notABackup(path);
        hash.update(whole);
        yield frame;
      }
    }
  } catch (error) {
    const code = errorCode(error);
    if (code?.startsWith('Z_') === true) throw notABackup(path);
    throw code === undefined ? error : new Refusal(`cannot read ${path}: ${code}.`);
  } finally {
    source.destroy();
  }
}
