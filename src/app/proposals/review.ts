import { randomBytes } from 'node:crypto';
import { base64url, bytesToHex, hexToBytes } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { parseTime, rfc3339, unixMsFrom } from '../../base/time.ts';
import { authorise, principalOf } from '../../core/decide/authorise.ts';
import { readIntent, sealed } from '../../core/decide/closed.ts';
import { GLASS_START_MS } from '../../core/decide/glass.ts';
import { hear, type UncheckedReview } from '../../core/decide/heard.ts';
import { isBoilerplate, REASON_CHARS_MIN } from '../../core/decide/reason.ts';
import { subjectsOf } from '../../core/decide/subject.ts';
import { contributorsDigest, mayBreakGlass, wouldFill } from '../../core/decide/tally.ts';
import type { ReviewBegin, ReviewBegun, ReviewFinish } from '../../model/api.ts';
import { type Failure, type FailureCode, failureOf } from '../../model/failure.ts';
import { askerOf, type Tier } from '../../model/proposal.ts';
import type { Intent, Person, ReviewSignature } from '../../model/review.ts';
import type { TaskRequest } from '../../model/task.ts';
import { readSessionEndorsements } from '../../store/proposal-facts.ts';
import { keepBlob } from '../blob.ts';
import { type Db, isTaken, record, type ServerContext, transact } from '../context.ts';
import { takeBack } from '../drills/give-way.ts';
import { leadsDrill } from '../drills/sight.ts';
import { keepPending, takePending } from '../pending.ts';
import { coolingNow } from '../people.ts';
import { signedInventory } from '../signed-inventory.ts';
import { type KnownProposal, knowProposal } from './facts.ts';
import { overdueGlass } from './glass.ts';
import { owesJudgement } from './judged-first.ts';
import { hasOpenedEvidence } from './opened.ts';
import { refreshProposal } from './project.ts';
import { openTask, taskRefusal } from './tasks.ts';

/** Everything that stands between this person and this verdict, all of it, worst first. */
export async function obstacles(
  context: ServerContext,
  known: KnownProposal,
  person: Person,
  verdict: Intent['verdict'],
  said: Pick<ReviewBegin, 'reason' | 'acknowledged'>,
  db: Db = context.pool,
): Promise<readonly Failure[]> {
  const found: Failure[] = [];
  const add = (code: FailureCode, detail: string) => found.push(failureOf(code, detail));
  const isStopping = verdict === 'revoke' || verdict === 'reject';
  const isOpen =
    known.state === 'in_review' || (isStopping && (known.state === 'approved' || known.state === 'emergency'));
  if (!isOpen) add(known.state === 'expired' ? 'review.too_late' : 'proposal.wrong_state', known.state);
  if (!mayReview(context, known, person, verdict))
    add(isContributor(known, person) && isGoAhead(verdict) ? 'review.contributor' : 'review.not_eligible', person.id);
  if (known.tally.counted.some(review => review.intent.reviewer === person.id && review.intent.verdict === verdict))
    add('review.twice', person.id);
  if (await leadsDrill(context, known.stored.id, person, db)) add('review.not_eligible', person.id);
  if (verdict !== 'ask_for_more' && (await isSubject(context, known, person, db))) add('review.subject', person.id);
  if (!isGoAhead(verdict)) return found;
  if (verdict === 'approve' && isOpen && !hasSeat(context, known, person)) add('review.no_seat', person.id);
  const cooling = known.current.tier === 'T3' ? coolingNow(context, known.people.values()) : new Map();
  if (person.credentials.some(({ id }) => cooling.has(id))) add('review.cooling', person.id);
  if (known.current.policyDigest !== context.policy().digest) add('review.policy_changed', known.current.policyDigest);
  const missing = known.presentation.coverage.gaps.filter(
    gap => gap.required && !said.acknowledged.includes(gap.stream),
  );
  if (missing.length > 0) add('review.gap_unacknowledged', missing.map(gap => gap.stream).join(', '));
  if (known.current.tier !== 'T1' && isBoilerplate(said.reason))
    add('review.reason_missing', `says nothing, or under ${REASON_CHARS_MIN} letters`);
  if (verdict === 'break_glass') {
    const overdue = await overdueGlass(context, person, db);
    if (overdue.length > 0) add('execution.glass_locked', overdue.join(', '));
  } else if (known.current.tier !== 'T1' && !(await hasOpenedEvidence(context, known, person, db)))
    add('review.evidence_unopened', person.id);
  if (verdict === 'approve' && (await owesJudgement(context, known, person, db))) add('review.judge_first', person.id);
  return found;
}

