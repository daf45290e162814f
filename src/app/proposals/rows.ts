import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { blocksOf } from '../../core/decide/blocked.ts';
import { escalationOf } from '../../core/decide/escalation.ts';
import { subjectsOf } from '../../core/decide/subject.ts';
import type { ProposalRow } from '../../model/api.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Person } from '../../model/review.ts';
import { proposalsOfExecutions } from '../../store/proposal-facts.ts';
import type { ServerContext } from '../context.ts';
import { signedInventory } from '../signed-inventory.ts';
import { type KnownProposal, knowProposals } from './facts.ts';
import { hasSeat, isContributor, mayReview } from './review.ts';
import { openTasksOf } from './task-rows.ts';
import { withheldFrom } from './withheld.ts';

const time = (ms: number) => rfc3339(unixMsFrom(ms));

/** These proposals as rows, in the order given; unknown ids are passed over. */
export async function rowsOf(
  context: ServerContext,
  ids: readonly string[],
  person: Person | undefined,
): Promise<readonly ProposalRow[]> {
  return rowsOfKnown(context, await knowProposals(context, ids), person);
}

export async function rowsOfKnown(
  context: ServerContext,
  known: readonly KnownProposal[],
  person: Person | undefined,
): Promise<readonly ProposalRow[]> {
  const waiting = known.filter(one => one.state === 'in_review');
  const seen: Seen = {
    person,
    undone: await undoneOf(context, known),
    opened: await openedBy(context, waiting, person),
    tasks: await openTasksOf(
      context,
      waiting.map(one => one.stored.id),
      person,
    ),
    inventory: waiting.length === 0 ? undefined : await signedInventory(context),
    may: mayOnce(context),
    hasPlace: (known, person) => hasSeat(context, known, person),
    withheld: await withheldFrom(context, waiting, person),
  };
  return known.map(one => rowOf(context, one, seen));
}

/** What the rows of one page are written from. */
interface Seen {
  readonly person: Person | undefined;
  /** The proposals that these undo, by the execution that they name. */
  readonly undone: ReadonlyMap<string, `prp_${string}`>;
  /** `proposal/revision` of which this person opened a record. */
  readonly opened: ReadonlySet<string>;
  /** What was asked for and is open, by proposal. */
  readonly tasks: Awaited<ReturnType<typeof openTasksOf>>;
  readonly inventory: Inventory | undefined;
  readonly may: (known: KnownProposal, person: Person) => boolean;
  readonly hasPlace: (known: KnownProposal, person: Person) => boolean;
  /** Of which this person is not told yet who signed, or how many. */
  readonly withheld: ReadonlySet<string>;
}

function rowOf(context: ServerContext, known: KnownProposal, seen: Seen): ProposalRow {
  const { act, presentation, current } = known;
  const subjects = subjectsOf(seen.inventory, { system: act.target.system, name: presentation.targetName });
  const mySeat = seatOf(known, seen, subjects);
  const isWithheld = seen.withheld.has(known.stored.id);
  const filled = known.tally.slots.filter(slot => slot.filledBy !== undefined).length;
  return {
    id: known.stored.id,
    revision: current.revision,
    incident: known.stored.incident,
    sentence: presentation.sentence,
    targetName: presentation.targetName,
    tier: current.tier,
    operation: `${act.responder}.${act.operation}`,
    state: known.state,
    approvals: isWithheld ? undefined : filled,
    needed: known.tally.needed,
    reviewBy: time(current.reviewBy),
    createdAt: time(known.stored.createdAt),
    blockedBy: isWithheld ? `takes ${peopleText(known.tally.needed)}` : blockedBy(known),
    escalation:
      known.state === 'in_review' ? escalationOf(unixMsFrom(current.createdAt), current.reviewBy, context.now()) : 0,
    mySeat,
    undoes: seen.undone.get(known.stored.undoesExecution ?? ''),
    blocks:
      known.state !== 'in_review'
        ? []
        : blocksOf({
            tier: current.tier,
            reasons: presentation.reasons,
            slots: isWithheld ? known.tally.slots.map(asOpen) : known.tally.slots,
            peopleLeft:
              [...known.people.values()].filter(person => isLeft(known, person, subjects, seen)).length +
              (isWithheld ? filled : 0),
            hasPolicyChanged: current.policyDigest !== context.policy().digest,
            requiredGaps: presentation.coverage.gaps.filter(gap => gap.required).length,
            openTasks: seen.tasks.get(known.stored.id)?.open ?? 0,
            mine:
              seen.person === undefined
                ? undefined
                : {
                    seat: mySeat,
                    hasOpenedEvidence: seen.opened.has(`${known.stored.id}/${current.revision}`),
                    openTasks: seen.tasks.get(known.stored.id)?.ofMe ?? 0,
                  },
          }),
  };
}

