import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { errorCode, Refusal } from '../app/refusal.ts';
import { inertText } from '../base/inert.ts';
import { analysePlaybook } from '../core/decide/playbook/analyse.ts';
import { readPlaybook } from '../core/decide/playbook/read-playbook.ts';
import type { PlaybookFile, PlaybookProblem, PlaybookVerdict } from '../model/playbook.ts';

interface Flags {
  readonly json?: true;
}

/** What `check` finds of one file. */
type Checked =
  | { readonly ok: true; readonly file: PlaybookFile; readonly verdict: PlaybookVerdict }
  | { readonly ok: false; readonly problems: readonly PlaybookProblem[] };

/** Adds `countersign playbook`: whether some path through a playbook reaches an effect without a human. Offline. */
export function playbookCommand(program: Command): void {
  const playbook = program.command('playbook').description('playbooks: whether one can bypass a person');
  playbook
    .command('check')
    .description('whether any path reaches an effect that takes a signature without a human step of its own')
    .argument('<file...>', 'the playbook files', (path: string, before?: readonly string[]) => [
      ...(before ?? []),
      pathFrom(path),
    ])
    .option('--json', 'one line of JSON a file')
    .addHelpText(
      'after',
      '\nOffline. Exit code: 0 no path bypasses a person, 1 one does or the file does not load, 2 no such file.',
    )
    .action(async (files: readonly string[], { json }: Flags) => {
      for (const file of files) {
        const checked = check(await textOf(file));
        if (!checked.ok || checked.verdict.bypasses.length > 0) process.exitCode = 1;
        print(json === true ? JSON.stringify(asJson(file, checked)) : asText(file, checked));
      }
    });
}

/** Reads and analyses a file. */
function check(text: string): Checked {
  const read = readPlaybook(text);
  return read.ok
    ? { ok: true, file: read.value, verdict: analysePlaybook(read.value) }
    : { ok: false, problems: read.failure };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal(`cannot read ${file} (${errorCode(error) ?? 'unreadable'}).`);
  }
}

function print(text: string): void {
  process.stdout.write(inertText(`${text}\n`));
}

function asJson(file: string, checked: Checked): object {
  if (!checked.ok) return { file, ok: false, problems: checked.problems };
  return { file, ok: checked.verdict.bypasses.length === 0, title: checked.file.title, ...checked.verdict };
}

function asText(file: string, checked: Checked): string {
  if (!checked.ok)
    return checked.problems.map(({ at, text }) => `${file}: ${at === '' ? '' : `${at}: `}${text}`).join('\n');
  const { bypasses, warnings, tier, effects, humanSteps } = checked.verdict;
  const { title, version } = checked.file;
  return [
    ...bypasses.map(({ text }) => `${file}: ${text}`),
    ...warnings.map(({ at, text }) => `${file}: ${at}: ${text} (this bypasses nobody)`),
    ...(bypasses.length > 0
      ? []
      : [
          effects === 0
            ? `${file}: ${title} ${version} changes nothing`
            : `${file}: ${title} ${version} reaches none of its ${effects} effects without a person; ${humanSteps} human steps; the whole of it is ${tier}`,
        ]),
  ].join('\n');
}