/** Whether a yes of theirs would fill a seat: not everybody's does where one is somebody's by name, or who signs stands in for another. */
export function hasSeat(context: ServerContext, known: KnownProposal, person: Pick<Person, 'id'>): boolean {
  const { question, tally, people } = known;
  const standsIn = question.standIns.some(({ from, to }) => from === person.id || to === person.id);
  if (!standsIn && question.seats.every(seat => seat.people.length === 0)) return true;
  return wouldFill(question, tally, person.id, context.now(), people, context.policy());
}

/** A verdict by which an act may start. */
function isGoAhead(verdict: Intent['verdict']): boolean {
  return verdict === 'approve' || verdict === 'break_glass';
}

/** Whether the act is about an account of this person's, by the signed inventory. */
async function isSubject(
  context: ServerContext,
  { act, presentation }: KnownProposal,
  person: Person,
  db: Db,
): Promise<boolean> {
  const account = { system: act.target.system, name: presentation.targetName };
  return subjectsOf(await signedInventory(context, db), account).includes(person.id);
}

export function isContributor(known: KnownProposal, person: Pick<Person, 'id'>): boolean {
  return known.current.contributors.includes(person.id);
}

/** Whether policy lets this person give this verdict on a proposal of this tier with the best credential they hold. */
export function mayReview(
  context: ServerContext,
  known: KnownProposal,
  person: Person,
  verdict: Intent['verdict'],
): boolean {
  const action = REVIEW_ACTION[known.current.tier];
  if (action === undefined) return false;
  if (verdict === 'break_glass')
    return (
      !known.question.isOwn &&
      !isContributor(known, person) &&
      mayBreakGlass(person, known.current.tier, context.policy(), signWith(context, 'T3', person))
    );
  const signedWith = signWith(context, known.current.tier, person);
  return authorise(context.policy(), principalOf(person), action, {
    isContributor: verdict === 'approve' && isContributor(known, person),
    signedWith,
  }).isAllowed;
}

/** Whether this person could sign an act of two people, whatever it is. */
export function mayReviewTwoPersonActs(context: ServerContext, person: Person): boolean {
  const signedWith = signWith(context, 'T3', person);
  return authorise(context.policy(), principalOf(person), 'review_t3', { isContributor: false, signedWith }).isAllowed;
}

const REVIEW_ACTION: { readonly [T in Tier]: 'review_t1' | 'review_t2' | 'review_t3' | undefined } = {
  T1: 'review_t1',
  T2: 'review_t2',
  T3: 'review_t3',
  TX: undefined,
};

export function signWith(context: ServerContext, tier: Tier, person: Person): ReviewBegun['signWith'] {
  if (tier === 'T1') return 'session';
  const hasPasskey = person.credentials.some(credential => credential.kind === 'passkey');
  return hasPasskey || !context.genesis.demo ? 'passkey' : 'browser_key';
}

