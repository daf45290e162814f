import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { base64url } from '../base/bytes.ts';
import type { Credential } from '../model/review.ts';

/** A passkey's COSE key (RFC 9052) as SubjectPublicKeyInfo, base64url; undefined for kinds of key that we do not take. */
export function spkiOfCose(cose: Uint8Array): (Pick<Credential, 'algorithm'> & { readonly spki: string }) | undefined {
  const found = jwkOfCose(cose);
  if (found === undefined) return undefined;
  try {
    const spki = createPublicKey({ key: found.jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
    return { algorithm: found.algorithm, spki: base64url(spki) };
  } catch {
    return undefined;
  }
}

function jwkOfCose(
  cose: Uint8Array,
): { readonly jwk: JsonWebKey; readonly algorithm: Credential['algorithm'] } | undefined {
  const key: ReadonlyMap<number, unknown> = decodeCredentialPublicKey(Uint8Array.from(cose)) as unknown as ReadonlyMap<
    number,
    unknown
  >;
  const text = (label: number) => {
    const value = key.get(label);
    return value instanceof Uint8Array ? base64url(value) : undefined;
  };
  const [x, y, n, e] = [text(-2), text(-3), text(-1), text(-2)];
  switch (key.get(3)) {
    case -7:
      return x !== undefined && y !== undefined
        ? { jwk: { kty: 'EC', crv: 'P-256', x, y }, algorithm: 'ES256' }
        : undefined;
    case -8:
      return x !== undefined ? { jwk: { kty: 'OKP', crv: 'Ed25519', x }, algorithm: 'EdDSA' } : undefined;
    case -257:
      return n !== undefined && e !== undefined ? { jwk: { kty: 'RSA', n, e }, algorithm: 'RS256' } : undefined;
    default:
      return undefined;
  }
}
