import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { defaultDataDir, pathFrom } from '../app/data-directory.ts';
import type { IntakeCounts } from '../app/intake.ts';
import { fieldMapOf, SOURCE_IDS } from '../app/normalise-files.ts';
import { errorCode, errorText, Refusal } from '../app/refusal.ts';
import { followFile } from './follow.ts';
import { findLocalServer } from './local-server.ts';
import { type IngestTarget, post, shownIn } from './post.ts';
import { clearLine } from './terminal.ts';

interface Flags {
  readonly source: string;
  readonly map?: string;
  readonly server?: string;
  readonly data?: string;
  readonly json?: true;
  readonly follow?: true;
  readonly state?: string;
}

/** Adds `countersign ingest`: files into a running server. */
export function ingestCommand(program: Command): void {
  program
    .command('ingest')
    .description('send the alerts of files to a running server; sending them again changes nothing')
    .argument('<file...>', 'NDJSON, a JSON array, CSV with a header, text lines, or gzip of these; - is standard input')
    .option('--source <id>', `who wrote the records: ${SOURCE_IDS.join(', ')}`, 'auto')
    .option('--map <pairs>', 'our fields and where they stand: id=alert.id,time=ts,host=device.name')
    .option('--server <url>', 'another address than that of the server on this machine')
    .option('--data <directory>', 'the data directory of the installation, whose token is used', pathFrom)
    .option('--follow', 'go on sending the lines of one file as they are written, through rotations, until Ctrl-C')
    .option('--state <file>', 'where the position in the followed file is kept', pathFrom)
    .option('--json', 'the last line is {"records","kept","duplicate","quarantined","seconds"}')
    .action(async (files: readonly string[], flags: Flags) => {
      process.exitCode = await ingest(files, flags);
    });
}

/** 0 where every file was taken to its end, 2 where a file or an option is unusable, 1 where the server refuses. */
async function ingest(files: readonly string[], flags: Flags): Promise<number> {
  const map = fieldMapOf(flags.map ?? '');
  if (!map.ok) return complain(map.failure, 2);
  if (!SOURCE_IDS.includes(flags.source)) return complain(`no source is called \`${flags.source}\``, 2);
  if (flags.follow === true) return followOne(files, flags);
  const target = await targetOf(flags);
  const began = performance.now();
  const total = { records: 0, kept: 0, duplicate: 0, quarantined: 0 };
  let exitCode = 0;
  for (const file of files) {
    const sent = await sendFile(target, file, flags);
    if (!sent.ok) {
      exitCode = complain(sent.because, sent.isFile ? 2 : 1);
      continue;
    }
    total.records += sent.counts.records;
    total.kept += sent.counts.kept;
    total.duplicate += sent.counts.duplicate;
    total.quarantined += sent.counts.quarantined;
  }
  const seconds = Math.round(performance.now() - began) / 1_000;
  process.stdout.write(`${flags.json === true ? JSON.stringify({ ...total, seconds }) : sentenceOf(total, seconds)}\n`);
  return exitCode;
}

async function followOne(files: readonly string[], flags: Flags): Promise<number> {
  const [file] = files;
  if (files.length !== 1 || file === undefined || file === '-') return complain('--follow takes one file', 2);
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const began = performance.now();
  const total = await followFile(file, flags, () => targetOf(flags), ending.signal);
  const seconds = Math.round(performance.now() - began) / 1_000;
  process.stdout.write(`${flags.json === true ? JSON.stringify({ ...total, seconds }) : sentenceOf(total, seconds)}\n`);
  return 0;
}

function sentenceOf(counts: IntakeCounts, seconds: number): string {
  const rate = seconds > 0 ? ` (${Math.round(counts.records / seconds)} a second)` : '';
  return `${counts.records} records in ${seconds} s${rate}: ${counts.kept} kept, ${counts.duplicate} duplicate, ${counts.quarantined} set aside.`;
}

function complain(reason: string, exitCode: number): number {
  process.stderr.write(`countersign ingest: ${reason}\n`);
  return exitCode;
}

