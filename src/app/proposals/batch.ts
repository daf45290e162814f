import { randomBytes } from 'node:crypto';
import { base64url, bytesToHex, hexToBytes } from '../../base/bytes.ts';
import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { BATCH_MAX, BATCH_MIN, chosenOf, isLike } from '../../core/decide/batch.ts';
import { sealed } from '../../core/decide/closed.ts';
import type { BatchBegin, BatchBegun, BatchFinish } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { BatchIntent, Intent, Person } from '../../model/review.ts';
import { type Db, isTaken, type ServerContext, transact } from '../context.ts';
import { keepPending, takePending } from '../pending.ts';
import { type KnownProposal, knowProposal, knowProposals } from './facts.ts';
import { hasOpenedEvidence } from './opened.ts';
import { refreshProposal } from './project.ts';
import { intentOf, keepReview, refused, signWith, tellExecutor } from './review.ts';

/** What a challenge of a batch is kept with. */
interface PendingBatch {
  readonly batch: BatchIntent;
  readonly intents: readonly Intent[];
  readonly reason: string;
  readonly toOpen: readonly Id<'proposal'>[];
}

/**
 * Hands out one list of intents to sign. Every rule of a single review holds for each member; besides, they are of one
 * operation and one tier, and few. Then one of them is chosen, which has to be opened before the signature is taken.
 */
export async function beginBatch(
  context: ServerContext,
  person: Person,
  request: BatchBegin,
): Promise<Result<BatchBegun, Failure>> {
  const ids = request.members.map(member => member.proposal);
  const known = await knowProposals(context, ids);
  const missing = ids.find(id => !known.some(one => one.stored.id === id));
  if (missing !== undefined) return fail(failureOf('not_found', missing));
  const [first] = known;
  if (first === undefined || new Set(ids).size !== ids.length) return fail(failureOf('batch.size', `${ids.length}`));
  const unfit = unlike(first, known);
  if (unfit !== undefined) return refused(context, person, first.stored.id, unfit);
  const intents: Intent[] = [];
  for (const [i, one] of known.entries()) {
    const member = request.members[i];
    if (member === undefined) return fail(failureOf('not_found', one.stored.id));
    const intent = await intentOf(context, person, one, {
      ...member,
      verdict: request.verdict,
      reason: request.reason,
    });
    if (!intent.ok) return fail(failureOf(intent.failure.code, `${one.stored.id}: ${intent.failure.detail}`));
    intents.push(intent.value);
  }
  return handOut(context, person, first, request, intents);
}

/** Why these are not signed together. */
export function unlike(first: KnownProposal, known: readonly KnownProposal[]): Failure | undefined {
  const { tier } = first.current;
  if (BATCH_MAX[tier] === 0) return failureOf('batch.unlike', tier);
  const other = known.find(one => one.current.tier !== tier || !isLike(first.act, one.act));
  if (other !== undefined)
    return failureOf('batch.unlike', `${other.stored.id}: ${other.act.operation}, ${other.current.tier}`);
  return known.length < BATCH_MIN || known.length > BATCH_MAX[tier]
    ? failureOf('batch.size', `${known.length} of ${tier}`)
    : undefined;
}

async function handOut(
  context: ServerContext,
  person: Person,
  { act, current }: KnownProposal,
  request: BatchBegin,
  intents: readonly Intent[],
): Promise<Result<BatchBegun, Failure>> {
  const members = intents.map(intent => ({
    proposal: intent.proposal,
    intentDigest: sealed('countersign/intent/v1', intent).digest,
  }));
  const nonce = bytesToHex(randomBytes(16));
  const opened = chosenOf({ members, nonce });
  if (opened === undefined) return fail(failureOf('batch.size', '0'));
  const { responder, operation, operationVersion } = act;
  const batch: BatchIntent = {
    v: '1',
    installation: context.genesis.installation,
    reviewer: person.id,
    verdict: request.verdict,
    responder,
    operation,
    operationVersion,
    tier: current.tier,
    members,
    opened,
    nonce,
  };
  const isApproval = request.verdict === 'approve';
  // Asking again picks another one; those that were picked before and are in this list still have to be opened.
  const toOpen = isApproval ? [...new Set([opened, ...(await chosenBefore(context, person, members))])] : [];
  const body: PendingBatch = { batch, intents, reason: request.reason, toOpen };
  await keepPending(context, context.pool, { nonce, kind: 'batch', person: person.id, body: JSON.stringify(body) });
  const kind = signWith(context, 'T2', person);
  if (kind === 'session') return fail(failureOf('review.not_eligible', person.id));
  return ok({
    batch,
    intents,
    challenge: base64url(hexToBytes(sealed('countersign/batch-intent/v1', batch).digest) ?? new Uint8Array()),
    rpId: context.genesis.rpId,
    credentialIds: person.credentials.filter(credential => credential.kind === kind).map(credential => credential.id),
    signWith: kind,
    toOpen,
  });
}

/** Members that were chosen for this person in lists that were not signed. */
async function chosenBefore(
  context: ServerContext,
  person: Person,
  members: BatchIntent['members'],
): Promise<readonly Id<'proposal'>[]> {
  const { rows } = await context.pool.query<{ body: string }>(
    "SELECT body FROM pending_signature WHERE tenant_id = $1 AND kind = 'batch' AND person_id = $2",
    [context.tenant, person.id],
  );
  const chosen = rows.flatMap(({ body }) => (JSON.parse(body) as PendingBatch).toOpen);
  return members.flatMap(({ proposal }) => (chosen.includes(proposal) ? [proposal] : []));
}

/** Takes the one signature as a review of each member: all of them, or none. */
export async function finishBatch(
  context: ServerContext,
  person: Person,
  { nonce, signature: by }: BatchFinish,
): Promise<Result<readonly Id<'proposal'>[], Failure>> {
  let about: string = '';
  try {
    const stored = await transact(context, async client => {
      const taken = await takePending(context, client, 'batch', nonce, 'review.nonce_used');
      if (!taken.ok) return taken;
      if (taken.value.person !== person.id)
        return fail(failureOf('review.bad_signature', 'the challenge was given to somebody else'));
      const { batch, intents, reason, toOpen } = JSON.parse(taken.value.body) as PendingBatch;
      about = batch.opened;
      const unopened = await firstUnopened(context, client, person, toOpen);
      if (unopened !== undefined) return fail(failureOf('batch.unopened', unopened));
      for (const intent of intents) {
        about = intent.proposal;
        const { text } = sealed('countersign/intent/v1', intent);
        const signature = { kind: 'batch', batch, by } as const;
        const kept = await keepReview(context, client, person, intent.proposal, { intent: text, reason, signature });
        if (!kept.ok) return kept;
      }
      // By id, so that two batches of the same proposals wait for each other rather than for one another.
      const ids = batch.members.map(({ proposal }) => proposal);
      for (const id of ids.toSorted()) await refreshProposal(context, client, id);
      return ok(ids);
    });
    if (!stored.ok) return refused(context, person, about, stored.failure);
    for (const id of stored.value) await tellExecutor(context, id);
    return stored;
  } catch (error) {
    if (isTaken(error)) return refused(context, person, about, failureOf('review.nonce_used', nonce));
    throw error;
  }
}

async function firstUnopened(
  context: ServerContext,
  client: Db,
  person: Person,
  toOpen: readonly Id<'proposal'>[],
): Promise<string | undefined> {
  for (const id of toOpen) {
    const known = await knowProposal(context, id, client);
    if (known === undefined || !(await hasOpenedEvidence(context, known, person, client))) return id;
  }
  return undefined;
}
