import { digestOf } from '../../base/canonical.ts';
import { MS_PER_SECOND, parseTime } from '../../base/time.ts';
import { faultOfBatch, type ListedIntent } from './batch-rules.ts';
import { ConversationRules } from './conversation-rules.ts';
import { DelegationRules } from './delegation-rules.ts';
import { CROSSING_MS_MAX, type Fault, fault, isAfter, isInTime } from './fault.ts';
import type { Leaf } from './leaf.ts';
import { hiddenLeases, LeaseRules } from './lease-rules.ts';
import { People, type SignatureChecks } from './people.ts';
import {
  CONCERNED,
  type ExecutionRecord,
  type Intended,
  type ProposalRecord,
  REVIEWERS,
  type Revised,
  type Revision,
  SETTLED,
  type Signed,
  TIER_RANK,
  type Tier,
} from './process-records.ts';
import { Findings } from './report.ts';
import { SealRules } from './seal-rules.ts';
import { TrailRules } from './trail-rules.ts';

/**
 * Check 8: that nothing was done without the signatures that it needed, from the entries alone.
 *
 * Every `execution.intended` needs an earlier revision of its proposal, the latest, with the same act digest, and
 * earlier reviews of it that fill the quorum of its tier: signed by enrolled people who may, over exactly this act,
 * presentation, policy and list of contributors; not expired, rejected, revoked or withdrawn; from T2 on by nobody who
 * contributed, and at T3 by two people. Enrolments chain to the first entry.
 */
export class ProcessRules {
  readonly findings = new Findings();
  readonly emergencies: string[] = [];
  readonly leases = new LeaseRules();
  readonly #people: People;
  readonly #delegations: DelegationRules;
  readonly #seals = new SealRules();
  readonly trails = new TrailRules();
  readonly #conversation: ConversationRules;
  readonly #origin: string;
  readonly #proposals = new Map<string, ProposalRecord>();
  readonly #executions = new Map<string, ExecutionRecord>();
  readonly #reviews = new Map<string, { readonly proposal: string; readonly revision: string }>();
  /** Signed intents by their digest: what a batch lists has to stand in the log, each one. */
  readonly #intents = new Map<string, ListedIntent>();
  #stoppedAt: string | undefined;
  #hasBegun = false;

  constructor(origin: string, checks: SignatureChecks) {
    this.#origin = origin;
    this.#people = new People(checks);
    this.#delegations = new DelegationRules(this.#people);
    this.#conversation = new ConversationRules(this.#people);
  }

  /** How many drills were opened. */
  get drills(): number {
    return this.#seals.drills;
  }

