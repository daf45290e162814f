import { invariant } from '../../base/invariant.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { readAct, readPresentation } from '../../core/decide/closed.ts';
import { withoutSignatures } from '../../core/decide/waiting.ts';
import { wordsOf } from '../../core/decide/words.ts';
import type {
  ExecutionView,
  Page,
  ProposalMoveView,
  ProposalRow,
  ProposalView,
  QuorumSlot,
  ReviewView,
} from '../../model/api.ts';
import { FAILURES } from '../../model/failure.ts';
import type { LeaseView } from '../../model/lease.ts';
import type { Act, Origin, Presentation, ProposalState } from '../../model/proposal.ts';
import { SLOT_TEXT } from '../../model/quorum.ts';
import type { Person } from '../../model/review.ts';
import { factOf, type ProposalRevision, type StoredExecution } from '../../store/proposal-facts.ts';
import type { ServerContext } from '../context.ts';
import { feedbackOn } from '../drills/open.ts';
import { isHidden, seenBy, viewerOf } from '../drills/sight.ts';
import { lateNewsOf } from '../late-news.ts';
import { leaseView } from '../leases/view.ts';
import { type KnownProposal, knowProposal } from './facts.ts';
import { glassView } from './glass-view.ts';
import { type Ranked, rankInbox } from './inbox.ts';
import { mayReview, obstacles } from './review.ts';
import { rowsOf, rowsOfKnown } from './rows.ts';
import { secondLookOf } from './second-look.ts';
import { tasksOfProposal } from './task-rows.ts';
import { worksHere } from './tasks.ts';
import { undoLeftIn } from './undo-left.ts';
import { withheldFrom } from './withheld.ts';

const time = (ms: number) => rfc3339(unixMsFrom(ms));

/** A proposal as a page shows it to this person. Undefined where there is none of this name, as far as the viewer is told. */
export async function viewProposal(
  context: ServerContext,
  id: string,
  person: Person | undefined,
  viewer: Pick<Person, 'id'> | undefined = person,
): Promise<ProposalView | undefined> {
  if (await isHidden(context, id, viewer)) return undefined;
  const known = await knowProposal(context, id);
  if (known === undefined) return undefined;
  const indexes = await logIndexes(context, known);
  const nameOf = (by: string) => known.people.get(by as Person['id'])?.name ?? by;
  const missing =
    person === undefined
      ? []
      : await obstacles(context, known, person, 'approve', {
          reason: 'a reason is asked for when signing',
          acknowledged: known.presentation.coverage.gaps.map(gap => gap.stream),
        });
  const drill = await feedbackOn(context, known, person);
  const isWithheld = (await withheldFrom(context, [known], person)).has(known.stored.id);
  const [row] = await rowsOfKnown(context, [known], person);
  invariant(row !== undefined, 'one proposal is one row');
  return {
    row,
    act: known.act,
    actDigest: known.current.actDigest,
    words: wordsOf(known.current.actDigest),
    presentation: known.presentation,
    presentationDigest: known.current.presentationDigest,
    policyDigest: known.current.policyDigest,
    origin: known.stored.origin,
    ...(await agentIn(context, known.stored.origin)),
    contributors: known.current.contributors.map(contributor => ({
      id: contributor,
      name: nameOf(contributor),
      why: whyContributor(known.stored.origin, contributor),
    })),
    // What others said is a recommendation, and so is how many did: it waits until this person said what they think.
    quorum: isWithheld ? quorumOf(known, nameOf).map(asOpen) : quorumOf(known, nameOf),
    reviews: isWithheld ? [] : reviewsOf(known, nameOf, indexes),
    isWithheld,
    moves: movesOf(known, nameOf, indexes),
    execution: known.execution === undefined ? undefined : executionOf(known.execution, indexes),
    lateNews: await newsSince(context, known),
    undoneBy: known.undoneBy?.id,
    canUndo:
      (known.state === 'verified' || known.state === 'succeeded' || known.state === 'not_in_effect') &&
      known.undoneBy === undefined &&
      known.act.undoOperation !== 'none' &&
      known.execution !== undefined &&
      // After a crash between the write and its receipt the state before is not known, and an undo would be a guess.
      Object.keys(factOf(known.execution, 'receipt')?.body.before ?? {}).length > 0,
    ...leaseIn(await leaseView(context, known)),
    ...(await undoLeftIn(context, known)),
    glass: await glassView(context, known, person, nameOf),
    secondLook: await secondLookOf(context, known, person, nameOf),
    mayBreakGlass:
      known.state === 'in_review' && person !== undefined && mayReview(context, known, person, 'break_glass'),
    revisions: revisionsOf(known.stored.revisions),
    evidenceOpened: await openedBy(context, known, person),
    tasks: await tasksOfProposal(context, known, person, person !== undefined && worksHere(context, person)),
    ...(drill === undefined ? {} : { drill }),
    conditions: missing.map(failure => ({ text: FAILURES[failure.code].shown, isMet: false, code: failure.code })),
  };
}

