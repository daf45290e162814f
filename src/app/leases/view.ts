import { rfc3339 } from '../../base/time.ts';
import { askedNext } from '../../core/decide/lease.ts';
import { FAILURES, type FailureCode } from '../../model/failure.ts';
import type { LeaseList, LeaseView } from '../../model/lease.ts';
import type { ProposalState } from '../../model/proposal.ts';
import type { ServerContext } from '../context.ts';
import { type KnownProposal, knowProposals } from '../proposals/facts.ts';
import { type EndedLease, endedLeases } from './due.ts';

/** States in which nothing was carried out yet, and may be. */
const PENDING: readonly ProposalState[] = ['drafted', 'in_review', 'approved', 'emergency', 'checking', 'executing'];
const HOLDS: readonly ProposalState[] = ['succeeded', 'verified', 'not_in_effect', 'in_doubt'];

/** How the lease of an act stands; undefined where it has none. */
export async function leaseView(context: ServerContext, known: KnownProposal): Promise<LeaseView | undefined> {
  const endsAt = known.act.leaseEndsAt;
  if (endsAt === undefined) return undefined;
  if (PENDING.includes(known.state)) return { endsAt, state: 'pending' };
  if (!HOLDS.includes(known.state)) return { endsAt, state: 'over' };
  const { execution } = known;
  const [ended] = execution === undefined ? [] : await endedLeases(context, [execution.id]);
  if (ended !== undefined) return endedView(ended, endsAt);
  return { endsAt, state: Date.parse(endsAt) > context.now() || known.state === 'in_doubt' ? 'running' : 'over' };
}

function endedView(ended: EndedLease, endsAt: string): LeaseView {
  const { last } = ended;
  if (last === undefined) return { endsAt, state: 'asked' };
  if (last.releaseId === '')
    return { endsAt, state: 'stuck', because: FAILURES[last.code as FailureCode]?.shown ?? last.code };
  const next = askedNext(ended.endsAt, last);
  return {
    endsAt,
    state: next === undefined ? 'asked' : 'kept',
    release: last.releaseId,
    ...(next === undefined ? {} : { againAt: rfc3339(next) }),
  };
}

/** Ended leases for which no release could be proposed: somebody has to look. */
export async function listLeases(context: ServerContext): Promise<LeaseList> {
  const stuck = (await endedLeases(context)).filter(({ last }) => last !== undefined && last.releaseId === '');
  const known = await knowProposals(
    context,
    stuck.map(({ proposal }) => proposal),
  );
  return {
    rows: stuck.flatMap(lease => {
      const its = known.find(({ stored }) => stored.id === lease.proposal);
      const endsAt = rfc3339(lease.endsAt);
      return its === undefined
        ? []
        : [{ ...endedView(lease, endsAt), proposal: lease.proposal, sentence: its.presentation.sentence }];
    }),
  };
}
