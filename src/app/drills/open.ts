import { readSeal } from '../../core/decide/closed.ts';
import type { DrillFeedback } from '../../model/api-proposals.ts';
import { type DrillFault, FAULT_TEXT, type SealOpening } from '../../model/drill.ts';
import type { Person } from '../../model/review.ts';
import type { ProposalRevision } from '../../store/proposal-facts.ts';
import { type Db, record, type ServerContext } from '../context.ts';
import type { KnownProposal } from '../proposals/facts.ts';
import { EVERYBODY } from './sight.ts';

/** Who takes back a drill that is in the way: nobody by name. */
export const TAKEN_BACK_BY = 'countersign';

/** What a revision was sealed as; undefined of what was made before there were seals. */
function openingOf({ seal }: ProposalRevision): SealOpening | undefined {
  const opening = readSeal(seal?.opening ?? '');
  return opening.ok ? opening.value : undefined;
}

/**
 * Opens a drill that is over, in the transaction in which it became so: the log gets what its seal was made from, and from
 * then on nobody is shown it but whoever decided on it. One that somebody edited becomes an act, which everybody sees.
 */
export async function openIfOver(context: ServerContext, client: Db, known: KnownProposal): Promise<void> {
  const isEdited = openingOf(known.current)?.is !== 'drill';
  if (!isEdited && known.state === 'in_review') return;
  const { id } = known.stored;
  const audience = isEdited ? [EVERYBODY] : [...new Set(verdictsOn(known).map(({ by }) => by))];
  const { rowCount } = await client.query(
    'UPDATE drill SET audience = $3, opened_at = $4 WHERE tenant_id = $1 AND proposal_id = $2 AND opened_at IS NULL',
    [context.tenant, id, audience, new Date(context.now())],
  );
  if (rowCount === 0) return;
  for (const revision of known.stored.revisions) {
    const opening = openingOf(revision);
    if (opening?.is === 'drill') await record(context, client, { type: 'drill.opened', opening });
  }
}

/** Who settled it, and whether they stopped it: to take it back is to say no, and to ask for more is not to say yes. */
function verdictsOn({
  tally,
  hearing,
  stored,
}: KnownProposal): readonly { readonly by: string; readonly isStop: boolean }[] {
  const asked = hearing.heard.map(({ review }) => review.intent).filter(({ verdict }) => verdict === 'ask_for_more');
  return [
    ...tally.counted.map(({ intent }) => ({ by: intent.reviewer, verdict: intent.verdict })),
    ...asked.map(({ reviewer, verdict }) => ({ by: reviewer, verdict })),
    ...stored.withdrawals.filter(({ by }) => by !== TAKEN_BACK_BY).map(({ by }) => ({ by, verdict: 'reject' })),
  ].map(({ by, verdict }) => ({ by, isStop: verdict !== 'approve' && verdict !== 'break_glass' }));
}

/** What a drill tells whoever decided on it; undefined of everything else, and for everybody else. */
export async function feedbackOn(
  context: ServerContext,
  known: KnownProposal,
  person: Person | undefined,
): Promise<DrillFeedback | undefined> {
  const decided = verdictsOn(known).find(({ by }) => by === person?.id);
  if (decided === undefined || openingOf(known.current)?.is !== 'drill') return undefined;
  const { rows } = await context.pool.query<{ fault: DrillFault; shown_by: DrillFeedback['places'] }>(
    'SELECT fault, shown_by FROM drill WHERE tenant_id = $1 AND proposal_id = $2 AND opened_at IS NOT NULL',
    [context.tenant, known.stored.id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    wasNoticed: decided.isStop,
    ...FAULT_TEXT[row.fault],
    places: row.shown_by,
  };
}
