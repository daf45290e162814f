import type { Id } from '../base/id.ts';
import { unixMsFrom } from '../base/time.ts';
import type { Check } from '../core/act/check.ts';
import type { StoredRevision } from '../core/act/check-input.ts';
import type { Conclusion } from '../core/act/judge.ts';

import type { ExecutionFacts } from '../core/decide/state.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import type { Citation } from '../model/claim.ts';
import type { StoredSeal } from '../model/drill.ts';
import type { Origin, Tier } from '../model/proposal.ts';
import type { Person, ReviewSignature, Verdict } from '../model/review.ts';
import type { Observation, Plan, Receipt, UndoComparison } from '../ports/responder.ts';
import type { Queryable } from './log.ts';

/** A review as it is stored. Nothing of it counts until its signature was checked. */
export interface StoredReview {
  readonly id: Id<'review'>;
  readonly revision: number;
  readonly person: Id<'person'>;
  readonly verdict: Verdict;
  readonly intent: string;
  readonly intentDigest: string;
  readonly signature: ReviewSignature;
  readonly reason: string;
  readonly receivedAt: number;
  readonly pendingId: string;
}

export interface ProposalRevision extends StoredRevision {
  readonly plan: Plan;
  readonly citations: readonly Citation[];
  readonly createdAt: number;
  readonly pendingId: string;
  /** Undefined of what was made before there were seals. It is never shown. */
  readonly seal: StoredSeal | undefined;
}

/** What an executor wrote of one execution. */
export interface StoredExecution {
  readonly id: Id<'execution'>;
  readonly revision: number;
  readonly claimedAt: number;
  readonly facts: readonly ExecutionFact[];
}

export type ExecutionFact = { readonly at: number; readonly pendingId: string | null } & ExecutionFactBody;

export type ExecutionFactBody =
  | {
      readonly kind: 'checked';
      readonly body: { readonly verdict: 'ok' | 'refused' | 'stale'; readonly checks: readonly Check[] };
    }
  | {
      readonly kind: 'intended';
      readonly body: {
        readonly actDigest: string;
        readonly tier: Tier;
        readonly reviews: readonly string[];
        readonly idempotencyKey: string;
        readonly plan: Plan;
        /** What kind of act it is; absent in what earlier versions wrote. */
        readonly kind?: string;
        /** The operation that undoes it, or `none`. */
        readonly undoOperation: string;
        /** Who broke the glass for it; absent where the quorum was met. */
        readonly brokenBy?: Person['id'];
      };
    }
  /** Written with the intent, where the act has a lease. */
  | { readonly kind: 'leased'; readonly body: { readonly endsAt: string } }
  /** Of an undo that was seen in effect: what it left. */
  | { readonly kind: 'compared'; readonly body: UndoComparison & { readonly undoes: Id<'execution'> } }
  | { readonly kind: 'receipt'; readonly body: Receipt }
  | { readonly kind: 'observed'; readonly body: Observation }
  | { readonly kind: 'concluded'; readonly body: { readonly outcome: Conclusion; readonly because: string } };

/** Every stored fact of one proposal. */
export interface StoredProposal {
  readonly id: Id<'proposal'>;
  /** Empty where it is about no incident, as the choice of a prompt. */
  readonly incident: Id<'incident'> | '';
  readonly origin: Origin;
  readonly undoesExecution: Id<'execution'> | undefined;
  readonly createdAt: number;
  /** By rising revision; never empty. */
  readonly revisions: readonly ProposalRevision[];
  readonly reviews: readonly StoredReview[];
  readonly withdrawals: readonly {
    readonly revision: number;
    readonly by: string;
    readonly reason: string;
    readonly at: number;
  }[];
  readonly executions: readonly StoredExecution[];
}

const ms = (time: Date) => unixMsFrom(time.getTime());

/** Reads every fact of a proposal; undefined where there is none of this name. */
export async function readProposal(db: Queryable, tenant: string, id: string): Promise<StoredProposal | undefined> {
  const [stored] = await readProposals(db, tenant, [id]);
  return stored;
}

