import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text as streamText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { z } from 'zod';
import { defaultDataDir } from '../app/data-directory.ts';
import { forgetUpstream, keepUpstream, readUpstreams, responderOf } from '../app/gateway/upstreams.ts';
import { endWith, errorCode, Refusal } from '../app/refusal.ts';
import { connectTarget, disconnectTarget } from '../app/targets.ts';
import { type FrontTokens, startFront } from './gateway-front.ts';

interface Flags {
  readonly data?: string;
  readonly url?: string;
  /** True where no document is named: then it is the usual one. */
  readonly http?: string | true;
  readonly port?: string;
  readonly tokens?: string;
  readonly read?: readonly string[];
}

const DATA = ['--data <dir>', 'the data directory'] as const;
const TOKENS = z.strictObject({ read: z.string().min(16), write: z.string().min(16) });
const TOKEN_BYTES = 32;
/** Where most interfaces have their OpenAPI document. */
const DOCUMENT_USUAL = '/openapi.json';

/** `countersign gateway …`: other people's MCP servers behind the gate. */
export function gatewayCommand(program: Command): void {
  const gateway = program.command('gateway').description('other people’s MCP servers, behind the gate');
  gateway
    .command('add <name>')
    .description('put a server behind the gate, or replace it; standard input has its tokens as JSON {"read", "write"}')
    .requiredOption('--url <url>', 'its address (streamable HTTP)')
    .option(
      '--http [document]',
      'it is no MCP server but a plain HTTP interface, with its OpenAPI document below its address',
    )
    .option(...DATA)
    .action((name: string, flags: Flags) => run(() => add(name, flags)));
  gateway
    .command('list')
    .description('what is behind the gate, without any token')
    .option(...DATA)
    .action((flags: Flags) =>
      run(async () => {
        for (const { name, url } of await readUpstreams(folderOf(flags))) process.stdout.write(`${name}  ${url}\n`);
      }),
    );
  gateway
    .command('remove <name>')
    .description('forget a server and its tokens')
    .option(...DATA)
    .action((name: string, flags: Flags) =>
      run(async () => {
        const wasTarget = await disconnectTarget(dataOf(flags), name);
        const wasThere = await forgetUpstream(folderOf(flags), name);
        if (!wasTarget && !wasThere) throw new Refusal(`no server is called ${name}.`);
        process.stdout.write(`${name} is forgotten.\n`);
      }),
    );
  gateway
    .command('front <command> [args...]')
    .description(
      'start a server that speaks over standard input and output, and offer it on this machine under two tokens; until Ctrl-C',
    )
    .requiredOption('--port <port>', 'where, on 127.0.0.1')
    .requiredOption('--tokens <file>', 'a file with its tokens, made where it is not there')
    .option('--read <tool...>', 'tools that the read token may call', [])
    .action((command: string, args: string[], flags: Flags) => run(() => front(command, args, flags)));
}

async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    endWith(error);
  }
}

const dataOf = ({ data }: Flags): string => (data === undefined ? defaultDataDir(false) : resolve(data));
const folderOf = (flags: Flags): string => join(dataOf(flags), 'server');

async function add(name: string, flags: Flags): Promise<void> {
  const tokens = parseTokens(await streamText(process.stdin), 'standard input');
  const url = flags.url ?? '';
  const document = flags.http === true ? DOCUMENT_USUAL : flags.http;
  const upstream = { name, url, readCredential: tokens.read, ...(document === undefined ? {} : { document }) };
  await connectTarget(dataOf(flags), {
    system: name,
    responder: responderOf(upstream),
    settings: document === undefined ? { url } : { url, document },
    readCredential: tokens.read,
    writeCredential: tokens.write,
    probeCredential: undefined,
  });
  await keepUpstream(folderOf(flags), upstream);
  const [path, what] = document === undefined ? [`/gateway/${name}`, 'tool'] : [`/gateway/${name}/api`, 'route'];
  process.stdout.write(
    `${name} is behind the gate; agents reach it at ${path}. No ${what} of it is called until people adopt it, on the page Agents.\n`,
  );
}

async function front(command: string, args: readonly string[], flags: Flags): Promise<void> {
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Refusal('--port takes a number from 1 to 65535.');
  const tokens = await tokensIn(resolve(flags.tokens ?? ''));
  const readTools = new Set(flags.read ?? []);
  const started = await startFront({ port, tokens, readTools, command, args });
  process.stdout.write(
    `listening on ${started.url}; the read token calls ${[...readTools].join(', ') || 'no tool'}.\n`,
  );
  await new Promise<void>(done => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await started.stop();
}

/** The tokens of a file. One that is not there is made, for this user alone. */
async function tokensIn(file: string): Promise<FrontTokens> {
  try {
    return parseTokens(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const token = () => randomBytes(TOKEN_BYTES).toString('base64url');
  const tokens = { read: token(), write: token() };
  await writeFile(file, `${JSON.stringify(tokens)}\n`, { mode: 0o600, flag: 'wx' });
  return tokens;
}

function parseTokens(text: string, where: string): FrontTokens {
  try {
    const read = TOKENS.parse(JSON.parse(text));
    if (read.read !== read.write) return read;
  } catch {
    // The text may hold a token, so nothing of it is said.
  }
  throw new Refusal(`${where} is not {"read": "…", "write": "…"} with two tokens that differ.`);
}
