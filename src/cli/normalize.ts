import { once } from 'node:events';
import type { Command } from 'commander';
import { fieldMapOf, normalisedLines, SOURCE_IDS } from '../app/normalise-files.ts';
import { UnreadableFile } from '../app/read-files.ts';

/** Output is written in pieces of about this size, because a write per line is slow. */
const OUTPUT_CHARS = 65_536;

/** Adds `countersign normalize`: what our sources make of each record, as NDJSON in the records' order. */
export function normalizeCommand(program: Command): void {
  program
    .command('normalize')
    .description('show what each record of a file becomes, without a server')
    .argument('<file...>', 'NDJSON, a JSON array, CSV with a header, text lines, or gzip of these; - is standard input')
    .option('--source <id>', `who wrote the records: ${SOURCE_IDS.join(', ')}`, 'auto')
    .option('--map <pairs>', 'our fields and where they stand: id=alert.id,time=ts,host=device.name')
    .action(async (files: readonly string[], options: { readonly source: string; readonly map?: string }) => {
      process.exitCode = await normalize(files, options.source, options.map ?? '');
    });
}

/** 0 where every file was read to its end, 2 where a file or an option is unusable. A refused record is a line, not a failure. */
async function normalize(files: readonly string[], sourceId: string, mapText: string): Promise<number> {
  const map = fieldMapOf(mapText);
  if (!map.ok) return unusable(map.failure);
  if (!SOURCE_IDS.includes(sourceId)) return unusable(`no source is called \`${sourceId}\``);
  // A reader that closes early (`head`) has what it wanted.
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EPIPE') throw cause;
    process.exit(0);
  });
  let buffer = '';
  const flush = async (): Promise<void> => {
    const isRoom = process.stdout.write(buffer);
    buffer = '';
    if (!isRoom) await once(process.stdout, 'drain');
  };
  let exitCode = 0;
  for (const file of files) {
    try {
      for await (const lines of normalisedLines(file, sourceId, map.value)) {
        for (const line of lines) {
          buffer += `${line}\n`;
          if (buffer.length >= OUTPUT_CHARS) await flush();
        }
      }
    } catch (cause) {
      if (!(cause instanceof UnreadableFile)) throw cause;
      exitCode = unusable(cause.message);
    }
  }
  await flush();
  return exitCode;
}

function unusable(reason: string): number {
  process.stderr.write(`countersign normalize: ${reason}\n`);
  return 2;
}
