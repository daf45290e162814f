import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { GLASS_REVIEWERS, isGlassFinding } from '../../core/decide/glass.ts';
import type { GlassList, GlassView } from '../../model/api.ts';
import type { Person } from '../../model/review.ts';
import { factOf } from '../../store/proposal-facts.ts';
import type { ServerContext } from '../context.ts';
import { type KnownProposal, knowProposals } from './facts.ts';
import { glassReviews, type ReviewedGlass } from './glass.ts';
import { mayReviewTwoPersonActs } from './review.ts';

/** A list of emergencies is short, or something else is wrong. */
const GLASS_ROWS_MAX = 100;

const time = (ms: number) => rfc3339(unixMsFrom(ms));

/** How an act that one person started alone stands, as this person sees it; undefined of every other. */
export async function glassView(
  context: ServerContext,
  known: KnownProposal,
  person: Person | undefined,
  nameOf: (id: string) => string,
): Promise<GlassView | undefined> {
  const { glass } = known.tally;
  const brokenBy = known.execution === undefined ? undefined : factOf(known.execution, 'intended')?.body.brokenBy;
  const [use] = brokenBy === undefined ? [] : await glassReviews(context, known.stored.id);
  if (use !== undefined) return glassViewOf(context, use, person, nameOf);
  if (glass === undefined || known.state !== 'emergency') return undefined;
  return {
    by: nameOf(glass.by),
    at: time(glass.at),
    state: 'started',
    reviewBy: '',
    missing: GLASS_REVIEWERS,
    wasRight: false,
    found: [],
    mine: 'none',
  };
}

function glassViewOf(
  context: ServerContext,
  { by, at, review, found }: ReviewedGlass,
  person: Person | undefined,
  nameOf: (id: string) => string,
): GlassView {
  const hasFound = found.some(one => one.by === person?.id);
  const mayFind = person !== undefined && person.id !== by && mayReviewTwoPersonActs(context, person);
  return {
    by: nameOf(by),
    at: time(at),
    state: review.state,
    reviewBy: review.state === 'reviewed' ? '' : time(review.by),
    missing: review.state === 'reviewed' ? 0 : review.missing,
    wasRight: review.state === 'reviewed' && review.wasRight,
    found: found.flatMap(one => (isGlassFinding(one.finds) ? [{ by: nameOf(one.by), finds: one.finds }] : [])),
    mine: hasFound ? 'found' : mayFind ? 'can_find' : 'none',
  };
}

/** Every act that one person started alone, the reviews that are owed first. */
export async function listGlass(context: ServerContext, person: Person | undefined): Promise<GlassList> {
  const reviews = (await glassReviews(context)).slice(0, GLASS_ROWS_MAX);
  const known = await knowProposals(
    context,
    reviews.map(({ proposal }) => proposal),
  );
  const sentences = new Map(known.map(one => [one.stored.id, one.presentation.sentence]));
  const people = known[0]?.people;
  const nameOf = (id: string) => people?.get(id as Person['id'])?.name ?? id;
  return {
    rows: reviews.map(review => ({
      ...glassViewOf(context, review, person, nameOf),
      proposal: review.proposal,
      sentence: sentences.get(review.proposal) ?? '',
    })),
  };
}
