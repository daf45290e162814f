import type { Id } from '../base/id.ts';
import { unixMsFrom } from '../base/time.ts';
import type { Check, StoredRevision } from '../core/act/check.ts';
import type { Conclusion } from '../core/act/judge.ts';
import type { StoredEnrolment, StoredInvitation } from '../core/decide/directory.ts';
import type { ExecutionFacts } from '../core/decide/state.ts';
import type { PersonSignature } from '../model/audit-entry.ts';
import type { Citation } from '../model/claim.ts';
import type { Origin, Tier } from '../model/proposal.ts';
import type { ReviewSignature, Verdict } from '../model/review.ts';
import type { Observation, Plan, Receipt } from '../ports/responder.ts';
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
        /** The operation that undoes it, or `none`. */
        readonly undoOperation: string;
      };
    }
  | { readonly kind: 'receipt'; readonly body: Receipt }
  | { readonly kind: 'observed'; readonly body: Observation }
  | { readonly kind: 'concluded'; readonly body: { readonly outcome: Conclusion; readonly because: string } };

/** Every stored fact of one proposal. */
export interface StoredProposal {
  readonly id: Id<'proposal'>;
  readonly incident: Id<'incident'>;
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
  const { rows } = await db.query<{
    id: Id<'proposal'>;
    incident_id: Id<'incident'>;
    origin: Origin;
    undoes_execution: Id<'execution'> | null;
    created_at: Date;
  }>('SELECT id, incident_id, origin, undoes_execution, created_at FROM proposal WHERE tenant_id = $1 AND id = $2', [
    tenant,
    id,
  ]);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    id: row.id,
    incident: row.incident_id,
    origin: row.origin,
    undoesExecution: row.undoes_execution ?? undefined,
    createdAt: ms(row.created_at),
    revisions: await readRevisions(db, tenant, id),
    reviews: await readReviews(db, tenant, id),
    withdrawals: await readWithdrawals(db, tenant, id),
    executions: await readExecutions(db, tenant, id),
  };
}

async function readRevisions(db: Queryable, tenant: string, id: string): Promise<ProposalRevision[]> {
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
  }>('SELECT * FROM revision WHERE tenant_id = $1 AND proposal_id = $2 ORDER BY revision', [tenant, id]);
  return rows.map(row => ({
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
  }));
}

async function readReviews(db: Queryable, tenant: string, id: string): Promise<StoredReview[]> {
  const { rows } = await db.query<{
    id: Id<'review'>;
    revision: number;
    person_id: Id<'person'>;
    verdict: Verdict;
    intent: string;
    intent_digest: string;
    signature: ReviewSignature;
    reason: string;
    received_at: Date;
    pending_id: string;
  }>('SELECT * FROM review WHERE tenant_id = $1 AND proposal_id = $2 ORDER BY received_at, id', [tenant, id]);
  return rows.map(row => ({
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

async function readWithdrawals(db: Queryable, tenant: string, id: string): Promise<StoredProposal['withdrawals']> {
  const { rows } = await db.query<{ revision: number; by: string; reason: string; at: Date }>(
    'SELECT revision, by, reason, at FROM withdrawal WHERE tenant_id = $1 AND proposal_id = $2',
    [tenant, id],
  );
  return rows.map(row => ({ ...row, at: ms(row.at) }));
}

async function readExecutions(db: Queryable, tenant: string, proposal: string): Promise<StoredExecution[]> {
  const { rows } = await db.query<{
    id: Id<'execution'>;
    revision: number;
    claimed_at: Date;
    kind: ExecutionFactBody['kind'] | null;
    body: unknown;
    at: Date | null;
    pending_id: string | null;
  }>(
    `SELECT e.id, e.revision, e.claimed_at, f.kind, f.body, f.at, f.pending_id FROM execution e
       LEFT JOIN execution_fact f ON f.tenant_id = e.tenant_id AND f.execution_id = e.id
      WHERE e.tenant_id = $1 AND e.proposal_id = $2 ORDER BY e.revision, f.seq`,
    [tenant, proposal],
  );
  const executions = new Map<
    string,
    { id: Id<'execution'>; revision: number; claimedAt: number; facts: ExecutionFact[] }
  >();
  for (const row of rows) {
    const execution = executions.get(row.id) ?? {
      id: row.id,
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
  return [...executions.values()];
}

/** The proposal that an execution belongs to; undefined where there is no such execution. */
export async function proposalOfExecution(
  db: Queryable,
  tenant: string,
  execution: string,
): Promise<Id<'proposal'> | undefined> {
  const { rows } = await db.query<{ proposal_id: Id<'proposal'> }>(
    'SELECT proposal_id FROM execution WHERE tenant_id = $1 AND id = $2',
    [tenant, execution],
  );
  return rows[0]?.proposal_id;
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

/** What enrolments and invitations there are. Who counts is computed from their signatures. */
export async function readEnrolments(
  db: Queryable,
  tenant: string,
): Promise<{ readonly invitations: StoredInvitation[]; readonly enrolments: StoredEnrolment[] }> {
  const invitations = await db.query<{ body: string; signature: PersonSignature }>(
    'SELECT body, signature FROM invitation WHERE tenant_id = $1 ORDER BY created_at, id',
    [tenant],
  );
  const enrolments = await db.query<{ statement: string; link_signature: string; name: string; created_at: Date }>(
    'SELECT statement, link_signature, name, created_at FROM enrolment WHERE tenant_id = $1 ORDER BY created_at, person_id',
    [tenant],
  );
  return {
    invitations: invitations.rows,
    enrolments: enrolments.rows.map(row => ({
      statement: row.statement,
      linkSignature: row.link_signature,
      name: row.name,
      createdAt: ms(row.created_at),
    })),
  };
}

export interface StoredInventory {
  readonly version: number;
  readonly body: string;
  readonly digest: string;
  readonly signature: PersonSignature | null;
  readonly by: string;
}

/** Inventory versions, newest first. A signature is checked by whoever uses one. */
export async function readInventories(db: Queryable, tenant: string, most: number): Promise<StoredInventory[]> {
  const { rows } = await db.query<StoredInventory>(
    'SELECT version, body, digest, signature, by FROM inventory_version WHERE tenant_id = $1 ORDER BY version DESC LIMIT $2',
    [tenant, most],
  );
  return rows;
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

export interface StoredKillSwitch {
  readonly seq: number;
  readonly isOn: boolean;
  readonly statement: string;
  readonly signature: PersonSignature | { readonly kind: 'none' };
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** Every setting of the kill switch, newest first. */
export async function readKillSwitch(db: Queryable, tenant: string): Promise<StoredKillSwitch[]> {
  const { rows } = await db.query<{
    seq: number;
    is_on: boolean;
    statement: string;
    signature: StoredKillSwitch['signature'];
    by: string;
    reason: string;
    at: Date;
  }>(
    'SELECT seq, is_on, statement, signature, by, reason, at FROM kill_switch WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 50',
    [tenant],
  );
  return rows.map(row => ({
    seq: row.seq,
    isOn: row.is_on,
    statement: row.statement,
    signature: row.signature,
    by: row.by,
    reason: row.reason,
    at: ms(row.at),
  }));
}
