import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as streamText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { loadAdapters } from '../ai/adapters.ts';
import { createAsk } from '../ai/ask.ts';
import { addressOf, isLoopback, parseKey, parseProvider, type StoredProvider } from '../ai/provider.ts';
import { ProviderStore, type StoreFailure } from '../ai/store.ts';
import { aiDir, defaultDataDir } from '../app/data-directory.ts';
import { IDENTITIES, isRoot } from '../app/identities.ts';
import { isTestPassed, testCall } from '../app/model-pipe.ts';
import { endWith, Refusal } from '../app/refusal.ts';
import type { Result } from '../base/result.ts';
import type { ModelReply } from '../ports/model.ts';

interface Options {
  readonly data?: string;
}

interface AddOptions extends Options {
  readonly kind: string;
  readonly model: string;
  readonly baseUrl?: string;
  readonly region?: string;
  readonly hosted?: true;
  readonly local?: true;
  readonly retention?: string;
  readonly priceIn?: string;
  readonly priceOut?: string;
  readonly currency: string;
  readonly contextTokens: string;
  readonly outputTokens: string;
  readonly keyStdin?: true;
  readonly keyFile?: string;
}

const KINDS = 'openai_compatible (vLLM, llama.cpp, Ollama and others), anthropic, google or bedrock';
const DATA = ['--data <dir>', 'the data directory'] as const;

/** `countersign model …`: which models may be asked. Their keys go into the ai process's own folder and nowhere else. */
export function modelCommand(program: Command): void {
  const model = program.command('model').description('which models may be asked, with their keys; none is a full mode');
  model
    .command('add <name>')
    .description('set a provider, or replace the one of this name; its key is asked for, or read as the options say')
    .requiredOption('--kind <kind>', KINDS)
    .requiredOption('--model <model>', 'the model, as the provider calls it')
    .option('--base-url <url>', "its address, where it is not the vendor's usual one")
    .option('--region <region>', 'where it computes: eu, us, local; for bedrock the AWS region')
    .option('--hosted', 'beyond this machine and its network: names are withheld (where the address is not loopback)')
    .option('--local', 'within this network: names are shown to it')
    .option('--retention <text>', 'what the vendor says of keeping what it is sent')
    .option('--price-in <amount>', 'price of a million tokens in')
    .option('--price-out <amount>', 'price of a million tokens out')
    .option('--currency <code>', 'of the prices', 'USD')
    .option('--context-tokens <count>', 'what the model takes at most', '32768')
    .option('--output-tokens <count>', 'what it may answer at most', '4096')
    .option('--key-stdin', 'read the key from standard input')
    .option('--key-file <file>', 'a file that only you may read, with the key in it; for bedrock also ID:SECRET')
    .option(...DATA)
    .action((name: string, options: AddOptions) => run(() => add(name, options)));
  registerRest(model);
}

