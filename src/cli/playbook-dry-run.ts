import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { errorCode, Refusal } from '../app/refusal.ts';
import { inertText } from '../base/inert.ts';
import {
  DRY_RUN_INCIDENTS_MAX,
  type DryRunAnswer,
  type DryRunReport,
  type DryRunRequest,
  type DryRunRow,
  type DryStep,
  PEOPLE_SAY,
  type PeopleSay,
} from '../model/playbook-dry-run.ts';
import { SLOT_TEXT } from '../model/quorum.ts';
import { findLocalServer } from './local-server.ts';

interface Flags {
  readonly incidents?: number;
  readonly incident?: `inc_${string}`;
  readonly people?: PeopleSay;
  readonly data?: string;
  readonly json?: true;
}

/** Adds `countersign playbook dry-run`: what a playbook would have done with the incidents that are stored. */
export function dryRunCommand(playbook: Command): void {
  playbook
    .command('dry-run')
    .description('what a playbook would have done with the incidents that the server of this machine holds')
    .argument('<file>', 'the playbook file', pathFrom)
    .option('--incidents <number>', `the newest so many, at most ${DRY_RUN_INCIDENTS_MAX} (20)`, countFrom)
    .option('--incident <id>', 'this one alone', idFrom)
    .option('--people <answer>', `what people are taken to say where they are asked: ${PEOPLE_SAY.join(', ')}`, sayFrom)
    .option('--data <directory>', 'the data directory of the installation, whose token is used', pathFrom)
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      '\nAsks nothing of any target and writes nothing. Exit code: 0 told, 1 the file does not load, 2 unusable input.',
    )
    .action(async (file: string, { data, json, ...wish }: Flags) => {
      const answer = await ask(data, { text: await textOf(file), ...wish });
      if (!answer.ok) process.exitCode = 1;
      const text =
        json === true ? JSON.stringify(answer) : answer.ok ? reportText(file, answer) : refusalText(file, answer);
      process.stdout.write(inertText(`${text}\n`));
    });
}

function refusalText(file: string, { problems, bypasses }: Extract<DryRunAnswer, { ok: false }>): string {
  const wrong = problems.map(({ at, text }) => `${file}: ${at === '' ? '' : `${at}: `}${text}`);
  return [...wrong, ...bypasses.map(({ text }) => `${file}: ${text}`)].join('\n');
}

function countFrom(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= DRY_RUN_INCIDENTS_MAX) return count;
  throw new InvalidArgumentError(`a whole number from 1 to ${DRY_RUN_INCIDENTS_MAX}.`);
}

function idFrom(text: string): `inc_${string}` {
  if (/^inc_[0-9a-z_]+$/i.test(text)) return text as `inc_${string}`;
  throw new InvalidArgumentError('an id like inc_….');
}

function sayFrom(text: string): PeopleSay {
  const found = PEOPLE_SAY.find(one => one === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`one of ${PEOPLE_SAY.join(', ')}.`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal(`cannot read ${file} (${errorCode(error) ?? 'unreadable'}).`);
  }
}

async function ask(data: string | undefined, request: DryRunRequest): Promise<DryRunAnswer> {
  const { url, token } = await findLocalServer(data);
  const answer = await fetch(`${url}/api/v1/playbooks/dry-run`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (!answer.ok) throw new Refusal(`the server at ${url} answered ${answer.status} to the dry run.`);
  return (await answer.json()) as DryRunAnswer;
}

function reportText(file: string, { title, tier, rows }: DryRunReport): string {
  const asks = rows.reduce((sum, { steps }) => sum + steps.filter(step => step.proposes !== undefined).length, 0);
  return [
    `${file}: ${title} (${tier}) over ${rows.length} incidents: ${asks} proposals would have been made; nothing was`,
    ...rows.flatMap(rowLines),
  ].join('\n');
}

function rowLines({ incident, title, steps, end, why }: DryRunRow): readonly string[] {
  return [
    `${incident}  ${title}`,
    ...steps.map(step => `  ${step.place}: ${step.is === 'unknown' ? 'not known: ' : ''}${step.text}${proposes(step)}`),
    `  end: ${end}${why === '' ? '' : ` (${why})`}`,
  ];
}

function proposes({ proposes: proposal }: DryStep): string {
  if (proposal === undefined) return '';
  const { what, targetName, system, tier, seats } = proposal;
  const who = seats.map(
    ({ slot, people }) => `${SLOT_TEXT[slot]}${people.length === 0 ? '' : `: ${people.join(', ')}`}`,
  );
  return `\n    ${what}: ${targetName} on ${system}, at least ${tier}; signs: ${who.join('; ')}; never whoever started the run`;
}
