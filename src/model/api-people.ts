/** What crosses the wire about people: enrolment, sign-in, who there is, what changes of them, who signs in whose stead. */
import type { Id } from '../base/id.ts';
import type { PersonChange, PersonChangeKind } from './person-change.ts';
import type { DelegationStatement } from './quorum.ts';
import type { Assertion, Credential, Invitation, Role, SessionStatement } from './review.ts';

/* ---------- enrolment and sign-in ---------- */

/** POST /api/v1/enrol/begin. `invitation` is `genesis` for the first administrator. */
export interface EnrolBegin {
  readonly linkPublicKey: string;
}
export interface EnrolBegun {
  readonly invitation: string;
  readonly installation: Id<'installation'>;
  readonly person: Id<'person'>;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly rpId: string;
  readonly origin: string;
  /** PublicKeyCredentialCreationOptionsJSON, for @simplewebauthn/browser. */
  readonly creationOptions: unknown;
  readonly browserKeyAllowed: boolean;
  /** It gives somebody who is here a new passkey, in place of one that ended. */
  readonly isReset: boolean;
}
/** POST /api/v1/enrol/finish. The statement is `EnrolmentStatement`; `linkSignature` is Ed25519 over its digest bytes. */
export interface EnrolFinish {
  readonly invitation: string;
  readonly name: string;
  readonly credential: Credential;
  /** RegistrationResponseJSON for a passkey; null for a browser key. */
  readonly registration: unknown;
  readonly linkSignature: string;
}

/** POST /api/v1/session/begin */
export interface SessionBegin {
  readonly sessionPublicKey: string;
}
export interface SessionBegun {
  readonly statement: SessionStatement;
  /** Base64url of the 32 digest bytes: the passkey's challenge. */
  readonly challenge: string;
  readonly rpId: string;
}
/** POST /api/v1/session/finish → Me */
export interface SessionFinish {
  readonly session: Id<'session'>;
  readonly signature:
    | { readonly kind: 'passkey'; readonly assertion: Assertion }
    | { readonly kind: 'browser_key'; readonly credentialId: string; readonly signature: string };
}

/**
 * POST /api/v1/invitations/begin {name, roles, linkPublicKey}. Where one administrator invites alone, what they sign, for
 * …/finish {invitation, assertion|browser_key}; where it takes two, the change that the first of them signs.
 */
export type InvitationBegun = InvitationByOne | { readonly change: PersonChangeBegun };

export interface InvitationByOne {
  readonly invitation: Invitation;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** GET /api/v1/people */
export interface PersonRow {
  readonly id: Id<'person'>;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly enrolledAt: string;
  readonly credentialKinds: readonly string[];
  /** Until when their passkey is too new for acts of two people; empty where it is not. */
  readonly coolsUntil: string;
  readonly isPending: boolean;
  /** Two others removed them: they sign nothing any more, and what they did keeps their name. */
  readonly hasLeft: boolean;
}

/** A change of a person that counts, or that may still be signed. */
export interface PersonChangeView {
  readonly change: Id<'person_change'>;
  readonly kind: PersonChangeKind;
  readonly person: Id<'person'>;
  readonly personName: string;
  /** What they have from it on; nothing where they leave. Of an invitation what they are invited as. */
  readonly roles: readonly Role[];
  readonly signedBy: readonly { readonly person: Id<'person'>; readonly name: string; readonly at: string }[];
  readonly needed: number;
  readonly expiresAt: string;
  readonly state: 'waits' | 'counts' | 'expired';
  /** Whether whoever asks may sign it now, and why not; both empty where it does not wait. */
  readonly maySign: boolean;
  readonly because: string;
}

/** POST /api/v1/person-changes/begin and /:id/begin: what one of the two signs. */
export interface PersonChangeBegun {
  readonly statement: PersonChange;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** POST /api/v1/delegations/begin */
export interface DelegationBegun {
  readonly statement: DelegationStatement;
  /** Base64url of the 32 digest bytes. */
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** GET /api/v1/delegations: who signs in whose stead now. */
export interface DelegationView {
  readonly id: string;
  readonly from: Id<'person'>;
  readonly fromName: string;
  readonly to: Id<'person'>;
  readonly toName: string;
  /** RFC 3339, both. */
  readonly since: string;
  readonly until: string;
}
