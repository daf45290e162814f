import { Argument, type Command } from 'commander';

/** Each measures on what it starts itself, and resolves to figures: ratios of one run, and the rates behind them. */
const BENCHES: { readonly [name: string]: () => Promise<object> } = {
  correlate: async () => (await import('./bench-correlate.ts')).benchCorrelate(),
  intake: async () => (await import('./bench-intake.ts')).benchIntake(),
  log: async () => (await import('./bench-log.ts')).benchLog(),
};

/** `countersign bench NAME`: the figures as one line of JSON, the last that it prints. */
export function benchCommand(program: Command): void {
  program
    .command('bench')
    .description('measure, on this machine')
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(BENCHES)))
    .action(async (name: string) => {
      process.stdout.write(`${JSON.stringify(await BENCHES[name]?.())}\n`);
    });
}
