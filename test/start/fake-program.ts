import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Command } from 'commander';
import pg from 'pg';
import { becomeChild } from '../../src/app/become-child.ts';
import { endWith } from '../../src/app/refusal.ts';
import { startCommand } from '../../src/cli/start.ts';
import type { ExecutorSecrets, RunningProcess, ServerSecrets } from '../../src/ports/secrets.ts';

/**
 * The real supervisor with a server and an executor that only tell what they are and what they may: what is tested
 * through it is how processes are started, isolated, restarted and stopped, and not what they do.
 */
async function main(): Promise<void> {
  if (process.argv[2] === 'run-server') return becomeChild<ServerSecrets>(async () => runServer);
  if (process.argv[2] === 'run-executor') return becomeChild<ExecutorSecrets>(async () => runExecutor);
  const program = new Command();
  startCommand(program);
  await program.parseAsync(process.argv).catch(endWith);
}

async function runServer(secrets: ServerSecrets): Promise<RunningProcess> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.searchParams.get('path');
    const sql = url.searchParams.get('sql');
    const user = url.searchParams.get('user');
    const answer =
      path !== null ? await tryRead(path) : sql !== null ? await tryQuery(secrets, sql, user) : whatIAm(secrets);
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
