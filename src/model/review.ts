import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { Tier } from './proposal.ts';

/** `ask_for_more` is heard and shown; it neither blocks nor counts. `revoke` stops an approved act that has not started. */
export type Verdict = 'approve' | 'reject' | 'ask_for_more' | 'revoke' | 'break_glass';

/** What a reviewer signs. Closed; its digest under `countersign/intent/v1` is the passkey's challenge, as raw bytes. */
export interface Intent {
  readonly v: '1';
  readonly installation: string;
  readonly proposal: Id<'proposal'>;
  readonly revision: string;
  readonly actDigest: Digest;
  readonly presentationDigest: Digest;
  readonly policyDigest: Digest;
  readonly contributorsDigest: Digest;
  readonly verdict: Verdict;
  readonly tier: Tier;
  readonly reviewer: Id<'person'>;
  /** Digest of the reason under `countersign/reason/v1`, salted with the nonce: a reason is personal data. */
  readonly reasonDigest: Digest;
  /** Streams whose required gaps the reviewer acknowledged, sorted. */
  readonly acknowledged: readonly string[];
  /** 16 random bytes in hex, from the server, used once. */
  readonly nonce: string;
  /** RFC 3339. The signature counts until then. */
  readonly expiresAt: string;
}

/** A WebAuthn assertion as the browser returned it, members in base64url. */
export interface Assertion {
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJson: string;
  readonly signature: string;
}

/** How a review was signed. */
export type ReviewSignature =
  | { readonly kind: 'passkey'; readonly assertion: Assertion }
  /** T1 only: a signature by a browser session's key (ECDSA P-256, raw r‖s in base64url). */
  | { readonly kind: 'session'; readonly session: Id<'session'>; readonly signature: string }
  /** Demo installations only, where the browser has no passkey: a key that never leaves the browser profile. */
  | { readonly kind: 'browser_key'; readonly credentialId: string; readonly signature: string }
  /** One signature over an ordered list of intents, of which this review's is one. */
  | { readonly kind: 'batch'; readonly batch: BatchIntent; readonly by: BatchSignature };

/** What signs a batch: never a session's key, also where each member alone would need no more. */
export type BatchSignature =
  | { readonly kind: 'passkey'; readonly assertion: Assertion }
  | { readonly kind: 'browser_key'; readonly credentialId: string; readonly signature: string };

/**
 * What a reviewer signs for several like proposals at once. Closed; its digest under `countersign/batch-intent/v1` is
 * the passkey's challenge. Each member's own intent is bound by its digest, in this order.
 */
export interface BatchIntent {
  readonly v: '1';
  readonly installation: string;
  readonly reviewer: Id<'person'>;
  readonly verdict: 'approve' | 'reject';
  readonly responder: string;
  readonly operation: string;
  readonly operationVersion: string;
  readonly tier: Tier;
  readonly members: readonly { readonly proposal: Id<'proposal'>; readonly intentDigest: Digest }[];
  /** The member that had to be opened: it follows from the nonce and the proposals, so nobody picks it. */
  readonly opened: Id<'proposal'>;
  /** 16 random bytes in hex, from the server, made once the list was named. */
  readonly nonce: string;
}

export interface Review {
  readonly id: Id<'review'>;
  readonly intent: Intent;
  readonly intentDigest: Digest;
  readonly signature: ReviewSignature;
  /** Free text; kept out of the log's leaves. */
  readonly reason: string;
  readonly receivedAt: UnixMs;
}

/** A signing key of a person. `publicKey` is a JWK's x and y (P-256) or x (Ed25519), base64url. */
export interface Credential {
  readonly id: string;
  readonly kind: 'passkey' | 'browser_key';
  readonly algorithm: 'ES256' | 'EdDSA' | 'RS256';
  /** SubjectPublicKeyInfo, DER, base64url. */
  readonly publicKeySpki: string;
}

export type Role = 'administrator' | 'responder' | 'owner' | 'analyst' | 'auditor';

/** An administrator's offer to enrol one person. Closed; signed by the administrator's passkey over its digest. */
export interface Invitation {
  readonly v: '1';
  readonly installation: string;
  readonly id: Id<'invitation'>;
  readonly person: Id<'person'>;
  /** Sorted. */
  readonly roles: readonly Role[];
  /** Ed25519 public key of the link, base64url. Its seed stands only in the link's fragment. */
  readonly linkPublicKey: string;
  readonly invitedBy: Id<'person'>;
  readonly nonce: string;
  readonly expiresAt: string;
}

/** What the link's key signs: this credential, for this invitation, and no other. Closed. */
export interface EnrolmentStatement {
  readonly v: '1';
  readonly installation: string;
  /** The invitation's id, that of a reset, or `genesis` for the first administrator. */
  readonly invitation: string;
  readonly person: Id<'person'>;
  readonly credential: { readonly [K in keyof Credential]: string };
  readonly rpId: string;
  readonly origin: string;
}

/**
 * What a passkey signs at sign-in: this browser's key may sign T1 reviews, for at most eight hours. Closed.
 * The person is whoever the signing credential belongs to.
 */
export interface SessionStatement {
  readonly v: '1';
  readonly installation: string;
  readonly session: Id<'session'>;
  /** ECDSA P-256 SPKI of a key that the browser cannot export, base64url. */
  readonly sessionPublicKey: string;
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

export interface Person {
  readonly id: Id<'person'>;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly credentials: readonly Credential[];
  readonly isActive: boolean;
  /** Digest of the last statement about them that counts: the next one has to name it. */
  readonly head?: Digest;
  /** Changes that gave them a role. While one is new, nothing that they sign counts for an act of two people. */
  readonly news?: readonly Id<'person_change'>[];
  /** What they held before. It signs nothing any more; what they stopped with it stays stopped. */
  readonly former?: { readonly roles: readonly Role[]; readonly credentials: readonly Credential[] };
}
