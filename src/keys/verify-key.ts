import { createPublicKey, verify as verifySignature } from 'node:crypto';
import type { VerifyKey } from '../core/decide/signatures.ts';

/** {@link VerifyKey} by Node's crypto. The key's type has to be the algorithm's, so that a key is never misread. */
export const verifyKey: VerifyKey = async (algorithm, spki, message, signature) => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    switch (algorithm) {
      case 'ES256':
        if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || signature.length !== 64) return false;
        return verifySignature('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
      case 'EdDSA':
        return key.asymmetricKeyType === 'ed25519' && verifySignature(null, message, key, signature);
      case 'RS256':
        return key.asymmetricKeyType === 'rsa' && verifySignature('sha256', message, key, signature);
    }
  } catch {
    return false;
  }
};
