import { type Digest, digestOf } from '../../base/canonical.ts';
import type { PolicyFloor } from '../../model/policy.ts';
import { TIER_TABLE } from './tier.ts';

/** The Cedar schema that every policy is validated against. */
export const SCHEMA = `
entity Person = { roles: Set<String>, isActive: Bool };
entity Machine = { purpose: String };
entity Installation;
type Request = { isContributor: Bool, signedWith: String };
action read, ingest, edit_incident, propose, read_log, read_metrics, stop appliesTo {
  principal: [Person, Machine], resource: [Installation], context: Request
};
action review_t1, review_t2, review_t3, break_glass, invite, sign_inventory, release_stop, change_policy appliesTo {
  principal: [Person, Machine], resource: [Installation], context: Request
};
`;

/**
 * Who may do what, before any installation adds to it. No policy of an installation can replace one of these or permit
 * more: only `forbid` policies may be added (see `loadPolicies`).
 */
export const BUILT_IN_POLICIES: Readonly<Record<string, string>> = {
  'people-read': `permit (principal is Person, action in [Action::"read", Action::"read_log"], resource) when { principal.isActive };`,
  'people-work': `permit (principal is Person, action in [Action::"edit_incident", Action::"propose", Action::"stop", Action::"ingest"], resource)
    when { principal.isActive && principal.roles.containsAny(["administrator", "responder", "owner", "analyst"]) };`,
  'review-t1': `permit (principal is Person, action == Action::"review_t1", resource)
    when { principal.isActive && principal.roles.containsAny(["responder", "owner", "analyst"]) && context.signedWith != "none" };`,
  'review-t2': `permit (principal is Person, action == Action::"review_t2", resource)
    when { principal.isActive && principal.roles.contains("responder") && ["passkey", "browser_key"].contains(context.signedWith) };`,
  'review-t3': `permit (principal is Person, action == Action::"review_t3", resource)
    when { principal.isActive && principal.roles.containsAny(["responder", "owner"]) && ["passkey", "browser_key"].contains(context.signedWith) };`,
  'break-glass': `permit (principal is Person, action == Action::"break_glass", resource)
    when { principal.isActive && principal.roles.contains("responder") && context.signedWith == "passkey" };`,
  administer: `permit (principal is Person, action in [Action::"invite", Action::"sign_inventory", Action::"release_stop", Action::"read_metrics"], resource)
    when { principal.isActive && principal.roles.contains("administrator") };`,
  audit: `permit (principal is Person, action in [Action::"read_log", Action::"read_metrics"], resource)
    when { principal.isActive && principal.roles.contains("auditor") };`,
  'machines-ingest': `permit (principal is Machine, action == Action::"ingest", resource) when { ["ingest", "operator_cli"].contains(principal.purpose) };`,
  'operator-cli': `permit (principal is Machine, action in [Action::"read", Action::"read_log", Action::"read_metrics", Action::"propose", Action::"stop"], resource)
    when { principal.purpose == "operator_cli" };`,
  agents: `permit (principal is Machine, action in [Action::"read", Action::"propose"], resource) when { principal.purpose == "agent" };`,
  'no-machine-decides': `forbid (principal is Machine, action in [Action::"review_t1", Action::"review_t2", Action::"review_t3", Action::"break_glass",
    Action::"invite", Action::"sign_inventory", Action::"release_stop", Action::"change_policy"], resource);`,
  'no-contributor-reviews': `forbid (principal, action in [Action::"review_t2", Action::"review_t3"], resource) when { context.isContributor };`,
  'nobody-changes-policy-here': `forbid (principal, action == Action::"change_policy", resource);`,
};

/** The digest that a review binds: who may do what, by which version and table tiers are computed, and what was added here. */
export function policyDigestOf(
  policies: Readonly<Record<string, string>>,
  floors: readonly PolicyFloor[] = [],
): Digest {
  // Where nothing was added, the digest is that of the code alone: what genesis pins.
  const added = floors.map(({ because: _, fromActs, ...floor }) => ({ ...floor, fromActs: String(fromActs) }));
  return digestOf('countersign/policy/v1', {
    schema: SCHEMA,
    policies,
    tiers: TIER_TABLE,
    ...(added.length === 0 ? {} : { floors: added }),
  });
}
