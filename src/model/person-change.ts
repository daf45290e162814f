import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { PersonSignature } from './audit-entry.ts';
import type { Role } from './review.ts';

/** What may be changed of somebody who is enrolled. */
export const KINDS_OF_ENROLLED = ['reset', 'roles', 'remove'] as const;
/** What two people change: also that somebody is invited who may sign what others depend on. */
export const PERSON_CHANGE_KINDS = ['invite', ...KINDS_OF_ENROLLED] as const;
export type PersonChangeKind = (typeof PERSON_CHANGE_KINDS)[number];

/**
 * A change of who is here: somebody is invited by a link, or of somebody who is enrolled the passkey ends and a link is made
 * for a new one, their roles become others, or they leave. Closed; it counts once two other people signed its digest under `countersign/person-change/v1`.
 */
export interface PersonChange {
  readonly v: '1';
  readonly installation: string;
  readonly change: Id<'person_change'>;
  readonly kind: PersonChangeKind;
  readonly person: Id<'person'>;
  /** What they may do from then on, sorted: what an invitation offers, the same as before for a reset, nothing for who leaves. */
  readonly roles: readonly Role[];
  /** Ed25519 public key of an invitation's or a reset's link, base64url; empty for what makes no link. */
  readonly linkPublicKey: string;
  /**
   * Digest of the last statement about this person that counts; empty for an invitation, before which there is none. It makes an
   * older statement worthless, and a second one too.
   */
  readonly previous: Digest | '';
  readonly nonce: string;
  /** RFC 3339. It is signed, and its link is used, until then. */
  readonly expiresAt: string;
}

/** One of the two who signed. */
export interface PersonChangeSignature {
  readonly by: Id<'person'>;
  readonly signature: PersonSignature;
}
