import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type { CorrelationInput } from './correlate.ts';

/** The rule by which two alerts are the same alert again. A change of what it is made of is a new version. */
export const FINGERPRINT_VERSION = 'f1';

/**
 * What must be the same for an alert to be a duplicate: rule, and of each identity, device and target the first named.
 * A part that the record does not have takes no part: two alerts never match because both lack something, since the
 * rule and at least one entity must be there. Undefined where there is no entity: such an alert is never a duplicate.
 */
export function fingerprintOf(alert: CorrelationInput): string | undefined {
  let host: string | undefined;
  let actor: string | undefined;
  let target: string | undefined;
  let address: string | undefined;
  for (const { kind, value, role } of alert.entities) {
    if (kind === 'host') host ??= value;
    else if (kind === 'ip') {
      if (role === 'actor') address ??= value;
    } else if (role === 'actor' && ACTORS.has(kind)) actor ??= value;
    else if (role === 'target' && TARGETS.has(kind)) target ??= value;
  }
  if (host === undefined && actor === undefined && target === undefined && address === undefined) return undefined;
  return `${alert.source}\n${alert.rule}\n${host ?? ''}\n${actor ?? ''}\n${target ?? ''}\n${address ?? ''}`;
}

const ACTORS: ReadonlySet<string> = new Set(['user', 'nhi', 'mailbox', 'access_key']);
const TARGETS: ReadonlySet<string> = new Set(['user', 'nhi', 'mailbox', 'cloud_resource', 'database', 'service']);

/** A group of duplicates is at most this long: what goes on is shown again, so that a long flood hides nothing. */
const GROUP_MS_MAX = MS_PER_HOUR;
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
export function continuesGroup(group: OpenGroup, at: UnixMs): boolean {
  if (Math.abs(at - group.first) > (group.isEveryday ? EVERYDAY_MS_MAX : GROUP_MS_MAX)) return false;
  const pause = at - group.last;
  if (group.isEveryday || pause <= PAUSE_MS_FREE) return true;
  const usual = (group.last - group.first) / Math.max(1, group.count - 1);
  return group.count >= RHYTHM_COUNT_MIN && pause <= PAUSE_FACTOR * usual;
}
