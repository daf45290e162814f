import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';

/**
 * What an executor believes without proof, written once into its own storage when the installation is made.
 * Everything else it takes from others has to chain to this by signatures.
 */
export interface Genesis {
  readonly v: '1';
  readonly installation: Id<'installation'>;
  readonly tenant: string;
  /** Origin of the log, which is the name of its key too. */
  readonly logOrigin: string;
  /** The log's key in the form of C2SP signed-note. */
  readonly logVkey: string;
  /** Ed25519 public key of the first enrolment link, base64url. */
  readonly linkPublicKey: string;
  /** RFC 3339. The first enrolment link counts until then. */
  readonly linkExpiresAt: string;
  readonly rpId: string;
  readonly origin: string;
  /** A demo acts only on targets that the supervisor started; it can never become anything else. */
  readonly demo: boolean;
  /** Digest of the built-in policy that came with the program. */
  readonly policyDigest: Digest;
  /** Digest of the demo's own inventory, or the empty string. Any other inventory needs an administrator's signature. */
  readonly inventoryDigest: string;
  /** That nobody who may sign for others was ever invited by one person alone here; absent of an earlier version. */
  readonly invitedBy?: 'two';
}
