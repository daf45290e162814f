import { digestOf } from '../../src/base/canonical.ts';
import type { ProposalView } from '../../src/model/api.ts';
import type { FindingStatement } from '../../src/model/audit-entry.ts';
import { request } from '../api/client.ts';
import { challengeBytes, closed, WillNotSign } from './review.ts';
import { signDigest } from './sign.ts';

interface FindingBegun {
  readonly statement: { readonly [member: string]: unknown };
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** Signs what a person found of an act. The digest of the server's statement is recomputed here first. */
export async function signFinding(
  proposal: string,
  finds: FindingStatement['finds'],
  reason: string,
): Promise<ProposalView> {
  const path = `/api/v1/proposals/${proposal}/finding`;
  const begun = await request<FindingBegun>('POST', `${path}/begin`, { finds, reason });
  const { nonce } = begun.statement;
  if (typeof nonce !== 'string' || begun.statement['finds'] !== finds || begun.statement['proposal'] !== proposal)
    throw new WillNotSign('the text to sign says something else');
  const digest = challengeBytes(digestOf('countersign/finding/v1', closed(begun.statement)), begun.challenge);
  const signature = await signDigest(digest, begun.credentialIds);
  return request<ProposalView>('POST', `${path}/finish`, { nonce, signature });
}
