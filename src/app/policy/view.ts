import { invariant } from '../../base/invariant.ts';
import { type HousePolicy, housePolicyOf } from '../../core/decide/house-policy.ts';
import { KIND_FLOORS } from '../../core/decide/kinds.ts';
import { BUILT_IN_POLICIES } from '../../core/decide/policy.ts';
import { checkPolicyFile } from '../../core/decide/policy-check.ts';
import { TIER_TABLE } from '../../core/decide/tier.ts';
import type { PolicyCheck, PolicyView } from '../../model/api-policy.ts';
import { BUILT_IN, POLICY_OBJECT, policyChanges } from '../../model/policy.ts';
import { TIER_REASON_TEXT } from '../../model/proposal.ts';
import type { ServerContext } from '../context.ts';
import { replayPolicy } from './replay.ts';

/** Changes that are listed. */
const HISTORY_MAX = 50;

/** By which rules this installation goes: its own, those that are built in, and every change of them. */
export async function viewPolicy(context: ServerContext, house: HousePolicy): Promise<PolicyView> {
  const { rows } = await context.pool.query<{
    sha256: string;
    title: string | null;
    at: Date;
    proposal: `prp_${string}` | null;
  }>(
    `SELECT o.value ->> 'sha256' AS sha256, f.title, o.at,
            (SELECT e.proposal_id FROM execution_fact x JOIN execution e ON e.tenant_id = x.tenant_id AND e.id = x.execution_id
              WHERE x.tenant_id = o.tenant_id AND x.kind = 'intended' AND x.body ->> 'idempotencyKey' = o.idempotency_key LIMIT 1) AS proposal
       FROM own_effect o LEFT JOIN policy_file f ON f.tenant_id = o.tenant_id AND f.sha256 = o.value ->> 'sha256'
      WHERE o.tenant_id = $1 AND o.object = $2 ORDER BY o.seq DESC LIMIT $3`,
    [context.tenant, POLICY_OBJECT, HISTORY_MAX],
  );
  const { title, sha256, text, lines, set } = house;
  return {
    title,
    sha256,
    text,
    lines,
    digest: set.digest,
    builtIn: {
      tiers: TIER_TABLE.rules.map(({ tier, because }) => ({ tier, text: TIER_REASON_TEXT[because] })),
      kinds: Object.entries(KIND_FLOORS).map(([kind, floor]) => ({ kind, floor })),
      permissions: Object.entries(BUILT_IN_POLICIES).map(([id, cedar]) => ({ id, cedar })),
    },
    history: rows.map(row => ({
      title: row.title ?? BUILT_IN.title,
      sha256: row.sha256,
      at: row.at.toISOString(),
      proposal: row.proposal ?? undefined,
    })),
  };
}

/** What is wrong with a policy file, or what it would change from now on and would have changed in the last 30 days. */
export async function tryPolicy(context: ServerContext, house: HousePolicy, text: string): Promise<PolicyCheck> {
  const checked = checkPolicyFile(text);
  if (!checked.ok) return { ok: false, problems: checked.failure };
  const next = housePolicyOf(text);
  invariant(next.ok, 'a policy that was checked loads');
  return {
    ok: true,
    title: next.value.title,
    sha256: next.value.sha256,
    tests: checked.value.file.tests.length,
    changes: policyChanges(house, next.value),
    replay: await replayPolicy(context, next.value.set),
  };
}
