import { Socket } from 'node:net';
import pg from 'pg';
import { type Failure, type FailureCode, failureOf } from '../../../model/failure.ts';
import type { Secret } from '../../../ports/responder.ts';
import { errorTextWithout, NoAnswer, withinMs } from '../wire-text.ts';

/** Where a PostgreSQL server is, and how it is reached. */
export interface PostgresAddress {
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** `verify-full`: the certificate must be good for the host. `off`: only on this machine. */
  readonly tls: 'verify-full' | 'off';
  /** PEM of the authority that signed the server's certificate; empty for those that the system trusts. */
  readonly tlsCa: string;
}

/** What all of our sessions call themselves, so that whoever looks at the server can tell them from others. */
export const OUR_APPLICATION = 'countersign';

/** One login to the target, which asks one thing after the other. */
export interface Session {
  /** Rows as PostgreSQL prints them: every value a text or null. Rejects with PostgreSQL's error, or {@link NoAnswer}. */
  ask(sql: string, values: readonly string[]): Promise<readonly Row[]>;
}

export type Row = { readonly [column: string]: string | null };

export interface Login {
  readonly user: string;
  readonly secret: Secret;
  /** `read`: the server itself refuses every change on this connection. */
  readonly mode: 'read' | 'write';
  readonly timeoutMs: number;
}

/** The server was not reached, or turned the login down: nothing was sent that could have changed anything. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
  /** PostgreSQL's own code (SQLSTATE), where it answered. */
  readonly sqlState: string | undefined;
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.sqlState = sqlStateOf(cause);
  }
}

// Everything stays the text that PostgreSQL printed, so that two reads of one state are one text.
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value.toString() };
const GOODBYE_MS = 200;

/** Logs in, does `work`, and hangs up whatever happens. Rejects with {@link NotConnected} where there was no session. */
export async function withSession<T>(
  settings: PostgresAddress,
  login: Login,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const socket = new Socket();
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: login.user,
    password: login.secret.reveal(),
    ssl:
      settings.tls === 'off'
        ? false
        : { rejectUnauthorized: true, ...(settings.tlsCa === '' ? {} : { ca: settings.tlsCa }) },
    application_name: OUR_APPLICATION,
    connectionTimeoutMillis: login.timeoutMs,
    query_timeout: login.timeoutMs,
    // Shorter than our own patience: a change that waits too long is rolled back there before it is given up on here.
    statement_timeout: Math.floor(login.timeoutMs * 0.8),
    options: `-c default_transaction_read_only=${login.mode === 'read' ? 'on' : 'off'} -c search_path=pg_catalog`,
    stream: () => socket,
    types: AS_TEXT,
  });
  // A connection that breaks between two questions shows at the next one.
  client.on('error', () => undefined);
  try {
    await withinMs(login.timeoutMs, 'connect', client.connect()).catch(error => {
      throw new NotConnected(error);
    });
    return await work({ ask: (sql, values) => ask(client, login.timeoutMs, sql, values) });
  } finally {
    await withinMs(GOODBYE_MS, 'goodbye', client.end()).catch(() => undefined);
    socket.destroy();
  }
}

async function ask(
  client: pg.Client,
  timeoutMs: number,
  sql: string,
  values: readonly string[],
): Promise<readonly Row[]> {
  const answer = await withinMs(timeoutMs, 'query', client.query<Row>(sql, [...values]));
  return answer.rows;
}

/** PostgreSQL's code of an error (SQLSTATE, PostgreSQL manual, appendix A); undefined where it did not answer. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && typeof error.code === 'string' ? error.code : undefined;
}

const MISSING_SCOPE = new Set([
  '42501', // insufficient_privilege
  '42883', // undefined_function: the setup was not run here
  '3F000', // invalid_schema_name
]);

/** What a failed look is called. Without an answer the target was not reached. */
export function readFailure(responder: string, error: unknown, secrets: readonly Secret[]): Failure {
  const state = error instanceof NotConnected ? error.sqlState : sqlStateOf(error);
  const code: FailureCode =
    state === undefined
      ? 'responder.unreachable'
      : MISSING_SCOPE.has(state) || state.startsWith('28')
        ? 'responder.missing_scope'
        : 'responder.refused';
  return failureOf(
    code,
    `${responder}: ${errorTextWithout(error, secrets)}${state === undefined ? '' : ` (${state})`}`,
  );
}

/**
 * What became of a change that ended in an error. A plain ERROR rolled it back. Silence, a cut connection and a server
 * that went down in the midst of it (class 57P) leave it open.
 */
export function changeOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof NotConnected) return error.sqlState === undefined ? 'failed' : 'refused';
  const state = sqlStateOf(error);
  if (error instanceof NoAnswer || state === undefined || state.startsWith('57P') || state.startsWith('08'))
    return 'unknown';
  return MISSING_SCOPE.has(state) ? 'refused' : 'failed';
}
