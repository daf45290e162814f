import type { Digest } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import { parseTime, type UnixMs } from '../../base/time.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Slot } from '../../model/quorum.ts';
import type { Person, Review, ReviewSignature, Verdict } from '../../model/review.ts';
import { authorise, type PolicySet, principalOf } from './authorise.ts';
import { sealed } from './closed.ts';
import { GLASS_START_MS } from './glass.ts';
import { fillSeats, type Seat, type StandIn, standingSeats } from './quorum.ts';

/** What reviews are held against: one revision, as its digests stand. */
export interface Question {
  readonly installation: string;
  readonly proposal: Id<'proposal'>;
  readonly revision: number;
  readonly actDigest: Digest;
  readonly presentationDigest: Digest;
  /** The policy under which it was proposed. Whether that one still stands is asked where the act is started. */
  readonly policyDigest: Digest;
  readonly tier: Tier;
  /** Whether it is about this installation itself: nobody decides that alone, whatever the emergency. */
  readonly isOwn: boolean;
  readonly contributors: readonly Id<'person'>[];
  /**
   * Whom the act is about: no approval of theirs counts. That they do not stop it either is for whoever takes reviews: what
   * was once rejected must not come to life by a later inventory.
   */
  readonly subjects: readonly Id<'person'>[];
  /** Credentials that are too new to count for an act of two people. */
  readonly cooling: ReadonlySet<string>;
  readonly reviewBy: UnixMs;
  readonly startWithinMs: number;
  /** Streams of the required gaps: an approval that does not acknowledge each of them does not count. */
  readonly requiredGaps: readonly string[];
  /** The seats that were shown and signed. */
  readonly seats: readonly Seat[];
  /** Who signs in whose stead now. */
  readonly standIns: readonly StandIn[];
}

/** What credential signed: a batch is signed with one like a single review. */
export type SignedWith = Exclude<ReviewSignature['kind'], 'batch'>;

/** A review whose signature was verified. Whether it counts is decided here. */
export interface HeardReview {
  readonly review: Review;
  /** The credential that signed; empty for a session's key. */
  readonly credential: string;
  readonly signedWith: SignedWith;
}

export type NotCounted =
  | 'other_act'
  | 'other_presentation'
  | 'other_policy'
  | 'other_contributors'
  | 'other_revision'
  | 'other_tier'
  | 'too_late'
  | 'contributor'
  | 'subject'
  | 'cooling'
  | 'not_eligible'
  | 'said_so_before'
  | 'gap_unacknowledged'
  | 'asks_only';

export interface Tally {
  readonly verdict: 'pending' | 'approved' | 'emergency' | 'rejected' | 'revoked';
  readonly needed: number;
  readonly slots: readonly {
    readonly slot: Slot;
    /** Whom the seat names; nobody where it is anybody's. */
    readonly people: readonly Id<'person'>[];
    readonly filledBy: Id<'person'> | undefined;
    /** In whose stead. */
    readonly insteadOf: Id<'person'> | undefined;
  }[];
  readonly counted: readonly Review[];
  readonly notCounted: readonly { readonly review: Review; readonly because: NotCounted }[];
  /** When the last slot was filled, by the review's time of arrival. */
  readonly approvedAt: UnixMs | undefined;
  /** Who broke the glass first, and until when the act may start on that. */
  readonly glass: { readonly by: Id<'person'>; readonly at: UnixMs; readonly until: UnixMs } | undefined;
}

/**
 * From reviews to a decision. Pure. A single eligible reject blocks for good, and later approvals change nothing; a
 * revoke stops an approval that has not started. One person fills one seat, whatever roles they hold. Silence is no.
 */
export function tally(
  question: Question,
  reviews: readonly HeardReview[],
  people: ReadonlyMap<Id<'person'>, Person>,
  policy: PolicySet,
): Tally {
  const counted: Review[] = [];
  const notCounted: { review: Review; because: NotCounted }[] = [];
  const spoke = new Set<string>();
  for (const heard of reviews) {
    const because = whyNot(question, heard, people, policy, spoke);
    if (because !== undefined) notCounted.push({ review: heard.review, because });
    else {
      counted.push(heard.review);
      spoke.add(`${heard.review.intent.reviewer}|${heard.review.intent.verdict}`);
    }
  }
  const approvals = counted.filter(review => review.intent.verdict === 'approve');
  const slots = seat(question, approvalsOf(counted), people, policy);
  const isFull = slots.length > 0 && slots.every(slot => slot.filledBy !== undefined);
  const has = (verdict: Verdict) => counted.some(review => review.intent.verdict === verdict);
  const glass = glassOf(counted);
  const standing = isFull ? 'approved' : glass === undefined ? 'pending' : 'emergency';
  const verdict = has('reject') ? 'rejected' : has('revoke') ? 'revoked' : standing;
  const seated = approvals.filter(review => slots.some(slot => slot.filledBy === review.intent.reviewer));
  return {
    verdict,
    needed: question.seats.length,
    slots,
    counted,
    notCounted,
    approvedAt: isFull ? (Math.max(...seated.map(review => review.receivedAt)) as UnixMs) : undefined,
    glass,
  };
}

