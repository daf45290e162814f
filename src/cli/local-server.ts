import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultDataDir, readJson } from '../app/data-directory.ts';
import { holderIn } from '../app/lock.ts';
import { isRunning } from '../app/process-identity.ts';
import { errorCode, Refusal } from '../app/refusal.ts';

/** A server of this machine and the token of its installation. The token reads and ingests, and never reviews. */
export interface LocalServer {
  readonly dataDir: string;
  /** Where it listens: `http://localhost:8080`, also where people open it at another address. */
  readonly url: string;
  readonly token: string;
}

/**
 * Finds the Countersign that runs on this machine: the one of `dataDir`, or else of the usual directory, or of the usual
 * one of a demo. Throws a {@link Refusal} that says what to do where none runs or its token may not be read.
 */
export async function findLocalServer(dataDir: string | undefined): Promise<LocalServer> {
  const candidates = dataDir === undefined ? [defaultDataDir(false), defaultDataDir(true)] : [dataDir];
  for (const candidate of candidates) {
    const holder = await holderIn(join(candidate, 'lock'));
    if (holder === undefined || !(await isRunning(holder))) continue;
    return { dataDir: candidate, url: `http://localhost:${await portOf(candidate)}`, token: await tokenOf(candidate) };
  }
  throw new Refusal(
    `no Countersign runs on ${candidates.join(' or ')}; start one with \`countersign start\`, or name its directory with --data.`,
  );
}

async function portOf(dataDir: string): Promise<number> {
  const installation = await readJson(join(dataDir, 'installation.json'));
  if (typeof installation === 'object' && installation !== null && 'port' in installation) {
    if (typeof installation.port === 'number') return installation.port;
  }
  throw new Refusal(`cannot read ${join(dataDir, 'installation.json')}: it is damaged; restore it from a backup.`);
}

async function tokenOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'cli-token');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    throw new Refusal(`${file} may only be read by whoever started Countersign; run this command as that user.`);
  }
}
