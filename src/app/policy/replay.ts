import { MS_PER_DAY, MS_PER_HOUR, rfc3339, unixMsFrom } from '../../base/time.ts';
import type { PolicySet } from '../../core/decide/authorise.ts';
import { factsShown, type PastDecision, replayDecisions } from '../../core/decide/replay.ts';
import type { PolicyReplay } from '../../model/api-policy.ts';
import { RESPONDERS } from '../../responders/index.ts';
import type { ServerContext } from '../context.ts';
import { isAct } from '../drills/sight.ts';
import { type KnownProposal, knowProposals } from '../proposals/facts.ts';

const REPLAYED_DAYS = 30;
/** Decisions that are replayed, the newest first. */
const REPLAYED_MAX = 2_000;
const READ_AT_ONCE = 200;

/** What a policy would have done to the decisions of the last 30 days. */
export async function replayPolicy(context: ServerContext, next: PolicySet): Promise<PolicyReplay> {
  const since = context.now() - REPLAYED_DAYS * MS_PER_DAY;
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT id FROM proposal WHERE tenant_id = $1 AND created_at > $2 AND ${isAct('id')} ORDER BY created_at DESC LIMIT $3`,
    [context.tenant, new Date(since), REPLAYED_MAX + 1],
  );
  const begun = await actsBegun(context, since - MS_PER_HOUR);
  const decisions: PastDecision[] = [];
  let people: KnownProposal['people'] = new Map();
  const ids = rows.slice(0, REPLAYED_MAX).map(row => row.id);
  for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
    const known = await knowProposals(context, ids.slice(at, at + READ_AT_ONCE));
    people = known[0]?.people ?? people;
    decisions.push(...known.flatMap(one => pastOf(one, begun)));
  }
  return {
    days: REPLAYED_DAYS,
    isPartial: rows.length > REPLAYED_MAX,
    ...replayDecisions(decisions, next, people),
  };
}

interface Begun {
  readonly kind: string;
  readonly at: Date;
}

async function actsBegun(context: ServerContext, since: number): Promise<readonly Begun[]> {
  const { rows } = await context.pool.query<Begun>(
    `SELECT body ->> 'kind' AS kind, at FROM execution_fact WHERE tenant_id = $1 AND kind = 'intended' AND at > $2`,
    [context.tenant, new Date(since)],
  );
  return rows;
}

/** A decision as it was made; none where this program no longer has the operation. */
export function pastOf(known: KnownProposal, begun: readonly Begun[]): readonly PastDecision[] {
  const { act, presentation, current, stored, state, hearing } = known;
  const operation = RESPONDERS.get(act.responder)?.manifest.operations.find(one => one.name === act.operation);
  if (operation === undefined) return [];
  const at = current.createdAt;
  const ofLate = begun.filter(
    one => one.kind === operation.kind && one.at.getTime() < at && one.at.getTime() > at - MS_PER_HOUR,
  );
  return [
    {
      proposal: stored.id,
      operation: operation.title,
      targetName: presentation.targetName,
      at: rfc3339(unixMsFrom(at)),
      state,
      tier: current.tier,
      facts: factsShown(operation, presentation, ofLate.length),
      approvals: hearing.heard.filter(
        ({ review: { intent } }) => intent.verdict === 'approve' && intent.revision === String(current.revision),
      ),
      isContributor: person => current.contributors.includes(person),
    },
  ];
}
