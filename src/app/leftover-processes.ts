import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, writeWhole } from './data-directory.ts';
import { identityOf, isRunning, type ProcessIdentity, parseProcessIdentity } from './process-identity.ts';
import { Refusal } from './refusal.ts';

const KILL_WAIT_MS_MAX = 10_000;
const POLL_MS = 20;

/** The processes of this start, written down so that the next start finds those that a killed supervisor left. */
export class ProcessList {
  readonly #file: string;
  #processes: readonly ProcessIdentity[] = [];
  /** One change of the file at a time: two processes may be started at once. */
  #writing: Promise<void> = Promise.resolve();

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'processes.json');
  }

  add(pid: number): Promise<void> {
    const written = this.#writing.then(() => this.#add(pid));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #add(pid: number): Promise<void> {
    const identity = await identityOf(pid);
    const running: ProcessIdentity[] = identity === undefined ? [] : [identity];
    for (const one of this.#processes) if (await isRunning(one)) running.push(one);
    this.#processes = running;
    await writeWhole(this.#file, `${JSON.stringify(running)}\n`);
  }

  /**
   * Ends what an earlier start left. Our processes end by themselves when their supervisor is gone; one that is stopped
   * or stuck must not go on beside its successor. Only for the holder of the lock.
   */
  async endLeftovers(): Promise<void> {
    const listed: unknown = await readJson(this.#file).catch(() => undefined);
    for (const entry of Array.isArray(listed) ? listed : []) {
      const one = parseProcessIdentity(entry);
      if (one !== undefined) await end(one);
    }
    await writeWhole(this.#file, '[]\n');
  }
}

async function end(one: ProcessIdentity): Promise<void> {
  for (const giveUpAt = Date.now() + KILL_WAIT_MS_MAX; await isRunning(one); await sleep(POLL_MS)) {
    if (Date.now() > giveUpAt) {
      throw new Refusal(`an earlier process of Countersign (${one.pid}) does not end; end it and start again.`);
    }
    try {
      process.kill(one.pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
}