/** Whether somebody could still fill a seat. */
function isLeft(known: KnownProposal, person: Person, subjects: readonly string[], seen: Seen): boolean {
  const { may, hasPlace } = seen;
  return !hasReviewed(known, person) && !subjects.includes(person.id) && may(known, person) && hasPlace(known, person);
}

function hasReviewed(known: KnownProposal, person: Person): boolean {
  return known.tally.counted.some(review => review.intent.reviewer === person.id);
}

function blockedBy(known: KnownProposal): string {
  if (known.state !== 'in_review') return '';
  const open = known.tally.slots.filter(slot => slot.filledBy === undefined).length;
  return open === 0 ? '' : `waits for ${open} of ${peopleText(known.tally.needed)}`;
}

const peopleText = (count: number) => `${count} ${count === 1 ? 'person' : 'people'}`;

function asOpen({ slot }: KnownProposal['tally']['slots'][number]) {
  return { slot, filledBy: undefined };
}

function seatOf(
  known: KnownProposal,
  { person, may, hasPlace }: Seen,
  subjects: readonly string[],
): ProposalRow['mySeat'] {
  if (person === undefined) return 'none';
  if (known.state === 'in_review' && subjects.includes(person.id)) return 'subject';
  if (hasReviewed(known, person)) return 'reviewed';
  // Of a T1 one may sign one's own proposal, so whether one may comes first.
  if (may(known, person)) return known.state === 'in_review' && !hasPlace(known, person) ? 'no_seat' : 'can_review';
  return isContributor(known, person) ? 'contributor' : 'not_eligible';
}

/** `mayReview`, asked once for each tier, person and whether they contributed. */
function mayOnce(context: ServerContext): Seen['may'] {
  const said = new Map<string, boolean>();
  return (known, person) => {
    const key = `${known.current.tier} ${person.id} ${isContributor(known, person)}`;
    const before = said.get(key);
    if (before !== undefined) return before;
    const may = mayReview(context, known, person, 'approve');
    said.set(key, may);
    return may;
  };
}

/** The proposals that these undo, by the execution that they name. */
function undoneOf(
  context: ServerContext,
  known: readonly KnownProposal[],
): Promise<ReadonlyMap<string, `prp_${string}`>> {
  const executions = known.flatMap(({ stored }) => stored.undoesExecution ?? []);
  return proposalsOfExecutions(context.pool, context.tenant, executions);
}

async function openedBy(
  context: ServerContext,
  known: readonly KnownProposal[],
  person: Person | undefined,
): Promise<ReadonlySet<string>> {
  if (person === undefined || known.length === 0) return new Set();
  const { rows } = await context.pool.query<{ opened: string }>(
    "SELECT DISTINCT proposal_id || '/' || revision AS opened FROM evidence_opened WHERE tenant_id = $1 AND person_id = $2 AND proposal_id = ANY ($3)",
    [context.tenant, person.id, known.map(one => one.stored.id)],
  );
  return new Set(rows.map(row => row.opened));
}
