import { base64url, concatBytes, fromBase64url, hexToBytes, sha256, textFromUtf8, utf8 } from '../../base/bytes.ts';
import type { Digest } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PersonSignature } from '../../model/audit-entry.ts';
import type { Assertion, Credential } from '../../model/review.ts';

/**
 * Verifies one signature with a public key. Supplied by Node's crypto or by WebCrypto, which agree on what they accept.
 * `spki` is DER; an ES256 signature is r ‖ s of 64 bytes. Resolves to false on anything malformed, never rejects.
 */
export type VerifyKey = (
  algorithm: 'ES256' | 'EdDSA' | 'RS256',
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>;

/** Why a signature does not count. */
export type SignatureFault =
  | 'malformed'
  | 'wrong_type'
  | 'wrong_challenge'
  | 'wrong_origin'
  | 'cross_origin'
  | 'wrong_relying_party'
  | 'user_not_present'
  | 'user_not_verified'
  | 'bad_signature'
  | 'unknown_credential'
  | 'kind_not_allowed';

/** Where a passkey was made to be used. */
export interface RelyingParty {
  readonly rpId: string;
  readonly origin: string;
}

const FLAG_USER_PRESENT = 0x01;
const FLAG_USER_VERIFIED = 0x04;
const AUTHENTICATOR_DATA_BYTES_MIN = 37;
const CLIENT_DATA_BYTES_MAX = 4_096;

/**
 * Checks a WebAuthn assertion (W3C WebAuthn Level 3, section 7.2) over 32 digest bytes, with user verification.
 *
 * It checks what common libraries leave out: the ceremony was not cross-origin, and the challenge is the raw digest
 * rather than its text. It cannot see a replay, because synced passkeys report counter 0: that the nonce inside what
 * was signed is used once is for the caller.
 */
export async function checkAssertion(
  assertion: Assertion,
  credential: Credential,
  digest: Digest,
  party: RelyingParty,
  verify: VerifyKey,
): Promise<Result<true, SignatureFault>> {
  const authenticatorData = fromBase64url(assertion.authenticatorData);
  const clientData = fromBase64url(assertion.clientDataJson);
  const signature = fromBase64url(assertion.signature);
  const spki = fromBase64url(credential.publicKeySpki);
  const digestBytes = hexToBytes(digest);
  if (!authenticatorData || !clientData || !signature || !spki || digestBytes?.length !== 32) return fail('malformed');
  if (assertion.credentialId !== credential.id) return fail('unknown_credential');
  const context = checkClientData(clientData, digestBytes, party);
  if (!context.ok) return context;
  if (authenticatorData.length < AUTHENTICATOR_DATA_BYTES_MIN) return fail('malformed');
  const rpIdHash = sha256(utf8(party.rpId));
  if (!rpIdHash.every((byte, i) => byte === authenticatorData[i])) return fail('wrong_relying_party');
  const flags = authenticatorData[32] ?? 0;
  if ((flags & FLAG_USER_PRESENT) === 0) return fail('user_not_present');
  if ((flags & FLAG_USER_VERIFIED) === 0) return fail('user_not_verified');
  const raw = credential.algorithm === 'ES256' ? rawFromDer(signature) : signature;
  if (raw === undefined) return fail('malformed');
  const message = concatBytes(authenticatorData, sha256(clientData));
  return (await verify(credential.algorithm, spki, message, raw)) ? ok(true) : fail('bad_signature');
}

function checkClientData(bytes: Uint8Array, digest: Uint8Array, party: RelyingParty): Result<true, SignatureFault> {
  if (bytes.length > CLIENT_DATA_BYTES_MAX) return fail('malformed');
  const data = jsonObject(textFromUtf8(bytes));
  if (data === undefined) return fail('malformed');
  if (data['type'] !== 'webauthn.get') return fail('wrong_type');
  if (data['challenge'] !== base64url(digest)) return fail('wrong_challenge');
  if (typeof data['origin'] !== 'string' || !isSameOrigin(party.origin, data['origin'])) return fail('wrong_origin');
  // An assertion made inside somebody else's frame: the person saw another page.
  if (data['crossOrigin'] === true || data['topOrigin'] !== undefined) return fail('cross_origin');
  return ok(true);
}

/** The same origin; on plain `http://localhost` the port may differ, since one installation may be started on another. */
export function isSameOrigin(expected: string, actual: string): boolean {
  const local = /^http:\/\/localhost(:\d{1,5})?$/;
  return expected === actual || (local.test(expected) && local.test(actual));
}

function jsonObject(text: string | undefined): { readonly [key: string]: unknown } | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** What kinds of person signature count: `browser_key` only in a demo installation. */
export interface SigningRules extends RelyingParty {
  readonly isDemo: boolean;
}

/**
 * Checks that one of `credentials` signed the digest. Returns the credential that did.
 * A browser key signs the 32 digest bytes themselves, and counts in a demo installation alone.
 */
export async function checkPersonSignature(
  signature: PersonSignature,
  digest: Digest,
  credentials: readonly Credential[],
  rules: SigningRules,
  verify: VerifyKey,
): Promise<Result<Credential, SignatureFault>> {
  const id = signature.kind === 'passkey' ? signature.assertion.credentialId : signature.credentialId;
  const credential = credentials.find(candidate => candidate.id === id);
  if (credential === undefined) return fail('unknown_credential');
  if (credential.kind !== signature.kind) return fail('kind_not_allowed');
  if (signature.kind === 'passkey') {
    const checked = await checkAssertion(signature.assertion, credential, digest, rules, verify);
    return checked.ok ? ok(credential) : checked;
  }
  if (!rules.isDemo) return fail('kind_not_allowed');
  return (await checkRaw(credential.algorithm, credential.publicKeySpki, digest, signature.signature, verify))
    ? ok(credential)
    : fail('bad_signature');
}

/** A plain signature over the 32 bytes of a digest: a link's key, a session's key, a browser key. */
export async function checkRaw(
  algorithm: Credential['algorithm'],
  spkiBase64url: string,
  digest: Digest,
  signatureBase64url: string,
  verify: VerifyKey,
): Promise<boolean> {
  const spki = fromBase64url(spkiBase64url);
  const signature = fromBase64url(signatureBase64url);
  const message = hexToBytes(digest);
  if (!spki || !signature || message?.length !== 32) return false;
  return verify(algorithm, spki, message, signature);
}

/** RFC 8410: the DER in front of a 32-byte Ed25519 public key. */
const ED25519_SPKI_PREFIX = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]);