  /** How many executions were intended. */
  get executions(): number {
    return [...this.#executions.values()].filter(({ isIntended }) => isIntended).length;
  }

  /** Executions that were intended and have no settled conclusion. */
  unresolved(): string[] {
    return [...this.#executions]
      .filter(([, { isIntended, outcome }]) => isIntended && !SETTLED.includes(outcome ?? ''))
      .map(([id]) => id);
  }

  /** Whether an entry matters here. Most do not, and need not be waited for. */
  concerns(type: string): boolean {
    return !this.#hasBegun || CONCERNED.has(type);
  }

  /** After the last entry: what should have been said and was not. */
  end(): void {
    const holds = (id: string) => {
      const { isIntended, outcome } = this.#executions.get(id) ?? {};
      return isIntended === true && (outcome === 'verified' || outcome === 'succeeded' || outcome === 'not_in_effect');
    };
    for (const found of hiddenLeases(this.leases.known, holds)) this.findings.add(found);
  }

  /** The entries of the log that are of concern, in order, each once. The first always is. */
  async entry(index: number, leaf: Leaf): Promise<void> {
    this.#hasBegun = true;
    const faults =
      index === 0 && leaf.type !== 'installation.made'
        ? [fault('installation.missing', 'the log does not begin with the making of its installation')]
        : [await this.#apply(index, leaf)];
    for (const found of faults) if (found !== undefined) this.findings.add({ ...found, entry: index });
  }

  #apply(index: number, leaf: Leaf): Promise<Fault | undefined> | Fault | undefined {
    switch (leaf.type) {
      case 'installation.made':
        return this.#people.begin(leaf, index, this.#origin);
      case 'rule.began':
        this.#people.inviteByTwo();
        return undefined;
      case 'person.invited':
        return this.#people.invite(leaf);
      case 'person.enrolled':
        return this.#people.enrol(leaf);
      case 'person.changed':
        return this.#people.change(leaf);
      case 'machine.owned':
        return this.#people.own(leaf);
      case 'session.endorsed':
        return this.#people.endorse(leaf);
      case 'session.ended':
        this.#people.end(leaf);
        return undefined;
      case 'inventory.signed':
        return this.#inventory(leaf);
      case 'proposal.revised':
        return this.#revise(leaf);
      case 'proposal.sealed':
        return this.#seals.sealed(leaf, this.#proposals.get(leaf.proposal)?.revisions.has(leaf.revision) === true);
      case 'proposal.expired':
        this.#seals.over(leaf);
        return undefined;
      case 'drill.opened':
        return this.#seals.opened(leaf, this.#people.installation);
      case 'proposal.withdrawn':
        return this.#withdraw(leaf);
      case 'review.signed':
        return this.#review(leaf);
      case 'proposal.decided':
        return this.#decide(leaf);
      case 'kill_switch.set':
        return this.#killSwitch(leaf);
      case 'execution.checked':
        return this.#checked(leaf);
      case 'lease.granted':
        return this.leases.granted(leaf, this.#executions.get(leaf.execution)?.isIntended === true);
      case 'lease.ended':
        return this.leases.ended(leaf, this.#proposals.has(leaf.release));
      case 'execution.intended':
        return this.#intend(leaf);
      case 'execution.concluded':
        return this.#conclude(leaf.execution, leaf.outcome);
      case 'execution.compared':
        return this.leases.released(leaf, this.#executions.get(leaf.execution));
      case 'delegation.made':
        return this.#delegate(leaf);
      case 'delegation.ended':
        return this.#delegations.ended(leaf);
      case 'execution.found':
        return this.#find(leaf);
      case 'trail.found':
        return this.trails.found(leaf, this.#executions.get(leaf.execution)?.isIntended === true);
      case 'trail.seen':
        return this.trails.seen(leaf);
      case 'comment.written':
        return this.#conversation.comment(leaf, this.#revised(leaf) !== undefined);
      case 'task.opened':
        return this.#conversation.open(
          leaf,
          this.#revised(leaf)?.reviews.find(({ review }) => review === leaf.review),
        );
      case 'task.settled':
        return this.#conversation.settle(leaf, this.#revised(leaf)?.leaf);
      default:
        return undefined;
    }
  }

  #revised({ proposal, revision }: { readonly proposal: string; readonly revision: string }): Revision | undefined {
    return this.#proposals.get(proposal)?.revisions.get(revision);
  }

  async #inventory({ by, inventoryDigest, signature }: Leaf<'inventory.signed'>): Promise<Fault | undefined> {
    const isSigned =
      this.#people.hasRole(by, 'administrator') && (await this.#people.signed(by, signature, inventoryDigest));
    return isSigned ? undefined : fault('inventory.not_signed', `the inventory is not signed by an administrator`);
  }

  #revise(leaf: Revised): Fault | undefined {
    const known = this.#proposals.get(leaf.proposal);
    const record = known ?? { latest: '0', revisions: new Map(), withdrawnAt: undefined, isIntended: false };
    if (!(Number(leaf.revision) > Number(record.latest)) && known !== undefined) {
      return fault(
        'proposal.revision_again',
        `${leaf.proposal} has a revision ${leaf.revision} already, or a later one`,
      );
    }
    record.latest = leaf.revision;
    this.#seals.revised(leaf);
    record.revisions.set(leaf.revision, { leaf, reviews: [] });
    this.#proposals.set(leaf.proposal, record);
    return undefined;
  }

  #withdraw(leaf: Leaf<'proposal.withdrawn'>): Fault | undefined {
    const { proposal, at } = leaf;
    this.#seals.over(leaf);
    const record = this.#proposals.get(proposal);
    if (record === undefined) return fault('proposal.unknown', `${proposal} was never proposed`);
    record.withdrawnAt ??= at;
    return undefined;
  }

  async #review(leaf: Signed): Promise<Fault | undefined> {
    const { intent, signature, at } = leaf;
    const revision = this.#proposals.get(intent.proposal)?.revisions.get(intent.revision);
    if (this.#reviews.has(leaf.review)) return fault('review.again', `${leaf.review} stands in an earlier entry, too`);
    if (revision === undefined)
      return fault('review.unknown_revision', `${leaf.review} is of nothing that was proposed`);
    if (intent.installation !== this.#people.installation) return fault('review.foreign', 'is of another installation');
    const digest = digestOf('countersign/intent/v1', intent);
    if (digest !== leaf.intentDigest)
      return fault('review.other_digest', `${leaf.review} names another digest than its own`);
    const replayed = this.#people.spendNonce(intent.nonce);
    if (replayed !== undefined) return replayed;
    const unlike = signature.kind === 'batch' ? faultOfBatch(signature.batch, intent, digest) : undefined;
    if (unlike !== undefined) return fault('review.bad_batch', `${leaf.review}: ${unlike}`);
    if (!(await this.#people.signedReview(intent.reviewer, signature, digest, at))) {
      return fault('review.bad_signature', `${leaf.review} is not signed by ${intent.reviewer}, who must be enrolled`);
    }
    this.#reviews.set(leaf.review, { proposal: intent.proposal, revision: intent.revision });
    this.#intents.set(digest, { proposal: intent.proposal, revision: intent.revision, tier: revision.leaf.tier });
    revision.reviews.push(leaf);
    if (intent.verdict === 'break_glass') this.emergencies.push(intent.proposal);
    return undefined;
  }

  #decide(leaf: Leaf<'proposal.decided'>): Fault | undefined {
    const revision = this.#proposals.get(leaf.proposal)?.revisions.get(leaf.revision);
    if (revision === undefined) return fault('decision.unknown_revision', `${leaf.proposal} was never proposed so`);
    this.#seals.over(leaf);
    if (leaf.decision !== 'approved') return undefined;
    const approval = this.#approval(revision, revision.leaf.tier, leaf.reviews, leaf.at);
    return approval.ok
      ? undefined
      : fault(`decision.${approval.because}`, `${leaf.proposal} was not approved by these reviews`);
  }

  async #killSwitch({ statement, signature, at }: Leaf<'kill_switch.set'>): Promise<Fault | undefined> {
    if (statement.isOn === 'yes') {
      this.#stoppedAt ??= at;
      return undefined;
    }
    const digest = digestOf('countersign/kill-switch/v1', statement);
    const isSigned =
      signature.kind !== 'none' &&
      this.#people.hasRole(statement.by, 'administrator') &&
      (await this.#people.signed(statement.by, signature, digest));
    if (!isSigned) return fault('kill_switch.not_signed', 'the stop was lifted without an administrator’s signature');
    this.#stoppedAt = undefined;
    return this.#people.spendNonce(statement.nonce);
  }

  #checked(leaf: Leaf<'execution.checked'>): Fault | undefined {
    if (this.#executions.has(leaf.execution)) return undefined;
    this.#executions.set(leaf.execution, { proposal: leaf.proposal, isIntended: false, outcome: undefined });
    return undefined;
  }

  #intend(leaf: Intended): Fault | undefined {
    const record = this.#proposals.get(leaf.proposal);
    const execution = this.#executions.get(leaf.execution);
    const isSecond = record?.isIntended === true || execution?.isIntended === true;
    this.#executions.set(leaf.execution, { proposal: leaf.proposal, isIntended: true, outcome: execution?.outcome });
    if (record !== undefined) record.isIntended = true;
    if (isSecond) return fault('execution.again', `${leaf.proposal} was begun before: nothing is ever sent twice`);
    const revision = record?.revisions.get(leaf.revision);
    if (record === undefined || revision === undefined) {
      return fault('execution.no_proposal', `${leaf.execution} was begun for nothing that was proposed before`);
    }
    const latest = record.revisions.get(record.latest);
    if (record.latest !== leaf.revision && isAfter(leaf.at, latest?.leaf.at)) {
      return fault('execution.superseded', `${leaf.execution} is of an older revision`);
    }
    if (isAfter(leaf.at, record.withdrawnAt)) return fault('execution.withdrawn', `${leaf.proposal} was withdrawn`);
    if (leaf.actDigest !== revision.leaf.actDigest) {
      return fault('execution.other_act', `${leaf.execution} is of another act than ${leaf.proposal} proposed`);
    }
    if (isAfter(leaf.at, this.#stoppedAt))
      return fault('execution.stopped', `${leaf.execution} was begun while everything was stopped`);
    return this.#seals.intended(leaf) ?? this.#authority(leaf, revision);
  }

  #authority(leaf: Intended, revision: Revision): Fault | undefined {
    const tier = TIER_RANK[leaf.tier] > TIER_RANK[revision.leaf.tier] ? leaf.tier : revision.leaf.tier;
    const approval = this.#approval(revision, tier, leaf.reviews, leaf.at);
    if (!approval.ok)
      return fault(`execution.${approval.because}`, `${leaf.execution} had no authority: ${approval.because}`);
    const [began, approved] = [parseTime(leaf.at), parseTime(approval.at)];
    const within = Number(revision.leaf.startWithinSeconds) * MS_PER_SECOND + CROSSING_MS_MAX;
    return began !== undefined && approved !== undefined && began < approved + within
      ? undefined
      : fault('execution.late', `${leaf.execution} was begun after its approval had expired`);
  }

  /** Whether these reviews are an approval of the revision at that tier, and nobody has stopped it. */
  #approval(
    revision: Revision,
    tier: Tier,
    cited: readonly string[],
    at: string,
  ): { readonly ok: true; readonly at: string } | { readonly ok: false; readonly because: string } {
    const isStop = ({ intent }: Signed) =>
      (intent.verdict === 'reject' || intent.verdict === 'revoke') &&
      this.#people.everHadRole(intent.reviewer, ...REVIEWERS[revision.leaf.tier]);
    if (revision.reviews.some(review => isStop(review) && isAfter(at, review.at)))
      return { ok: false, because: 'rejected' };
    const reviews = cited.map(id => revision.reviews.find(({ review }) => review === id));
    const known = reviews.filter(review => review !== undefined);
    if (known.length !== reviews.length || known.length === 0) return { ok: false, because: 'no_review' };
    for (const review of known) {
      const because = this.#whyNot(revision.leaf, review, at) ?? this.#whyNotBatch(review, at);
      if (because !== undefined) return { ok: false, because };
    }
    const people = [...new Set(known.map(({ intent }) => intent.reviewer))];
    const isEmergency = known.some(({ intent }) => intent.verdict === 'break_glass');
    const needed = tier === 'T3' && !isEmergency ? 2 : 1;
    if (people.length < needed) return { ok: false, because: 'one_person' };
    const isResponder = ({ intent, signature }: Signed) =>
      this.#people.stoodAt(intent.reviewer, signature, at, 'responder');
    if (needed === 2 && !known.some(isResponder)) {
      return { ok: false, because: 'no_responder' };
    }
    return { ok: true, at: known.reduce((latest, { at }) => (at > latest ? at : latest), '') };
  }

  #whyNot(leaf: Revised, { intent, signature, at }: Signed, now: string): string | undefined {
    const isGlassBroken = intent.verdict === 'break_glass';
    if (intent.verdict !== 'approve' && !isGlassBroken) return 'not_an_approval';
    if (intent.actDigest !== leaf.actDigest) return 'review_of_other_act';
    if (intent.presentationDigest !== leaf.presentationDigest) return 'review_of_other_presentation';
    if (intent.policyDigest !== leaf.policyDigest) return 'review_of_other_policy';
    const contributors = [...leaf.contributors].sort();
    if (intent.contributorsDigest !== digestOf('countersign/contributors/v1', contributors))
      return 'review_of_other_contributors';
    if (intent.tier !== leaf.tier || leaf.tier === 'TX') return 'review_of_other_tier';
    if (!isInTime(at, intent.expiresAt) || !isInTime(at, leaf.reviewBy)) return 'late_review';
    const roles = isGlassBroken ? ['responder'] : REVIEWERS[leaf.tier];
    if (!this.#people.stoodAt(intent.reviewer, signature, now, ...roles)) return 'reviewer_not_eligible';
    if (leaf.tier !== 'T1' && contributors.includes(intent.reviewer)) return 'reviewed_by_contributor';
    if ((leaf.tier !== 'T1' || isGlassBroken) && signature.kind === 'session') return 'passkey_missing';
    return undefined;
  }

  /** Of a batch every listed intent is in the log, of the same tier and of what still was the latest revision. */
  #whyNotBatch({ signature }: Signed, at: string): string | undefined {
    if (signature.kind !== 'batch') return undefined;
    for (const { proposal, intentDigest } of signature.batch.members) {
      const listed = this.#intents.get(intentDigest);
      if (listed?.proposal !== proposal || listed.tier !== signature.batch.tier) return 'batch_incomplete';
      const record = this.#proposals.get(proposal);
      const latest = record?.revisions.get(record.latest);
      if (record?.latest !== listed.revision && isAfter(at, latest?.leaf.at)) return 'batch_revised';
    }
    return undefined;
  }

