import type { Command } from 'commander';
import { loadAdapters } from '../ai/adapters.ts';
import { type AiChannel, runAi } from '../ai/process.ts';
import { becomeChild } from '../app/become-child.ts';
import type { AiSecrets } from '../ports/secrets.ts';

/** `countersign run-ai`: what the supervisor forks. It expects its order on a pipe; nobody types this. */
export function runAiCommand(program: Command): void {
  program.command('run-ai', { hidden: true }).action(() => {
    // A provider may leave a promise of the SDK behind that nobody waits for; that ends no process.
    process.on('unhandledRejection', () =>
      process.stderr.write('{"level":40,"name":"ai","msg":"a promise was left"}\n'),
    );
    return becomeChild<AiSecrets>(async () => {
      const openModel = await loadAdapters();
      return secrets => runAi(secrets, openModel, SUPERVISOR);
    });
  });
}

const SUPERVISOR: AiChannel = {
  send(message) {
    // Where the supervisor is gone this process ends too, and nobody waits for the answer.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  },
  listen(hear) {
    process.on('message', hear);
  },
};