function leaseIn(lease: LeaseView | undefined): Pick<ProposalView, 'lease'> {
  return lease === undefined ? {} : { lease };
}

async function agentIn(context: ServerContext, origin: Origin): Promise<Pick<ProposalView, 'agent'>> {
  if (origin.kind !== 'agent') return {};
  const { rows } = await context.pool.query<{ name: string }>(
    'SELECT name FROM agent WHERE tenant_id = $1 AND id = $2',
    [context.tenant, origin.agent],
  );
  return { agent: rows[0]?.name ?? origin.agent };
}

function whyContributor(origin: Origin, contributor: Person['id']): string {
  if (origin.kind === 'person') return 'asked for it';
  if (origin.kind === 'playbook' && origin.askedBy === contributor) return 'started the playbook that asked for it';
  return origin.kind === 'agent' && origin.askedBy === contributor
    ? 'answers for the agent that asked for it'
    : 'edited it, or brought evidence for it';
}

/** What arrived after the last review that counts, or after the revision was written where nobody decided yet. */
async function newsSince(context: ServerContext, known: KnownProposal): Promise<ProposalView['lateNews']> {
  const reviewed = known.stored.reviews.map(review => review.receivedAt);
  const isDecided = known.state !== 'in_review' && reviewed.length > 0;
  const since = isDecided ? Math.max(...reviewed) : known.current.createdAt;
  return { isDecided, streams: await lateNewsOf(context, known.stored.incident, since) };
}

/** Proposals in these states, newest first. Those in review by the harm of waiting, the most harmful first. */
export async function listProposals(
  context: ServerContext,
  states: readonly ProposalState[],
  limit: number,
  after: string | undefined,
  person: Person | undefined,
): Promise<Page<ProposalRow>> {
  if (states.join() === 'in_review') return listInbox(context, limit, after, person);
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT proposal_id AS id FROM proposal_index WHERE tenant_id = $1 AND ($2::text[] = '{}' OR state = ANY ($2)) AND ($3::text IS NULL OR proposal_id < $3)
        AND ${seenBy('proposal_id', '$5')}
      ORDER BY proposal_id DESC LIMIT $4`,
    [context.tenant, states, after ?? null, limit + 1, viewerOf(person)],
  );
  const shown = rows.slice(0, limit);
  const ids = shown.map(row => row.id);
  return {
    rows: await rowsOf(context, ids, person),
    next: rows.length > limit ? shown.at(-1)?.id : undefined,
    total: undefined,
  };
}

async function listInbox(
  context: ServerContext,
  limit: number,
  after: string | undefined,
  person: Person | undefined,
): Promise<Page<ProposalRow>> {
  const { shown, hasMore, total } = await rankInbox(context, limit, after, person);
  const waiting = new Map<string, Ranked>(shown.map(one => [one.id, one]));
  const rows = await rowsOf(
    context,
    shown.map(one => one.id),
    person,
  );
  return {
    rows: rows.map(row => withWaiting(row, waiting.get(row.id))),
    next: hasMore ? shown.at(-1)?.id : undefined,
    total,
  };
}

function withWaiting(row: ProposalRow, ranked: Ranked | undefined): ProposalRow {
  if (ranked === undefined) return row;
  return { ...row, waiting: row.approvals === undefined ? withoutSignatures(ranked.waiting) : ranked.waiting };
}

/** The proposals of an incident, newest first. */
export async function proposalsOfIncident(
  context: ServerContext,
  incident: string,
  person: Person | undefined,
  viewer: Pick<Person, 'id'> | undefined = person,
): Promise<readonly ProposalRow[]> {
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT id FROM proposal WHERE tenant_id = $1 AND incident_id = $2 AND ${seenBy('id', '$3')} ORDER BY id DESC LIMIT 50`,
    [context.tenant, incident, viewerOf(viewer)],
  );
  return rowsOf(
    context,
    rows.map(row => row.id),
    person,
  );
}

