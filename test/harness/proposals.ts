import { setTimeout as sleep } from 'node:timers/promises';
import { type KnownProposal, knowProposal } from '../../src/app/proposals/facts.ts';
import { isAskedFirst } from '../../src/app/proposals/judged-first.ts';
import { openEvidence } from '../../src/app/proposals/opened.ts';
import { requestProposal, reviseProposal } from '../../src/app/proposals/propose.ts';
import { beginReview, finishReview, withdrawProposal } from '../../src/app/proposals/review.ts';
import type { IncidentStudy, ReadStudy } from '../../src/app/proposals/study.ts';
import { recordPreJudgement, recordShown } from '../../src/app/reliance/recording.ts';
import { fail, type Result } from '../../src/base/result.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import { sealOf } from '../../src/core/decide/seal.ts';
import { contributorsDigest } from '../../src/core/decide/tally.ts';
import { type CarriedOut, carryOut } from '../../src/executor/carry-out.ts';
import { answerPlanRequests } from '../../src/executor/planning.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import type { Citation, Claim, Gap } from '../../src/model/claim.ts';
import { type Explained, GATE_NUMBERS } from '../../src/model/explained.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { Act, Presentation, Tier } from '../../src/model/proposal.ts';
import type { Intent, ReviewSignature, Verdict } from '../../src/model/review.ts';
import { addEvidence, digestBytes, type Installation, type Member, must, SYSTEM } from './installation.ts';
import { TARGET_RESPONDER } from './target.ts';
import { TENANT } from './tenant.ts';

/** What an incident says, by hand: one option to act, as the planner would enumerate it. */
export interface StudyWish {
  readonly operation?: string;
  /** Other options of the same incident, for edits. */
  readonly otherOperations?: readonly string[];
  readonly targetName?: string;
  readonly citations?: readonly Citation[];
  readonly coverage?: 'complete' | 'gaps' | 'unknown';
  readonly gaps?: readonly Gap[];
  /** What the gate measures of it; everything where absent. */
  readonly explained?: Explained;
  /** What the cited record is said to say. */
  readonly says?: string;
  /** The leases that the option offers, and the one that is chosen. */
  readonly leaseHours?: number;
}

/** Every number is as high as it can be. */
export const FULLY_EXPLAINED: Explained = {
  measures: GATE_NUMBERS.map(number => ({ number, value: 1, because: '', fixes: [] })),
  requiredAbsent: [],
};

/** A study as the server would compute it, with evidence that holds. */
export async function studyFor(world: Installation, wish: StudyWish = {}): Promise<ReadStudy> {
  const targetName = wish.targetName ?? 'app_jo';
  const citations = wish.citations ?? [
    { evidence: await addEvidence(world, { user: targetName }), pointer: '/user', value: targetName },
  ];
  const claim: Claim = {
    id: 'fct_1',
    predicate: 'auth_succeeded',
    roles: {},
    at: unixMsFrom(1_000),
    until: undefined,
    count: 1,
    citations,
    text: wish.says ?? `${targetName} logged in from a new network`,
    verdict: { kind: 'verified' },
  };
  const option = (operation: string): IncidentStudy['options'][number] => ({
    id: `opt_${operation}`,
    kind: 'act',
    title: operation,
    responder: TARGET_RESPONDER,
    operation,
    system: SYSTEM,
    targetName,
    effect: '',
    blastUnknown: [],
    blastKnown: [],
    undo: '',
    residue: [],
    costOfWaiting: '',
    claims: [claim.id],
    citations,
    explained: wish.explained ?? FULLY_EXPLAINED,
    leaseHours: [12, 24, 72, 168, 720],
  });
  const study: IncidentStudy = {
    summary: {
      v: '1',
      coverage: { verdict: wish.coverage ?? 'complete', expected: 1, heard: 1, streams: [] },
      gaps: wish.gaps ?? [],
      headline: claim,
      story: [],
      entities: [],
      identified: [],
      window: { from: unixMsFrom(0), to: unixMsFrom(2_000) },
      alertCount: 1,
      missing: [],
      wouldChange: [],
      digest: '',
    },
    options: [wish.operation ?? 'suspend', ...(wish.otherOperations ?? [])].map(option),
  };
  return async () => study;
}

export const INCIDENT = 'inc_test';

/** Runs what asks the executor to look, with an executor that answers. */
export async function withPlanner<T>(
  world: Installation,
  work: Promise<T>,
  ports: ExecutorPorts = world.ports,
): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  const answer = async () => {
    while (!isDone) {
      await answerPlanRequests(world.executorPool, TENANT, ports);
      await sleep(5);
    }
  };
  const [value] = await Promise.all([done, answer()]);
  return value;
}

/** Proposes the option that this study holds. */
export async function tryPropose(
  world: Installation,
  by: Member,
  wish: StudyWish | ReadStudy = {},
): Promise<Result<`prp_${string}`, Failure>> {
  const study = typeof wish === 'function' ? wish : await studyFor(world, wish);
  const option = (await study(INCIDENT))?.options[0]?.id ?? '';
  return withPlanner(
    world,
    requestProposal(world.context, study, by.person, {
      kind: 'option',
      incident: INCIDENT,
      option,
      ...(typeof wish === 'function' ? {} : { leaseHours: wish.leaseHours }),
    }),
  );
}

