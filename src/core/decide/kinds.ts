import { MS_PER_HOUR } from '../../base/time.ts';
import type { KindId } from '../../model/kind.ts';
import type { Tier } from '../../model/proposal.ts';

/**
 * The least tier of each kind, on a target of which nothing delicate is known (controls 4.8). `notice`: it only tells
 * people and goes through a port of its own, so an operation of that kind is never done. A row only ever raises what
 * the other rules ask for; it is part of the digest that a review signs.
 */
export const KIND_FLOORS: { readonly [K in KindId]: Exclude<Tier, 'TX'> | 'notice' } = {
  disable_account: 'T2',
  enable_account: 'T2',
  revoke_sessions: 'T2',
  reset_mfa: 'T3',
  reset_password: 'T3',
  grant_role: 'T3',
  revoke_role: 'T2',
  rotate_key: 'T2',
  delete_key: 'T3',
  isolate_host: 'T2',
  release_host: 'T2',
  block_indicator: 'T1',
  unblock_indicator: 'T1',
  stop_workload: 'T3',
  start_workload: 'T3',
  change_firewall_rule: 'T3',
  quarantine_mail: 'T1',
  restore_mail: 'T1',
  close_incident: 'T1',
  reopen_incident: 'T1',
  close_ticket: 'T1',
  reopen_ticket: 'T1',
  suppress_rule: 'T2',
  unsuppress_rule: 'T2',
  ticket: 'notice',
  comment: 'notice',
  tag: 'notice',
  notify: 'notice',
  choose_prompt: 'T3',
  change_policy: 'T3',
  call_tool: 'T2',
  adopt_tools: 'T2',
  adopt_playbook: 'T3',
};

/**
 * Acts of one kind on other systems that executors may begin within an hour on the usual number of signatures, whoever
 * proposed and approved them. Each one more takes two people (controls EXE-08): many small acts are a large one.
 */
export const ACTS_OF_A_KIND_MAX = 20;
export const ACTS_COUNTED_MS = MS_PER_HOUR;

/**
 * Kinds whose floor does not rise with telemetry that is missing. A prompt, the policy, a playbook, a list of tools and the call of one rest on none. An incident may be closed in spite
 * of a gap, and a rule suppressed, as each required one has to be acknowledged by name in the review, or the review does not count.
 */
export const TELEMETRY_FREE_KINDS: readonly string[] = [
  'choose_prompt',
  'change_policy',
  'adopt_playbook',
  'close_incident',
  'reopen_incident',
  'suppress_rule',
  'unsuppress_rule',
  'call_tool',
  'adopt_tools',
] satisfies readonly KindId[];

/** What the table says of a kind; `unknown` for one that is not in it, whatever its name. */
export function kindFloor(kind: string): Exclude<Tier, 'TX'> | 'notice' | 'unknown' {
  return Object.hasOwn(KIND_FLOORS, kind) ? KIND_FLOORS[kind as KindId] : 'unknown';
}
