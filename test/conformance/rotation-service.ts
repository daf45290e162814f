import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a service of a test says of itself. */
export interface Told {
  readonly queries: number;
  readonly failed: number;
  /** As which login it was let in last. */
  readonly user: string;
}

/** A service in a process of its own, which is at work. */
export interface Consumer {
  told(): Promise<Told>;
  renewEvery(ms: number): void;
  stop(): Promise<void>;
}

export async function startConsumer(program: string, args: readonly string[]): Promise<Consumer> {
  const child: ChildProcess = fork(program, args, { execArgv: ['--import', 'tsx'] });
  const told = async (): Promise<Told> => {
    const answer = once(child, 'message');
    child.send('?');
    return (await answer)[0] as Told;
  };
  await until(async () => (await told()).queries > 0);
  return {
    told,
    renewEvery: ms => void child.send(ms),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

const GIVE_UP_MS = 15_000;

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error('it did not come about');
    await sleep(50);
  }
}
