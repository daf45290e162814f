import { digestOf } from '../../src/base/canonical.ts';
import type { SessionBegun, SessionFinish } from '../../src/model/api.ts';
import { fetchMe, request } from '../api/client.ts';
import { heldKey, holdKey, newKey, signWithKey } from './keys.ts';
import { passkeyTrouble, signWithPasskey } from './passkey.ts';
import { challengeBytes, closed, WillNotSign } from './review.ts';

/** Signs in: a new key of this browser, endorsed by the person's own credential, for T1 reviews only. */
export async function signIn(kind: 'passkey' | 'browser_key'): Promise<void> {
  const me = await fetchMe();
  const key = await newKey();
  const begun = await request<SessionBegun>('POST', '/api/v1/session/begin', { sessionPublicKey: key.publicKeySpki });
  const { statement } = begun;
  if (statement.sessionPublicKey !== key.publicKeySpki || statement.installation !== me.installation) {
    throw new WillNotSign("the server's text is about another key or installation");
  }
  const digest = challengeBytes(digestOf('countersign/session/v1', closed(statement)), begun.challenge);
  const finish: SessionFinish = { session: statement.session, signature: await signatureOf(kind, digest, begun.rpId) };
  await request('POST', '/api/v1/session/finish', finish);
  await holdKey({
    name: 'session',
    privateKey: key.privateKey,
    publicKeySpki: key.publicKeySpki,
    id: statement.session,
  });
}

async function signatureOf(
  kind: 'passkey' | 'browser_key',
  digest: Uint8Array,
  rpId: string,
): Promise<SessionFinish['signature']> {
  if (kind === 'browser_key') {
    const held = await heldKey('browser_key');
    if (held === undefined) throw new Error('This browser holds no key. Use the enrolment link, or a passkey.');
    return { kind, credentialId: held.id, signature: await signWithKey(held, digest) };
  }
  try {
    return { kind, assertion: await signWithPasskey(digest, rpId, []) };
  } catch (error) {
    throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
  }
}
