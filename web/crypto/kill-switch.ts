import { digestOf } from '../../src/base/canonical.ts';
import { request } from '../api/client.ts';
import { challengeBytes, closed, WillNotSign } from './review.ts';
import { type DigestSignature, signDigest } from './sign.ts';

interface SwitchBegun {
  readonly statement: { readonly [member: string]: unknown };
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** Turns the kill switch off with a passkey over the server's statement, whose digest is recomputed here first. */
export async function turnOff(reason: string): Promise<void> {
  const begun = await request<SwitchBegun>('POST', '/api/v1/kill-switch/release/begin', {});
  const nonce = begun.statement['nonce'];
  if (typeof nonce !== 'string') throw new WillNotSign('the text to sign has no nonce');
  const digest = challengeBytes(digestOf('countersign/kill-switch/v1', closed(begun.statement)), begun.challenge);
  const signature: DigestSignature = await signDigest(digest, begun.credentialIds);
  await request('POST', '/api/v1/kill-switch/release/finish', { nonce, reason, signature });
}
