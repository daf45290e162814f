import { base64url, concatBytes, fromBase64url, hexToBytes } from '../../src/base/bytes.ts';

const SEED_BYTES = 32;
/** PKCS #8 of an Ed25519 private key (RFC 8410) up to its 32 seed bytes. */
const PKCS8_HEAD = hexToBytes('302e020100300506032b657004220420') ?? new Uint8Array();

/** The key of an enrolment link. Its seed stands in the link's fragment, which a browser never sends. */
export interface LinkKey {
  /** Ed25519, 32 bytes, base64url. */
  readonly publicKey: string;
  /** The signature in base64url. */
  readonly sign: (digest: Uint8Array) => Promise<string>;
}

/** Undefined where the text is not a seed: 32 bytes in base64url, alone or behind `seed=`. */
export async function linkKeyFromFragment(fragment: string): Promise<LinkKey | undefined> {
  const text = fragment.replace(/^#/, '').replace(/^seed=/, '');
  const seed = fromBase64url(text);
  return seed?.length === SEED_BYTES ? linkKeyFromSeed(seed) : undefined;
}

/** A fresh link: the seed for its fragment, and its key. */
export async function newLink(): Promise<{ readonly seed: string; readonly key: LinkKey }> {
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  return { seed: base64url(seed), key: await linkKeyFromSeed(seed) };
}

async function linkKeyFromSeed(seed: Uint8Array): Promise<LinkKey> {
  const pkcs8 = new Uint8Array(concatBytes(PKCS8_HEAD, seed));
  // Extractable, because WebCrypto has no other way to the public half; the seed is in the link anyway.
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, true, ['sign']);
  const { x } = await crypto.subtle.exportKey('jwk', privateKey);
  if (x === undefined) throw new Error('this browser does not know Ed25519; update it');
  return {
    publicKey: x,
    sign: async digest =>
      base64url(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, privateKey, new Uint8Array(digest)))),
  };
}
