import { readFile } from 'node:fs/promises';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isJSONRPCRequest, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { errorCode, Refusal } from '../app/refusal.ts';
import { findLocalServer } from './local-server.ts';

interface Flags {
  readonly server?: string;
  readonly data?: string;
  readonly tokenFile?: string;
}

const TOKEN_VARIABLE = 'COUNTERSIGN_AGENT_TOKEN';
/** JSON-RPC: the server could not be reached, or refused. */
const INTERNAL_ERROR = -32603;

/** `countersign mcp`: a door for agents that speak over standard input and output. It passes messages on and decides nothing. */
export function mcpCommand(program: Command): void {
  program
    .command('mcp')
    .description('let an agent read and propose, over standard input and output, with its own token')
    .option('--server <url>', 'the address of Countersign; the usual is the one of this machine')
    .option('--data <dir>', 'the data directory of the one of this machine', pathFrom)
    .option('--token-file <file>', `where the agent's token stands; else it is read from ${TOKEN_VARIABLE}`, pathFrom)
    .action(async (flags: Flags) => {
      const token = await tokenOf(flags);
      const base = flags.server ?? (await findLocalServer(flags.data)).url;
      await relay(new URL('/mcp', base), token);
    });
}

async function tokenOf({ tokenFile }: Flags): Promise<string> {
  const given = tokenFile === undefined ? process.env[TOKEN_VARIABLE] : await readToken(tokenFile);
  const token = given?.trim() ?? '';
  if (token === '')
    throw new Refusal(
      `no token: admit an agent on the page Agents, and put its token into ${TOKEN_VARIABLE} or a file.`,
    );
  return token;
}

function readToken(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new Refusal(`cannot read ${file}: ${errorCode(error) ?? 'unknown'}.`);
  });
}

/** Settles when standard input ends. What cannot be passed on is answered with an error, so that no caller waits for ever. */
async function relay(url: URL, token: string): Promise<void> {
  const stdio = new StdioServerTransport();
  const http = new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { authorization: `Bearer ${token}` }, redirect: 'error' },
  });
  const ended = new Promise<void>(resolve => process.stdin.once('end', resolve));
  stdio.onmessage = message => void pass(message, http, stdio);
  http.onmessage = message => void stdio.send(message);
  await http.start();
  await stdio.start();
  await ended;
  await http.close();
  await stdio.close();
}

async function pass(message: JSONRPCMessage, to: Transport, back: Transport): Promise<void> {
  try {
    await to.send(message);
  } catch (error) {
    if (!isJSONRPCRequest(message)) return;
    const why = error instanceof Error ? error.message : String(error);
    const failed = { jsonrpc: '2.0', id: message.id, error: { code: INTERNAL_ERROR, message: why } } as const;
    await back.send(failed);
  }
}
