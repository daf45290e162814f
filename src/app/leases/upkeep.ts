import { LEASE_TRIED_EVERY_MS } from '../../core/decide/lease.ts';
import type { ServerContext } from '../context.ts';
import type { ReadStudy } from '../proposals/study.ts';
import { askForRelease } from './ask.ts';
import { endedLeases, isDue } from './due.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Asks people about every lease that ended: at its start, whatever happened while nothing ran, and by the clock. It holds nothing
 * but when it tried last.
 */
export function startLeaseUpkeep(context: ServerContext, readStudy: ReadStudy): () => Promise<void> {
  let isStopped = false;
  let wake: () => void = () => {};
  const look = leaseLook(context, readStudy);
  const done = (async () => {
    while (!isStopped) {
      await look(() => isStopped).catch((error: unknown) => context.logger.warn({ err: error }, 'leases are behind'));
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (isStopped) wake();
      });
    }
  })();
  return async () => {
    isStopped = true;
    wake();
    await done;
  };
}

/** One look at every lease that ended. Returns how many releases it proposed. */
export function leaseLook(context: ServerContext, readStudy: ReadStudy): (isOver?: () => boolean) => Promise<number> {
  const tried = new Map<string, number>();
  return async (isOver = () => false) => {
    let asked = 0;
    const ended = await endedLeases(context);
    for (const lease of ended) {
      if (isOver()) break;
      const before = tried.get(lease.execution);
      const isSoon = before !== undefined && context.now() - before < LEASE_TRIED_EVERY_MS;
      if (isSoon || !isDue(lease, context.now())) continue;
      tried.set(lease.execution, context.now());
      // One target that cannot be looked at keeps no other lease from its end.
      try {
        if ((await askForRelease(context, readStudy, lease)).kind === 'asked') asked++;
      } catch (error) {
        context.logger.warn({ err: error, execution: lease.execution }, 'the end of a lease could not be told');
      }
    }
    for (const known of tried.keys()) if (!ended.some(({ execution }) => execution === known)) tried.delete(known);
    return asked;
  };
}
