import pg from 'pg';
import type { Secret } from '../../ports/responder.ts';
import { withinMs } from '../shared/wire-text.ts';

/** One login to our own database, in one transaction. */
export interface Session {
  /** Rejects with PostgreSQL's error, or {@link import('../shared/wire-text.ts').NoAnswer}. */
  ask<R extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<readonly R[]>;
}

/** Nothing was sent that could have changed anything. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
}

const GOODBYE_MS = 200;

/**
 * Does `work` in one transaction of a login of its own, as the role that the secret is of. `read`: the database refuses every
 * change. Rejects with {@link NotConnected} where there was no session; with whatever else, it is not known whether it
 * was committed.
 */
export async function withSession<T>(
  login: {
    readonly secret: Secret;
    readonly tenant: string;
    readonly mode: 'read' | 'write';
    readonly timeoutMs: number;
  },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { secret, tenant, mode, timeoutMs } = login;
  const client = new pg.Client({
    connectionString: secret.reveal(),
    application_name: 'countersign-own',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    // Shorter than our own patience: a change that waits too long is rolled back there before it is given up on here.
    statement_timeout: Math.floor(timeoutMs * 0.8),
    options: `-c countersign.tenant=${tenant} -c default_transaction_read_only=${mode === 'read' ? 'on' : 'off'}`,
  });
  // A connection that breaks between two questions shows at the next one.
  client.on('error', () => undefined);
  const ask: Session['ask'] = async <R extends pg.QueryResultRow>(sql: string, values: readonly unknown[]) =>
    (await withinMs(timeoutMs, 'query', client.query<R>(sql, [...values]))).rows;
  try {
    await withinMs(timeoutMs, 'connect', client.connect()).catch(error => {
      throw new NotConnected(error instanceof Error ? error.message : String(error), { cause: error });
    });
    // Whatever is read comes from one moment, and from before the lock where there is one: see `execute.ts`.
    await ask(mode === 'read' ? 'BEGIN ISOLATION LEVEL REPEATABLE READ' : 'BEGIN', []);
    const done = await work({ ask });
    await ask('COMMIT', []);
    return done;
  } finally {
    await withinMs(GOODBYE_MS, 'goodbye', client.end()).catch(() => undefined);
  }
}
