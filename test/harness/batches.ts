import { beginBatch, finishBatch } from '../../src/app/proposals/batch.ts';
import { openEvidence } from '../../src/app/proposals/opened.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import { fail, type Result } from '../../src/base/result.ts';
import { chosenOf } from '../../src/core/decide/batch.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { BatchIntent, Intent, ReviewSignature } from '../../src/model/review.ts';
import { digestBytes, type Installation, type Member, must, personRecord, signInventory } from './installation.ts';
import { INCIDENT, intentFor, judgeFirst, know, storeReview, studyFor, withPlanner } from './proposals.ts';

/** As many proposals of one operation, each on an account of its own that the inventory knows. */
export async function proposeMany(
  world: Installation,
  by: { readonly admin: Member; readonly rosa: Member },
  operations: readonly string[],
  version = 2,
): Promise<readonly `prp_${string}`[]> {
  const names = operations.map((operation, i) => `app_${operation}_v${version}n${i}`);
  for (const [i, name] of names.entries())
    world.target.add({ id: `id-${name}`, name, isOpen: operations[i] !== 'unblock' });
  await signInventory(
    world,
    by.admin,
    names.map(name => personRecord(`Person ${name}`, name)),
    version,
  );
  const made: `prp_${string}`[] = [];
  for (const [i, targetName] of names.entries()) {
    const operation = operations[i] ?? '';
    const study = await studyFor(world, { targetName, operation });
    const request = { kind: 'option', incident: INCIDENT, option: `opt_${operation}` } as const;
    made.push(must(await withPlanner(world, requestProposal(world.context, study, by.rosa.person, request))));
  }
  return made;
}

/** Signs these together as the page does. `opens`: which of them are opened before the signature. */
export async function tryBatch(
  world: Installation,
  by: Member,
  proposals: readonly `prp_${string}`[],
  wish: { readonly opens?: 'all' | 'chosen' | 'none'; readonly verdict?: 'approve' | 'reject' } = {},
): Promise<Result<readonly `prp_${string}`[], Failure>> {
  const open = async (id: `prp_${string}`) => {
    const [shown] = (await know(world, id)).presentation.evidence;
    if (shown !== undefined) must(await openEvidence(world.context, by.person, id, shown.id));
  };
  if (wish.opens === 'all') for (const id of proposals) await open(id);
  const known = await Promise.all(proposals.map(id => know(world, id)));
  for (const { current } of known) await judgeFirst(world, by, current.proposal, current.revision);
  const begun = await beginBatch(world.context, by.person, {
    verdict: wish.verdict ?? 'approve',
    reason: 'each of them logged in from the network that attacked us tonight',
    members: known.map(({ current }) => ({
      proposal: current.proposal,
      revision: current.revision,
      actDigest: current.actDigest,
      presentationDigest: current.presentationDigest,
      acknowledged: [],
    })),
  });
  if (!begun.ok) return fail(begun.failure);
  if (wish.opens !== 'none') for (const id of begun.value.toOpen) await open(id);
  const assertion = by.authenticator.assert(Buffer.from(begun.value.challenge, 'base64url'));
  const signature = { kind: 'passkey', assertion } as const;
  return finishBatch(world.context, by.person, { nonce: begun.value.batch.nonce, signature });
}

/** What a person would sign for these together, with nobody's rules asked. */
export async function batchFor(
  world: Installation,
  by: Member,
  proposals: readonly `prp_${string}`[],
): Promise<{ readonly batch: BatchIntent; readonly intents: readonly Intent[] }> {
  const intents: Intent[] = [];
  for (const id of proposals) intents.push(await intentFor(world, id, by.person.id));
  const { act, current } = await know(world, proposals[0] ?? '');
  const members = intents.map(intent => ({
    proposal: intent.proposal,
    intentDigest: sealed('countersign/intent/v1', intent).digest,
  }));
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
  return {
    intents,
    batch: {
      v: '1',
      installation: world.genesis.installation,
      reviewer: by.person.id,
      verdict: 'approve',
      responder: act.responder,
      operation: act.operation,
      operationVersion: act.operationVersion,
      tier: current.tier,
      members,
      opened: chosenOf({ members, nonce }) ?? 'prp_none',
      nonce,
    },
  };
}

/** The signature of a batch, by the passkey of whoever reviews. */
export function signBatch(by: Member, batch: BatchIntent): Extract<ReviewSignature, { kind: 'batch' }> {
  const { digest } = sealed('countersign/batch-intent/v1', batch);
  return { kind: 'batch', batch, by: { kind: 'passkey', assertion: by.authenticator.assert(digestBytes(digest)) } };
}

/** Stores a review of each intent under this signature, as whoever holds the server's role and the log can. */
export async function storeBatch(
  world: Installation,
  intents: readonly Intent[],
  signature: ReviewSignature,
): Promise<void> {
  for (const intent of intents) await storeReview(world, intent, signature);
}