/** Every fact of each of these proposals, in as many queries as of one, in the order given; unknown ids are passed over. */
export async function readProposals(
  db: Queryable,
  tenant: string,
  ids: readonly string[],
  revisionsOf: typeof readRevisions = readRevisions,
): Promise<readonly StoredProposal[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<{
    id: Id<'proposal'>;
    incident_id: Id<'incident'> | '';
    origin: Origin;
    undoes_execution: Id<'execution'> | null;
    created_at: Date;
  }>(
    'SELECT id, incident_id, origin, undoes_execution, created_at FROM proposal WHERE tenant_id = $1 AND id = ANY ($2)',
    [tenant, ids],
  );
  const revisions = await revisionsOf(db, tenant, ids);
  const reviews = await readReviews(db, tenant, ids);
  const withdrawals = await readWithdrawals(db, tenant, ids);
  const executions = await readExecutions(db, tenant, ids);
  const stored = new Map<string, StoredProposal>();
  for (const row of rows)
    stored.set(row.id, {
      id: row.id,
      incident: row.incident_id,
      origin: row.origin,
      undoesExecution: row.undoes_execution ?? undefined,
      createdAt: ms(row.created_at),
      revisions: revisions.get(row.id) ?? [],
      reviews: reviews.get(row.id) ?? [],
      withdrawals: withdrawals.get(row.id) ?? [],
      executions: executions.get(row.id) ?? [],
    });
  return ids.flatMap(id => stored.get(id) ?? []);
}

/** What the rows of each proposal become, by proposal, in order. */
function byProposal<Row extends { readonly proposal_id: string }, T>(
  rows: readonly Row[],
  of: (row: Row) => T,
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const known = found.get(row.proposal_id);
    if (known === undefined) found.set(row.proposal_id, [of(row)]);
    else known.push(of(row));
  }
  return found;
}

