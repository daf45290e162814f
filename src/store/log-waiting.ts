import type pg from 'pg';
import type { Inclusion } from './log.ts';

/** A bell: any number of rings before a wait is one, and a ring while nobody waits is not lost. */
export interface Hints {
  give(): void;
  forget(): void;
  wait(timeoutMs: number): Promise<void>;
}

export function createHints(): Hints {
  let hasRung = false;
  let wake: () => void = () => {};
  return {
    give() {
      hasRung = true;
      wake();
    },
    forget() {
      hasRung = false;
    },
    wait(timeoutMs) {
      if (hasRung) return Promise.resolve();
      return new Promise(resolve => {
        const timer = setTimeout(resolve, timeoutMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

/** Who waits in this process for which pending entries. */
export interface Arrivals {
  wait(pendingId: string, timeoutMs: number): Promise<Inclusion | undefined>;
  /** These became entries, the first of them at `first`. */
  arrived(first: number, entries: readonly { readonly id: string }[]): void;
  /** Asks the database, for those whose entries another sequencer took or whose commit went unanswered. */
  lookUp(): Promise<void>;
  /** Answers everybody who is left with undefined. */
  close(): void;
}

export function createArrivals(pool: Pick<pg.Pool, 'query'>, tenant: string): Arrivals {
  const waiting = new Map<string, Set<(inclusion: Inclusion | undefined) => void>>();

  function settle(id: string, inclusion: Inclusion | undefined): void {
    for (const answer of waiting.get(id) ?? []) answer(inclusion);
  }

  return {
    wait(pendingId, timeoutMs) {
      return new Promise(resolve => {
        const answers = waiting.get(pendingId) ?? new Set();
        waiting.set(pendingId, answers);
        const answer = (inclusion: Inclusion | undefined) => {
          clearTimeout(timer);
          answers.delete(answer);
          if (answers.size === 0) waiting.delete(pendingId);
          resolve(inclusion);
        };
        const timer = setTimeout(() => answer(undefined), timeoutMs);
        answers.add(answer);
      });
    },
    arrived(first, entries) {
      for (const [i, { id }] of entries.entries()) settle(id, { index: first + i });
    },
    async lookUp() {
      if (waiting.size === 0) return;
      const { rows } = await pool.query<{ pending_id: string; idx: string }>(
        'SELECT pending_id, idx FROM audit_entry WHERE tenant_id = $1 AND pending_id = ANY ($2)',
        [tenant, [...waiting.keys()]],
      );
      for (const row of rows) settle(row.pending_id, { index: Number(row.idx) });
    },
    close() {
      for (const id of [...waiting.keys()]) settle(id, undefined);
    },
  };
}
