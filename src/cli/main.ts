#!/usr/bin/env node
import { Command } from 'commander';
import { endWith } from '../app/refusal.ts';
import { guardTerminal } from './terminal.ts';
import { PROGRAM_VERSION } from './version.ts';

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
    name: 'start',
    summary: 'start Countersign, until Ctrl-C',
    register: async program => (await import('./start.ts')).startCommand(program),
  },
  {
    name: 'ingest',
    summary: 'send the alerts of files to a running server',
    register: async program => (await import('./ingest.ts')).ingestCommand(program),
  },
  {
    name: 'mcp',
    summary: 'let an agent on this machine read and propose, over standard input and output',
    register: async program => (await import('./mcp.ts')).mcpCommand(program),
  },
  {
    name: 'gateway',
    summary: 'put other people’s MCP servers behind the gate, with their credentials',
    register: async program => (await import('./gateway.ts')).gatewayCommand(program),
  },
  {
    name: 'run-bench-upstream',
    summary: 'what a measurement of the gate starts',
    hidden: true,
    register: async program => (await import('./bench-upstream.ts')).benchUpstreamCommand(program),
  },
  {
    name: 'target',
    summary: 'connect the systems that may be acted on, with their credentials',
    register: async program => (await import('./target.ts')).targetCommand(program),
  },
  {
    name: 'machines',
    summary: 'list every machine identity, and who answers for it',
    register: async program => (await import('./machines.ts')).machinesCommand(program),
  },
  {
    name: 'source',
    summary: 'read products over their interfaces, with their credentials',
    register: async program => (await import('./source.ts')).sourceCommand(program),
  },
  {
    name: 'normalize',
    summary: 'show what each record of a file becomes, without a server',
    register: async program => (await import('./normalize.ts')).normalizeCommand(program),
  },
  {
    name: 'correlate',
    summary: 'show which alerts belong together and why, without a server',
    register: async program => (await import('./correlate.ts')).correlateCommand(program),
  },
  {
    name: 'timeline',
    summary: 'show the alerts in the order in which things happened',
    register: async program => (await import('./timeline.ts')).timelineCommand(program),
  },
  {
    name: 'coverage',
    summary: 'show where telemetry stopped, by its own rhythm',
    register: async program => (await import('./coverage.ts')).coverageCommand(program),
  },
  {
    name: 'summarize',
    summary: 'summarise the largest incident of the files, coverage first',
    register: async program => (await import('./summarize.ts')).summarizeCommand(program),
  },
  {
    name: 'explain',
    summary: 'say what a command line, a script or an address does, without running it or asking anybody',
    register: async program => (await import('./explain.ts')).explainCommand(program),
  },
  {
    name: 'enrich',
    summary: 'show what is known of addresses, names, hashes and ATT&CK ids, without asking anybody',
    register: async program => (await import('./enrich.ts')).enrichCommand(program),
  },
  {
    name: 'look-up',
    summary: 'who may be asked about values, with which key, and how far what is marked may go',
    register: async program => (await import('./look-up.ts')).lookUpCommand(program),
  },
  {
    name: 'notify',
    summary: 'how people are told what waits for them: mail, Slack, a webhook',
    register: async program => (await import('./notify.ts')).notifyCommand(program),
  },
  {
    name: 'ranges',
    summary: 'address ranges of clouds, as their providers publish them',
    register: async program => (await import('./look-up.ts')).rangesCommand(program),
  },
  {
    name: 'model',
    summary: 'which models may be asked, with their keys; none is a full mode',
    register: async program => (await import('./model.ts')).modelCommand(program),
  },
  {
    name: 'ai',
    summary: 'replay what models were asked: the same bytes have to come out',
    register: async program => (await import('./ai.ts')).aiCommand(program),
  },
  {
    name: 'redteam',
    summary: 'put payloads into alerts, and show every decision that they change',
    register: async program => (await import('./redteam.ts')).redteamCommand(program),
  },
  {
    name: 'policy',
    summary: 'the rules that are in force, and what they ask for an act: tier, seats and every reason',
    register: async program => (await import('./policy.ts')).policyCommand(program),
  },
  {
    name: 'playbook',
    summary: 'whether a playbook can bypass a person, by whatever path',
    register: async program => (await import('./playbook.ts')).playbookCommand(program),
  },
  {
    name: 'verify',
    summary: 'check a log, a running one or a receipt, offline and with keys of your own',
    register: async program => (await import('./verify.ts')).verifyCommand(program),
  },
  {
    name: 'export',
    summary: 'copy the log of a running server into a directory, for whoever wants to check it',
    register: async program => (await import('./export.ts')).exportCommand(program),
  },
  {
    name: 'doctor',
    summary: 'say what is well and what is not, with a fix for each',
    register: async program => (await import('./doctor.ts')).doctorCommand(program),
  },
  {
    name: 'smoke',
    summary: 'follow one real alert to a proposal in review and its plan, in a demo of its own',
    register: async program => (await import('./smoke.ts')).smokeCommand(program),
  },
  {
    name: 'backup',
    summary: 'write one file from which this installation can be restored',
    register: async program => (await import('./backup.ts')).backupCommand(program),
  },
  {
    name: 'restore',
    summary: 'restore an installation from a backup, after its log was verified',
    register: async program => (await import('./restore.ts')).restoreCommand(program),
  },
  {
    name: 'run-server',
    summary: 'started by the supervisor',
    hidden: true,
    register: async program => (await import('./run-server.ts')).runServerCommand(program),
  },
  {
    name: 'bench',
    summary: 'measure, on this machine',
    register: async program => (await import('./bench.ts')).benchCommand(program),
  },
  {
    name: 'run-ai',
    summary: 'started by the supervisor',
    hidden: true,
    register: async program => (await import('./run-ai.ts')).runAiCommand(program),
  },
  {
    name: 'run-executor',
    summary: 'started by the supervisor',
    hidden: true,
    register: async program => (await import('./run-executor.ts')).runExecutorCommand(program),
  },
];

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('countersign')
    .description('AI proposes. A human countersigns. Everything can be proved afterwards.')
    .version(PROGRAM_VERSION);
  const named = argv.slice(2).find(word => !word.startsWith('-'));
  for (const entry of COMMANDS) {
    if (entry.name === named) await entry.register(program);
    else
      program
        .command(entry.name, { hidden: entry.hidden ?? false })
        .description(entry.summary)
        .allowUnknownOption();
  }
  await program.parseAsync([...argv]).catch(endWith);
}

guardTerminal(process.stdout);
guardTerminal(process.stderr);
await main(process.argv);
