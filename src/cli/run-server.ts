import type { Command } from 'commander';
import { runServer } from '../api/serve.ts';
import { becomeChild } from '../app/become-child.ts';
import { openBeforeRootIsGone } from '../app/enrichment-data.ts';
import { createModelPipe } from '../app/model-pipe.ts';
import type { ServerSecrets } from '../ports/secrets.ts';

/** `countersign run-server`: what the supervisor forks. It expects its order on a pipe; nobody types this. */
export function runServerCommand(program: Command): void {
  program.command('run-server', { hidden: true }).action(() =>
    becomeChild<ServerSecrets>(async () => {
      await openBeforeRootIsGone().catch(() => undefined);
      const models = createModelPipe(process);
      return secrets => runServer(secrets, models);
    }),
  );
}
