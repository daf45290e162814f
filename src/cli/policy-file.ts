import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { errorCode, Refusal } from '../app/refusal.ts';
import { inertText } from '../base/inert.ts';
import { housePolicyOf } from '../core/decide/house-policy.ts';
import { checkPolicyFile } from '../core/decide/policy-check.ts';
import type { PolicyCheck, PolicyReplay } from '../model/api-policy.ts';
import type { PolicyProblem } from '../model/policy.ts';
import { findLocalServer } from './local-server.ts';

interface Flags {
  readonly data?: string;
  readonly json?: true;
}

/** Adds `check` and `replay`: whether a policy file holds, and what it would have done to the decisions that were made. */
export function policyFileCommands(policy: Command): void {
  policy
    .command('check')
    .description(
      'whether a policy file is well-formed, only stricter than the code, locks nobody out, and its tests hold',
    )
    .argument('<file...>', 'the policy files', (path: string, before?: readonly string[]) => [
      ...(before ?? []),
      pathFrom(path),
    ])
    .option('--json', 'one line of JSON a file')
    .addHelpText('after', '\nOffline. Exit code: 0 every file holds, 1 one does not, 2 unusable input.')
    .action(async (files: readonly string[], { json }: Flags) => {
      for (const file of files) {
        const checked = checkPolicyFile(await textOf(file));
        if (!checked.ok) process.exitCode = 1;
        print(json === true ? JSON.stringify(checkedJson(file, checked)) : checkedText(file, checked));
      }
    });
  policy
    .command('replay')
    .description(
      'what a policy file would have done to the decisions of the last 30 days, on the server of this machine',
    )
    .argument('<file>', 'the policy file', pathFrom)
    .option('--data <directory>', 'the data directory of the installation, whose token is used', pathFrom)
    .option('--json', 'as one line of JSON')
    .addHelpText('after', '\nChanges nothing. Exit code: 0 replayed, 1 the file does not hold, 2 unusable input.')
    .action(async (file: string, { data, json }: Flags) => {
      const tried = await tryOnServer(await textOf(file), data);
      if (!tried.ok) process.exitCode = 1;
      if (json === true) print(JSON.stringify(tried));
      else print(tried.ok ? replayText(file, tried) : problemsText(file, tried.problems));
    });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal(`cannot read ${file} (${errorCode(error) ?? 'unreadable'}).`);
  }
}

async function tryOnServer(text: string, data: string | undefined): Promise<PolicyCheck> {
  const { url, token } = await findLocalServer(data);
  const answer = await fetch(`${url}/api/v1/policy/check`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) throw new Refusal(`the server at ${url} answered ${answer.status} to the policy.`);
  return (await answer.json()) as PolicyCheck;
}

function print(text: string): void {
  process.stdout.write(inertText(`${text}\n`));
}

type Checked = ReturnType<typeof checkPolicyFile>;

function checkedJson(file: string, checked: Checked): object {
  return checked.ok
    ? {
        file,
        ok: true,
        rules: rulesOf(checked),
        tests: checked.value.file.tests.length,
        digest: checked.value.set.digest,
      }
    : { file, ok: false, problems: checked.failure };
}

function rulesOf(checked: Extract<Checked, { ok: true }>): number {
  return checked.value.file.floors.length + checked.value.file.forbids.length;
}

function checkedText(file: string, checked: Checked): string {
  if (!checked.ok) return problemsText(file, checked.failure);
  const { name, version, tests } = checked.value.file;
  return `${file}: ${name} ${version} holds: ${rulesOf(checked)} rules, each needed by one of ${tests.length} tests`;
}

function problemsText(file: string, problems: readonly PolicyProblem[]): string {
  return problems.map(({ at, text }) => `${file}: ${at === '' ? '' : `${at}: `}${text}`).join('\n');
}

function replayText(file: string, { title, changes, replay }: Extract<PolicyCheck, { ok: true }>): string {
  return [
    `${file}: ${title}`,
    ...changes.map(({ path, from, to }) => `  ${path}\n    - ${from}\n    + ${to}`),
    replayLine(replay),
    ...replay.rows.map(
      ({ proposal, operation, targetName, at, state, from, to, rules, lost }) =>
        `  ${proposal}  ${at}  ${operation}: ${targetName} (${state.replaceAll('_', ' ')})  ${from} → ${to === 'TX' ? 'never' : to}${rules.length > 0 ? `  by ${rules.join(', ')}` : ''}${lost.length > 0 ? `  ${lost.length} signatures would not have counted` : ''}`,
    ),
  ].join('\n');
}

function replayLine({ decisions, days, isPartial, stricter, looser, never, unsigned }: PolicyReplay): string {
  return `of ${isPartial ? 'the newest ' : ''}${decisions} decisions of the last ${days} days: ${stricter} stricter (${never} never done), ${looser} looser than they were, ${unsigned} with a signature that would not have counted`;
}

/** The rules of a file for `explain`; a Refusal where it does not load. */
export async function policyFrom(file: string | undefined) {
  const loaded = housePolicyOf(file === undefined ? '' : await textOf(file));
  if (!loaded.ok) throw new Refusal(`${file} does not load: ${loaded.failure}.`);
  return loaded.value;
}
