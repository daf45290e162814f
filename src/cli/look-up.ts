import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as streamText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { defaultDataDir } from '../app/data-directory.ts';
import {
  addLookUp,
  addOwnDomain,
  addRanges,
  readLookUps,
  removeLookUp,
  removeRanges,
  setTlp,
} from '../app/look-up-store.ts';
import { endWith, Refusal } from '../app/refusal.ts';
import { LOOK_UPS } from '../look-ups/index.ts';
import type { Tlp } from '../model/enrichment.ts';

interface Options {
  readonly data?: string;
  readonly url?: string;
  readonly maxTlp?: string;
  readonly name?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly perMinute?: string;
  readonly perDay?: string;
  readonly source?: string;
  readonly set?: readonly string[];
}

const TLPS: readonly string[] = ['clear', 'green', 'amber', 'red'];
const DATA = ['--data <dir>', 'the data directory'] as const;

/** `countersign look-up …`: who may be asked about values, with which key, and how far what is marked may go. */
export function lookUpCommand(program: Command): void {
  const lookUp = program.command('look-up').description('who may be asked about values; nobody, until one is added');
  lookUp
    .command('add <kind>')
    .description(
      `add ${[...LOOK_UPS.keys()].join(', ')}, or replace the one of this name; the key is asked for, or read from standard input`,
    )
    .option('--url <url>', 'its address; of a TAXII server the API root')
    .option('--max-tlp <tlp>', 'what is marked higher is never sent: clear, green or amber', 'clear')
    .option('--name <name>', 'what to call it; the kind, where none is given')
    .option('--key-file <file>', 'a file that only you may read, with the key in it')
    .option('--ca-file <file>', 'the certificate of the authority that signed its own (PEM)')
    .option('--per-minute <count>', 'questions a minute, at most')
    .option('--per-day <count>', 'questions a day (UTC), at most')
    .option('--set <name=value...>', 'a setting of this kind, such as collection=ID or user=NAME')
    .option(...DATA)
    .action((kind: string, options: Options) => run(() => add(kind, options)));
  lookUp
    .command('list')
    .description('what is configured, without any key')
    .option(...DATA)
    .action((options: Options) => run(() => list(options)));
  lookUp
    .command('remove <name>')
    .description('forget one and its key')
    .option(...DATA)
    .action((name: string, options: Options) =>
      run(async () => {
        if (!(await removeLookUp(folderOf(options), name))) throw new Refusal(`no look-up is called ${name}.`);
        process.stdout.write(`${name} is forgotten.\n`);
      }),
    );
  lookUp
    .command('tlp <tlp>')
    .description('what counts as marked so: everything that nobody marked, or with --source what comes from one source')
    .option('--source <id>', 'the source')
    .option(...DATA)
    .action((tlp: string, options: Options) =>
      run(async () => {
        if (!isTlp(tlp)) throw new Refusal('a TLP is clear, green, amber or red.');
        await setTlp(folderOf(options), options.source, tlp);
        process.stdout.write(`${options.source ?? 'What nobody marks'} counts as TLP:${tlp.toUpperCase()}.\n`);
      }),
    );
  lookUp
    .command('own <domain...>')
    .description('domains of ours, beside those of the inventory: nothing below them is ever sent')
    .option(...DATA)
    .action((domains: readonly string[], options: Options) =>
      run(async () => {
        for (const domain of domains) await addOwnDomain(folderOf(options), domain);
        process.stdout.write(`${domains.join(', ')}: never sent.\n`);
      }),
    );
}

