import { spawnSync } from 'node:child_process';
import { Argument, type Command } from 'commander';
import { SERVER_FLAGS } from '../app/node-flags.ts';
import { Refusal } from '../app/refusal.ts';

interface Flags {
  readonly alerts?: string;
  readonly answers?: string;
  readonly files?: readonly string[];
}

const PORT = 18_080;
const ANSWERS = 1_000_000;

/** Each measures on what it starts itself, and resolves to figures: ratios of one run, and the rates behind them. */
const BENCHES: { readonly [name: string]: (alerts: number | undefined, flags: Flags) => Promise<object> } = {
  correlate: async alerts => (await import('./bench-correlate.ts')).benchCorrelate(alerts),
  intake: async alerts => (await import('./bench-intake.ts')).benchIntake({ alerts: alerts ?? 100_000, port: PORT }),
  queries: async alerts =>
    (await import('./bench-queries.ts')).benchQueries({ alerts: alerts ?? 1_000_000, port: PORT }),
  interference: async (_, { answers, files }) =>
    (await import('./bench-interference.ts')).benchInterference({
      answers: Number(answers ?? ANSWERS),
      mutations: Math.ceil(Number(answers ?? ANSWERS) / 10),
      files: files ?? [],
    }),
  grounding: async alerts => (await import('./bench-grounding.ts')).benchGrounding(alerts),
  calibration: async () => (await import('./bench-calibration.ts')).benchCalibration(),
  reliance: async () => (await import('./bench-reliance.ts')).benchReliance(),
  playbooks: async () => (await import('./bench-playbooks.ts')).benchPlaybooks(),
  gateway: async () => (await import('./bench-gateway.ts')).benchGateway({ port: PORT }),
  log: async () => (await import('./bench-log.ts')).benchLog(),
  summary: async alerts => asTheServer() ?? (await import('./bench-summary.ts')).benchSummary(alerts),
};

/** `countersign bench NAME`: the figures as one line of JSON, the last that it prints. */
export function benchCommand(program: Command): void {
  program
    .command('bench')
    .description('measure, on this machine')
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(BENCHES)))
    .option('--alerts <number>', 'how many alerts it is measured with, where it is measured with alerts')
    .option('--answers <number>', 'how many answers of a model it is measured with, where it is measured with those')
    .option('--files <file...>', 'files of alerts whose incidents are used beside invented ones')
    .action(async (name: string, flags: Flags) => {
      const { alerts, answers } = flags;
      if (alerts !== undefined && !/^[1-9]\d{3,7}$/.test(alerts)) {
        process.stderr.write('countersign bench: --alerts takes a number from 1000 to 99999999\n');
        process.exitCode = 2;
        return;
      }
      if (answers !== undefined && !/^[1-9]\d{3,7}$/.test(answers)) {
        process.stderr.write('countersign bench: --answers takes a number from 1000 to 99999999\n');
        process.exitCode = 2;
        return;
      }
      const count = alerts === undefined ? undefined : Number(alerts);
      process.stdout.write(`${JSON.stringify(await BENCHES[name]?.(count, flags))}\n`);
    });
}

/** The figures of this bench in a process that Node runs as it runs the server; undefined where this is one. */
function asTheServer(): object | undefined {
  if (SERVER_FLAGS.every(flag => process.execArgv.includes(flag))) return undefined;
  const { stdout, status } = spawnSync(process.execPath, [...SERVER_FLAGS, ...process.argv.slice(1)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Refusal('the bench ended without its figures');
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
