import { resolve } from 'node:path';
import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { forgetNewerLog, restoreBackup } from '../app/restore.ts';
import { unixMsFrom } from '../base/time.ts';
import { type PlaceFlags, placeOf } from './backup.ts';

/** `countersign restore`: an installation as it was when a backup was made. Countersign must not be running on it. */
export function restoreCommand(program: Command): void {
  program
    .command('restore')
    .description('restore an installation from a backup, after its log was verified')
    .argument('<file>', 'a file that `countersign backup` wrote')
    .option('--data <directory>', 'the data directory; empty, or of the same installation', pathFrom)
    .option('--database-url <url>', 'an empty database, where it is not the embedded one (or set DATABASE_URL)')
    .option('--accept-older-log', 'let the executor act again, though it saw a newer log than the backup holds')
    .action(async (file: string, flags: PlaceFlags & { readonly acceptOlderLog?: true }) => {
      const { dataDir, databaseUrl } = placeOf(flags);
      const { head, before } = await restoreBackup(dataDir, databaseUrl, resolve(file), unixMsFrom(Date.now()));
      const kept = flags.acceptOlderLog === true ? await forgetNewerLog(dataDir, unixMsFrom(Date.now())) : undefined;
      const lines = [
        `Restored ${dataDir} as of ${head.madeAt}. The log verifies: ${head.logSize} entries.`,
        ...(before === undefined ? [] : [`The database that was there is kept in ${before}.`]),
        flags.acceptOlderLog === true
          ? `The executor acts on this log from now on.${kept === undefined ? '' : ` What it saw before is kept in ${kept}.`}`
          : 'The executor keeps what it saw of the log: where that is newer than this backup, it says so and acts on nothing, until you restore with --accept-older-log.',
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}
