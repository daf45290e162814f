import type { SignatureChecks } from '../../src/audit/verify/people.ts';
import { fromBase64url } from '../../src/base/bytes.ts';
import { checkPersonSignature, checkRaw, ed25519Spki, type VerifyKey } from '../../src/core/decide/signatures.ts';

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

const verifyKey: VerifyKey = async (algorithm, spki, message, signature) => {
  try {
    const parameters = ALGORITHMS[algorithm];
    const key = await crypto.subtle.importKey('spki', new Uint8Array(spki), parameters, false, ['verify']);
    return await crypto.subtle.verify(parameters, key, new Uint8Array(signature), new Uint8Array(message));
  } catch {
    return false;
  }
};

/** Signature checks by WebCrypto, as the verifier wants them. */
export const signatures: SignatureChecks = {
  person: async (signature, digest, credentials, rules) =>
    (await checkPersonSignature(signature, digest, credentials, rules, verifyKey)).ok,
  session: (spki, digest, signature) => checkRaw('ES256', spki, digest, signature, verifyKey),
  link: async (publicKey, digest, signature) => {
    const spki = fromBase64url(publicKey)?.length === 32 ? ed25519Spki(publicKey) : undefined;
    return spki !== undefined && checkRaw('EdDSA', spki, digest, signature, verifyKey);
  },
};
