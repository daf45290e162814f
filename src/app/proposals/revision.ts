import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { readAct, readPresentation, sealed } from '../../core/decide/closed.ts';
import { ACTS_COUNTED_MS } from '../../core/decide/kinds.ts';
import { leaseTrouble } from '../../core/decide/lease.ts';
import { ownersOf } from '../../core/decide/owners.ts';
import { present, type ShownEvidence } from '../../core/decide/present.ts';
import { quorumOf, type Seat } from '../../core/decide/quorum.ts';
import { type MadeSeal, sealOf } from '../../core/decide/seal.ts';
import { isPersonLink, subjectsOf } from '../../core/decide/subject.ts';
import { classOf, type TargetClass } from '../../core/decide/target-class.ts';
import { tierOf } from '../../core/decide/tier.ts';
import { tierFactsOf } from '../../core/decide/tier-facts.ts';
import { TIMES } from '../../core/decide/times.ts';
import { gateOf, shortfallText } from '../../core/study/gate.ts';
import type { Explained } from '../../model/explained.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { type Act, isOwnTarget, type Presentation, stricter, type Tier } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { Operation, Plan } from '../../ports/responder.ts';
import { RESPONDERS } from '../../responders/index.ts';
import { countActs } from '../../store/proposal-facts.ts';
import { type Db, record, type ServerContext } from '../context.ts';
import { signedInventory } from '../signed-inventory.ts';
import type { Draft } from './draft.ts';
import { groundCitations } from './ground.ts';
import { planByExecutor } from './plan.ts';
import { undoCheck } from './undo-check.ts';

/** Why the explainability gate makes no proposal of this tier; undefined where it does not stand in the way. */
export function closedGate(explained: Explained | undefined, tier: Tier): Failure | undefined {
  const verdict = gateOf(explained, tier);
  return verdict.isOpen ? undefined : failureOf('proposal.not_explained', shortfallText(verdict));
}

export interface MadeRevision {
  readonly act: { readonly text: string; readonly digest: string };
  readonly presentation: { readonly text: string; readonly digest: string };
  readonly plan: Plan;
  readonly tier: Tier;
  readonly reviewBy: number;
  readonly startWithinSeconds: number;
  readonly reasons: Presentation['reasons'];
  readonly seal: MadeSeal;
}

/** A revision of what is drafted, `by` somebody or by the installation itself, against a fresh look at the target: grounded, tiered, sealed. Nothing is stored. */
export async function makeRevision(
  context: ServerContext,
  by: Pick<Person, 'id'> | undefined,
  draft: Draft,
): Promise<Result<MadeRevision, Failure>> {
  const operation = RESPONDERS.get(draft.responder)?.manifest.operations.find(
    candidate => candidate.name === draft.operation,
  );
  if (operation === undefined) return fail(failureOf('responder.unknown', `${draft.responder}.${draft.operation}`));
  const trouble =
    draft.leaseEndsAt === undefined ? undefined : leaseTrouble(operation, draft.leaseEndsAt, context.now());
  if (trouble !== undefined) return fail(failureOf('proposal.lease', trouble));
  const plan = await planByExecutor(context, draft);
  if (!plan.ok) return plan;
  if (plan.value.refusals.length > 0)
    return fail(failureOf('proposal.refused_by_plan', plan.value.refusals.map(refusal => refusal.text).join('; ')));
  const inventory = await signedInventory(context);
  const account = { system: plan.value.target.system, name: plan.value.facts.displayName };
  if (by !== undefined && subjectsOf(inventory, account).includes(by.id))
    return fail(failureOf('proposal.subject', by.id));
  const target = classOf(plan.value, inventory);
  const names = isOwnTarget(plan.value.target) ? undefined : namesOf(plan.value, target);
  const evidence = await groundCitations(context, draft.citations, draft.says, names, draft.answers);
  if (!evidence.ok) return evidence;
  const { tenant } = context;
  const actsOfLate = await countActs(context.pool, tenant, operation.kind, context.now() - ACTS_COUNTED_MS);
  const undo = await undoCheck(context, draft.responder, operation, plan.value);
  // An undo that could not be done as things are is none.
  const undoable =
    undo?.verdict === 'obstructed' ? { ...operation, reversibility: 'irreversible' as const } : operation;
  const facts = tierFactsOf(undoable, plan.value, inventory, draft.coverage, {
    undoesTier: draft.undoesTier,
    actsOfLate,
    floors: context.policy().floors,
  });
  const owners = isOwnTarget(plan.value.target)
    ? undefined
    : ownersOf(inventory, account, subjectsOf(inventory, account));
  const tier = inChain(tierOf(facts), draft.chainTier);
  const seats = quorumOf(tier.tier, owners);
  return sealRevision(context, draft, operation, plan.value, tier, { ...target, seats, undo }, evidence.value);
}

/** A step of a chain takes what the strictest part of the chain takes. */
function inChain(own: ReturnType<typeof tierOf>, chain: Tier | undefined): ReturnType<typeof tierOf> {
  if (chain === undefined || stricter(own.tier, chain) === own.tier) return own;
  return { tier: chain, reasons: ['chain_is_stricter', ...own.reasons] };
}

