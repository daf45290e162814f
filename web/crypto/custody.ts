import { digestOf } from '../../src/base/canonical.ts';
import type { CustodyBegun } from '../../src/model/machine.ts';
import { request } from '../api/client.ts';
import { challengeBytes, closed, WillNotSign } from './review.ts';
import { signDigest } from './sign.ts';

/** Signs that one answers for a machine identity for so many days, used from these addresses only where some are named. */
export async function signCustody(me: string, identity: string, days: number, from: readonly string[]): Promise<void> {
  const begun = await request<CustodyBegun>('POST', '/api/v1/machines/begin', { identity, days, from });
  const { statement, challenge, credentialIds } = begun;
  const isAsked =
    statement.owner === me && statement.identity === identity && statement.from.join() === [...from].sort().join();
  if (!isAsked) throw new WillNotSign('the text to sign is of another identity, or of somebody else');
  const digest = challengeBytes(digestOf('countersign/custody/v1', closed({ ...statement })), challenge);
  const signature = await signDigest(digest, credentialIds);
  await request('POST', '/api/v1/machines/finish', { nonce: statement.nonce, signature });
}
