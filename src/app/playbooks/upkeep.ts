import type { Id } from '../../base/id.ts';
import type { ServerContext } from '../context.ts';
import type { ReadStudy } from '../proposals/study.ts';
import { advanceRun } from './running.ts';

/** How often runs are looked at where nothing is heard. */
const LOOK_EVERY_MS = 2_000;
/** Runs that one look goes on with, the longest waiting first. */
const RUNS_MAX = 200;

/**
 * Goes on with every run that has not ended: at its start, whenever a proposal moves, and by the clock. It holds nothing between
 * looks, so a server that was killed goes on with its first one.
 */
export function startPlaybookUpkeep(context: ServerContext, readStudy: ReadStudy): () => Promise<void> {
  let isStopped = false;
  let wake: () => void = () => {};
  const done = (async () => {
    while (!isStopped) {
      await advanceAll(context, readStudy, () => isStopped).catch((error: unknown) =>
        context.logger.warn({ err: error }, 'runs of playbooks are behind'),
      );
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  const leave = context.live.subscribe(event => {
    if (event.kind === 'proposal') wake();
  });
  return async () => {
    isStopped = true;
    leave();
    wake();
    await done;
  };
}

async function advanceAll(context: ServerContext, readStudy: ReadStudy, isOver: () => boolean): Promise<void> {
  const { rows } = await context.pool.query<{ id: Id<'run'> }>(
    `SELECT r.id FROM playbook_run r WHERE r.tenant_id = $1
        AND NOT EXISTS (SELECT FROM playbook_fact f WHERE f.tenant_id = r.tenant_id AND f.run_id = r.id AND f.key = 'end')
      ORDER BY r.started_at LIMIT $2`,
    [context.tenant, RUNS_MAX],
  );
  for (const { id } of rows) {
    if (isOver()) return;
    // One run that cannot go on now keeps no other from it.
    await advanceRun(context, readStudy, id).catch((error: unknown) =>
      context.logger.warn({ err: error, run: id }, 'a run of a playbook could not go on'),
    );
  }
}
