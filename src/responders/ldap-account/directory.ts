import { connect, type Socket } from 'node:net';
import { BerWriter, Client, Control, type Filter, ResultCodeError } from 'ldapts';
import { type Failure, type FailureCode, failureOf } from '../../model/failure.ts';
import type { Secret } from '../../ports/responder.ts';
import { errorTextWithout, NoAnswer, withinMs } from '../wire-text.ts';
import type { LdapSettings } from './config.ts';

/** Result codes (RFC 4511 appendix A, RFC 4528, OpenLDAP's `ldap.h`). */
export const CODE = {
  sizeLimitExceeded: 4,
  unavailableCriticalExtension: 12,
  noSuchAttribute: 16,
  noSuchObject: 32,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccess: 50,
  unavailable: 52,
  other: 80,
  assertionFailed: 122,
  /** The answer to a modify under the no-op control that would have succeeded. */
  noOperation: 16_654,
} as const;

export const ASSERTION_OID = '1.3.6.1.1.12';

/** The server makes the change only while the filter matches the entry, in the same step (RFC 4528). */
export class AssertionControl extends Control {
  readonly #filter: Filter;
  constructor(filter: Filter) {
    super(ASSERTION_OID, { critical: true });
    this.#filter = filter;
  }
  override writeControl(writer: BerWriter): void {
    const inner = new BerWriter();
    this.#filter.write(inner);
    writer.writeBuffer(inner.buffer, OCTET_STRING);
  }
}

const OCTET_STRING = 0x04;

/** The server checks everything, rights included, answers {@link CODE.noOperation}, and changes nothing (OpenLDAP). */
export class NoOpControl extends Control {
  constructor() {
    super('1.3.6.1.4.1.4203.666.5.2', { critical: true });
  }
}

/** The directory was not reached, or turned the bind down: nothing was sent that could have changed anything. */
export class NotBound extends Error {
  override readonly name = 'NotBound';
  /** The result code, where it answered. */
  readonly code: number | undefined;
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.code = resultCodeOf(cause);
  }
}

/** A connection that is bound as somebody. It never binds again by itself: a cut connection stays cut. */
export interface Bound {
  readonly client: Client;
  /** False as soon as the connection is cut, or connected again without its bind. */
  isAlive(): boolean;
  close(): Promise<void>;
}

const GOODBYE_MS = 200;
const LDAP_PORT = 389;

/** Connects and binds. Rejects with {@link NotBound}. The caller closes. */
export async function bindAs(settings: LdapSettings, dn: string, secret: Secret, timeoutMs: number): Promise<Bound> {
  const { hostname, port } = new URL(settings.url);
  let socket: Socket | undefined;
  const client = new Client({
    url: settings.url,
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    ...(settings.url.startsWith('ldaps:')
      ? { tlsOptions: { rejectUnauthorized: true, ...(settings.tlsCa === '' ? {} : { ca: settings.tlsCa }) } }
      : {
          // Ours, so that it can be cut when the other side says nothing. One only: ldapts would connect again unasked,
          // and go on as nobody.
          createConnection: () => {
            if (socket !== undefined) throw new NoAnswer('the connection was cut');
            socket = connect(Number(port === '' ? LDAP_PORT : port), hostname.replace(/^\[|\]$/g, ''));
            return socket;
          },
        }),
  });
  const close = async () => {
    if (client.isConnected) await withinMs(GOODBYE_MS, 'goodbye', client.unbind()).catch(() => undefined);
    socket?.destroy();
  };
  try {
    await withinMs(timeoutMs, 'bind', client.bind(dn, secret.reveal()));
  } catch (error) {
    await close();
    throw new NotBound(error);
  }
  return { client, isAlive: () => client.isConnected && client.isBound, close };
}

/** Binds, does `work`, and hangs up whatever happens. */
export async function withBind<T>(
  settings: LdapSettings,
  dn: string,
  secret: Secret,
  timeoutMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const bound = await bindAs(settings, dn, secret, timeoutMs);
  try {
    return await withinMs(timeoutMs, 'directory', work(bound.client));
  } finally {
    await bound.close();
  }
}

/** The result code that the server gave; undefined where it gave none. */
export function resultCodeOf(error: unknown): number | undefined {
  return error instanceof ResultCodeError ? error.code : undefined;
}

/** What a failed look is called. Without an answer the directory was not reached. */
export function readFailure(error: unknown, secrets: readonly Secret[]): Failure {
  const code = error instanceof NotBound ? error.code : resultCodeOf(error);
  return failureOf(failureCode(code), `ldap-account: ${errorTextWithout(error, secrets)}`);
}

function failureCode(code: number | undefined): FailureCode {
  switch (code) {
    case undefined:
    case CODE.unavailable:
      return 'responder.unreachable';
    case CODE.inappropriateAuthentication:
    case CODE.invalidCredentials:
    case CODE.insufficientAccess:
    // Without the right to see the base, slapd says that it isn't there.
    case CODE.noSuchObject:
      return 'responder.missing_scope';
    default:
      return 'responder.refused';
  }
}

/** What became of a change that ended in an error. A result code says that it was not made; silence says nothing. */
export function changeOutcome(error: unknown): 'refused' | 'refused_drift' | 'failed' | 'unknown' {
  if (error instanceof NotBound) return error.code === undefined ? 'failed' : 'refused';
  const code = resultCodeOf(error);
  switch (code) {
    case undefined:
    case CODE.other:
    case CODE.unavailable:
      return 'unknown';
    case CODE.assertionFailed:
    case CODE.noSuchObject:
      return 'refused_drift';
    case CODE.insufficientAccess:
    case CODE.unavailableCriticalExtension:
      return 'refused';
    default:
      return 'failed';
  }
}