  #conclude(id: string, outcome: string): Fault | undefined {
    const execution = this.#executions.get(id);
    if (execution === undefined || !execution.isIntended) {
      return fault('execution.not_intended', `${id} has an outcome, but its intent was never logged`);
    }
    execution.outcome = outcome;
    return undefined;
  }

  async #delegate(leaf: Leaf<'delegation.made'>): Promise<Fault | undefined> {
    const { statement, signature } = leaf;
    const digest = digestOf('countersign/delegation/v1', statement);
    if (!(await this.#people.signed(statement.from, signature, digest)))
      return fault('delegation.not_signed', `${statement.delegation} is not signed by ${statement.from}`);
    return this.#people.spendNonce(statement.nonce) ?? this.#delegations.made(leaf);
  }

  async #find({ statement, signature }: Leaf<'execution.found'>): Promise<Fault | undefined> {
    const digest = digestOf('countersign/finding/v1', statement);
    const isAboutGlass = statement.finds === 'justified' || statement.finds === 'unjustified';
    const isSigned =
      this.#people.hasRole(statement.by, ...(isAboutGlass ? REVIEWERS.T3 : REVIEWERS.T2)) &&
      (await this.#people.signed(statement.by, signature, digest));
    if (!isSigned) {
      return fault('finding.not_signed', `the finding on ${statement.execution} is not signed by whoever may find`);
    }
    const replayed = this.#people.spendNonce(statement.nonce);
    if (replayed !== undefined || isAboutGlass) return replayed;
    return this.#conclude(statement.execution, statement.finds);
  }
}
