import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

/** What the attacker has and how it fares, as it sees it itself. */
export interface AttackerStatus {
  readonly role: string;
  readonly phase: 'connecting' | 'reading' | 'shut_out' | 'gave_up';
  /** Rows that it has read in all its sessions. */
  readonly rowsRead: number;
  /** Sessions that were ended under it. */
  readonly sessionsLost: number;
  /** Logins that the server has refused since the last one that worked. */
  readonly loginsRefused: number;
  /** Why the last session ended or the last login was refused, in the server's words. */
  readonly lastRefusal: string;
}

/** Somebody who holds a login that is not theirs and copies a table, a page at a time. */
export interface Attacker {
  status(): AttackerStatus;
  stop(): Promise<void>;
}

export interface AttackerOptions {
  readonly role: string;
  /** Where it logs in, its password included. */
  readonly url: string;
  readonly applicationName: string;
  /** A table with an ascending `id`. */
  readonly table: string;
  readonly logger: Logger;
  /** Between two reads and between two logins. */
  readonly pauseMs: number;
}

const PAGE_ROWS = 200;
const LOGINS_REFUSED_MAX = 60;

/**
 * Really logs in, keeps the session open and really reads, so that whoever locks the role sees a real session die.
 * When it is cut it logs in again, until {@link LOGINS_REFUSED_MAX} logins in a row were refused.
 */
export function startAttacker(options: AttackerOptions): Attacker {
  const stopping = new AbortController();
  let status: AttackerStatus = {
    role: options.role,
    phase: 'connecting',
    rowsRead: 0,
    sessionsLost: 0,
    loginsRefused: 0,
    lastRefusal: '',
  };
  const become = (change: Partial<AttackerStatus>) => {
    const isNews = change.phase !== undefined && change.phase !== status.phase;
    status = { ...status, ...change };
    if (isNews) options.logger.info({ attacker: status }, 'the attacker of the demo');
  };
  const pause = () => sleep(options.pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  const ended = (async () => {
    while (!stopping.signal.aborted && status.loginsRefused < LOGINS_REFUSED_MAX) {
      await oneSession(options, stopping.signal, () => status, become, pause);
      await pause();
    }
    if (!stopping.signal.aborted) become({ phase: 'gave_up' });
  })();
  return {
    status: () => status,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

async function oneSession(
  options: AttackerOptions,
  stopping: AbortSignal,
  status: () => AttackerStatus,
  become: (change: Partial<AttackerStatus>) => void,
  pause: () => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString: options.url, application_name: options.applicationName });
  // PostgreSQL says goodbye between two reads; the read after it only finds the connection gone.
  let goodbye: string | undefined;
  client.on('error', error => {
    goodbye ??= error.message;
  });
  try {
    await client.connect();
  } catch (error) {
    become({ phase: 'shut_out', loginsRefused: status().loginsRefused + 1, lastRefusal: messageOf(error) });
    return;
  }
  become({ phase: 'reading', loginsRefused: 0 });
  try {
    for (let last = 0; !stopping.aborted; ) {
      const { rows } = await client.query<{ id: number }>(
        `SELECT * FROM ${pg.escapeIdentifier(options.table)} WHERE id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
        [last],
      );
      last = rows.at(-1)?.id ?? 0;
      become({ rowsRead: status().rowsRead + rows.length });
      await pause();
    }
  } catch (error) {
    become({ phase: 'shut_out', sessionsLost: status().sessionsLost + 1, lastRefusal: goodbye ?? messageOf(error) });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