/** Everything about a provider that is already set. */
function registerRest(model: Command): void {
  model
    .command('list')
    .description('the providers, without any key')
    .option(...DATA)
    .action((options: Options) => run(() => list(options)));
  model
    .command('test <name>')
    .description('ask it one small question that holds nothing of ours')
    .option(...DATA)
    .action((name: string, options: Options) => run(() => test(name, options)));
  model
    .command('remove <name>')
    .description('forget a provider and its key')
    .option(...DATA)
    .action((name: string, options: Options) =>
      run(async () => {
        mustBeDone(await storeOf(options).remove(name));
        process.stdout.write(`${name} and its key are forgotten.\n`);
      }),
    );
  for (const [word, isOn] of [
    ['on', true],
    ['off', false],
  ] as const)
    model
      .command(`${word} <name>`)
      .description(`switch a provider ${word}`)
      .option(...DATA)
      .action((name: string, options: Options) =>
        run(async () => {
          mustBeDone(await storeOf(options).update(name, config => ({ ...config, isOn })));
          process.stdout.write(`${name} is ${word}.\n`);
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

function storeOf(options: Options): ProviderStore {
  const dataDir = options.data === undefined ? defaultDataDir(false) : resolve(options.data);
  return new ProviderStore(aiDir(dataDir), isRoot() ? IDENTITIES.ai : undefined);
}

async function providersOf(options: Options): Promise<readonly StoredProvider[]> {
  const stored = await storeOf(options).read();
  if (!stored.ok) throw new Refusal(`${stored.trouble}.`);
  return stored.providers;
}

function mustBeDone(done: Result<undefined, StoreFailure>): void {
  if (!done.ok) throw new Refusal(`${done.failure.detail}.`);
}

async function add(name: string, options: AddOptions): Promise<void> {
  if (options.hosted === true && options.local === true) throw new Refusal('it is --hosted or --local, not both.');
  await requireInstallation(options);
  const { baseUrl } = options;
  const isHere = baseUrl !== undefined && URL.canParse(baseUrl) && isLoopback(new URL(baseUrl).hostname);
  const isHosted = options.local !== true && (options.hosted === true || !isHere);
  const provider = parseProvider({
    name,
    kind: options.kind,
    model: options.model,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    region: options.region ?? (isHosted ? 'unknown' : 'local'),
    isHosted,
    retention: options.retention ?? (isHosted ? 'not stated' : 'stays on this network'),
    price: {
      inputMicros: microsOf('--price-in', options.priceIn),
      outputMicros: microsOf('--price-out', options.priceOut),
      currency: options.currency,
    },
    contextTokens: Number(options.contextTokens),
    outputTokensMax: Number(options.outputTokens),
    isOn: true,
  });
  if (!provider.ok) throw new Refusal(`${provider.failure}.`);
  const key = parseKey(provider.value.kind, await readKey(options));
  if (!key.ok) throw new Refusal(`${key.failure}.`);
  mustBeDone(await storeOf(options).set({ config: provider.value, key: key.value }));
  process.stdout.write(
    `${name} is set: ${addressOf(provider.value)}, ${isHosted ? 'hosted, so names are withheld' : 'local'}. Try it: countersign model test ${name}\n`,
  );
}

/** A store in a folder that no installation has would be found by nobody. */
async function requireInstallation(options: Options): Promise<void> {
  const dataDir = options.data === undefined ? defaultDataDir(false) : resolve(options.data);
  const found = await stat(dataDir).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new Refusal(
      `there is no installation on ${dataDir}; run \`countersign start\` once, or name its directory with --data.`,
    );
}

function microsOf(flag: string, text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,5}(\.\d{1,6})?$/.test(text)) throw new Refusal(`${flag} takes an amount such as 0.15.`);
  return Math.round(Number(text) * 1_000_000);
}

/** Never from an argument, which others can read. */
async function readKey({ keyStdin, keyFile }: AddOptions): Promise<string> {
  if (keyFile !== undefined) {
    const path = resolve(keyFile);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw new Refusal(`there is no file ${path}.`);
    if ((found.mode & 0o077) !== 0) throw new Refusal(`${path} can be read by others; make it 0600 first.`);
    return readFile(path, 'utf8');
  }
  if (keyStdin === true || !process.stdin.isTTY) return streamText(process.stdin);
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
  const providers = await providersOf(options);
  if (providers.length === 0)
    process.stdout.write('no model is set: rules write every summary. `countersign model add` sets one.\n');
  for (const { config, key } of providers)
    process.stdout.write(
      `${config.name}  ${config.kind}  ${config.model}  ${addressOf(config)}  ${config.region}  ${config.isHosted ? 'hosted' : 'local'}  ${key === '' ? 'no key' : 'with a key'}  ${config.isOn ? 'on' : 'off'}\n`,
    );
}

async function test(name: string, options: Options): Promise<void> {
  const ask = createAsk(storeOf(options), await loadAdapters());
  const reply = await ask(testCall('test', name), new AbortController().signal);
  process.stdout.write(`${told(name, reply)}\n`);
  if (!isTestPassed(reply)) process.exitCode = 1;
}

function told(name: string, reply: ModelReply): string {
  const took = `${reply.latencyMs} ms`;
  if (reply.kind === 'failed') return `${name} did not answer: ${reply.detail} (${reply.code}, ${took})`;
  const usage =
    reply.usage === undefined
      ? 'tokens not said'
      : `${reply.usage.inputTokens} tokens in, ${reply.usage.outputTokens} out`;
  const facts = `${reply.model === '' ? 'model not said' : reply.model}, ${usage}, ${took}`;
  return isTestPassed(reply)
    ? `${name} answers in the form that was asked for (${facts})`
    : `${name} answers, but not in the form that was asked for (${facts}): such answers are rejected`;
}
