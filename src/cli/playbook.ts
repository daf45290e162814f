import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { pathFrom } from '../app/data-directory.ts';
import { errorCode, Refusal } from '../app/refusal.ts';
import { inertText } from '../base/inert.ts';
import { unixMsFrom } from '../base/time.ts';
import { withHumanSteps } from '../core/decide/playbook/add-human-steps.ts';
import { analysePlaybook } from '../core/decide/playbook/analyse.ts';
import { fromCacao, looksLikeCacao } from '../core/decide/playbook/cacao/from-cacao.ts';
import { toCacao } from '../core/decide/playbook/cacao/to-cacao.ts';
import { pictureOf } from '../core/decide/playbook/draw.ts';
import { readPlaybook } from '../core/decide/playbook/read-playbook.ts';
import { svgOf } from '../core/decide/playbook/svg.ts';
import { writtenOf } from '../core/decide/playbook/write-playbook.ts';
import { MAIN, type PlaybookFile, type PlaybookProblem, type PlaybookVerdict } from '../model/playbook.ts';
import { dryRunCommand } from './playbook-dry-run.ts';

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
    .argument('<file...>', 'playbook files, or CACAO 2.0', (path: string, before?: readonly string[]) => [
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
  dryRunCommand(playbook);
  playbook
    .command('draw')
    .description('a picture of a playbook as SVG on standard output, with its human steps')
    .argument('<file>', 'the playbook file', pathFrom)
    .argument('[name]', 'which playbook of the file', MAIN)
    .addHelpText('after', '\nOffline. Exit code: 0 drawn, 1 the file does not load, 2 no such file or playbook.')
    .action(async (file: string, name: string) => {
      const read = loaded(file, await textOf(file));
      const wanted = read?.playbooks.find(one => one.name === name);
      if (read === undefined) return;
      if (wanted === undefined) throw new Refusal(`there is no playbook ${name} in ${file}.`);
      process.stdout.write(svgOf(pictureOf(read, wanted), `${read.title} ${read.version}`));
    });
  playbook
    .command('import')
    .description('a CACAO 2.0 playbook as a file of ours on standard output, with a human step before every effect')
    .argument('<file>', 'the CACAO document, or a list of documents of which the first is the main one', pathFrom)
    .addHelpText(
      'after',
      '\nOffline. Exit code: 0 read, 1 refused: out of its time, revoked, or a command that is blocked.',
    )
    .action(async (file: string) => {
      const brought = fromCacao(await textOf(file), unixMsFrom(Date.now()));
      if (!brought.ok) return refuse(file, brought.failure);
      const read = readPlaybook(JSON.stringify(brought.value.written));
      if (!read.ok) return refuse(file, read.failure);
      const asked = withHumanSteps(read.value);
      process.stdout.write(stringify(writtenOf(asked.file)));
      const added = asked.added.length === 0 ? [] : [`human steps were added: ${asked.added.join(', ')}`];
      for (const note of [...brought.value.notes, ...added]) process.stderr.write(inertText(`${file}: ${note}\n`));
    });
  playbook
    .command('export')
    .description('a playbook file as CACAO 2.0 on standard output')
    .argument('<file>', 'the playbook file', pathFrom)
    .addHelpText('after', '\nOffline. Exit code: 0 written, 1 the file does not load, 2 no such file.')
    .action(async (file: string) => {
      const read = loaded(file, await textOf(file));
      if (read === undefined) return;
      const documents = toCacao(read, 'countersign', unixMsFrom(Date.now()));
      print(JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2));
    });
}

/** The file, or undefined where it does not load, with what is wrong with it printed. */
function loaded(file: string, text: string): PlaybookFile | undefined {
  const checked = check(text);
  if (checked.ok) return checked.file;
  refuse(file, checked.problems);
  return undefined;
}

function refuse(file: string, problems: readonly PlaybookProblem[]): void {
  process.stderr.write(inertText(`${problemText(file, problems)}\n`));
  process.exitCode = 1;
}

function problemText(file: string, problems: readonly PlaybookProblem[]): string {
  return problems.map(({ at, text }) => `${file}: ${at === '' ? '' : `${at}: `}${text}`).join('\n');
}

/** Reads and analyses a file, ours or CACAO. */
function check(text: string): Checked {
  const brought = looksLikeCacao(text) ? fromCacao(text, unixMsFrom(Date.now())) : undefined;
  if (brought?.ok === false) return { ok: false, problems: brought.failure };
  const read = readPlaybook(brought === undefined ? text : JSON.stringify(brought.value.written));
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
  if (!checked.ok) return problemText(file, checked.problems);
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
