import { digestOf } from '../../src/base/canonical.ts';
import type { DelegationBegun } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { challengeBytes, closed, WillNotSign } from './review.ts';
import { signDigest } from './sign.ts';

/** Signs that somebody signs in one's own seats for so many days. The digest of the server's statement is recomputed first. */
export async function signDelegation(me: string, to: string, days: number): Promise<void> {
  const begun = await request<DelegationBegun>('POST', '/api/v1/delegations/begin', { to, days });
  const { statement, challenge, credentialIds } = begun;
  if (statement.from !== me || statement.to !== to) throw new WillNotSign('the text to sign names somebody else');
  const digest = challengeBytes(digestOf('countersign/delegation/v1', closed({ ...statement })), challenge);
  const signature = await signDigest(digest, credentialIds);
  await request('POST', '/api/v1/delegations/finish', { nonce: statement.nonce, signature });
}