export async function propose(world: Installation, by: Member, wish: StudyWish | ReadStudy = {}) {
  return must(await tryPropose(world, by, wish));
}

/** Replaces what is proposed by another option. */
export function revise(world: Installation, by: Member, study: ReadStudy, proposal: string, option: string) {
  return withPlanner(world, reviseProposal(world.context, study, by.person, proposal, option));
}

/** The undo that was planned with an act. */
export async function tryUndo(world: Installation, by: Member, of: `prp_${string}`, wish: StudyWish = {}) {
  const study = await studyFor(world, wish);
  return withPlanner(world, requestProposal(world.context, study, by.person, { kind: 'undo', of }));
}

export async function know(world: Installation, proposal: string): Promise<KnownProposal> {
  const known = await knowProposal(world.context, proposal);
  if (known === undefined) throw new Error(`there is no ${proposal}`);
  return known;
}

export interface ReviewWish {
  readonly verdict?: Verdict;
  readonly acknowledged?: readonly string[];
  readonly reason?: string;
  /** Says nothing first, also where the page asks. */
  readonly isUnjudged?: boolean;
  /** Opens nothing before. */
  readonly isUnread?: boolean;
  /** Signs in place of the passkey over the challenge. */
  readonly sign?: (challenge: Uint8Array, intent: Intent) => ReviewSignature | Promise<ReviewSignature>;
}

/** Reviews as the page does: opens the evidence, asks for the intent, signs it, sends it. */
export async function tryReview(
  world: Installation,
  by: Member,
  proposal: string,
  wish: ReviewWish = {},
): Promise<Result<true, Failure>> {
  const known = await know(world, proposal);
  const [shown] = wish.isUnread === true ? [] : known.presentation.evidence;
  if (shown !== undefined) must(await openEvidence(world.context, by.person, proposal, shown.id));
  if (wish.isUnjudged !== true) await judgeFirst(world, by, proposal, known.current.revision);
  const begun = await beginReview(world.context, by.person, proposal, {
    verdict: wish.verdict ?? 'approve',
    revision: known.current.revision,
    actDigest: known.current.actDigest,
    presentationDigest: known.current.presentationDigest,
    reason: wish.reason ?? 'the login came from a network that nobody of ours uses',
    acknowledged: wish.acknowledged ?? [],
  });
  if (!begun.ok) return fail(begun.failure);
  const challenge = Buffer.from(begun.value.challenge, 'base64url');
  const signature = await (wish.sign?.(challenge, begun.value.intent) ?? {
    kind: 'passkey' as const,
    assertion: by.authenticator.assert(challenge),
  });
  return finishReview(world.context, by.person, proposal, { nonce: begun.value.intent.nonce, signature });
}

/** A proposal of which this reviewer is asked what they think first, or is not: proposed again until it is so. */
export async function proposeAsking(
  world: Installation,
  by: Member,
  reviewer: Member,
  asks: boolean,
  wish: StudyWish | ReadStudy = {},
): Promise<`prp_${string}`> {
  for (;;) {
    const proposal = await propose(world, by, wish);
    if (isAskedFirst(world.context, await know(world, proposal), reviewer.person) === asks) return proposal;
    must(await withdrawProposal(world.context, by.person, proposal, 'another one'));
    // It counts for no flood.
    await world.database.ownerPool.query('DELETE FROM proposal_index WHERE proposal_id = $1', [proposal]);
  }
}

/** Where the page asks first, somebody says that they cannot tell yet, as the page lets them. */
export async function judgeFirst(world: Installation, by: Member, proposal: string, revision: number): Promise<void> {
  const at = { proposal, revision };
  const shown = await recordShown(world.context, by.person, at);
  if (shown.ok && shown.value.preJudgement === 'asked')
    await recordPreJudgement(world.context, by.person, { ...at, says: 'cannot_tell' });
}

export async function review(world: Installation, by: Member, proposal: string, wish: ReviewWish = {}): Promise<void> {
  must(await tryReview(world, by, proposal, wish));
}

/** Lets the log take what is pending, then lets the executor look once. */
export async function execute(
  world: Installation,
  proposal: string,
  ports: ExecutorPorts = world.ports,
): Promise<CarriedOut> {
  await world.settleLog();
  return carryOut(proposal, ports);
}

/** The codes of the checks that failed; empty where it was carried out, or not even claimed. */
export function failedChecks(outcome: CarriedOut): readonly string[] {
  return 'report' in outcome ? outcome.report.checks.filter(check => !check.ok).map(check => check.code) : [];
}

