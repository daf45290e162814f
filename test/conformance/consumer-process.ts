import { setTimeout as sleep } from 'node:timers/promises';

/** What a service works with until it logs in again. */
export interface Login {
  /** As whom. */
  readonly user: string;
  /** Asks for something with it; whether that was given. */
  ask(): Promise<boolean>;
}

const PAUSE_MS = 20;
const AGAIN_MS = 50;

/**
 * A service that asks without a pause and counts what failed. It keeps its login until it is told to renew it every so many
 * milliseconds; and it renews it at once where a request failed. `logIn` reads what to log in with from its file again, and gives
 * undefined where it was not let in. It never ends by itself.
 */
export async function consume(logIn: () => Promise<Login | undefined>): Promise<never> {
  const told = { queries: 0, failed: 0, user: '' };
  let renewEveryMs = Number.POSITIVE_INFINITY;
  process.on('message', message => {
    if (typeof message === 'number') renewEveryMs = message;
    else process.send?.(told);
  });
  process.on('disconnect', () => process.exit(0));

  const letIn = async (): Promise<Login> => {
    for (;;) {
      const login = await logIn();
      if (login !== undefined) {
        told.user = login.user;
        return login;
      }
      await sleep(AGAIN_MS);
    }
  };
  let login = await letIn();
  let since = Date.now();
  for (;;) {
    const isGiven = Date.now() - since <= renewEveryMs ? await login.ask() : undefined;
    if (isGiven === true) told.queries += 1;
    if (isGiven === false) told.failed += 1;
    if (isGiven !== true) {
      login = await letIn();
      since = Date.now();
    }
    await sleep(PAUSE_MS);
  }
}
