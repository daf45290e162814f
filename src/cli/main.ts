#!/usr/bin/env node
import { Command } from 'commander';

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly hidden?: true;
  /** Adds the real command with its options. Called only when this command was named, so that start-up is quick. */
  readonly register: (program: Command) => Promise<void>;
}

/** Every command, in the order in which `--help` shows them. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'normalize',
    summary: 'show what each record of a file becomes, without a server',
    register: async program => (await import('./normalize.ts')).normalizeCommand(program),
  },
];

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('countersign')
    .description('AI proposes. A human countersigns. Everything can be proved afterwards.')
    .version(process.env['COUNTERSIGN_VERSION'] ?? 'unbuilt');
  const named = argv.slice(2).find(word => !word.startsWith('-'));
  for (const entry of COMMANDS) {
    if (entry.name === named) await entry.register(program);
    else
      program
        .command(entry.name, { hidden: entry.hidden ?? false })
        .description(entry.summary)
        .allowUnknownOption();
  }
  await program.parseAsync([...argv]);
}

await main(process.argv);