/** The intent that a person would sign for a proposal as it stands. */
export async function intentFor(
  world: Installation,
  proposal: string,
  reviewer: Intent['reviewer'],
  changed: Partial<Intent> = {},
): Promise<Intent> {
  const { current, act } = await know(world, proposal);
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
  return {
    v: '1',
    installation: world.genesis.installation,
    proposal: current.proposal,
    revision: String(current.revision),
    actDigest: current.actDigest,
    presentationDigest: current.presentationDigest,
    policyDigest: current.policyDigest,
    contributorsDigest: contributorsDigest(current.contributors),
    verdict: 'approve',
    tier: current.tier,
    reviewer,
    reasonDigest: sealed('countersign/reason/v1', { nonce, reason: '' }).digest,
    acknowledged: [],
    nonce,
    expiresAt: new Date(current.reviewBy + Number(act.startWithinSeconds) * 1_000).toISOString(),
    ...changed,
  };
}

/** A review as somebody with the server's database role can store it: no rule of the server is asked. */
export async function storeReview(
  world: Installation,
  intent: Intent,
  signature: ReviewSignature,
  receivedAt: number = world.context.now(),
): Promise<void> {
  const { text, digest } = sealed('countersign/intent/v1', intent);
  const id = world.context.newId('review');
  const pendingId = await world.log({
    type: 'review.signed',
    review: id,
    intent,
    intentDigest: digest,
    signature,
    reasonCommit: '0'.repeat(64),
  });
  await world.serverPool.query(
    `INSERT INTO review (tenant_id, id, proposal_id, revision, person_id, verdict, intent, intent_digest, signature, nonce, reason, received_at, pending_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12)`,
    [
      TENANT,
      id,
      intent.proposal,
      Number(intent.revision),
      intent.reviewer,
      intent.verdict,
      text,
      digest,
      JSON.stringify(signature),
      `${intent.nonce}${id}`,
      new Date(receivedAt),
      pendingId,
    ],
  );
}

/** A passkey's signature over an intent. */
export function signIntent(by: Member, intent: Intent): Extract<ReviewSignature, { kind: 'passkey' }> {
  const { digest } = sealed('countersign/intent/v1', intent);
  return { kind: 'passkey', assertion: by.authenticator.assert(digestBytes(digest)) };
}

/** A revision as somebody with the server's database role and the line of the log can write it, from one that stands. */
export async function storeRevision(
  world: Installation,
  from: string,
  changed: {
    readonly act?: Partial<Act>;
    readonly presentation?: Partial<Presentation>;
    readonly tier?: Tier;
    /** A new proposal in place of the next revision of the same one. */
    readonly isNewProposal?: boolean;
    /** What is stored as the digest of the act, where it is not the act's. */
    readonly actDigest?: string;
  },
): Promise<`prp_${string}`> {
  const { current, act, presentation, stored } = await know(world, from);
  const proposal = changed.isNewProposal === true ? world.context.newId('proposal') : current.proposal;
  const revision = changed.isNewProposal === true ? 1 : current.revision + 1;
  const tier = changed.tier ?? current.tier;
  // Whoever holds the server can seal whatever they like as an act.
  const seal = sealOf(
    {
      v: '1',
      installation: world.genesis.installation,
      proposal,
      revision: String(revision),
      is: 'act',
      fault: '',
      salt: hex32(),
    },
    hex32(),
  );
  const nextAct = sealed('countersign/act/v1', {
    ...act,
    proposal,
    revision: String(revision),
    salt: seal.actSalt,
    ...changed.act,
  });
  const nextShown = sealed('countersign/presentation/v1', { ...presentation, tier, ...changed.presentation });
  const actDigest = changed.actDigest ?? nextAct.digest;
  if (changed.isNewProposal === true)
    await world.serverPool.query(
      'INSERT INTO proposal (tenant_id, id, incident_id, origin, undoes_execution, created_at) VALUES ($1, $2, $3, $4, NULL, $5)',
      [TENANT, proposal, stored.incident, JSON.stringify(stored.origin), new Date(world.context.now())],
    );
  const pendingId = await world.log({
    type: 'proposal.revised',
    proposal,
    revision: String(revision),
    incident: stored.incident,
    actDigest,
    presentationDigest: nextShown.digest,
    policyDigest: current.policyDigest,
    tier,
    reasons: presentation.reasons,
    contributors: current.contributors,
    reviewBy: new Date(current.reviewBy).toISOString(),
    startWithinSeconds: act.startWithinSeconds,
    origin: stored.origin.kind,
  });
  const sealPendingId = await world.log({
    type: 'proposal.sealed',
    proposal,
    revision: String(revision),
    seal: seal.digest,
  });
  await world.serverPool.query(
    `INSERT INTO revision (tenant_id, proposal_id, revision, act, act_digest, plan, presentation, presentation_digest, tier, policy_digest, contributors, citations, created_at, review_by, pending_id, seal_opening, seal_mask, seal_pending_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '[]', $12, $13, $14, $15, $16, $17)`,
    [
      TENANT,
      proposal,
      revision,
      nextAct.text,
      actDigest,
      JSON.stringify(current.plan),
      nextShown.text,
      nextShown.digest,
      tier,
      current.policyDigest,
      current.contributors,
      new Date(world.context.now()),
      new Date(current.reviewBy),
      pendingId,
      seal.opening,
      seal.mask,
      sealPendingId,
    ],
  );
  return proposal;
}

function hex32(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
}
