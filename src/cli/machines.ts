import type { Command } from 'commander';
import { endWith, Refusal } from '../app/refusal.ts';
import type { MachineRow } from '../model/machine.ts';
import { findLocalServer } from './local-server.ts';

/** Adds `countersign machines`: every machine identity of the server that runs here, a line each, or as JSON. */
export function machinesCommand(program: Command): void {
  program
    .command('machines')
    .description('list every machine identity: who answers for it, what it can do, until when')
    .option('--data <dir>', 'the data directory of the server that runs')
    .option('--json', 'as JSON')
    .action(async (options: { data?: string; json?: boolean }) => {
      try {
        process.exitCode = print(await read(options.data), options.json === true);
      } catch (error) {
        endWith(error);
      }
    });
}

async function read(data: string | undefined): Promise<readonly MachineRow[]> {
  const { url, token } = await findLocalServer(data);
  const answer = await fetch(`${url}/api/v1/machines`, { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && Array.isArray(body)) return body as MachineRow[];
  const shown = typeof body === 'object' && body !== null && 'shown' in body ? String(body.shown) : `${answer.status}`;
  throw new Refusal(shown);
}

/** 1 where one is disabled, so that a check by night sees it. */
function print(rows: readonly MachineRow[], asJson: boolean): number {
  if (asJson) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else for (const row of rows) process.stdout.write(`${lineOf(row)}\n`);
  return rows.some(({ isDisabled }) => isDisabled) ? 1 : 0;
}

function lineOf(row: MachineRow): string {
  const owner = row.owner === '' ? 'nobody' : `${row.ownerName}${row.isByDefault ? ' (by default)' : ''}`;
  const until = row.until === '' ? 'no end' : `until ${row.until}`;
  const state = row.isDisabled ? `${row.state}, disabled` : row.state;
  return `${row.identity}  ${owner}  ${row.powers.join(',') || '-'}  ${until}  ${state}`;
}
