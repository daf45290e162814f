import type { Id } from '../base/id.ts';
import type { KindId } from './kind.ts';

/**
 * How long something may be contained before people are asked again, in hours, at most, for each kind that may have a lease.
 * A kind that is not here contains nothing, or ends by itself where it is done.
 */
export const LEASE_HOURS_MAX: { readonly [K in KindId]?: number } = {
  disable_account: 720,
  revoke_role: 720,
  isolate_host: 168,
  stop_workload: 168,
  block_indicator: 720,
  change_firewall_rule: 168,
  quarantine_mail: 720,
};

/** What is offered, up to the most of the kind. None is shorter than the longest review and start together. */
const LEASE_HOURS = [12, 24, 72, 168, 720];

/** The leases that an act of this kind may be proposed with, in hours; none where it may have none. */
export function leasesOf(kind: KindId): readonly number[] {
  const most = LEASE_HOURS_MAX[kind] ?? 0;
  return LEASE_HOURS.filter(hours => hours <= most);
}

/** How the lease of an act stands. Its end undoes nothing: people are asked. */
export interface LeaseView {
  /** RFC 3339. */
  readonly endsAt: string;
  /**
   * `pending`: not carried out. `running`: it holds. `asked`: it ended, and a release waits for people or was signed. `stuck`: it
   * ended, and no release could be proposed. `kept`: people did not release it, and are asked again. `over`: it was released, or
   * never took effect.
   */
  readonly state: 'pending' | 'running' | 'asked' | 'stuck' | 'kept' | 'over';
  /** The newest release proposal. */
  readonly release?: Id<'proposal'>;
  /** Why none could be made, where it is stuck. */
  readonly because?: string;
  /** When people are asked again, where they kept it. */
  readonly againAt?: string;
}

/** GET /api/v1/leases: ended leases for which no release could be proposed, so that somebody has to look at the target. */
export interface LeaseList {
  readonly rows: readonly (LeaseView & { readonly proposal: Id<'proposal'>; readonly sentence: string })[];
}