async function targetOf(flags: Flags): Promise<IngestTarget> {
  if (flags.server === undefined) return findLocalServer(flags.data);
  if (!URL.canParse(flags.server))
    throw new Refusal(`${flags.server} is no address; one looks like https://soc.example.`);
  const file = join(flags.data ?? defaultDataDir(false), 'cli-token');
  try {
    return { url: new URL(flags.server).origin, token: (await readFile(file, 'utf8')).trim() };
  } catch (error) {
    throw new Refusal(
      `cannot read ${file} (${errorCode(error) ?? 'unreadable'}); name the data directory of that server with --data.`,
    );
  }
}

export type Sent =
  | { readonly ok: true; readonly counts: IntakeCounts }
  /** `isFile`: nothing is wrong with the server. */
  | { readonly ok: false; readonly because: string; readonly isFile: boolean };

/** Streams one file to the server, as fast as it is taken. */
export async function sendFile(
  target: IngestTarget,
  file: string,
  query: { readonly source: string; readonly map?: string },
): Promise<Sent> {
  let body: { readonly stream: Readable; readonly isGzip: boolean; readonly bytes: number | undefined };
  try {
    body = await openFile(file);
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'there is no such file' : errorText(error);
    return { ok: false, because: `cannot read \`${file}\`: ${why}`, isFile: true };
  }
  const url = new URL('/api/v1/ingest', target.url);
  url.searchParams.set('source', query.source);
  if (query.map !== undefined) url.searchParams.set('map', query.map);
  const progress = progressOf(file, body.bytes);
  body.stream.on('data', (chunk: Buffer) => progress.add(chunk.length));
  try {
    const { status, text } = await post(url, target.token, body.stream, body.isGzip);
    progress.end();
    if (status === 200) return { ok: true, counts: JSON.parse(text) };
    return {
      ok: false,
      because: `the server refused \`${file}\`: ${shownIn(text) ?? `status ${status}`}`,
      isFile: false,
    };
  } catch (error) {
    progress.end();
    return {
      ok: false,
      because: `the server at ${target.url} could not be reached, or went away: ${errorText(error)}`,
      isFile: false,
    };
  }
}

async function openFile(file: string): Promise<{ stream: Readable; isGzip: boolean; bytes: number | undefined }> {
  if (file === '-') {
    const first = await new Promise<Buffer | null>((resolve, reject) => {
      process.stdin.once('readable', () => resolve(process.stdin.read() as Buffer | null));
      process.stdin.once('error', reject);
      process.stdin.once('end', () => resolve(null));
    });
    if (first !== null) process.stdin.unshift(first);
    return { stream: process.stdin, isGzip: isGzip(first ?? Buffer.alloc(0)), bytes: undefined };
  }
  const { size } = await stat(file);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return { stream: createReadStream(file), isGzip: isGzip(buffer.subarray(0, bytesRead)), bytes: size };
  } finally {
    await handle.close();
  }
}

const isGzip = (head: Buffer) => head[0] === 0x1f && head[1] === 0x8b;

const BAR_CHARS = 30;
const REDRAW_MS = 100;

/** A bar on a terminal, nothing elsewhere. */
function progressOf(file: string, bytes: number | undefined): { add(count: number): void; end(): void } {
  if (!process.stderr.isTTY) return { add: () => undefined, end: () => undefined };
  let done = 0;
  let drawn = 0;
  const draw = () => {
    const share = bytes === undefined || bytes === 0 ? undefined : Math.min(1, done / bytes);
    const bar =
      share === undefined
        ? ''
        : `[${'#'.repeat(Math.round(share * BAR_CHARS)).padEnd(BAR_CHARS)}] ${Math.round(share * 100)} % `;
    clearLine(process.stderr);
    process.stderr.write(`${bar}${(done / 1_048_576).toFixed(1)} MB of ${file === '-' ? 'standard input' : file}`);
  };
  return {
    add(count) {
      done += count;
      if (performance.now() - drawn < REDRAW_MS) return;
      drawn = performance.now();
      draw();
    },
    end: () => clearLine(process.stderr),
  };
}
