import { fromBase64 } from '../../src/base/bytes.ts';
import { type KeyedProvider, keySealLabel, SEALED_KEY_BYTES_MAX } from '../../src/model/provider-key.ts';
import { WillNotSign } from './review.ts';

/**
 * Seals a provider's key to the ai process: RSA-OAEP with SHA-256 under a label that names where the key may be sent. The
 * server carries it and cannot open it. Throws {@link WillNotSign} where the key does not fit or no ai process is there.
 */
export async function sealKey(publicKey: string, provider: KeyedProvider, key: string): Promise<string> {
  const spki = fromBase64(publicKey);
  if (spki === undefined || spki.length === 0)
    throw new WillNotSign('the ai process does not run, so nobody could open the key');
  const bytes = new TextEncoder().encode(key);
  if (bytes.length > SEALED_KEY_BYTES_MAX)
    throw new WillNotSign(`a key of more than ${SEALED_KEY_BYTES_MAX} bytes is entered by the command line`);
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('spki', new Uint8Array(spki), algorithm, false, ['encrypt']);
  const label = new TextEncoder().encode(keySealLabel(provider));
  const sealed = await crypto.subtle.encrypt({ name: 'RSA-OAEP', label }, imported, bytes);
  return btoa(String.fromCharCode(...new Uint8Array(sealed)));
}
