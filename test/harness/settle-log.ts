import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

const LOG_WAIT_MS_MAX = 10_000;

/** Waits until the log took what was pending. */
export async function settleLog(owner: pg.Pool, nudge: () => void): Promise<void> {
  const until = Date.now() + LOG_WAIT_MS_MAX;
  for (;;) {
    nudge();
    const { rows } = await owner.query<{ waiting: string }>('SELECT count(*) AS waiting FROM audit_pending');
    if (rows[0]?.waiting === '0') return;
    if (Date.now() > until) throw new Error('the log did not take what was pending');
    await sleep(5);
  }
}