function originWord(origin: Draft['origin']): string {
  if (origin.kind === 'agent') return `agent ${origin.agent}`;
  return origin.kind === 'playbook' ? `playbook ${origin.run}` : origin.kind;
}

/** Every name under which evidence may know a target: its own, and what the inventory lists for it. */
function namesOf(plan: Plan, target: TargetClass): readonly string[] {
  const aliases =
    target.record?.aliases.filter(alias => !isPersonLink(alias)).map(alias => alias.slice(alias.indexOf(':') + 1)) ??
    [];
  const accounts = target.record?.accounts.map(account => account.name) ?? [];
  return [
    plan.facts.displayName,
    ...(target.record === undefined ? [] : [target.record.name]),
    ...aliases,
    ...accounts,
  ];
}

function sealRevision(
  context: ServerContext,
  draft: Draft,
  operation: Operation,
  plan: Plan,
  { tier, reasons }: ReturnType<typeof tierOf>,
  target: TargetClass & { readonly seats: readonly Seat[]; readonly undo: Presentation['undo']['check'] },
  evidence: readonly ShownEvidence[],
): Result<MadeRevision, Failure> {
  if (tier === 'TX') return fail(failureOf('proposal.not_expressible', reasons.join(', ')));
  const closed = draft.explained === 'needs_none' ? undefined : closedGate(draft.explained, tier);
  if (closed !== undefined) return fail(closed);
  const times = TIMES[tier];
  const seal = sealOf(
    {
      v: '1',
      installation: context.genesis.installation,
      proposal: draft.proposal,
      revision: String(draft.revision),
      is: draft.drill === undefined ? 'act' : 'drill',
      fault: draft.drill ?? '',
      salt: bytesToHex(randomBytes(32)),
    },
    bytesToHex(randomBytes(32)),
  );
  const act: Act = {
    v: '1',
    tenant: context.tenant,
    proposal: draft.proposal,
    revision: String(draft.revision),
    responder: draft.responder,
    operation: operation.name,
    operationVersion: operation.version,
    target: plan.target,
    params: plan.params,
    preconditions: plan.preconditions,
    planDigest: plan.digest,
    undoOperation: operation.undo ?? 'none',
    undoes: (draft.undoes ?? '') as Act['undoes'],
    startWithinSeconds: String(times.startWithinSeconds),
    ...(draft.leaseEndsAt === undefined ? {} : { leaseEndsAt: draft.leaseEndsAt }),
    salt: seal.actSalt,
  };
  const presentation = present({
    operation,
    plan,
    target,
    tier,
    reasons,
    coverage: draft.coverage,
    evidence,
    seats: target.seats,
    leaseEndsAt: draft.leaseEndsAt,
    undoCheck: target.undo,
  });
  const sealedAct = sealed('countersign/act/v1', act);
  const sealedPresentation = sealed('countersign/presentation/v1', presentation);
  // Read back as the executor will: what it would refuse is refused here, before anybody is asked to sign it.
  for (const read of [readAct(sealedAct.text), readPresentation(sealedPresentation.text)]) {
    if (!read.ok) return fail(failureOf('proposal.not_expressible', read.failure));
  }
  return ok({
    act: sealedAct,
    presentation: sealedPresentation,
    plan,
    tier,
    reasons,
    reviewBy: context.now() + times.reviewMs,
    startWithinSeconds: times.startWithinSeconds,
    seal,
  });
}

/** Stores a revision with its entries of the log, in the caller's transaction. */
export async function insertRevision(
  context: ServerContext,
  client: Db,
  draft: Draft,
  made: MadeRevision,
): Promise<void> {
  const contributors = [...draft.contributors].sort();
  const pendingId = await record(context, client, {
    type: 'proposal.revised',
    proposal: draft.proposal,
    revision: String(draft.revision),
    incident: draft.incident,
    actDigest: made.act.digest,
    presentationDigest: made.presentation.digest,
    policyDigest: context.policy().digest,
    tier: made.tier,
    reasons: made.reasons,
    contributors,
    reviewBy: rfc3339(unixMsFrom(made.reviewBy)),
    startWithinSeconds: String(made.startWithinSeconds),
    origin: originWord(draft.origin),
  });
  const sealPendingId = await record(context, client, {
    type: 'proposal.sealed',
    proposal: draft.proposal,
    revision: String(draft.revision),
    seal: made.seal.digest,
  });
  await client.query(
    `INSERT INTO revision (tenant_id, proposal_id, revision, act, act_digest, plan, presentation, presentation_digest, tier, policy_digest, contributors, citations, created_at, review_by, pending_id, seal_opening, seal_mask, seal_pending_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      context.tenant,
      draft.proposal,
      draft.revision,
      made.act.text,
      made.act.digest,
      JSON.stringify(made.plan),
      made.presentation.text,
      made.presentation.digest,
      made.tier,
      context.policy().digest,
      contributors,
      JSON.stringify(draft.citations),
      new Date(context.now()),
      new Date(made.reviewBy),
      pendingId,
      made.seal.opening,
      made.seal.mask,
      sealPendingId,
    ],
  );
}
