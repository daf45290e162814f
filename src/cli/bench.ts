import { Argument, type Command } from 'commander';

interface Flags {
  readonly alerts?: string;
}

const PORT = 18_080;

/** Each measures on what it starts itself, and resolves to figures: ratios of one run, and the rates behind them. */
const BENCHES: { readonly [name: string]: (alerts: number | undefined) => Promise<object> } = {
  correlate: async alerts => (await import('./bench-correlate.ts')).benchCorrelate(alerts),
  intake: async alerts => (await import('./bench-intake.ts')).benchIntake({ alerts: alerts ?? 100_000, port: PORT }),
  queries: async alerts =>
    (await import('./bench-queries.ts')).benchQueries({ alerts: alerts ?? 1_000_000, port: PORT }),
  log: async () => (await import('./bench-log.ts')).benchLog(),
  summary: async alerts => (await import('./bench-summary.ts')).benchSummary(alerts),
};

/** `countersign bench NAME`: the figures as one line of JSON, the last that it prints. */
export function benchCommand(program: Command): void {
  program
    .command('bench')
    .description('measure, on this machine')
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(BENCHES)))
    .option('--alerts <number>', 'how many alerts it is measured with, where it is measured with alerts')
    .action(async (name: string, { alerts }: Flags) => {
      if (alerts !== undefined && !/^[1-9]\d{3,7}$/.test(alerts)) {
        process.stderr.write('countersign bench: --alerts takes a number from 1000 to 99999999\n');
        process.exitCode = 2;
        return;
      }
      const count = alerts === undefined ? undefined : Number(alerts);
      process.stdout.write(`${JSON.stringify(await BENCHES[name]?.(count))}\n`);
    });
}
