import { randomBytes } from 'node:crypto';
import { base64url, bytesToHex, hexToBytes } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { readFinding, sealed } from '../../core/decide/closed.ts';
import { isGlassFinding } from '../../core/decide/glass.ts';
import { checkPersonSignature } from '../../core/decide/signatures.ts';
import type { FindingStatement, PersonSignature } from '../../model/audit-entry.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { factOf } from '../../store/proposal-facts.ts';
import { record, type ServerContext, signingRules, transact } from '../context.ts';
import { keepPending, PENDING_MS, takePending } from '../pending.ts';
import { type KnownProposal, knowProposal } from './facts.ts';
import { mayReview, mayReviewTwoPersonActs } from './review.ts';
import { secondLookRefusal } from './second-look.ts';

/** What a person found out about an act that reading the target does not settle. */
export interface FindingBegun {
  readonly statement: FindingStatement;
  /** Base64url of the 32 digest bytes. */
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** What can be found of an act in each state that waits for a person. */
const FINDABLE: ReadonlyMap<string, readonly FindingStatement['finds'][]> = new Map([
  ['in_doubt', ['succeeded', 'failed']],
  ['not_in_effect', ['verified', 'failed']],
]);

/** Hands out the statement to sign. Only somebody who could review the act may say what became of it. */
export async function beginFinding(
  context: ServerContext,
  person: Person,
  id: string,
  finds: FindingStatement['finds'],
  reason: string,
): Promise<Result<FindingBegun, Failure>> {
  const known = await knowProposal(context, id);
  const refusal = refusalOf(context, known, person, id, finds);
  if (refusal !== undefined || known?.execution === undefined) return fail(refusal ?? failureOf('not_found', id));
  if (reason.trim() === '') return fail(failureOf('review.reason_missing', 'a finding says how it was found'));
  const nonce = bytesToHex(randomBytes(16));
  const statement: FindingStatement = {
    v: '1',
    installation: context.genesis.installation,
    execution: known.execution.id,
    proposal: known.stored.id,
    finds,
    by: person.id,
    reasonDigest: sealed('countersign/reason/v1', { nonce, reason }).digest,
    nonce,
    expiresAt: rfc3339(unixMsFrom(context.now() + PENDING_MS)),
  };
  const { text, digest } = sealed('countersign/finding/v1', statement);
  await keepPending(context, context.pool, {
    nonce,
    kind: 'finding',
    person: person.id,
    body: JSON.stringify({ text, reason }),
  });
  return ok({
    statement,
    challenge: base64url(hexToBytes(digest) ?? new Uint8Array()),
    credentialIds: person.credentials.map(credential => credential.id),
  });
}

/** Takes a signed finding. The executor checks it again, and it alone draws the conclusion. */
export async function finishFinding(
  context: ServerContext,
  person: Person,
  id: string,
  nonce: string,
  signature: PersonSignature,
): Promise<Result<true, Failure>> {
  const taken = await transact(context, async client => {
    const pending = await takePending(context, client, 'finding', nonce, 'review.nonce_used');
    if (!pending.ok) return pending;
    const { text, reason } = JSON.parse(pending.value.body) as { text: string; reason: string };
    const statement = readFinding(text);
    if (!statement.ok || statement.value.by !== person.id || statement.value.proposal !== id)
      return fail(failureOf('review.bad_signature', 'the challenge is for something else'));
    const known = await knowProposal(context, id, client);
    const refusal = refusalOf(context, known, person, id, statement.value.finds);
    if (refusal !== undefined) return fail(refusal);
    const { digest } = sealed('countersign/finding/v1', statement.value);
    const signed = await checkPersonSignature(
      signature,
      digest,
      person.credentials,
      signingRules(context),
      context.verify,
    );
    if (!signed.ok) return fail(failureOf('review.bad_signature', signed.failure));
    await client.query(
      'INSERT INTO finding (tenant_id, execution_id, statement, signature, reason, at) VALUES ($1, $2, $3, $4, $5, $6)',
      [context.tenant, statement.value.execution, text, JSON.stringify(signature), reason, new Date(context.now())],
    );
    await record(context, client, { type: 'execution.found', statement: statement.value, signature });
    return ok(true as const);
  });
  if (taken.ok) await context.pool.query("SELECT pg_notify('cs_executor', $1)", [id]);
  return taken;
}

function refusalOf(
  context: ServerContext,
  known: KnownProposal | undefined,
  person: Person,
  id: string,
  finds: FindingStatement['finds'],
): Failure | undefined {
  if (known?.execution === undefined) return failureOf('not_found', id);
  if (isGlassFinding(finds)) return judgementRefusal(context, known, person);
  if (FINDABLE.get(known.state)?.includes(finds) !== true) return failureOf('proposal.wrong_state', known.state);
  return mayReview(context, known, person, 'reject') ? undefined : failureOf('review.not_eligible', person.id);
}

/**
 * Whoever broke the glass does not say whether that was right; anybody else who reviews acts of two people may. Of other acts
 * it is asked of those that chance chose, and of people who had no part in them.
 */
function judgementRefusal(context: ServerContext, known: KnownProposal, person: Person): Failure | undefined {
  const brokenBy = known.execution === undefined ? undefined : factOf(known.execution, 'intended')?.body.brokenBy;
  if (brokenBy === undefined) return secondLookRefusal(context, known, person);
  const isAllowed = person.id !== brokenBy && mayReviewTwoPersonActs(context, person);
  return isAllowed ? undefined : failureOf('review.not_eligible', person.id);
}
