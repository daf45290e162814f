import type { Command } from 'commander';
import { OfflineData } from '../app/enrichment-data.ts';
import { unixMsFrom } from '../base/time.ts';
import { parseAddress } from '../core/study/enrich/address.ts';
import { offlineFacts, techniqueFact } from '../core/study/enrich/facts.ts';
import type { EntityKind } from '../model/alert.ts';

/** Adds `countersign enrich`: what is known of values without asking anybody, as NDJSON, a line a fact. */
export function enrichCommand(program: Command): void {
  program
    .command('enrich')
    .description('show what is known of addresses, names, hashes and ATT&CK ids, without asking anybody')
    .argument('<value...>', 'an address, a domain, a URL, a mail address, a hash, or an id such as T1110')
    .action(async (values: readonly string[]) => {
      process.exitCode = await enrich(values);
    });
}

/** 0 where something is known of each value, 1 where one is nothing that can be looked up; standard error says which. */
async function enrich(values: readonly string[]): Promise<number> {
  const data = await new OfflineData(undefined).read();
  const now = unixMsFrom(Date.now());
  let exitCode = 0;
  for (const value of values) {
    const technique = techniqueFact(value, now);
    const kind = kindOf(value);
    const known =
      kind === undefined ? [] : offlineFacts({ kind, value: kind === 'url' ? value : value.toLowerCase() }, data, now);
    const facts = technique === undefined ? known : [technique];
    for (const fact of facts) process.stdout.write(`${JSON.stringify(fact)}\n`);
    if (facts.length > 0) continue;
    process.stderr.write(
      `countersign enrich: \`${value}\` is no address, name, hash or id that anything is known of\n`,
    );
    exitCode = 1;
  }
  return exitCode;
}

/** By its form alone. */
function kindOf(value: string): EntityKind | undefined {
  if (parseAddress(value) !== undefined) return 'ip';
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i.test(value))
    return 'hash';
  if (/^[a-z][a-z0-9+.-]{0,31}:\/\//i.test(value)) return 'url';
  if (/^[^@\s]{1,64}@[^@\s]{1,253}$/.test(value)) return 'mailbox';
  return /^[^\s/@:]{1,253}$/.test(value) && value.includes('.') ? 'domain' : undefined;
}