/** The SPKI of a raw Ed25519 public key, both base64url. Undefined unless the key has 32 bytes. */
export function ed25519Spki(publicKeyBase64url: string): string | undefined {
  const key = fromBase64url(publicKeyBase64url);
  return key?.length === 32 ? base64url(concatBytes(ED25519_SPKI_PREFIX, key)) : undefined;
}

const P256_BYTES = 32;

/** ECDSA-Sig-Value (RFC 3279) to r ‖ s. Undefined unless it is strict DER of two positive integers of at most 32 bytes. */
export function rawFromDer(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return undefined;
  const r = derInteger(der, 2);
  if (r === undefined) return undefined;
  const s = derInteger(der, r.end);
  if (s === undefined || s.end !== der.length) return undefined;
  const raw = new Uint8Array(2 * P256_BYTES);
  raw.set(r.bytes, P256_BYTES - r.bytes.length);
  raw.set(s.bytes, 2 * P256_BYTES - s.bytes.length);
  return raw;
}

function derInteger(der: Uint8Array, at: number): { readonly bytes: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1] ?? 0;
  const start = at + 2;
  const end = start + length;
  const first = der[start];
  if (der[at] !== 0x02 || length === 0 || end > der.length || first === undefined || first >= 0x80) return undefined;
  const isPadded = first === 0 && length > 1;
  if (isPadded && (der[start + 1] ?? 0) < 0x80) return undefined;
  const bytes = der.subarray(isPadded ? start + 1 : start, end);
  return bytes.length <= P256_BYTES ? { bytes, end } : undefined;
}
