import { base64url } from '../../src/base/bytes.ts';

/**
 * Keys that stay in this browser profile: IndexedDB keeps the `CryptoKey` itself, made non-extractable, so no script
 * (ours included) can read the private part.
 */
export interface HeldKey {
  /** `session`: signs T1 reviews for this sign-in. `browser_key`: stands in for a passkey, in a demo only. */
  readonly name: 'session' | 'browser_key';
  readonly privateKey: CryptoKey;
  /** SubjectPublicKeyInfo, DER, base64url. */
  readonly publicKeySpki: string;
  /** The session's or the credential's id, as the server knows it. */
  readonly id: string;
}

const DATABASE = 'countersign';
const STORE = 'keys';
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** A new P-256 key whose private part cannot leave the browser. Kept only by {@link holdKey}. */
export async function newKey(): Promise<{ readonly privateKey: CryptoKey; readonly publicKeySpki: string }> {
  const pair = await crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return { privateKey: pair.privateKey, publicKeySpki: base64url(spki) };
}

export async function holdKey(key: HeldKey): Promise<void> {
  await inStore('readwrite', store => store.put(key, key.name));
}

export async function heldKey(name: HeldKey['name']): Promise<HeldKey | undefined> {
  return (await inStore('readonly', store => store.get(name))) as HeldKey | undefined;
}

export async function dropKey(name: HeldKey['name']): Promise<void> {
  await inStore('readwrite', store => store.delete(name));
}

/** ECDSA with SHA-256 over the 32 digest bytes: raw r‖s, 64 bytes, base64url. */
export async function signWithKey(key: HeldKey, digest: Uint8Array): Promise<string> {
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    key.privateKey,
    new Uint8Array(digest),
  );
  return base64url(new Uint8Array(signature));
}

async function inStore(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const db = await openDatabase();
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const transaction = db.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('this browser did not keep the key'));
    });
  } finally {
    db.close();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(new Error('this browser refuses to keep keys (private window?)'));
  });
}
