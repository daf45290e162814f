import type { SignatureChecks } from '../audit/verify/people.ts';
import { checkPersonSignature, checkRaw, ed25519Spki } from '../core/decide/signatures.ts';
import { verifyKey } from '../keys/verify-key.ts';

/** The product's own signature checks, as the verifier of a log wants them. */
export const signatureChecks: SignatureChecks = {
  person: async (signature, digest, credentials, rules) =>
    (await checkPersonSignature(signature, digest, credentials, rules, verifyKey)).ok,
  session: (spki, digest, signature) => checkRaw('ES256', spki, digest, signature, verifyKey),
  async link(publicKey, digest, signature) {
    const spki = ed25519Spki(publicKey);
    return spki !== undefined && checkRaw('EdDSA', spki, digest, signature, verifyKey);
  },
};
