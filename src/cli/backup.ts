import { resolve } from 'node:path';
import type { Command } from 'commander';
import { makeBackup } from '../app/backup.ts';
import { defaultDataDir, pathFrom } from '../app/data-directory.ts';
import { unixMsFrom } from '../base/time.ts';
import { PROGRAM_VERSION } from './version.ts';

export interface PlaceFlags {
  readonly data?: string;
  readonly databaseUrl?: string;
}

/** Which installation a command means: as `countersign start` would choose it. */
export function placeOf(flags: PlaceFlags): { readonly dataDir: string; readonly databaseUrl: string | undefined } {
  return {
    dataDir: flags.data ?? defaultDataDir(false),
    databaseUrl: flags.databaseUrl ?? (process.env['DATABASE_URL'] || undefined),
  };
}

/** `countersign backup`: one file with every table, the keys and genesis. Countersign may be running. */
export function backupCommand(program: Command): void {
  program
    .command('backup')
    .description('write one file from which this installation can be restored; it may go on running')
    .argument('<file>', 'where to write it; as secret as the data directory')
    .option('--data <directory>', 'the data directory', pathFrom)
    .option('--database-url <url>', 'the database, where it is not the embedded one (or set DATABASE_URL)')
    .action(async (file: string, flags: PlaceFlags) => {
      const { dataDir, databaseUrl } = placeOf(flags);
      const made = await makeBackup(dataDir, databaseUrl, resolve(file), PROGRAM_VERSION, unixMsFrom(Date.now()));
      process.stdout.write(
        `Backed up ${dataDir}: ${made.tables} tables, ${made.logSize} log entries, in ${resolve(file)}.\n`,
      );
    });
}