/** The revisions of each proposal, by rising number. */
export async function readRevisions(
  db: Queryable,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly ProposalRevision[]>> {
  const { rows } = await db.query<{
    proposal_id: Id<'proposal'>;
    revision: number;
    act: string;
    act_digest: string;
    plan: Plan;
    presentation: string;
    presentation_digest: string;
    tier: Tier;
    policy_digest: string;
    contributors: Id<'person'>[];
    citations: Citation[];
    created_at: Date;
    review_by: Date;
    pending_id: string;
    seal_opening: string | null;
    seal_mask: string | null;
    seal_pending_id: string | null;
  }>('SELECT * FROM revision WHERE tenant_id = $1 AND proposal_id = ANY ($2) ORDER BY proposal_id, revision', [
    tenant,
    ids,
  ]);
  return byProposal(rows, row => ({
    proposal: row.proposal_id,
    revision: row.revision,
    actText: row.act,
    actDigest: row.act_digest,
    plan: row.plan,
    presentationText: row.presentation,
    presentationDigest: row.presentation_digest,
    tier: row.tier,
    policyDigest: row.policy_digest,
    contributors: row.contributors,
    citations: row.citations,
    createdAt: ms(row.created_at),
    reviewBy: ms(row.review_by),
    pendingId: row.pending_id,
    seal:
      row.seal_opening === null || row.seal_mask === null || row.seal_pending_id === null
        ? undefined
        : { opening: row.seal_opening, mask: row.seal_mask, pendingId: row.seal_pending_id },
  }));
}

async function readReviews(db: Queryable, tenant: string, ids: readonly string[]) {
  const { rows } = await db.query<{
    id: Id<'review'>;
    proposal_id: string;
    revision: number;
    person_id: Id<'person'>;
    verdict: Verdict;
    intent: string;
    intent_digest: string;
    signature: ReviewSignature;
    reason: string;
    received_at: Date;
    pending_id: string;
  }>('SELECT * FROM review WHERE tenant_id = $1 AND proposal_id = ANY ($2) ORDER BY received_at, id', [tenant, ids]);
  return byProposal(rows, row => ({
    id: row.id,
    revision: row.revision,
    person: row.person_id,
    verdict: row.verdict,
    intent: row.intent,
    intentDigest: row.intent_digest,
    signature: row.signature,
    reason: row.reason,
    receivedAt: ms(row.received_at),
    pendingId: row.pending_id,
  }));
}

async function readWithdrawals(db: Queryable, tenant: string, ids: readonly string[]) {
  const { rows } = await db.query<{ proposal_id: string; revision: number; by: string; reason: string; at: Date }>(
    'SELECT proposal_id, revision, by, reason, at FROM withdrawal WHERE tenant_id = $1 AND proposal_id = ANY ($2)',
    [tenant, ids],
  );
  return byProposal(rows, ({ proposal_id: _of, ...row }) => ({ ...row, at: ms(row.at) }));
}

async function readExecutions(
  db: Queryable,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredExecution[]>> {
  const { rows } = await db.query<{
    id: Id<'execution'>;
    proposal_id: string;
    revision: number;
    claimed_at: Date;
    kind: ExecutionFactBody['kind'] | null;
    body: unknown;
    at: Date | null;
    pending_id: string | null;
  }>(
    `SELECT e.id, e.proposal_id, e.revision, e.claimed_at, f.kind, f.body, f.at, f.pending_id FROM execution e
       LEFT JOIN execution_fact f ON f.tenant_id = e.tenant_id AND f.execution_id = e.id
      WHERE e.tenant_id = $1 AND e.proposal_id = ANY ($2) ORDER BY e.revision, f.seq`,
    [tenant, ids],
  );
  const executions = new Map<
    string,
    { id: Id<'execution'>; proposal_id: string; revision: number; claimedAt: number; facts: ExecutionFact[] }
  >();
  for (const row of rows) {
    const execution = executions.get(row.id) ?? {
      id: row.id,
      proposal_id: row.proposal_id,
      revision: row.revision,
      claimedAt: ms(row.claimed_at),
      facts: [],
    };
    executions.set(row.id, execution);
    if (row.kind !== null && row.at !== null)
      execution.facts.push({
        kind: row.kind,
        body: row.body,
        at: ms(row.at),
        pendingId: row.pending_id,
      } as ExecutionFact);
  }
  return byProposal([...executions.values()], ({ proposal_id: _of, ...execution }) => execution);
}

/** The proposal that each of these executions belongs to; unknown ones are absent. */
export async function proposalsOfExecutions(
  db: Queryable,
  tenant: string,
  executions: readonly string[],
): Promise<ReadonlyMap<string, Id<'proposal'>>> {
  if (executions.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; proposal_id: Id<'proposal'> }>(
    'SELECT id, proposal_id FROM execution WHERE tenant_id = $1 AND id = ANY ($2)',
    [tenant, executions],
  );
  return new Map(rows.map(row => [row.id, row.proposal_id]));
}

export async function proposalOfExecution(
  db: Queryable,
  tenant: string,
  execution: string,
): Promise<Id<'proposal'> | undefined> {
  return (await proposalsOfExecutions(db, tenant, [execution])).get(execution);
}

/** The newest fact of a kind. */
export function factOf<K extends ExecutionFact['kind']>(
  execution: StoredExecution,
  kind: K,
): Extract<ExecutionFact, { kind: K }> | undefined {
  return execution.facts.findLast((fact): fact is Extract<ExecutionFact, { kind: K }> => fact.kind === kind);
}

/** The facts as the state of a proposal needs them. */
export function executionFactsOf(execution: StoredExecution): ExecutionFacts {
  return {
    checked: factOf(execution, 'checked')?.body.verdict,
    isIntended: factOf(execution, 'intended') !== undefined,
    concluded: execution.facts.flatMap(fact => (fact.kind === 'concluded' ? [fact.body.outcome] : [])),
  };
}

export interface StoredSession {
  readonly statement: string;
  readonly signature: PersonSignature;
}

/** The endorsements of browser keys that reviews name. */
export async function readSessionEndorsements(
  db: Queryable,
  tenant: string,
  sessions: readonly string[],
): Promise<StoredSession[]> {
  if (sessions.length === 0) return [];
  const { rows } = await db.query<StoredSession>(
    'SELECT statement, signature FROM session_endorsement WHERE tenant_id = $1 AND id = ANY ($2)',
    [tenant, sessions],
  );
  return rows;
}

/** Acts of a kind that executors began since then, whatever came of them. */
export async function countActs(db: Queryable, tenant: string, kind: string, since: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM execution_fact WHERE tenant_id = $1 AND kind = 'intended' AND at > $2 AND body ->> 'kind' = $3`,
    [tenant, new Date(since), kind],
  );
  return rows[0]?.count ?? 0;
}
