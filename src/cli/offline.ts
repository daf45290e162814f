import { once } from 'node:events';
import type { Command } from 'commander';
import { fieldMapOf, SOURCE_IDS } from '../app/normalise-files.ts';
import { UnreadableFile } from '../app/read-files.ts';
import type { FieldMap } from '../ports/source.ts';

/** The options of every command that reads files without a server. */
export interface OfflineOptions {
  readonly source: string;
  readonly map: FieldMap;
}

/** Output is written in pieces of about this size, because a write per line is slow. */
const OUTPUT_CHARS = 65_536;

/** Writes lines to standard output, no faster than it takes them. */
export class LineWriter {
  private buffer = '';

  async write(line: string): Promise<void> {
    this.buffer += `${line}\n`;
    if (this.buffer.length >= OUTPUT_CHARS) await this.flush();
  }

  async flush(): Promise<void> {
    const isRoom = process.stdout.write(this.buffer);
    this.buffer = '';
    if (!isRoom) await once(process.stdout, 'drain');
  }
}

/**
 * Adds a command that reads files and prints what `work` finds. Exit code 0 where every file was read to its end, 2
 * where a file or an option is unusable; then standard error says which. Records that are no alerts are counted there.
 */
export function addOfflineCommand(
  program: Command,
  name: string,
  description: string,
  work: (files: readonly string[], options: OfflineOptions, out: LineWriter) => Promise<{ readonly refused: number }>,
): void {
  const unusable = (reason: string): void => {
    process.stderr.write(`countersign ${name}: ${reason}\n`);
    process.exitCode = 2;
  };
  program
    .command(name)
    .description(description)
    .argument('<file...>', 'NDJSON, a JSON array, CSV with a header, text lines, or gzip of these; - is standard input')
    .option('--source <id>', `who wrote the records: ${SOURCE_IDS.join(', ')}`, 'auto')
    .option('--map <pairs>', 'our fields and where they stand: id=alert.id,time=ts,host=device.name')
    .action(async (files: readonly string[], options: { readonly source: string; readonly map?: string }) => {
      const map = fieldMapOf(options.map ?? '');
      if (!map.ok) return unusable(map.failure);
      if (!SOURCE_IDS.includes(options.source)) return unusable(`no source is called \`${options.source}\``);
      const out = new LineWriter();
      try {
        const { refused } = await work(files, { source: options.source, map: map.value }, out);
        if (refused > 0) {
          process.stderr.write(
            `countersign ${name}: ${refused} records are no alerts; \`countersign normalize\` says why\n`,
          );
        }
      } catch (cause) {
        if (!(cause instanceof UnreadableFile)) throw cause;
        unusable(cause.message);
      } finally {
        await out.flush();
      }
    });
}
