import type { Command } from 'commander';
import { type Payload, readPayloads } from './redteam/payloads.ts';
import { type Difference, twinTest } from './redteam/twin.ts';

/** Adds `countersign redteam`: whether any text of these files, put into an alert, changes a decision. */
export function redteamCommand(program: Command): void {
  program
    .command('redteam')
    .description(
      'put each payload into an alert, and show every decision that differs from a neutral text in its place',
    )
    .argument(
      '<file...>',
      'payload files: NDJSON with `text`, and where it has one the `carrier` that it is shaped for',
    )
    .addHelpText('after', '\nExit code: 0 no decision differs, 1 one does, 2 a file is unusable.')
    .action(async (files: readonly string[]) => {
      process.exitCode = await redteam(files);
    });
}

/** Differences that are printed one by one; all are counted. */
const PRINTED_MAX = 200;
const PROGRESS_EACH = 250;

async function redteam(files: readonly string[]): Promise<number> {
  const payloads: Payload[] = [];
  let unusable = 0;
  for (const file of files) {
    try {
      const read = await readPayloads(file);
      payloads.push(...read.payloads);
      unusable += read.unusable.length;
      if (read.unusable.length > 0)
        process.stderr.write(
          `countersign redteam: ${file}: no payload on line ${read.unusable.slice(0, 10).join(', ')}\n`,
        );
    } catch (error) {
      const detail = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      process.stderr.write(`countersign redteam: cannot read \`${file}\`: ${detail}\n`);
      return 2;
    }
  }
  if (payloads.length === 0) {
    process.stderr.write('countersign redteam: no file holds a payload\n');
    return 2;
  }
  return report(payloads, unusable);
}

function report(payloads: readonly Payload[], unusable: number): number {
  const began = performance.now();
  const subjects = new Map<string, number>();
  const total = {
    placed: 0,
    twins: 0,
    differences: 0,
    differing: 0,
    reordered: 0,
    answers: 0,
    reorderedByModels: 0,
    flagged: 0,
  };
  for (const [index, payload] of payloads.entries()) {
    const result = twinTest(payload);
    total.placed += result.placed;
    total.twins += result.twins;
    total.reordered += result.reordered;
    total.answers += result.answers;
    total.reorderedByModels += result.reorderedByModels;
    if (result.flagged > 0) total.flagged++;
    if (result.differences.length > 0) total.differing++;
    for (const difference of result.differences) {
      total.differences++;
      subjects.set(difference.subject, (subjects.get(difference.subject) ?? 0) + 1);
      if (total.differences <= PRINTED_MAX) process.stdout.write(`${lineOf(difference)}\n`);
    }
    if (process.stderr.isTTY && index % PROGRESS_EACH === PROGRESS_EACH - 1)
      process.stderr.write(`${index + 1} of ${payloads.length} payloads\n`);
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (total.differences > PRINTED_MAX)
    process.stdout.write(`and ${total.differences - PRINTED_MAX} more differences\n`);
  process.stdout.write(
    `${payloads.length} payloads in ${total.placed} fields, ${total.twins} twins: ${total.differences} decisions differ. ` +
      `Told in another order: by rules ${total.reordered}, by ${total.answers} answers of fake models ${total.reorderedByModels}. Payloads with a badge: ${total.flagged}. ${seconds} s.\n`,
  );
  const line = { payloads: payloads.length, unusable, ...total, bySubject: Object.fromEntries(subjects), seconds };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return total.differences === 0 ? 0 : 1;
}

/** Without the payload's own text, which is masked: what is printed here is ours, or of the world's own records. */
function lineOf({ payload, carrier, neutral, subject, withPayload, withNeutral }: Difference): string {
  return JSON.stringify({ payload, carrier, neutral, subject, withPayload, withNeutral });
}
