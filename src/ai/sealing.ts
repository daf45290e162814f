import { webcrypto } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { keySealLabel, SEALED_KEY_BYTES_MAX } from '../model/provider-key.ts';
import type { ProviderConfig } from '../ports/model.ts';

/** As browsers know it (WebCrypto), so that a page can seal a key for this process and for nobody else. */
const ALGORITHM = {
  name: 'RSA-OAEP',
  modulusLength: 3072,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const;
const SEALED_CHARS_MAX = 1_024;

/** What opens keys that browsers sealed. The private half never leaves this process and its folder. */
export interface Sealing {
  /** SPKI, base64. */
  readonly publicKey: string;
  /** Undefined where it was sealed for another key, or for another provider or address than this one. */
  open(provider: ProviderConfig, sealed: string): Promise<string | undefined>;
}

/** The key pair in the folder, made where there is none or where it cannot be read. */
export async function openSealing(folder: string): Promise<Sealing> {
  const file = join(folder, 'sealing-key');
  const privateKey = (await keyIn(file)) ?? (await makeKey(file));
  const { n, e } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey(
    'jwk',
    { kty: 'RSA', alg: 'RSA-OAEP-256', ...(n === undefined ? {} : { n }), ...(e === undefined ? {} : { e }) },
    ALGORITHM,
    true,
    ['encrypt'],
  );
  const spki = await webcrypto.subtle.exportKey('spki', publicKey);
  return {
    publicKey: Buffer.from(spki).toString('base64'),
    async open(provider, sealed) {
      if (sealed.length > SEALED_CHARS_MAX) return undefined;
      const label = new TextEncoder().encode(keySealLabel(provider));
      try {
        const bytes = await webcrypto.subtle.decrypt(
          { name: 'RSA-OAEP', label },
          privateKey,
          Buffer.from(sealed, 'base64'),
        );
        return bytes.byteLength <= SEALED_KEY_BYTES_MAX ? Buffer.from(bytes).toString('utf8') : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

async function keyIn(file: string): Promise<webcrypto.CryptoKey | undefined> {
  try {
    const bytes = Buffer.from(await readFile(file, 'utf8'), 'base64');
    return await webcrypto.subtle.importKey('pkcs8', bytes, ALGORITHM, true, ['decrypt']);
  } catch {
    return undefined;
  }
}

async function makeKey(path: string): Promise<webcrypto.CryptoKey> {
  const { privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ['encrypt', 'decrypt']);
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  const file = await open(`${path}.making`, 'w', 0o600);
  try {
    await file.writeFile(`${bytes.toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.making`, path);
  return privateKey;
}
