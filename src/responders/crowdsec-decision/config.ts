import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { NOT_EMPTY, settingsOf } from '../shared/settings.ts';

/** Where the local API is, and what must never be banned there. No secret: those come through the context. */
export interface CrowdsecSettings {
  /** The base address, without a slash at its end. */
  readonly url: string;
  /** The name of the machine (watcher) that writes. */
  readonly machine: string;
  /** How long a ban holds: CrowdSec ends it then. People sign it as a parameter of the act. */
  readonly duration: string;
  /** Our own networks. */
  readonly own: BlockList;
}

const NETWORKS_MAX = 1_000;
const DURATION = /^[1-9]\d{0,3}[smh]$/;

const TABLE = {
  url: { fault: urlFault },
  machine: { usual: 'countersign', fault: NOT_EMPTY },
  duration: {
    usual: '4h',
    fault: (value: string) => (isDuration(value) ? undefined : 'it is no number of seconds, minutes or hours: `4h`'),
  },
  ownNetworks: {
    fault: (value: string) => (networksOf(value) === undefined ? 'it is no list of addresses and networks' : undefined),
  },
} as const;

/** A whole number of seconds, minutes or hours, as CrowdSec takes it: `30m`. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}

/** Whether this is one address, written in the one way in which CrowdSec and the inventory write it. */
export function isAddress(text: string): boolean {
  if (isIPv4(text)) return true;
  // A zone is of one machine alone, and an IPv4 address in an IPv6 one would be the same address by another name.
  if (!isIPv6(text) || text.includes('%') || /^::ffff:/i.test(text)) return false;
  return new URL(`http://[${text}]/`).hostname === `[${text}]`;
}

const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** Addresses that are nobody else's, wherever one is. */
const NEVER = '0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 fe80::/10 ff00::/8';

/** The networks in a list; undefined where it is none, or empty. */
function networksOf(text: string): BlockList | undefined {
  const parts = text.split(/[\s,]+/).filter(part => part !== '');
  if (parts.length === 0 || parts.length > NETWORKS_MAX) return undefined;
  const list = new BlockList();
  for (const part of parts) {
    const [address = '', bits, ...rest] = part.split('/');
    const most = isIPv4(address) ? 32 : 128;
    if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return undefined;
    if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return undefined;
    list.addSubnet(address, Number(bits ?? most), familyOf(address));
  }
  return list;
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('crowdsec-decision', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<CrowdsecSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, machine, duration, ownNetworks } = read.value;
  return ok({ url: url.replace(/\/+$/, ''), machine, duration, own: networksOf(ownNetworks) ?? new BlockList() });
}

const NOBODYS = networksOf(NEVER) ?? new BlockList();

/** Why this address is never banned, whoever asks; undefined where it may be. */
export function neverBanned(address: string, { own }: CrowdsecSettings): string | undefined {
  if (NOBODYS.check(address, familyOf(address))) return 'It is no address of another machine.';
  return own.check(address, familyOf(address)) ? 'It is in one of our own networks.' : undefined;
}
