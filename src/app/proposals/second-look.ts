import type { Id } from '../../base/id.ts';
import { MS_PER_DAY } from '../../base/time.ts';
import { readFinding } from '../../core/decide/closed.ts';
import { isGlassFinding } from '../../core/decide/glass.ts';
import { isLookedAtAgain, SECOND_LOOK_DAYS } from '../../core/decide/second-look.ts';
import type { SecondLook, SecondLookList } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { askerOf, type ProposalState } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { Db, ServerContext } from '../context.ts';
import { type KnownProposal, knowProposals } from './facts.ts';
import { isContributor, mayReviewTwoPersonActs } from './review.ts';

/** States in which an act is over, and somebody can say whether it should have been done. */
const OVER: readonly ProposalState[] = ['verified', 'undone', 'failed', 'not_in_effect', 'succeeded'];
/** Acts that are listed, the longest waiting first. */
const LISTED_MAX = 100;

interface Found {
  readonly by: Person['id'];
  readonly finds: 'justified' | 'unjustified';
}

/** What others found of these acts when they looked again; their signatures were checked when they were taken. */
async function readFound(
  context: ServerContext,
  executions: readonly string[],
  db: Db = context.pool,
): Promise<ReadonlyMap<string, readonly Found[]>> {
  const { rows } = await db.query<{ execution: string; statement: string }>(
    'SELECT execution_id AS execution, statement FROM finding WHERE tenant_id = $1 AND execution_id = ANY ($2) ORDER BY seq',
    [context.tenant, executions],
  );
  const found = new Map<string, Found[]>();
  for (const { execution, statement } of rows) {
    const read = readFinding(statement);
    if (!read.ok || !isGlassFinding(read.value.finds)) continue;
    found.set(execution, [...(found.get(execution) ?? []), { by: read.value.by, finds: read.value.finds }]);
  }
  return found;
}

function isChosen(context: ServerContext, { execution, current, state }: KnownProposal): boolean {
  return (
    execution !== undefined &&
    OVER.includes(state) &&
    isLookedAtAgain(context.genesis.installation, execution.id, current.tier)
  );
}

/** Why this person does not say whether the act should have been done; undefined where they may. */
export function secondLookRefusal(context: ServerContext, known: KnownProposal, person: Person): Failure | undefined {
  if (!isChosen(context, known)) return failureOf('proposal.wrong_state', 'nobody is asked to look at it again');
  return mayLook(context, known, person) ? undefined : failureOf('review.not_eligible', person.id);
}

/** Somebody who could sign such an act, and neither did nor had a part in it. */
function mayLook(context: ServerContext, known: KnownProposal, person: Person): boolean {
  return (
    askerOf(known.stored.origin) !== person.id &&
    !isContributor(known, person) &&
    !known.tally.counted.some(review => review.intent.reviewer === person.id) &&
    mayReviewTwoPersonActs(context, person)
  );
}

/** How the second look at an act stands, as this person sees it; undefined of acts that were not chosen. */
export async function secondLookOf(
  context: ServerContext,
  known: KnownProposal,
  person: Person | undefined,
  nameOf: (id: string) => string,
): Promise<SecondLook | undefined> {
  if (!isChosen(context, known) || known.execution === undefined) return undefined;
  const found = (await readFound(context, [known.execution.id])).get(known.execution.id) ?? [];
  return viewOf(context, known, found, person, nameOf);
}

function viewOf(
  context: ServerContext,
  known: KnownProposal,
  found: readonly Found[],
  person: Person | undefined,
  nameOf: (id: string) => string,
): SecondLook {
  const hasFound = found.some(({ by }) => by === person?.id);
  const may = person !== undefined && !hasFound && mayLook(context, known, person);
  return {
    found: found.map(({ by, finds }) => ({ by: nameOf(by), finds })),
    mine: hasFound ? 'found' : may ? 'can_find' : 'none',
  };
}

/** Acts of the last days that nobody has looked at again yet, and that this person may. */
export async function listSecondLooks(context: ServerContext, person: Person | undefined): Promise<SecondLookList> {
  const { rows } = await context.pool.query<{ proposal: Id<'proposal'>; execution: Id<'execution'> }>(
    `SELECT e.proposal_id AS proposal, e.id AS execution FROM execution e JOIN revision r USING (tenant_id, proposal_id, revision)
      WHERE e.tenant_id = $1 AND r.tier IN ('T1', 'T2') AND e.claimed_at > $2
        AND NOT EXISTS (SELECT FROM finding f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id)
      ORDER BY e.claimed_at`,
    [context.tenant, new Date(context.now() - SECOND_LOOK_DAYS * MS_PER_DAY)],
  );
  const chosen = rows
    .filter(({ execution }) => isLookedAtAgain(context.genesis.installation, execution, 'T2'))
    .slice(0, LISTED_MAX);
  const known = await knowProposals(
    context,
    chosen.map(({ proposal }) => proposal),
  );
  const nameOf = (id: string) => known[0]?.people.get(id as Person['id'])?.name ?? id;
  return {
    rows: known
      .filter(one => isChosen(context, one))
      .map(one => ({
        ...viewOf(context, one, [], person, nameOf),
        proposal: one.stored.id,
        sentence: one.presentation.sentence,
      })),
  };
}
