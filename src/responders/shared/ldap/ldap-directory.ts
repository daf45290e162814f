import { connect, type Socket } from 'node:net';
import { BerWriter, Client, Control, type Entry, type Filter, PresenceFilter, ResultCodeError } from 'ldapts';
import { type Failure, type FailureCode, failureOf } from '../../../model/failure.ts';
import type { Secret } from '../../../ports/responder.ts';
import { errorTextWithout, NoAnswer, withinMs } from '../wire-text.ts';

/** Where a directory is. */
export interface DirectoryAddress {
  /** `ldaps://host:port`; `ldap://` only for a server on this machine. */
  readonly url: string;
  /** PEM of the authority that signed the server's certificate; empty for those that the system trusts. */
  readonly tlsCa: string;
}

/** Result codes (RFC 4511 appendix A, RFC 4528, OpenLDAP's `ldap.h`). */
export const CODE = {
  sizeLimitExceeded: 4,
  unavailableCriticalExtension: 12,
  noSuchAttribute: 16,
  attributeOrValueExists: 20,
  noSuchObject: 32,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccess: 50,
  unavailable: 52,
  unwillingToPerform: 53,
  entryAlreadyExists: 68,
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
export async function bindAs(
  settings: DirectoryAddress,
  dn: string,
  secret: Secret,
  timeoutMs: number,
): Promise<Bound> {
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
  settings: DirectoryAddress,
  dn: string,
  secret: Secret,
  timeoutMs: number,
  work: (client: Client) => Promise<T>,
  /** What all of it may take; absent for what one call may. */
  workMs = timeoutMs,
): Promise<T> {
  const bound = await bindAs(settings, dn, secret, timeoutMs);
  try {
    return await withinMs(workMs, 'directory', work(bound.client));
  } finally {
    await bound.close();
  }
}

/** The result code that the server gave; undefined where it gave none. */
export function resultCodeOf(error: unknown): number | undefined {
  return error instanceof ResultCodeError ? error.code : undefined;
}

/** What a failed look is called. Without an answer the directory was not reached. */
export function readFailure(responder: string, error: unknown, secrets: readonly Secret[]): Failure {
  const code = error instanceof NotBound ? error.code : resultCodeOf(error);
  return failureOf(failureCode(code), `${responder}: ${errorTextWithout(error, secrets)}`);
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

/**
 * Locked until an administrator unlocks it (draft-behera-ldap-password-policy-10, 5.3.3). Any other time is a lock that the
 * overlay set after failed binds, and that ends by itself.
 */
export const LOCKED_FOR_GOOD = '000001010000Z';

/** Whether two texts write the same distinguished name, as far as case and spaces around separators go. */
export function sameDn(a: string, b: string): boolean {
  return plainDn(a) === plainDn(b);
}

function plainDn(dn: string): string {
  return dn
    .toLowerCase()
    .replace(/\s*([,=+])\s*/g, '$1')
    .trim();
}

const ENTRY_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text can be an account's immutable id. */
export function isEntryUuid(text: string): boolean {
  return ENTRY_UUID.test(text);
}

/** Values of an attribute as texts, whatever case the server writes its name in. */
export function valuesOf(entry: Entry, attribute: string): readonly string[] {
  const wanted = attribute.toLowerCase();
  const [, found] = Object.entries(entry).find(([name]) => name.toLowerCase() === wanted) ?? [];
  if (found === undefined) return [];
  return (Array.isArray(found) ? found : [found]).map(value => value.toString());
}

/**
 * Whether an attribute that is not shown really is not there: one that may not be read looks the same. A comparison tells the
 * two apart (16 noSuchAttribute, or 50).
 */
export async function maySee(client: Client, dn: string, attribute: string, value: string): Promise<boolean> {
  try {
    await client.compare(dn, attribute, value);
    return true;
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === CODE.noSuchAttribute) return true;
    if (code === CODE.insufficientAccess || code === CODE.noSuchObject) return false;
    throw error;
  }
}

/** OIDs of the controls that the server says it knows. */
export async function readSupportedControls(client: Client): Promise<readonly string[]> {
  const { searchEntries } = await client.search('', {
    scope: 'base',
    filter: new PresenceFilter({ attribute: 'objectClass' }),
    attributes: ['supportedControl'],
  });
  return searchEntries[0] === undefined ? [] : valuesOf(searchEntries[0], 'supportedControl');
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Why this is no address of a directory; undefined where it is one. */
export function faultOfUrl(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'it is missing, or not an address';
  }
  if (url.protocol !== 'ldaps:' && url.protocol !== 'ldap:') return 'it starts with neither ldaps:// nor ldap://';
  if (url.protocol === 'ldap:' && !LOOPBACK.has(url.hostname)) return 'ldap:// is for a server on this machine only';
  if (url.username !== '' || url.password !== '') return 'it must hold no credentials';
  return undefined;
}
