import { invariant } from '../../base/invariant.ts';
import { questionOf } from '../../core/act/check.ts';
import { readAct, readInventory, readPresentation, sealed } from '../../core/decide/closed.ts';
import { type Hearing, hear } from '../../core/decide/heard.ts';
import { checkPersonSignature } from '../../core/decide/signatures.ts';
import { stateOf } from '../../core/decide/state.ts';
import { type Tally, tally } from '../../core/decide/tally.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Act, Presentation, ProposalState } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import {
  executionFactsOf,
  type ProposalRevision,
  readInventories,
  readProposal,
  readSessionEndorsements,
  type StoredExecution,
  type StoredProposal,
} from '../../store/proposal-facts.ts';
import { type Db, type ServerContext, signingRules } from '../context.ts';
import { readPeople } from '../people.ts';

/** A proposal with everything that follows from its facts at one moment. */
export interface KnownProposal {
  readonly stored: StoredProposal;
  readonly current: ProposalRevision;
  readonly act: Act;
  readonly presentation: Presentation;
  readonly hearing: Hearing;
  readonly tally: Tally;
  readonly execution: StoredExecution | undefined;
  readonly state: ProposalState;
  readonly people: ReadonlyMap<Person['id'], Person>;
  /** The proposal that undoes this one and has not failed; the newest. */
  readonly undoneBy: { readonly id: `prp_${string}`; readonly isVerified: boolean } | undefined;
}

/** Reads a proposal and computes its state from facts and the clock; undefined where there is none of this name. */
export async function knowProposal(
  context: ServerContext,
  id: string,
  db: Db = context.pool,
): Promise<KnownProposal | undefined> {
  const stored = await readProposal(db, context.tenant, id);
  const current = stored?.revisions.at(-1);
  if (stored === undefined || current === undefined) return undefined;
  const act = readAct(current.actText);
  const presentation = readPresentation(current.presentationText);
  invariant(act.ok && presentation.ok, `the stored revision of ${id} can be read`);
  const people = new Map((await readPeople(context, db)).map(person => [person.id, person as Person]));
  const sessions = stored.reviews.flatMap(review =>
    review.signature.kind === 'session' ? [review.signature.session] : [],
  );
  const hearing = await hear(
    context.genesis,
    stored.reviews,
    await readSessionEndorsements(db, context.tenant, sessions),
    people,
    context.verify,
  );
  const question = questionOf(context.genesis.installation, current, act.value, presentation.value);
  const counted = tally(question, hearing.heard, people, context.policy);
  const execution = stored.executions.find(candidate => candidate.revision === current.revision);
  const undoneBy = execution === undefined ? undefined : await readUndo(context, db, execution.id);
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
  return {
    stored,
    current,
    act: act.value,
    presentation: presentation.value,
    hearing,
    tally: counted,
    execution,
    state: stateOf(facts, context.now()),
    people,
    undoneBy,
  };
}

async function readUndo(context: ServerContext, db: Db, execution: string): Promise<KnownProposal['undoneBy']> {
  const { rows } = await db.query<{ id: `prp_${string}`; is_verified: boolean; has_failed: boolean }>(
    `SELECT p.id,
        EXISTS (SELECT FROM execution e JOIN execution_fact f ON f.tenant_id = e.tenant_id AND f.execution_id = e.id
          WHERE e.tenant_id = p.tenant_id AND e.proposal_id = p.id AND f.kind = 'concluded' AND f.body->>'outcome' IN ('verified')) AS is_verified,
        coalesce((SELECT i.state IN ('rejected', 'expired', 'withdrawn', 'failed', 'refused', 'stale', 'revoked') FROM proposal_index i
          WHERE i.tenant_id = p.tenant_id AND i.proposal_id = p.id), false) AS has_failed
       FROM proposal p WHERE p.tenant_id = $1 AND p.undoes_execution = $2 ORDER BY p.created_at DESC`,
    [context.tenant, execution],
  );
  const row = rows.find(candidate => candidate.is_verified) ?? rows.find(candidate => !candidate.has_failed);
  return row === undefined ? undefined : { id: row.id, isVerified: row.is_verified };
}

/** The newest inventory that an administrator signed, or the demo's own; as the executor sees it too. */
export async function signedInventory(context: ServerContext): Promise<Inventory | undefined> {
  for (const stored of await readInventories(context.pool, context.tenant, 20)) {
    const read = readInventory(stored.body);
    if (!read.ok) continue;
    const { digest } = sealed('countersign/inventory/v1', read.value);
    if (digest === context.genesis.inventoryDigest) return read.value;
    if (stored.signature === null) continue;
    const administrators = (await readPeople(context)).filter(
      person => person.roles.includes('administrator') && person.isActive,
    );
    const credentials = administrators.flatMap(person => person.credentials);
    const signed = await checkPersonSignature(
      stored.signature,
      digest,
      credentials,
      signingRules(context),
      context.verify,
    );
    if (signed.ok) return read.value;
  }
  return undefined;
}
