import { questionOf } from '../../core/act/check.ts';
import { batchMembers, type Hearing, hear, withoutBrokenBatches } from '../../core/decide/heard.ts';
import type { StandIn } from '../../core/decide/quorum.ts';
import { stateOf } from '../../core/decide/state.ts';
import { type Question, type Tally, tally } from '../../core/decide/tally.ts';
import type { Act, Presentation, ProposalState } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import {
  executionFactsOf,
  type ProposalRevision,
  readProposals,
  readSessionEndorsements,
  type StoredExecution,
  type StoredProposal,
} from '../../store/proposal-facts.ts';
import type { Db, ServerContext } from '../context.ts';
import { standInsNow } from '../delegations.ts';
import { groupBy } from '../group-by.ts';
import { coolingNow, type Enrolled, readPeople } from '../people.ts';
import { keptRevisions, readTexts } from './kept-revisions.ts';

/** A proposal with everything that follows from its facts at one moment. */
export interface KnownProposal {
  readonly stored: StoredProposal;
  readonly current: ProposalRevision;
  readonly act: Act;
  readonly presentation: Presentation;
  readonly hearing: Hearing;
  readonly question: Question;
  readonly tally: Tally;
  readonly execution: StoredExecution | undefined;
  readonly state: ProposalState;
  readonly people: ReadonlyMap<Person['id'], Enrolled>;
  /** The proposal that undoes this one and has not failed; the newest. */
  readonly undoneBy: { readonly id: `prp_${string}`; readonly isVerified: boolean } | undefined;
}

/** Reads a proposal and computes its state from facts and the clock; undefined where there is none of this name. */
export async function knowProposal(
  context: ServerContext,
  id: string,
  db: Db = context.pool,
): Promise<KnownProposal | undefined> {
  const [known] = await knowProposals(context, [id], db);
  return known;
}

/** As {@link knowProposal} for each, in the order given and in as many queries as for one; unknown ids are passed over. */
export async function knowProposals(
  context: ServerContext,
  ids: readonly string[],
  db: Db = context.pool,
): Promise<readonly KnownProposal[]> {
  const stored = await readProposals(db, context.tenant, ids, keptRevisions);
  if (stored.length === 0) return [];
  const people = new Map((await readPeople(context, db)).map(person => [person.id, person] as const));
  const sessions = stored.flatMap(({ reviews }) =>
    reviews.flatMap(review => (review.signature.kind === 'session' ? [review.signature.session] : [])),
  );
  const endorsements = await readSessionEndorsements(db, context.tenant, sessions);
  const undone = await readUndos(
    context,
    db,
    stored.flatMap(({ executions }) => executions.map(execution => execution.id)),
  );
  const standIns = await standInsNow(context, people, db);
  const hearings: Hearing[] = [];
  for (const one of stored)
    hearings.push(await hear(context.genesis, one.reviews, endorsements, people, context.verify));
  const named = batchMembers(hearings.flatMap(({ heard }) => heard.map(({ review }) => review)));
  const members = new Map<string, StoredProposal>(
    (await readProposals(db, context.tenant, named, keptRevisions)).map(member => [member.id, member]),
  );
  return stored.flatMap((one, i) => {
    const [hearing, current] = [hearings[i], one.revisions.at(-1)];
    if (hearing === undefined || current === undefined) return [];
    const standing = withoutBrokenBatches(hearing, id => members.get(id));
    return [conclude(context, one, current, standing, { people, standIns }, undone)];
  });
}

function conclude(
  context: ServerContext,
  stored: StoredProposal,
  current: ProposalRevision,
  hearing: Hearing,
  { people, standIns }: { readonly people: KnownProposal['people']; readonly standIns: readonly StandIn[] },
  undone: ReadonlyMap<string, KnownProposal['undoneBy']>,
): KnownProposal {
  const { act, presentation } = readTexts(current);
  const cooling = new Set(coolingNow(context, people.values()).keys());
  const question = questionOf(context.genesis.installation, current, act, presentation, {
    subjects: [],
    cooling,
    standIns,
  });
  const counted = tally(question, hearing.heard, people, context.policy());
  const execution = stored.executions.find(candidate => candidate.revision === current.revision);
  const undoneBy = execution === undefined ? undefined : undone.get(execution.id);
  const facts = {
    isSuperseded: false,
    isWithdrawn: stored.withdrawals.some(withdrawal => withdrawal.revision === current.revision),
    isDenied: false,
    tally: counted,
    reviewBy: current.reviewBy,
    startWithinMs: question.startWithinMs,
    execution: execution === undefined ? undefined : executionFactsOf(execution),
    isUndone: undoneBy?.isVerified === true,
  };
  const state = stateOf(facts, context.now());
  return { stored, current, act, presentation, hearing, question, tally: counted, execution, state, people, undoneBy };
}

/** For each execution that has an undo which has not failed, the newest; a verified one before others. */
async function readUndos(
  context: ServerContext,
  db: Db,
  executions: readonly string[],
): Promise<ReadonlyMap<string, KnownProposal['undoneBy']>> {
  if (executions.length === 0) return new Map();
  const { rows } = await db.query<{
    undoes: string;
    id: `prp_${string}`;
    is_verified: boolean;
    has_failed: boolean;
  }>(
    `SELECT p.undoes_execution AS undoes, p.id,
        EXISTS (SELECT FROM execution e JOIN execution_fact f ON f.tenant_id = e.tenant_id AND f.execution_id = e.id
          WHERE e.tenant_id = p.tenant_id AND e.proposal_id = p.id AND f.kind = 'concluded' AND f.body->>'outcome' IN ('verified')) AS is_verified,
        coalesce((SELECT i.state IN ('rejected', 'expired', 'withdrawn', 'failed', 'refused', 'stale', 'revoked') FROM proposal_index i
          WHERE i.tenant_id = p.tenant_id AND i.proposal_id = p.id), false) AS has_failed
       FROM proposal p WHERE p.tenant_id = $1 AND p.undoes_execution = ANY ($2) ORDER BY p.created_at DESC`,
    [context.tenant, executions],
  );
  const found = new Map<string, KnownProposal['undoneBy']>();
  for (const [execution, undos] of groupBy(rows, row => row.undoes)) {
    const row = undos.find(candidate => candidate.is_verified) ?? undos.find(candidate => !candidate.has_failed);
    if (row !== undefined) found.set(execution, { id: row.id, isVerified: row.is_verified });
  }
  return found;
}
