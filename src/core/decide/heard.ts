import type { Id } from '../../base/id.ts';
import { MS_PER_HOUR, parseTime, unixMsFrom } from '../../base/time.ts';
import type { PersonSignature } from '../../model/audit-entry.ts';
import type { Person, Review, ReviewSignature } from '../../model/review.ts';
import type { Genesis } from '../../ports/genesis.ts';
import { batchFault } from './batch-list.ts';
import { batchBroken, type StoredMember } from './batch-standing.ts';
import { readIntent, readSession, sealed } from './closed.ts';
import { checkPersonSignature, checkRaw, type SigningRules, type VerifyKey } from './signatures.ts';
import type { HeardReview } from './tally.ts';

/** A review as it is stored, before anything of it is believed. */
export interface UncheckedReview {
  readonly id: Id<'review'>;
  readonly intent: string;
  readonly intentDigest: string;
  readonly signature: ReviewSignature;
  readonly reason: string;
  readonly receivedAt: number;
}

export interface UncheckedSession {
  readonly statement: string;
  readonly signature: PersonSignature;
}

export interface Hearing {
  readonly heard: readonly HeardReview[];
  readonly rejected: readonly { readonly id: Id<'review'>; readonly because: string }[];
}

/** A session's key signs T1 reviews for at most this long after the passkey endorsed it. */
export const SESSION_MS_MAX = 8 * MS_PER_HOUR;

/**
 * Keeps the reviews that the person they name really signed, over the intent as it is stored. A nonce counts once, so
 * a copied row adds nothing. What a review is for, and whether it counts, is the tally's question.
 */
export async function hear(
  genesis: Genesis,
  reviews: readonly UncheckedReview[],
  sessions: readonly UncheckedSession[],
  people: ReadonlyMap<Person['id'], Person>,
  verify: VerifyKey,
): Promise<Hearing> {
  const heard: HeardReview[] = [];
  const rejected: { id: Id<'review'>; because: string }[] = [];
  const nonces = new Set<string>();
  const rules: SigningRules = { rpId: genesis.rpId, origin: genesis.origin, isDemo: genesis.demo };
  for (const review of reviews) {
    const intent = readIntent(review.intent);
    if (!intent.ok) {
      rejected.push({ id: review.id, because: `intent: ${intent.failure}` });
      continue;
    }
    const { digest } = sealed('countersign/intent/v1', intent.value);
    const person = holderOf(people.get(intent.value.reviewer), intent.value.verdict);
    const because =
      digest !== review.intentDigest
        ? 'the digest is not that of the intent'
        : nonces.has(intent.value.nonce)
          ? 'the nonce was used before'
          : person === undefined
            ? 'nobody of this name is enrolled'
            : await faultOf(review.signature, digest, person, intent.value, sessions, rules, verify, review.receivedAt);
    if (because !== undefined) rejected.push({ id: review.id, because });
    else {
      nonces.add(intent.value.nonce);
      heard.push({
        review: asReview(review, intent.value, digest),
        credential: credentialOf(review.signature),
        signedWith: signedWith(review.signature),
      });
    }
  }
  return { heard, rejected };
}

/**
 * Whoever a review is held against. To stop an act counts for good: a reject or a revoke that was signed with a passkey
 * that ended since is heard, so that no reset and no removal brings back what somebody stopped.
 */
function holderOf(person: Person | undefined, verdict: Review['intent']['verdict']): Person | undefined {
  if (person?.former === undefined || (verdict !== 'reject' && verdict !== 'revoke')) return person;
  return { ...person, credentials: [...person.credentials, ...person.former.credentials] };
}

function credentialOf(signature: ReviewSignature): string {
  switch (signature.kind) {
    case 'passkey':
      return signature.assertion.credentialId;
    case 'browser_key':
      return signature.credentialId;
    case 'session':
      return '';
    case 'batch':
      return credentialOf(signature.by);
  }
}

function asReview(stored: UncheckedReview, intent: Review['intent'], intentDigest: string): Review {
  return {
    id: stored.id,
    intent,
    intentDigest,
    signature: stored.signature,
    reason: stored.reason,
    receivedAt: unixMsFrom(stored.receivedAt),
  };
}

/** What the credential is that policies judge: of a batch the one that signed its list. */
function signedWith(signature: ReviewSignature): HeardReview['signedWith'] {
  return signature.kind === 'batch' ? signature.by.kind : signature.kind;
}

async function faultOf(
  signature: ReviewSignature,
  digest: string,
  person: Person,
  intent: Review['intent'],
  sessions: readonly UncheckedSession[],
  rules: SigningRules,
  verify: VerifyKey,
  receivedAt: number,
): Promise<string | undefined> {
  if (signature.kind === 'batch') {
    const because = batchFault(signature.batch, intent, digest);
    if (because !== undefined) return because;
    const { digest: ofBatch } = sealed('countersign/batch-intent/v1', signature.batch);
    const checked = await checkPersonSignature(signature.by, ofBatch, person.credentials, rules, verify);
    return checked.ok ? undefined : checked.failure;
  }
  if (signature.kind !== 'session') {
    const checked = await checkPersonSignature(signature, digest, person.credentials, rules, verify);
    return checked.ok ? undefined : checked.failure;
  }
  if (intent.tier !== 'T1') return 'a session key signs T1 only';
  for (const session of sessions) {
    const statement = readSession(session.statement);
    if (!statement.ok || statement.value.session !== signature.session) continue;
    const issuedAt = parseTime(statement.value.issuedAt) ?? 0;
    const expiresAt = parseTime(statement.value.expiresAt) ?? 0;
    if (expiresAt - issuedAt > SESSION_MS_MAX || !(receivedAt >= issuedAt && receivedAt < expiresAt))
      return 'the session had ended';
    const endorsed = await checkPersonSignature(
      session.signature,
      sealed('countersign/session/v1', statement.value).digest,
      person.credentials,
      rules,
      verify,
    );
    if (!endorsed.ok) return `session: ${endorsed.failure}`;
    const isSigned = await checkRaw('ES256', statement.value.sessionPublicKey, digest, signature.signature, verify);
    return isSigned ? undefined : 'bad_signature';
  }
  return 'no passkey endorsed this session';
}

/** Proposals that batches among these reviews name, beside the one whose reviews they are. */
export function batchMembers(reviews: readonly { readonly signature: ReviewSignature }[]): readonly Id<'proposal'>[] {
  const named = reviews.flatMap(({ signature }) =>
    signature.kind === 'batch' ? signature.batch.members.map(({ proposal }) => proposal) : [],
  );
  return [...new Set(named)];
}

/** The hearing without approvals by batches that do not stand any more. A rejection stands whatever became of the others. */
export function withoutBrokenBatches(
  hearing: Hearing,
  member: (proposal: Id<'proposal'>) => StoredMember | undefined,
): Hearing {
  const heard: HeardReview[] = [];
  const rejected = [...hearing.rejected];
  for (const one of hearing.heard) {
    const { signature, intent, id } = one.review;
    const because =
      signature.kind === 'batch' && intent.verdict === 'approve' ? batchBroken(signature.batch, member) : undefined;
    if (because === undefined) heard.push(one);
    else rejected.push({ id, because });
  }
  return { heard, rejected };
}