/** What a person would sign about this revision. Refused where the page holds another act, or another picture of it. */
export async function intentOf(
  context: ServerContext,
  person: Person,
  known: KnownProposal,
  request: ReviewBegin,
): Promise<Result<Intent, Failure>> {
  if (request.revision !== known.current.revision || request.actDigest !== known.current.actDigest)
    return fail(failureOf('review.act_changed', `revision ${known.current.revision}`));
  if (request.presentationDigest !== known.current.presentationDigest)
    return fail(failureOf('review.presentation_changed', known.current.presentationDigest));
  const [obstacle] = await obstacles(context, known, person, request.verdict, request);
  if (obstacle !== undefined) return refused(context, person, known.stored.id, obstacle);
  const nonce = bytesToHex(randomBytes(16));
  const startWithinMs = Number(known.act.startWithinSeconds) * 1_000;
  return ok({
    v: '1',
    installation: context.genesis.installation,
    proposal: known.stored.id,
    revision: String(known.current.revision),
    actDigest: known.current.actDigest,
    presentationDigest: known.current.presentationDigest,
    policyDigest: known.current.policyDigest,
    contributorsDigest: contributorsDigest(known.current.contributors),
    verdict: request.verdict,
    tier: known.current.tier,
    reviewer: person.id,
    reasonDigest: sealed('countersign/reason/v1', { nonce, reason: request.reason }).digest,
    acknowledged: [...new Set(request.acknowledged)].sort(),
    nonce,
    expiresAt: rfc3339(
      unixMsFrom(
        request.verdict === 'break_glass' ? context.now() + GLASS_START_MS : known.current.reviewBy + startWithinMs,
      ),
    ),
  });
}

/** What a challenge of a review is kept with. */
interface PendingReview {
  readonly intent: string;
  readonly reason: string;
  readonly task?: TaskRequest | undefined;
}

/** Hands out the intent to sign, once. */
export async function beginReview(
  context: ServerContext,
  person: Person,
  id: string,
  request: ReviewBegin,
): Promise<Result<ReviewBegun, Failure>> {
  const known = await knowProposal(context, id);
  if (known === undefined) return fail(failureOf('not_found', id));
  const unfit = await taskRefusal(context, known, request);
  if (unfit !== undefined) return fail(unfit);
  const intent = await intentOf(context, person, known, request);
  if (!intent.ok) return intent;
  const { text, digest } = sealed('countersign/intent/v1', intent.value);
  await keepPending(context, context.pool, {
    nonce: intent.value.nonce,
    kind: 'review',
    person: person.id,
    body: JSON.stringify({ intent: text, reason: request.reason, task: request.task } satisfies PendingReview),
  });
  const kind = signWith(context, request.verdict === 'break_glass' ? 'T3' : known.current.tier, person);
  return ok({
    intent: intent.value,
    challenge: base64url(hexToBytes(digest) ?? new Uint8Array()),
    rpId: context.genesis.rpId,
    credentialIds: person.credentials
      .filter(credential => kind === 'session' || credential.kind === kind)
      .map(credential => credential.id),
    signWith: kind,
  });
}

/** Takes a signed review. It counts once: the nonce goes in the transaction that stores the review and its log entry. */
export async function finishReview(
  context: ServerContext,
  person: Person,
  id: string,
  request: ReviewFinish,
): Promise<Result<true, Failure>> {
  try {
    const stored = await transact(context, async client => {
      const taken = await takePending(context, client, 'review', request.nonce, 'review.nonce_used');
      if (!taken.ok) return taken;
      if (taken.value.person !== person.id)
        return fail(failureOf('review.bad_signature', 'the challenge was given to somebody else'));
      const { intent, reason, task } = JSON.parse(taken.value.body) as PendingReview;
      const kept = await keepReview(context, client, person, id, { intent, reason, signature: request.signature });
      if (!kept.ok) return kept;
      const asked =
        task === undefined ? ok(true) : await openTask(context, client, kept.value, person, request.nonce, task);
      if (!asked.ok) return asked;
      if (task !== undefined) await takeBack(context, client, id);
      await refreshProposal(context, client, id);
      return ok(true as const);
    });
    if (!stored.ok) return refused(context, person, id, stored.failure);
    await tellExecutor(context, id);
    return stored;
  } catch (error) {
    if (isTaken(error)) return refused(context, person, id, failureOf('review.nonce_used', request.nonce));
    throw error;
  }
}

/** What was handed out to sign, with the signature over it. */
interface SignedReview {
  /** The intent's canonical text. */
  readonly intent: string;
  readonly reason: string;
  readonly signature: ReviewSignature;
}

