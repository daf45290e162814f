import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as streamText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { defaultDataDir, pathFrom } from '../app/data-directory.ts';
import { worldOf } from '../app/poll-asking.ts';
import { addPoll, EVERY_SECONDS_USUAL, OVERLAP_SECONDS_USUAL, readPolls, removePoll } from '../app/polls.ts';
import { endWith, errorCode, errorText, Refusal } from '../app/refusal.ts';
import { parseTime } from '../base/time.ts';
import { POLLERS } from '../pollers/index.ts';
import { PollTrouble } from '../ports/poller.ts';

interface Options {
  readonly data?: string;
  readonly poll?: string;
  readonly url?: string;
  readonly kind?: string;
  readonly set?: readonly string[];
  readonly every?: string;
  readonly overlap?: string;
  readonly since?: string;
  readonly keyFile?: string;
}

/** What a first reading goes back. */
const FIRST_DAYS = 7;
const CHECK_MS_MAX = 60_000;

/** `countersign source …`: the products that the server reads, and the credentials to read them with. */
export function sourceCommand(program: Command): void {
  const source = program.command('source').description('the products that are read, and the credentials for it');
  source
    .command('add <name>')
    .description('read a product, or replace how it is read; the credential is asked for, or read from standard input')
    .requiredOption('--poll <kind>', `one of ${[...POLLERS.keys()].join(', ')}`)
    .requiredOption('--url <address>', 'where it is, such as https://example.okta.com')
    .option('--kind <parser>', 'the parser of what comes (the product’s own, or auto)')
    .option('--set <name=value...>', 'a setting; `countersign source kinds` lists them')
    .option('--every <seconds>', `how often it is read (${EVERY_SECONDS_USUAL})`)
    .option('--overlap <seconds>', `how far each reading goes back behind what is known (${OVERLAP_SECONDS_USUAL})`)
    .option('--since <time>', `where the first reading begins (${FIRST_DAYS} days ago)`)
    .option('--key-file <file>', 'a file of mode 0600 with the credential', pathFrom)
    .option('--data <dir>', 'the data directory')
    .action((name: string, options: Options) => run(() => add(name, options)));
  source
    .command('key <name>')
    .description('give it a new credential and go on where it was')
    .option('--key-file <file>', 'a file of mode 0600 with the credential', pathFrom)
    .option('--data <dir>', 'the data directory')
    .action((name: string, options: Options) => run(() => replaceKey(name, options)));
  source
    .command('list')
    .description('what is read, without any secret')
    .option('--data <dir>', 'the data directory')
    .action((options: Options) => run(() => list(options)));
  source
    .command('check <name>')
    .description('read one page of it now; keeps and changes nothing')
    .option('--data <dir>', 'the data directory')
    .action((name: string, options: Options) => run(() => check(name, options)));
  source
    .command('remove <name>')
    .description('stop reading it and forget its credential; what was kept stays')
    .option('--data <dir>', 'the data directory')
    .action((name: string, options: Options) => run(() => remove(name, options)));
  source.command('kinds').description('what can be read, with the settings and rights of each').action(kinds);
}

async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    endWith(error);
  }
}

const folderOf = (options: Options) =>
  join(options.data === undefined ? defaultDataDir(false) : resolve(options.data), 'server');

async function add(name: string, options: Options): Promise<void> {
  const settings: { [name: string]: string } = Object.create(null);
  for (const setting of options.set ?? []) {
    const at = setting.indexOf('=');
    if (at < 1) throw new Refusal(`--set takes name=value, and \`${setting}\` is none.`);
    settings[setting.slice(0, at)] = setting.slice(at + 1);
  }
  const since = options.since === undefined ? Date.now() - FIRST_DAYS * 86_400_000 : parseTime(options.since);
  if (since === undefined) throw new Refusal(`--since takes a time such as 2026-01-31T00:00:00Z.`);
  const poller = POLLERS.get(options.poll ?? '');
  const added = await addPoll(folderOf(options), {
    source: name,
    poller: options.poll ?? '',
    url: options.url ?? '',
    settings: { ...settings },
    credential: await readCredential(options, poller?.credential ?? 'the credential'),
    parser: options.kind ?? poller?.parser ?? 'auto',
    everySeconds: Number(options.every ?? EVERY_SECONDS_USUAL),
    overlapSeconds: Number(options.overlap ?? OVERLAP_SECONDS_USUAL),
    startFrom: since,
  });
  process.stdout.write(
    `${name} is read from ${added.url} every ${added.everySeconds} s. Try it: countersign source check ${name}\n`,
  );
}

async function replaceKey(name: string, options: Options): Promise<void> {
  const poll = await pollOf(name, options);
  const credential = await readCredential(options, POLLERS.get(poll.poller)?.credential ?? 'the credential');
  await addPoll(folderOf(options), { ...poll, credential }, poll.generation);
  process.stdout.write(`${name} is read with the new credential from where it was.\n`);
}

/** From a file that nobody else may read, from standard input, or typed without being shown. */
async function readCredential(options: Options, what: string): Promise<string> {
  if (options.keyFile !== undefined) return fromFile(options.keyFile);
  if (!process.stdin.isTTY) return (await streamText(process.stdin)).trim();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(`${what}: `);
  try {
    return (await asking.question('')).trim();
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}

async function fromFile(file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw new Refusal(`${file} may be read by others; run chmod 600 ${file}.`);
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`cannot read ${file}: ${errorCode(error) ?? errorText(error)}.`);
  }
}

async function pollOf(name: string, options: Options) {
  const poll = (await readPolls(folderOf(options))).find(one => one.source === name);
  if (poll === undefined)
    throw new Refusal(`no source that is read is called ${name}; \`countersign source list\` shows them.`);
  return poll;
}

async function list(options: Options): Promise<void> {
  const polls = await readPolls(folderOf(options));
  if (polls.length === 0) process.stdout.write('nothing is read; `countersign source add` adds a product.\n');
  for (const poll of polls) {
    const settings = Object.entries(poll.settings).map(([name, value]) => `${name}=${value}`);
    process.stdout.write(
      `${poll.source}  ${poll.poller}  ${poll.url}  every ${poll.everySeconds} s  ${settings.join(' ')}\n`,
    );
  }
}

async function check(name: string, options: Options): Promise<void> {
  const poll = await pollOf(name, options);
  const poller = POLLERS.get(poll.poller);
  if (poller === undefined) throw new Refusal(`this version cannot read ${poll.poller}.`);
  try {
    for await (const batch of poller.poll(undefined, worldOf(poll, poller, AbortSignal.timeout(CHECK_MS_MAX)))) {
      process.stdout.write(`${poll.url} answers: ${batch.records.length} records on the first page.\n`);
      return;
    }
    process.stdout.write(`${poll.url} answers, and has nothing.\n`);
  } catch (error) {
    if (!(error instanceof PollTrouble)) throw error;
    throw new Refusal(`${error.message}; it needs ${poller.credential}.`);
  }
}

async function remove(name: string, options: Options): Promise<void> {
  if (!(await removePoll(folderOf(options), name))) throw new Refusal(`no source that is read is called ${name}.`);
  process.stdout.write(`${name} is not read any more.\n`);
}

function kinds(): void {
  for (const { id, title, settings, credential } of POLLERS.values()) {
    process.stdout.write(`${id}  ${title}\n  credential: ${credential}\n`);
    for (const setting of settings)
      process.stdout.write(
        `  --set ${setting.name}=…  ${setting.title}${setting.usual === undefined ? ' (needed)' : setting.usual === '' ? '' : ` (${setting.usual})`}\n`,
      );
  }
}
