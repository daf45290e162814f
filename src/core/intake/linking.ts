import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../base/time.ts';
import type { EntityKind, EntityRole } from '../../model/alert.ts';

/**
 * What kind of thing two alerts have in common. Several values of one class count once: a host and its address, or a
 * file and its three hashes, are one thing seen twice.
 */
export type LinkClass =
  | 'identity'
  | 'device'
  | 'address'
  | 'web'
  | 'message'
  | 'resource'
  | 'artefact'
  | 'rule'
  | 'link';

/**
 * How much each class says. A file says nothing beside its machine, which has it every day; a resource says something
 * beside another; the rule is what `adjacent` joins look at.
 */
export const STRENGTH: { readonly [C in LinkClass]: number } = {
  identity: 2,
  device: 1,
  address: 2,
  web: 3,
  message: 4,
  resource: 1,
  artefact: 0,
  rule: 0,
  link: 4,
};

/**
 * The longest pause over which so much in common joins two alerts. A device alone says little, so minutes; a message
 * id or two independent things in common say much, so days.
 */
export const REACH_MS: readonly number[] = [0, 5 * MS_PER_MINUTE, MS_PER_HOUR, MS_PER_DAY, 3 * MS_PER_DAY];
export const REACH_MS_MAX = 3 * MS_PER_DAY;

export function reachMs(strength: number): number {
  return REACH_MS[Math.min(strength, REACH_MS.length - 1)] ?? 0;
}

/**
 * The class of an entity, or undefined where it joins nothing: a cloud account holds everything of its owner, a file
 * or process name is anybody's, and the accounts of the operating system are on every machine.
 */
export function linkClassOf(kind: EntityKind, role: EntityRole, value: string): LinkClass | undefined {
  if (value.length < VALUE_CHARS_MIN || isPlaceholder(value)) return undefined;
  switch (kind) {
    case 'user':
    case 'nhi':
    case 'mailbox':
      return isSystemAccount(value) ? undefined : 'identity';
    case 'session':
    case 'access_key':
      return 'identity';
    case 'host':
    case 'database':
    case 'service':
      return 'device';
    case 'ip':
      if (isLoopback(value)) return undefined;
      return role === 'actor' ? 'address' : 'device';
    case 'domain':
    case 'url':
      return 'web';
    case 'message':
      return 'message';
    case 'hash':
      return 'artefact';
    case 'cloud_resource':
      return 'resource';
    case 'cloud_account':
    case 'file':
    case 'process':
    case 'command_line':
      return undefined;
  }
}

const VALUE_CHARS_MIN = 2;

/** Words that products write where they have no value. Joining on one would join everything that lacks it. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'null',
  'none',
  'nil',
  'unknown',
  'undefined',
  'n/a',
  'na',
  'not available',
  'anonymous',
  'localhost',
  'localhost.localdomain',
  '-',
  '--',
  '(null)',
  '<none>',
  '0.0.0.0',
  '::',
  '00000000-0000-0000-0000-000000000000',
  'true',
  'false',
  'default',
  'test',
]);

function isPlaceholder(value: string): boolean {
  return PLACEHOLDERS.has(value);
}

/** Built-in accounts of operating systems (Microsoft "well-known SIDs", POSIX): the same name is on every machine. */
const SYSTEM_ACCOUNT =
  /^(?:(?:nt authority|nt-autorität|builtin|autorite nt)\\.*|(?:.*\\)?(?:system|localsystem|local service|localservice|network service|networkservice|anonymous logon)|root|nobody|daemon|www-data|s-1-5-(?:18|19|20|7)|s-1-0-0|dwm-\d+|umfd-\d+)$/;

function isSystemAccount(value: string): boolean {
  return SYSTEM_ACCOUNT.test(value);
}

function isLoopback(value: string): boolean {
  return value.startsWith('127.') || value === '::1' || value.startsWith('fe80:');
}

/** Each class as one bit, so that a class counts once. */
export const CLASS_BIT: { readonly [C in LinkClass]: number } = {
  identity: 1,
  device: 2,
  address: 4,
  web: 8,
  message: 16,
  resource: 32,
  artefact: 64,
  rule: 128,
  link: 256,
};

/** Classes that may join two alerts with nothing else in common. */
export const ALONE_BITS =
  CLASS_BIT.identity | CLASS_BIT.device | CLASS_BIT.address | CLASS_BIT.web | CLASS_BIT.message | CLASS_BIT.link;

/** The strength of every set of classes, by its bits. */
const STRENGTHS: readonly number[] = (() => {
  const classes = Object.keys(CLASS_BIT) as LinkClass[];
  return Array.from({ length: 1 << classes.length }, (_, bits) =>
    classes.reduce((sum, one) => sum + ((bits & CLASS_BIT[one]) === 0 ? 0 : STRENGTH[one]), 0),
  );
})();

/** What values of these classes say together, of which each counts once. */
export function strengthOf(classes: number): number {
  return STRENGTHS[classes] ?? 0;
}

/** The classes of these values, as bits. */
export function classesOf(values: readonly { readonly classBit: number }[]): number {
  let classes = 0;
  for (const { classBit } of values) classes |= classBit;
  return classes;
}
