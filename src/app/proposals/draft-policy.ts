import { fail, ok, type Result } from '../../base/result.ts';
import { principalOf } from '../../core/decide/authorise.ts';
import { housePolicyOf } from '../../core/decide/house-policy.ts';
import { locksOut } from '../../core/decide/locks-out.ts';
import { checkPolicyFile } from '../../core/decide/policy-check.ts';
import { replayDecisions } from '../../core/decide/replay.ts';
import type { ProposalRequest } from '../../model/api.ts';
import type { PolicyReplay } from '../../model/api-policy.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { askerOf } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import { readPeople } from '../people.ts';
import { pastOf, replayPolicy } from '../policy/replay.ts';
import type { Draft } from './draft.ts';
import { knowProposals } from './facts.ts';
import { citedRecord, ownAct } from './own-draft.ts';

/**
 * Another policy for this installation. The file, and what it would have done to the decisions of the last 30 days, are kept
 * as evidence and cited, so reviewers open them as they open every record. Administrators alone propose one, and none who has
 * something of their own in review that it would make easier.
 */
export async function draftOfPolicy(
  context: ServerContext,
  person: Person,
  { text }: Extract<ProposalRequest, { kind: 'policy' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  if (!person.roles.includes('administrator')) return fail(failureOf('access.denied', person.id));
  const checked = checkPolicyFile(text);
  if (!checked.ok) {
    const [first] = checked.failure;
    return fail(failureOf('policy.malformed', `${first?.at ?? ''}: ${first?.text ?? ''}`));
  }
  const next = housePolicyOf(text);
  if (!next.ok) return fail(failureOf('policy.malformed', next.failure));
  const people = (await readPeople(context)).filter(one => one.isActive);
  const locked = locksOut(next.value.set, people.map(principalOf));
  if (locked.length > 0) return fail(failureOf('policy.locks_out', locked.join(', ')));
  const own = await easesOwn(context, person, next.value.set);
  if (own !== undefined) return fail(failureOf('policy.own_pending', own));
  const replay = replayText(await replayPolicy(context, next.value.set));
  const { title, sha256, lines } = next.value;
  await context.pool.query(
    `INSERT INTO policy_file (tenant_id, sha256, text, title, lines, brought_by, brought_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT DO NOTHING`,
    [context.tenant, sha256, text, title, JSON.stringify(lines), person.id, new Date(context.now())],
  );
  const cited = await citedRecord(
    context,
    { policy: title, replay, file: text },
    {
      policy: 'the policy that it is about',
      replay: 'what it would have done to the decisions of the last 30 days',
      file: 'the whole file, with the tests that hold',
    },
  );
  const act = { operation: 'adopt-policy', target: { name: 'house' }, params: { sha256 } };
  return ok({ ...ownAct(person, proposal, act), ...cited });
}

/** What of theirs waits for signatures and would take fewer under another policy (SOD-05). The first of them. */
async function easesOwn(
  context: ServerContext,
  person: Person,
  next: Parameters<typeof replayDecisions>[1],
): Promise<string | undefined> {
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT proposal_id AS id FROM proposal_index WHERE tenant_id = $1 AND state IN ('in_review', 'approved')`,
    [context.tenant],
  );
  const pending = await knowProposals(
    context,
    rows.map(row => row.id),
  );
  const own = pending.filter(
    ({ current, stored: { origin } }) => askerOf(origin) === person.id || current.contributors.includes(person.id),
  );
  const { rows: replayed } = replayDecisions(
    own.flatMap(one => pastOf(one, [])),
    next,
    new Map(),
  );
  return replayed.find(({ from, to }) => RANKED.indexOf(to) < RANKED.indexOf(from))?.proposal;
}

const RANKED = ['T1', 'T2', 'T3', 'TX'];

function replayText({ decisions, days, stricter, looser, never, unsigned, isPartial }: PolicyReplay): string {
  const of = `Of ${isPartial ? 'the newest ' : ''}${decisions} decisions of the last ${days} days`;
  return `${of}, ${stricter} would have taken more people (${never} of them would not have been done at all), ${looser} fewer than they took, and in ${unsigned} a signature would not have counted.`;
}
