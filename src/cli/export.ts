import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultDataDir, pathFrom } from '../app/data-directory.ts';
import { errorCode, errorText, Refusal } from '../app/refusal.ts';
import { copyLogToDirectory, httpLog } from '../store/log-files.ts';
import { findLocalServer } from './local-server.ts';

interface Flags {
  readonly server?: string;
  readonly data?: string;
  readonly json?: true;
}

/** Adds `countersign export`: the log of a running server, as files that `countersign verify` reads without it. */
export function exportCommand(program: Command): void {
  program
    .command('export')
    .description('copy the log of a running server into a directory, in the layout of C2SP tlog-tiles')
    .argument('<directory>', 'where it goes; what stands there of an earlier export stays valid', pathFrom)
    .option('--server <url>', 'another address than that of the server on this machine')
    .option('--data <directory>', 'the data directory of the installation, whose token is used', pathFrom)
    .option('--json', 'the last line is {"entries","bytes"}')
    .action(async (directory: string, flags: Flags) => {
      const { url, token } = await serverOf(flags);
      const read = httpLog(`${url}/log`, { authorization: `Bearer ${token}` });
      const { size, bytes } = await copyLogToDirectory(read, directory).catch((error: unknown) => {
        throw new Refusal(`the log at ${url} was not copied whole: ${errorText(error)}.`);
      });
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify({ entries: size, bytes })}\n`
          : `${size} entries, ${bytes} bytes, in ${directory}. To check them: countersign verify ${directory} --policy FILE\n`,
      );
    });
}

async function serverOf(flags: Flags): Promise<{ readonly url: string; readonly token: string }> {
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
