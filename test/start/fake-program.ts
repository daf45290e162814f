import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Command } from 'commander';
import pg from 'pg';
import { loadAdapters } from '../../src/ai/adapters.ts';
import { type AiChannel, runAi } from '../../src/ai/process.ts';
import { becomeChild } from '../../src/app/become-child.ts';
import { createModelPipe, type ModelPipe } from '../../src/app/model-pipe.ts';
import { endWith } from '../../src/app/refusal.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { startCommand } from '../../src/cli/start.ts';
import type { ModelCall } from '../../src/ports/model.ts';
import type { AiSecrets, ExecutorSecrets, RunningProcess, ServerSecrets } from '../../src/ports/secrets.ts';

/**
 * The real supervisor with a server and an executor that only tell what they are and what they may: what is tested
 * through it is how processes are started, isolated, restarted and stopped, and not what they do.
 */
async function main(): Promise<void> {
  if (process.argv[2] === 'run-server') {
    const models = createModelPipe(process);
    return becomeChild<ServerSecrets>(async () => secrets => runServer(secrets, models));
  }
  if (process.argv[2] === 'run-ai') return becomeChild<AiSecrets>(loadAi);
  if (process.argv[2] === 'run-executor') return becomeChild<ExecutorSecrets>(async () => runExecutor);
  const program = new Command();
  startCommand(program);
  doctorCommand(program);
  await program.parseAsync(process.argv).catch(endWith);
}

async function runServer(secrets: ServerSecrets, models: ModelPipe): Promise<RunningProcess> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.searchParams.get('path');
    const sql = url.searchParams.get('sql');
    const user = url.searchParams.get('user');
    const ai = url.searchParams.get('ai');
    const answer =
      ai !== null
        ? await askAi(models, ai)
        : path !== null
          ? await tryRead(path)
          : sql !== null
            ? await tryQuery(secrets, sql, user)
            : whatIAm(secrets);
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>(resolve => server.listen(secrets.port, '127.0.0.1', resolve));
  return {
    async stop() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

async function runExecutor(secrets: ExecutorSecrets): Promise<RunningProcess> {
  await writeFile(`${secrets.folder}/fake-memory`, 'only the executor may read this');
  const alive = setInterval(() => undefined, 1_000);
  return { stop: async () => clearInterval(alive) };
}

/** Asks the ai process what it can do, by a call that it would otherwise send on. */
async function askAi(models: ModelPipe, packet: string): Promise<unknown> {
  if (packet === 'open') return models.open();
  const call = {
    id: 'c',
    provider: 'p',
    system: '',
    packet,
    schema: {},
    outputTokensMax: 16,
    timeoutMs: 5_000,
    seed: 1,
  };
  const reply = await models.ask(call);
  return reply.kind === 'answered' ? JSON.parse(reply.text) : reply;
}

/** The real ai process, which also does what a packet says: as one that was wholly taken over. */
async function loadAi(): Promise<(secrets: AiSecrets) => Promise<RunningProcess>> {
  const openModel = await loadAdapters();
  return secrets => {
    const channel: AiChannel = {
      send: message => void process.send?.(message),
      listen: hear =>
        void process.on('message', (message: { kind?: string; call?: ModelCall }) => {
          if (message.call?.packet.startsWith('{"do"') !== true) return hear(message);
          void obey(secrets, message.call).then(reply => process.send?.({ kind: 'model.reply', reply }));
        }),
    };
    return runAi(secrets, openModel, channel);
  };
}

async function obey(secrets: AiSecrets, { id, packet }: ModelCall) {
  const order: { readonly do: string; readonly path: string } = JSON.parse(packet);
  const did =
    order.do === 'read'
      ? await tryRead(order.path)
      : order.do === 'list'
        ? await readdir(order.path).catch((error: NodeJS.ErrnoException) => error.code)
        : order.do === 'connect'
          ? await tryConnect(order.path)
          : order.do === 'wait'
            ? await new Promise(() => undefined)
            : {
                pid: process.pid,
                uid: process.getuid?.(),
                gid: process.getgid?.(),
                groups: process.getgroups?.(),
                environment: Object.keys(process.env),
                argv: process.argv,
                secrets,
              };
  const text = JSON.stringify(did);
  return {
    id,
    kind: 'answered',
    text,
    finish: 'stop',
    model: '',
    fingerprint: '',
    requestSha256: '0'.repeat(64),
    latencyMs: 1,
  };
}

function tryConnect(path: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve('connected');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'));
  });
}

function whatIAm(secrets: ServerSecrets) {
  return {
    pid: process.pid,
    supervisor: process.ppid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    groups: process.getgroups?.(),
    environment: Object.keys(process.env),
    argv: process.argv,
    genesis: secrets.genesis,
    isIsolated: secrets.isIsolated,
  };
}

async function tryRead(path: string): Promise<string> {
  return readFile(path, 'latin1').then(
    text => `read ${text.length}`,
    (error: NodeJS.ErrnoException) => error.code ?? 'failed',
  );
}

async function tryQuery(secrets: ServerSecrets, sql: string, user: string | null): Promise<unknown> {
  const url = new URL(secrets.databaseUrl);
  if (user !== null) url.searchParams.set('user', user);
  const client = new pg.Client({ connectionString: url.toString() });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error);
  } finally {
    await client.end();
  }
}

await main();