function whyNot(
  question: Question,
  { review, credential, signedWith }: HeardReview,
  people: ReadonlyMap<Id<'person'>, Person>,
  policy: PolicySet,
  spoke: ReadonlySet<string>,
): NotCounted | undefined {
  const { intent } = review;
  if (
    intent.proposal !== question.proposal ||
    intent.revision !== String(question.revision) ||
    intent.installation !== question.installation
  )
    return 'other_revision';
  if (intent.actDigest !== question.actDigest) return 'other_act';
  if (intent.presentationDigest !== question.presentationDigest) return 'other_presentation';
  if (intent.contributorsDigest !== contributorsDigest(question.contributors)) return 'other_contributors';
  if (intent.verdict === 'ask_for_more') return 'asks_only';
  const known = people.get(intent.reviewer);
  const isStop = intent.verdict === 'reject' || intent.verdict === 'revoke';
  const person = isStop && known !== undefined ? asOnce(known) : known;
  if (person === undefined || !person.isActive) return 'not_eligible';
  if (spoke.has(`${intent.reviewer}|${intent.verdict}`)) return 'said_so_before';
  const isContributor = question.contributors.includes(intent.reviewer);
  const may = (asContributor: boolean) =>
    authorise(policy, principalOf(person), reviewAction(question.tier), {
      isContributor: asContributor,
      signedWith,
    }).isAllowed;
  // To stop an act is open to everybody who could review its kind, contributors too, and at any time.
  const isGlass = intent.verdict === 'break_glass';
  if (isStop) return may(false) ? undefined : 'not_eligible';
  if (question.subjects.includes(person.id)) return 'subject';
  if (question.tier === 'T3' && question.cooling.has(credential)) return 'cooling';
  if (intent.policyDigest !== question.policyDigest) return 'other_policy';
  if (intent.tier !== question.tier) return 'other_tier';
  const until = parseTime(intent.expiresAt);
  if (!(review.receivedAt < question.reviewBy) || until === undefined || !(review.receivedAt < until))
    return 'too_late';
  if (isGlass) {
    if (isContributor) return 'contributor';
    if (question.isOwn || !mayBreakGlass(person, question.tier, policy, signedWith)) return 'not_eligible';
  } else if (!may(isContributor)) return isContributor && question.tier !== 'T1' ? 'contributor' : 'not_eligible';
  if (!question.requiredGaps.every(stream => intent.acknowledged.includes(stream))) return 'gap_unacknowledged';
  return undefined;
}

/** Somebody with all that they ever might: what they stopped stays stopped, whatever became of them since. */
function asOnce(person: Person): Person {
  if (person.former === undefined) return person;
  return { ...person, isActive: true, roles: [...new Set([...person.roles, ...person.former.roles])] };
}

/**
 * Whether policy lets this person start an act alone, signed so. Only one that takes two people: for every other one
 * signature is the usual way, and an emergency would be a way around looking at the evidence. No machine, whatever a
 * policy says.
 */
export function mayBreakGlass(person: Person, tier: Tier, policy: PolicySet, signedWith: SignedWith): boolean {
  if (tier !== 'T3') return false;
  return authorise(policy, principalOf(person), 'break_glass', { isContributor: false, signedWith }).isAllowed;
}

function glassOf(counted: readonly Review[]): Tally['glass'] {
  const [first] = counted
    .filter(({ intent }) => intent.verdict === 'break_glass')
    .sort((a, b) => a.receivedAt - b.receivedAt);
  if (first === undefined) return undefined;
  const signedUntil = parseTime(first.intent.expiresAt) ?? 0;
  const until = Math.min(first.receivedAt + GLASS_START_MS, signedUntil) as UnixMs;
  return { by: first.intent.reviewer, at: first.receivedAt, until };
}

interface Approval {
  readonly id: Id<'person'>;
  readonly at: UnixMs;
}

function approvalsOf(counted: readonly Review[]): readonly Approval[] {
  return counted
    .filter(({ intent }) => intent.verdict === 'approve')
    .map(({ intent, receivedAt }) => ({ id: intent.reviewer, at: receivedAt }));
}

/** Whether one more yes, of this person and now, would fill a seat that is open. */
export function wouldFill(
  question: Question,
  { counted, slots }: Pick<Tally, 'counted' | 'slots'>,
  person: Id<'person'>,
  now: UnixMs,
  people: ReadonlyMap<Id<'person'>, Person>,
  policy: PolicySet,
): boolean {
  const filled = (all: Tally['slots']) => all.filter(({ filledBy }) => filledBy !== undefined).length;
  const approvals = [...approvalsOf(counted), { id: person, at: now }];
  return filled(seat(question, approvals, people, policy)) > filled(slots);
}

function seat(
  question: Question,
  approvals: readonly Approval[],
  people: ReadonlyMap<Id<'person'>, Person>,
  policy: PolicySet,
): Tally['slots'] {
  const canSign = (id: Id<'person'>) => {
    const person = people.get(id);
    if (person?.isActive !== true || question.contributors.includes(id) || question.subjects.includes(id)) return false;
    const context = { isContributor: false, signedWith: 'passkey' } as const;
    return authorise(policy, principalOf(person), reviewAction(question.tier), context).isAllowed;
  };
  const seats = standingSeats(question.seats, question.standIns, canSign);
  const voters = approvals.map(({ id, at }) => ({
    id,
    isResponder: people.get(id)?.roles.includes('responder') === true,
    at,
  }));
  return fillSeats(seats, voters, question.standIns).map((taken, at) => ({
    ...taken,
    people: seats[at]?.people ?? [],
  }));
}

function reviewAction(tier: Tier): 'review_t1' | 'review_t2' | 'review_t3' {
  return tier === 'T1' ? 'review_t1' : tier === 'T2' ? 'review_t2' : 'review_t3';
}

/** The digest of who contributed, which every review signs. */
export function contributorsDigest(contributors: readonly Id<'person'>[]): Digest {
  return sealed('countersign/contributors/v1', [...contributors].sort()).digest;
}
