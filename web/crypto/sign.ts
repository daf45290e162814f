import type { Assertion } from '../../src/model/review.ts';
import { fetchMe } from '../api/client.ts';
import { heldKey, signWithKey } from './keys.ts';
import { signWithPasskey } from './passkey.ts';

/** A person's own signature over 32 digest bytes. */
export type DigestSignature =
  | { readonly kind: 'passkey'; readonly assertion: Assertion }
  | { readonly kind: 'browser_key'; readonly credentialId: string; readonly signature: string };

/**
 * Signs with the browser key where one of the credentials that the server would take is held in this profile (a demo),
 * else with a passkey. Throws where the person turns away or no credential is here.
 */
export async function signDigest(digest: Uint8Array, credentialIds: readonly string[]): Promise<DigestSignature> {
  const held = await heldKey('browser_key');
  if (held !== undefined && (credentialIds.length === 0 || credentialIds.includes(held.id))) {
    return { kind: 'browser_key', credentialId: held.id, signature: await signWithKey(held, digest) };
  }
  const me = await fetchMe();
  return { kind: 'passkey', assertion: await signWithPasskey(digest, me.rpId, credentialIds) };
}
