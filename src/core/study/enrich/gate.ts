import type { EntityHit, EntityKind } from '../../../model/alert.ts';
import { TLP_RANK, type Tlp } from '../../../model/enrichment.ts';
import type { Inventory } from '../../../model/inventory.ts';
import { classifyAddress, withArticle } from './address.ts';
import { isPublicName, type PublicSuffixes } from './domain.ts';
import { hostOf } from './facts.ts';

/** What is ours, and so is nobody else's business. */
export interface OwnNames {
  /** `kind:value` of everything that the inventory names. */
  readonly keys: ReadonlySet<string>;
  /** Registrable domains, in lower case. */
  readonly domains: ReadonlySet<string>;
}

const NAMES = /^(?:user|mailbox|host|domain|url):(.+)$/;

/** Our names by the inventory: every alias, and the domain of each that has one. */
export function ownNames(
  inventory: Inventory | undefined,
  domains: readonly string[],
  suffixes: PublicSuffixes,
): OwnNames {
  const keys = new Set<string>();
  const own = new Set(domains.map(domain => domain.toLowerCase()));
  for (const { name, aliases } of inventory?.records ?? []) {
    for (const alias of aliases) keys.add(alias);
    for (const text of [name, ...aliases.flatMap(alias => NAMES.exec(alias)?.[1] ?? [])]) {
      const host = (text.includes('://') ? (hostOf(text) ?? '') : text.slice(text.lastIndexOf('@') + 1)).toLowerCase();
      const registrable = host.includes('.') && !/\s/.test(host) ? suffixes(host).registrable : undefined;
      if (registrable !== undefined) own.add(registrable);
    }
  }
  return { keys, domains: own };
}

export interface Gate {
  /** The strictest mark of anything that the value stands in. */
  readonly tlp: Tlp;
  readonly maxTlp: Tlp;
  readonly own: OwnNames;
  /** Undefined where the list could not be read: then no name can be told to be public, and none is sent. */
  readonly suffixes: PublicSuffixes | undefined;
}

const VALUE_CHARS_MAX = 2_048;
const NEVER: ReadonlySet<EntityKind> = new Set([
  'user',
  'nhi',
  'host',
  'process',
  'command_line',
  'file',
  'message',
  'access_key',
  'session',
  'database',
  'service',
  'cloud_account',
  'cloud_resource',
]);

/**
 * Why a value may not be sent to a look-up, as a person reads it; undefined where it may. Not knowing ranks with the
 * worst: what cannot be told to be public stays here.
 */
export function withheldBecause(entity: Pick<EntityHit, 'kind' | 'value'>, gate: Gate): string | undefined {
  const { kind, value } = entity;
  if (gate.tlp === 'red') return 'marked TLP:RED, which is never sent';
  if (TLP_RANK[gate.tlp] > TLP_RANK[gate.maxTlp])
    return `marked TLP:${gate.tlp.toUpperCase()}; this look-up gets TLP:${gate.maxTlp.toUpperCase()} at most`;
  if (NEVER.has(kind)) return 'names of people, machines and secrets are never sent';
  if (value.length > VALUE_CHARS_MAX) return 'longer than anything that is sent';
  if (gate.own.keys.has(`${kind}:${value}`)) return 'in the inventory: it is ours';
  switch (kind) {
    case 'ip':
      return addressWithheld(value);
    case 'domain':
      return nameWithheld(value, gate);
    case 'mailbox':
      return nameWithheld(value.slice(value.lastIndexOf('@') + 1), gate);
    case 'url':
      return urlWithheld(value, gate);
    case 'hash':
      return /^[0-9a-f]+$/i.test(value) ? undefined : 'not the form of a hash';
    default:
      return 'not a kind of value that is looked up';
  }
}

function addressWithheld(value: string): string | undefined {
  const is = classifyAddress(value);
  if (is === undefined) return 'not an address';
  return is.name === 'global' ? undefined : `${withArticle(is.text)}: it means something here only`;
}

function nameWithheld(host: string, { own, suffixes }: Gate): string | undefined {
  if (suffixes === undefined) return 'whether this name is public cannot be told: the list of suffixes is missing';
  const name = host.toLowerCase().replace(/\.$/, '');
  if (!isPublicName(name, suffixes)) return 'an internal name';
  return own.domains.has(suffixes(name).registrable ?? '') ? 'a domain of ours' : undefined;
}

function urlWithheld(value: string, gate: Gate): string | undefined {
  const host = hostOf(value);
  if (host === undefined) return 'not a URL that names a host';
  // A name, a password or an address in it would be somebody's.
  if (value.includes('@') || /%40/i.test(value)) return 'holds a user name or a mail address';
  const bare = host.replace(/^\[|\]$/g, '');
  return classifyAddress(bare) === undefined ? nameWithheld(bare, gate) : addressWithheld(bare);
}
