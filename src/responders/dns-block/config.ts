import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { Address } from '../shared/channel.ts';
import { A_PORT, NOT_EMPTY, settingsOf, wrong } from '../shared/settings.ts';

/** Where the server is, and what must never be blocked there. No secret: the keys come through the context. */
export interface DnsSettings extends Address {
  /** The response policy zone that Countersign alone writes to. */
  readonly zone: string;
  readonly readKey: string;
  readonly writeKey: string;
  /** Our own domains: nothing in them, and nothing above them, is ever blocked. */
  readonly ownZones: readonly string[];
}

const KEY_NAME = (value: string) =>
  isDomain(value) || /^[a-z0-9-]{1,63}$/.test(value) ? undefined : 'it is no name of a key';

const TABLE = {
  host: { fault: NOT_EMPTY },
  port: { usual: '53', fault: A_PORT },
  zone: { fault: (value: string) => (isDomain(value) ? undefined : 'it is no zone') },
  readKey: { usual: 'countersign-read', fault: KEY_NAME },
  writeKey: { usual: 'countersign-write', fault: KEY_NAME },
  ownZones: {
    fault: (value: string) =>
      domainsOf(value).every(isDomain) && value.trim() !== '' ? undefined : 'it is no list of domains',
  },
} as const;

/** Letters, digits, hyphens and underscores in at least two labels, lower case: what is looked for is written so. */
export function isDomain(text: string): boolean {
  return (
    text.length <= 200 && /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
  );
}

const domainsOf = (text: string) => text.split(/[\s,]+/).filter(domain => domain !== '');

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf('dns-block', TABLE, given);
  if (read.ok && read.value.readKey === read.value.writeKey)
    return wrong('dns-block', 'writeKey', 'it must be another key than `readKey`');
  return read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<DnsSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { host, port, zone, readKey, writeKey, ownZones } = read.value;
  // Signed by a key, and not secret: whoever listens learns what is blocked, and cannot change it.
  return ok({
    host,
    port: Number(port),
    tls: 'off',
    tlsCa: '',
    zone,
    readKey,
    writeKey,
    ownZones: domainsOf(ownZones),
  });
}

/** Why this domain is never blocked, whoever asks; undefined where it may be. */
export function untouchable(domain: string, { ownZones }: DnsSettings, isPublicSuffix: boolean): string | undefined {
  if (isPublicSuffix) return 'Everybody registers below this name: a block of it is a block of all of them.';
  const own = ownZones.find(zone => zone === domain || domain.endsWith(`.${zone}`) || zone.endsWith(`.${domain}`));
  return own === undefined ? undefined : `It is our own, or holds our own: ${own}.`;
}