/** Stores a review with its log entry where nothing stands in its way and its signature holds. The caller refreshes. */
export async function keepReview(
  context: ServerContext,
  client: Db,
  person: Person,
  id: string,
  { intent: text, reason, signature }: SignedReview,
): Promise<Result<KnownProposal, Failure>> {
  const intent = readIntent(text);
  if (!intent.ok || intent.value.proposal !== id)
    return fail(failureOf('review.bad_signature', 'the challenge is for another proposal'));
  const { digest } = sealed('countersign/intent/v1', intent.value);
  const known = await knowProposal(context, id, client);
  if (known === undefined) return fail(failureOf('not_found', id));
  const { acknowledged, verdict } = intent.value;
  const [obstacle] = await obstacles(context, known, person, verdict, { reason, acknowledged }, client);
  if (obstacle !== undefined) return fail(obstacle);
  if (intent.value.actDigest !== known.current.actDigest)
    return fail(failureOf('review.act_changed', known.current.actDigest));
  const until = parseTime(intent.value.expiresAt);
  if (until === undefined || context.now() > until) return fail(failureOf('review.too_late', intent.value.expiresAt));
  const review = {
    id: context.newId('review'),
    intent: text,
    intentDigest: digest,
    signature,
    reason,
    receivedAt: context.now(),
  };
  const sessions =
    signature.kind === 'session' ? await readSessionEndorsements(client, context.tenant, [signature.session]) : [];
  const hearing = await hear(context.genesis, [review], sessions, known.people, context.verify);
  if (hearing.heard.length === 0)
    return fail(failureOf('review.bad_signature', hearing.rejected[0]?.because ?? 'not heard'));
  await insertReview(context, client, known, review, intent.value);
  return ok(known);
}

async function insertReview(
  context: ServerContext,
  client: Db,
  known: KnownProposal,
  review: UncheckedReview,
  intent: Intent,
): Promise<void> {
  const pendingId = await record(context, client, {
    type: 'review.signed',
    review: review.id,
    intent,
    intentDigest: review.intentDigest,
    signature: review.signature,
    reasonCommit: await keepBlob(context, client, review.reason, 'text/plain'),
  });
  await client.query(
    `INSERT INTO review (tenant_id, id, proposal_id, revision, person_id, verdict, intent, intent_digest, signature, nonce, reason, received_at, pending_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      context.tenant,
      review.id,
      intent.proposal,
      known.current.revision,
      intent.reviewer,
      intent.verdict,
      review.intent,
      review.intentDigest,
      JSON.stringify(review.signature),
      intent.nonce,
      review.reason,
      new Date(review.receivedAt),
      pendingId,
    ],
  );
}

export async function tellExecutor(context: ServerContext, proposal: string): Promise<void> {
  await context.pool.query("SELECT pg_notify('cs_executor', $1)", [proposal]);
}

/** A review that was refused is an entry of the log, like one that was taken. */
export async function refused(
  context: ServerContext,
  person: Person,
  proposal: string,
  failure: Failure,
): Promise<Result<never, Failure>> {
  await transact(context, async client =>
    ok(await record(context, client, { type: 'review.refused', proposal, by: person.id, code: failure.code })),
  );
  return fail(failure);
}

/** Takes a proposal back. Whoever chose it may, and anybody who could review it. */
export async function withdrawProposal(
  context: ServerContext,
  person: Person,
  id: string,
  reason: string,
): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const known = await knowProposal(context, id, client);
    if (known === undefined) return fail(failureOf('not_found', id));
    if (known.state !== 'in_review' && known.state !== 'approved')
      return fail(failureOf('proposal.wrong_state', known.state));
    const isOwn = askerOf(known.stored.origin) === person.id;
    // To withdraw is to veto.
    if (await isSubject(context, known, person, client)) return fail(failureOf('review.subject', person.id));
    if (!isOwn && !mayReview(context, known, person, 'reject')) return fail(failureOf('access.denied', person.id));
    await client.query(
      'INSERT INTO withdrawal (tenant_id, proposal_id, revision, by, reason, at) VALUES ($1, $2, $3, $4, $5, $6)',
      [context.tenant, id, known.current.revision, person.id, reason, new Date(context.now())],
    );
    await record(context, client, {
      type: 'proposal.withdrawn',
      proposal: known.stored.id,
      revision: String(known.current.revision),
      by: person.id,
    });
    await refreshProposal(context, client, id);
    return ok(true as const);
  });
}