/** `countersign ranges …`: the files of cloud ranges that an operator fetched. None is shipped. */
export function rangesCommand(program: Command): void {
  const ranges = program.command('ranges').description('address ranges of clouds, as their providers publish them');
  ranges
    .command('add <file...>')
    .description('ip-ranges.json of AWS, ServiceTags_Public_….json of Azure, cloud.json of Google')
    .option(...DATA)
    .action((files: readonly string[], options: Options) =>
      run(async () => {
        for (const file of files) process.stdout.write(`${await addRanges(folderOf(options), resolve(file))}\n`);
      }),
    );
  ranges
    .command('remove <provider>')
    .description('aws, azure or gcp')
    .option(...DATA)
    .action((provider: string, options: Options) =>
      run(async () => {
        if (!(await removeRanges(folderOf(options), provider)))
          throw new Refusal(`there are no ranges of ${provider}.`);
        process.stdout.write(`The ranges of ${provider} are forgotten.\n`);
      }),
    );
}

async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    endWith(error);
  }
}

const isTlp = (text: string): text is Tlp => TLPS.includes(text);

const folderOf = (options: Options): string =>
  join(options.data === undefined ? defaultDataDir(false) : resolve(options.data), 'server');

async function add(kind: string, options: Options): Promise<void> {
  const known = LOOK_UPS.get(kind);
  if (known === undefined)
    throw new Refusal(`there is no look-up ${kind}; there are ${[...LOOK_UPS.keys()].join(', ')}.`);
  const url = options.url ?? known.manifest.usualUrl;
  if (url === undefined) throw new Refusal(`${kind} needs --url.`);
  const maxTlp = options.maxTlp ?? 'clear';
  if (!isTlp(maxTlp) || maxTlp === 'red')
    throw new Refusal('--max-tlp is clear, green or amber; what is TLP:RED is sent nowhere.');
  const name = options.name ?? kind;
  const ca = options.caFile === undefined ? undefined : await readFile(resolve(options.caFile), 'utf8');
  const credential = (await readKey(options.keyFile)).trim();
  await addLookUp(folderOf(options), {
    credential,
    config: {
      name,
      kind,
      url: url.replace(/\/+$/, ''),
      maxTlp,
      quota: {
        perMinute: countOf(options.perMinute, known.manifest.quota.perMinute),
        perDay: countOf(options.perDay, known.manifest.quota.perDay),
      },
      settings: settingsOf(options.set ?? []),
      ca,
    },
  });
  process.stdout.write(`${name} is configured. It is sent ${known.manifest.sends}\n`);
}

function countOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Refusal(`\`${text}\` is no count.`);
  return Number(text);
}

function settingsOf(pairs: readonly string[]): { [name: string]: string } {
  const settings = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new Refusal(`--set takes name=value, and \`${pair}\` is none.`);
    settings.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return Object.fromEntries(settings);
}

/** Never from an argument, which others can read. */
async function readKey(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    const path = resolve(file);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw new Refusal(`there is no file ${path}.`);
    if ((found.mode & 0o077) !== 0) throw new Refusal(`${path} can be read by others; make it 0600 first.`);
    return readFile(path, 'utf8');
  }
  if (!process.stdin.isTTY) return streamText(process.stdin);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write('key, empty for none: ');
  try {
    return await asking.question('');
  } finally {
    process.stderr.write('\n');
    asking.close();
  }
}

async function list(options: Options): Promise<void> {
  const { lookUps, usualTlp, sourceTlp, ownDomains } = await readLookUps(folderOf(options));
  if (lookUps.length === 0)
    process.stdout.write('no look-up is configured, so nobody is asked; `countersign look-up add` configures one.\n');
  for (const { config } of lookUps)
    process.stdout.write(
      `${config.name}  ${config.kind}  ${config.url}  up to TLP:${config.maxTlp.toUpperCase()}  ${config.quota.perMinute} a minute, ${config.quota.perDay} a day\n`,
    );
  process.stdout.write(`What nobody marks counts as TLP:${usualTlp.toUpperCase()}.\n`);
  for (const [source, tlp] of sourceTlp)
    process.stdout.write(`What comes from ${source} counts as TLP:${tlp.toUpperCase()}.\n`);
  if (ownDomains.length > 0) process.stdout.write(`Ours, and never sent: ${ownDomains.join(', ')}\n`);
}