function quorumOf(known: KnownProposal, nameOf: (id: string) => string): readonly QuorumSlot[] {
  return known.tally.slots.map(({ slot, people, filledBy, insteadOf }) => ({
    slot,
    who: people.length === 0 ? SLOT_TEXT[slot] : `${SLOT_TEXT[slot]}: ${people.map(nameOf).join(' or ')}`,
    filledBy: filledBy === undefined ? undefined : nameOf(filledBy),
    ...(insteadOf === undefined ? {} : { insteadOf: nameOf(insteadOf) }),
  }));
}

/** A seat without a word on whether somebody is in it. */
function asOpen({ slot, who }: QuorumSlot): QuorumSlot {
  return { slot, who, filledBy: undefined };
}

function reviewsOf(
  known: KnownProposal,
  nameOf: (id: string) => string,
  indexes: ReadonlyMap<string, number>,
): readonly ReviewView[] {
  const rejected = new Map(known.hearing.rejected.map(({ id, because }) => [id, because]));
  const notCounted = new Map(known.tally.notCounted.map(({ review, because }) => [review.id, because]));
  return known.stored.reviews.map(review => {
    const because = rejected.get(review.id) ?? notCounted.get(review.id);
    return {
      id: review.id,
      by: nameOf(review.person),
      verdict: review.verdict,
      at: time(review.receivedAt),
      reason: review.reason,
      revision: review.revision,
      counts: because === undefined,
      because: because ?? '',
      signedWith: review.signature.kind,
      logIndex: indexes.get(review.pendingId),
    };
  });
}

function movesOf(
  known: KnownProposal,
  nameOf: (id: string) => string,
  indexes: ReadonlyMap<string, number>,
): readonly ProposalMoveView[] {
  const moves: ProposalMoveView[] = [];
  const add = (state: ProposalState, at: number, by: string, text: string, pendingId: string | null | undefined) =>
    moves.push({ state, at: time(at), by, text, logIndex: indexes.get(pendingId ?? '') });
  for (const revision of known.stored.revisions)
    add(
      'in_review',
      revision.createdAt,
      '',
      revision.revision === 1 ? 'proposed' : `changed: revision ${revision.revision}, all earlier reviews are void`,
      revision.pendingId,
    );
  if (known.tally.approvedAt !== undefined)
    add('approved', known.tally.approvedAt, '', `${known.tally.needed} of ${known.tally.needed} signed`, undefined);
  for (const withdrawal of known.stored.withdrawals)
    add('withdrawn', withdrawal.at, nameOf(withdrawal.by), withdrawal.reason, undefined);
  if (known.state === 'rejected' || known.state === 'revoked')
    add(
      known.state,
      known.tally.counted.at(-1)?.receivedAt ?? known.stored.createdAt,
      '',
      'a review said no',
      undefined,
    );
  if (known.state === 'expired')
    add('expired', known.current.reviewBy, '', 'nobody signed in time, which is a no', undefined);
  if (known.execution !== undefined) addExecutionMoves(known.execution, add);
  return moves.sort((a, b) => (a.at < b.at ? -1 : 1));
}

function addExecutionMoves(
  execution: StoredExecution,
  add: (state: ProposalState, at: number, by: string, text: string, pendingId: string | null) => void,
): void {
  add('checking', execution.claimedAt, 'executor', 'claimed, checking everything again', null);
  for (const fact of execution.facts) {
    switch (fact.kind) {
      case 'checked':
        if (fact.body.verdict !== 'ok')
          add(
            fact.body.verdict,
            fact.at,
            'executor',
            fact.body.checks
              .filter(check => !check.ok)
              .map(check => check.name)
              .join('; '),
            fact.pendingId,
          );
        break;
      case 'intended':
        add('executing', fact.at, 'executor', 'the intent is in the log', fact.pendingId);
        break;
      case 'concluded':
        add(fact.body.outcome, fact.at, 'executor', fact.body.because, fact.pendingId);
        break;
      default:
        break;
    }
  }
}

