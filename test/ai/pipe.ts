import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ProviderStore } from '../../src/ai/store.ts';
import { type SupervisedChild, superviseChild } from '../../src/app/child.ts';
import { aiDir } from '../../src/app/data-directory.ts';
import { ownFolder } from '../../src/app/installation.ts';
import { createModelPipe, type ModelPipe, type ParentEnd } from '../../src/app/model-pipe.ts';
import { type ModelSupervision, superviseModels } from '../../src/app/models.ts';

/** The real ai process under the real supervision, and the server's end of the pipe in this process. */
export interface Piped {
  readonly dataDir: string;
  readonly store: ProviderStore;
  readonly models: ModelPipe;
  readonly pid: () => number | undefined;
  readonly log: () => Promise<string>;
  /** The server ends, and another starts: what the first one asked is nobody's any more. */
  restartServer(): ModelPipe;
  end(): Promise<void>;
}

export async function startPiped(program: string): Promise<Piped> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-pipe-'));
  await ownFolder(aiDir(dataDir), undefined);
  const logFile = join(dataDir, 'log');
  const logFd = openSync(logFile, 'a');
  let ai: SupervisedChild | undefined;
  const supervision = superviseModels(
    dataDir,
    events => {
      ai = superviseChild(
        {
          name: 'ai',
          program,
          args: ['run-ai'],
          order: () => ({ identity: null, secrets: { v: 1, process: 'ai', folder: aiDir(dataDir) } }),
          logFd,
          started: async () => undefined,
          ...events,
        },
        pino({ level: 'silent' }),
      );
      return ai;
    },
    pino({ level: 'silent' }),
  );
  return {
    dataDir,
    store: new ProviderStore(aiDir(dataDir)),
    models: serverEnd(supervision),
    pid: () => ai?.pid(),
    log: () => readFile(logFile, 'utf8'),
    restartServer() {
      supervision.forServer.changed?.(false);
      return serverEnd(supervision);
    },
    async end() {
      await supervision.stop();
      closeSync(logFd);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** As over a real pipe, each message is its JSON. */
function serverEnd(supervision: ModelSupervision): ModelPipe {
  const hearers: ((message: unknown) => void)[] = [];
  const parent: ParentEnd = {
    connected: true,
    send: ((message: unknown) => {
      setImmediate(() => supervision.forServer.heard?.(JSON.parse(JSON.stringify(message))));
      return true;
    }) as NonNullable<ParentEnd['send']>,
    on: (_event, hear) => hearers.push(hear),
  };
  const pipe = createModelPipe(parent);
  supervision.connect({
    name: 'server',
    ready: Promise.resolve(),
    pid: () => process.pid,
    send(message) {
      const text = JSON.stringify(message);
      setImmediate(() => {
        for (const hear of hearers) hear(JSON.parse(text));
      });
      return true;
    },
    stop: async () => undefined,
  });
  supervision.forServer.changed?.(true);
  return pipe;
}
