import type { Command } from 'commander';
import { becomeChild } from '../app/become-child.ts';
import { runExecutor } from '../executor/process.ts';
import type { ExecutorSecrets } from '../ports/secrets.ts';

/** `countersign run-executor`: what the supervisor forks. It expects its order on a pipe; nobody types this. */
export function runExecutorCommand(program: Command): void {
  program
    .command('run-executor', { hidden: true })
    .action(() => becomeChild<ExecutorSecrets>(async () => secrets => runExecutor(secrets)));
}
