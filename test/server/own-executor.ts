import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownSystem } from '../../src/app/own-system.ts';
import { runExecutor } from '../../src/executor/process.ts';
import type { TestServer } from './harness.ts';

/** An executor beside a server, which acts on the installation itself and on nothing else. */
export async function startOwnExecutor(server: TestServer): Promise<{ stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-executor-'));
  await writeFile(join(folder, 'genesis.json'), JSON.stringify(server.genesis), { mode: 0o600 });
  const executor = await runExecutor({
    v: 1,
    process: 'executor',
    installation: server.genesis.installation,
    tenant: server.genesis.tenant,
    demo: false,
    databaseUrl: server.db.executorUrl,
    isIsolated: false,
    programVersion: '0.0.0',
    folder,
    startedSystems: [ownSystem(server.db, server.genesis.tenant)],
  });
  return {
    async stop() {
      await executor.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
