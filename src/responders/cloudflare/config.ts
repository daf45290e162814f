import { BlockList, isIP, isIPv4 } from 'node:net';
import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { settingsOf } from '../shared/settings.ts';

const ACCOUNT = (text: string) => (/^[0-9a-f]{32}$/.test(text) ? undefined : 'it is missing, or no id of an account');
const NETWORK = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})$/;

function networksFault(text: string): string | undefined {
  for (const one of listed(text)) {
    const [, address = '', bits = ''] = NETWORK.exec(one) ?? [];
    const most = isIP(address) === 0 ? -1 : isIPv4(address) ? 32 : 128;
    if (Number(bits || '-1') > most || bits === '') return `${one} is no network, such as 192.0.2.0/24`;
  }
  return text === '' ? 'it is missing: name the networks that are never blocked' : undefined;
}

const TABLE = {
  url: { usual: 'https://api.cloudflare.com/client/v4', fault: urlFault },
  account: { fault: ACCOUNT },
  ownNetworks: { fault: networksFault },
} as const;

export interface CloudflareSettings {
  readonly url: string;
  readonly account: string;
  /** Never blocked: our own, and those that no visitor of a site has. */
  readonly never: BlockList;
}

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('cloudflare', TABLE, given);
}

/** Addresses of no visitor: a rule for one does nothing, or hits a machine between. */
const NOBODYS = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'];
const NOBODYS_MORE = ['192.168.0.0/16', '224.0.0.0/3', '::/127', 'fc00::/7', 'fe80::/10', 'ff00::/8'];

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<CloudflareSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const never = new BlockList();
  for (const network of [...NOBODYS, ...NOBODYS_MORE, ...listed(read.value.ownNetworks)]) {
    const [, address = '', bits = ''] = NETWORK.exec(network) ?? [];
    never.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return ok({ url: read.value.url.replace(/\/+$/, ''), account: read.value.account, never });
}

function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '');
}