function executionOf(execution: StoredExecution, indexes: ReadonlyMap<string, number>): ExecutionView {
  const intended = factOf(execution, 'intended');
  return {
    id: execution.id,
    checks: factOf(execution, 'checked')?.body.checks.map(({ name, ok, detail }) => ({ name, ok, detail })) ?? [],
    intendedAt: intended === undefined ? undefined : time(intended.at),
    logIndex: indexes.get(intended?.pendingId ?? ''),
    outcome: factOf(execution, 'concluded')?.body.outcome,
    observations: execution.facts.flatMap(fact =>
      fact.kind === 'observed'
        ? [{ at: time(fact.at), state: fact.body.state, effect: fact.body.effect, checks: fact.body.checks }]
        : [],
    ),
  };
}

/** What changed from each revision to the next, in the act and in what was shown. */
function revisionsOf(revisions: readonly ProposalRevision[]): ProposalView['revisions'] {
  return revisions.map((revision, i) => {
    const before = revisions[i - 1];
    return {
      revision: revision.revision,
      createdAt: time(revision.createdAt),
      changed: before === undefined ? [] : differences(before, revision),
    };
  });
}

function differences(before: ProposalRevision, after: ProposalRevision): ProposalView['revisions'][number]['changed'] {
  const [a, b] = [flat(before), flat(after)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap(path => {
    const [from, to] = [a.get(path) ?? '', b.get(path) ?? ''];
    return from === to ? [] : [{ path, from, to }];
  });
}

/** What a person compares: not the salt, the digests and the revision's own number. */
const SKIPPED = /^(act\.(salt|revision|planDigest|v)|shown\.(v|evidence))/;

function flat(revision: ProposalRevision): ReadonlyMap<string, string> {
  const act = readAct(revision.actText);
  const shown = readPresentation(revision.presentationText);
  const found = new Map<string, string>();
  const walk = (path: string, value: unknown): void => {
    if (SKIPPED.test(path)) return;
    if (typeof value === 'object' && value !== null)
      for (const [key, member] of Object.entries(value)) walk(`${path}.${key}`, member);
    else found.set(path, String(value));
  };
  walk('act', act.ok ? (act.value satisfies Act) : undefined);
  walk('shown', shown.ok ? (shown.value satisfies Presentation) : undefined);
  // By record and field, because a place in the list says nothing.
  for (const { id, pointer, value } of shown.ok ? shown.value.evidence : [])
    found.set(`evidence.${id}${pointer}`, value);
  return found;
}

async function openedBy(
  context: ServerContext,
  known: KnownProposal,
  person: Person | undefined,
): Promise<ProposalView['evidenceOpened']> {
  if (person === undefined) return [];
  const { rows } = await context.pool.query<{ id: `evd_${string}` }>(
    'SELECT evidence_id AS id FROM evidence_opened WHERE tenant_id = $1 AND proposal_id = $2 AND revision = $3 AND person_id = $4',
    [context.tenant, known.stored.id, known.current.revision, person.id],
  );
  return rows.map(row => row.id);
}

async function logIndexes(context: ServerContext, known: KnownProposal): Promise<ReadonlyMap<string, number>> {
  const pending = [
    ...known.stored.revisions.map(revision => revision.pendingId),
    ...known.stored.reviews.map(review => review.pendingId),
    ...known.stored.executions.flatMap(execution =>
      execution.facts.flatMap(fact => (fact.pendingId === null ? [] : [fact.pendingId])),
    ),
  ];
  const { rows } = await context.pool.query<{ pending_id: string; idx: string }>(
    'SELECT pending_id, idx FROM audit_entry WHERE tenant_id = $1 AND pending_id = ANY ($2)',
    [context.tenant, pending],
  );
  return new Map(rows.map(row => [row.pending_id, Number(row.idx)]));
}
