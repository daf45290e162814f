import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type { CorrelationInput } from './placement.ts';

/**
 * What may have to be the same for an alert to be another occurrence of one: of the rule or title as they stand, of each
 * entity the first that the record names in that part.
 */
export const FINGERPRINT_PARTS = [
  'rule',
  'title',
  'host',
  'actor',
  'target',
  'address',
  'destination',
  'process',
  'command_line',
  'file',
  'hash',
  'domain',
  'url',
  'session',
  'message',
] as const;
export type FingerprintPart = (typeof FINGERPRINT_PARTS)[number];

/** The rule by which two alerts of a source are the same alert again. Any change of it is a new version. */
export interface FingerprintRule {
  /** Stands in the reason of every duplicate: `f1` is ours, `okta-3` the third that people made for Okta. */
  readonly version: string;
  readonly parts: readonly FingerprintPart[];
  /** A group of duplicates is at most this long: what goes on is shown again, so that a long flood hides nothing. */
  readonly groupMsMax: number;
}

/** For every source that people made no rule for. */
export const DEFAULT_FINGERPRINT: FingerprintRule = {
  version: 'f1',
  parts: ['rule', 'host', 'actor', 'target', 'address'],
  groupMsMax: MS_PER_HOUR,
};

const ACTORS: ReadonlySet<string> = new Set(['user', 'nhi', 'mailbox', 'access_key']);
const TARGETS: ReadonlySet<string> = new Set(['user', 'nhi', 'mailbox', 'cloud_resource', 'database', 'service']);

type Entity = CorrelationInput['entities'][number];

/** The part that an entity may stand for, in an order in which the first fitting one counts. */
function partOf({ kind, role }: Entity): FingerprintPart | undefined {
  switch (kind) {
    case 'host':
    case 'process':
    case 'command_line':
    case 'file':
    case 'hash':
    case 'domain':
    case 'url':
    case 'session':
    case 'message':
      return kind;
    case 'ip':
      return role === 'actor' ? 'address' : role === 'target' ? 'destination' : undefined;
    default:
      if (role === 'actor' && ACTORS.has(kind)) return 'actor';
      return role === 'target' && TARGETS.has(kind) ? 'target' : undefined;
  }
}

/**
 * What two occurrences of one alert have in common. A part that the record does not have takes no part: two alerts
 * never match because both lack something, since at least one entity must be there. Undefined where there is none:
 * such an alert is never a duplicate.
 */
export function fingerprintOf(alert: CorrelationInput, rule: FingerprintRule): string | undefined {
  const { parts } = rule;
  const named: (string | undefined)[] = new Array(parts.length);
  let isNamed = false;
  for (const entity of alert.entities) {
    const part = partOf(entity);
    const at = part === undefined ? -1 : parts.indexOf(part);
    if (at < 0 || named[at] !== undefined) continue;
    named[at] = entity.value;
    isNamed = true;
  }
  if (!isNamed) return undefined;
  let print = `${rule.version}\n${alert.source}`;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    print += `\n${part === 'rule' ? alert.rule : part === 'title' ? alert.title : (named[at] ?? '')}`;
  }
  return print;
}

/** What fires every day anyway is told once a day. */
const EVERYDAY_MS_MAX = MS_PER_DAY;
/** A pause up to this never ends a group, and only what comes within it lets a group reach further. */
export const PAUSE_MS_FREE = 5 * MS_PER_MINUTE;
/** A longer one does when it is so many times the pause that the group is used to: the flood stopped, and came again. */
const PAUSE_FACTOR = 20;
/** Before so many occurrences a group is used to nothing. */
const RHYTHM_COUNT_MIN = 3;

/** The open group of a fingerprint. `last` is its latest occurrence. */
export interface OpenGroup {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Whether its fingerprint was everyday when the group opened. */
  readonly isEveryday: boolean;
}

/** Whether an alert of the same fingerprint still belongs to the group. Times may come a little out of order. */
export function continuesGroup(group: OpenGroup, at: UnixMs, groupMsMax: number): boolean {
  if (Math.abs(at - group.first) > (group.isEveryday ? EVERYDAY_MS_MAX : groupMsMax)) return false;
  const pause = at - group.last;
  if (group.isEveryday || pause <= PAUSE_MS_FREE) return true;
  const usual = (group.last - group.first) / Math.max(1, group.count - 1);
  return group.count >= RHYTHM_COUNT_MIN && pause <= PAUSE_FACTOR * usual;
}
