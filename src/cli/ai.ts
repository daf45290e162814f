import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { errorText, Refusal } from '../app/refusal.ts';
import { findLocalServer } from './local-server.ts';

interface Flags {
  readonly data?: string;
  readonly all?: true;
  readonly json?: true;
}

interface Verdict {
  readonly id: string;
  readonly isIdentical: boolean;
  readonly because: string;
}

interface ReplayPage {
  readonly rows: readonly Verdict[];
  readonly next?: string;
}

/** Pages of a replay: a million records at fifty a page. */
const PAGES_MAX = 20_000;
/** Below what one address may ask in a minute. */
const PAUSE_MS = 60;

/** `countersign ai …`: what models were asked, looked at again. */
export function aiCommand(program: Command): void {
  const ai = program.command('ai').description('what models were asked, looked at again');
  ai.command('replay [record]')
    .description('work out again, from the bytes that were kept, what was shown, and compare; exit 1 where it differs')
    .option('--all', 'every record there is')
    .option('--data <directory>', 'the data directory of the installation, whose token is used', pathFrom)
    .option('--json', 'the last line is {"identical","records"}')
    .action(async (record: string | undefined, flags: Flags) => {
      if ((record === undefined) === (flags.all === undefined))
        throw new Refusal('name one record, such as air_…, or say --all.');
      const server = await findLocalServer(flags.data);
      const counts = await replay(server, record, line => process.stdout.write(`${line}\n`));
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(counts)}\n`
          : `${counts.identical} of ${counts.records} records replay to the same bytes.\n`,
      );
      if (counts.identical !== counts.records) process.exitCode = 1;
    });
}

/** Replays one record or all of a server; `tell` hears of each that differs. */
export async function replay(
  server: { readonly url: string; readonly token: string },
  record: string | undefined,
  tell: (line: string) => void,
): Promise<{ readonly identical: number; readonly records: number }> {
  let [identical, records] = [0, 0];
  for await (const { id, isIdentical, because } of verdictsOf(server, record)) {
    records++;
    if (isIdentical) identical++;
    else tell(`${id}: ${because}`);
  }
  return { identical, records };
}

async function* verdictsOf(
  server: { readonly url: string; readonly token: string },
  record: string | undefined,
): AsyncGenerator<Verdict> {
  if (record !== undefined) {
    const { replay } = await read<{ readonly replay: Omit<Verdict, 'id'> }>(
      server,
      `records/${encodeURIComponent(record)}`,
    );
    yield { id: record, ...replay };
    return;
  }
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const { rows, next } = await read<ReplayPage>(server, `replay?limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`);
    yield* rows;
    if (next === undefined) return;
    cursor = next;
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}

async function read<T>(server: { readonly url: string; readonly token: string }, path: string): Promise<T> {
  const answer = await fetch(`${server.url}/api/v1/ai/${path}`, {
    headers: { authorization: `Bearer ${server.token}` },
  }).catch((error: unknown) => {
    throw new Refusal(`${server.url} does not answer: ${errorText(error)}.`);
  });
  if (!answer.ok) {
    const { shown }: { shown?: string } = Object(await answer.json().catch(() => undefined));
    throw new Refusal(`${server.url} refused: ${shown ?? answer.statusText}`);
  }
  return (await answer.json()) as T;
}
