import { type Outcome, OutcomeHistory } from '../core/study/history.ts';
import type { ResponseOption } from '../model/claim.ts';
import type { Coverage } from '../model/coverage.ts';
import type { OptionHistory } from '../model/history.ts';
import type { CoverageVerdict, ProposalState, Tier } from '../model/proposal.ts';
import type { ServerContext } from './context.ts';
import { isAct } from './drills/sight.ts';

/** Proposals that are counted: the newest. */
const OUTCOMES_MAX = 20_000;
/** Counts are no older than this. */
const FRESH_MS = 60_000;

/** People signed it, whatever became of it then. */
const ACCEPTED: readonly ProposalState[] = [
  'approved',
  'emergency',
  'checking',
  'executing',
  'refused',
  'stale',
  'succeeded',
  'failed',
  'in_doubt',
  'not_in_effect',
  'verified',
  'undone',
];
/** People refused it, or took their signature back before anything was done. */
const REFUSED: readonly ProposalState[] = ['rejected', 'revoked'];

/** What became of earlier proposals, counted from their facts. It only tells: nothing that decides reads it. */
export class ProposalHistory {
  private known: { readonly at: number; readonly history: Promise<OutcomeHistory> } | undefined;
  private readonly context: ServerContext;

  constructor(context: ServerContext) {
    this.context = context;
  }

  /** The options with what became of proposals like each act. */
  async onOptions(options: readonly ResponseOption[], coverage: Coverage): Promise<readonly ResponseOption[]> {
    const history = await this.read();
    return options.map(option => {
      const { kind, responder, operation, expectedTier } = option;
      if (kind !== 'act' || responder === undefined || operation === undefined || expectedTier === undefined)
        return option;
      return { ...option, history: history.of(kindOf(responder, operation), cellOf(expectedTier, coverage.verdict)) };
    });
  }

  /** What became of proposals like this one. */
  async ofAct(responder: string, operation: string, tier: Tier, status: CoverageVerdict): Promise<OptionHistory> {
    return (await this.read()).of(kindOf(responder, operation), cellOf(tier, status));
  }

  private read(): Promise<OutcomeHistory> {
    const now = this.context.now();
    if (this.known === undefined || now - this.known.at >= FRESH_MS)
      this.known = { at: now, history: readOutcomes(this.context).then(outcomes => new OutcomeHistory(outcomes)) };
    // A failed count is not kept: the next one who asks counts again.
    const { history } = this.known;
    history.catch(() => {
      if (this.known?.history === history) this.known = undefined;
    });
    return history;
  }
}

function kindOf(responder: string, operation: string): string {
  return `${responder}.${operation}`;
}

function cellOf(tier: Tier, status: CoverageVerdict): string {
  return `${tier}/${status}`;
}

/** Decided proposals, without undos: taking something back is not one more of its kind. */
export async function readOutcomes(context: Pick<ServerContext, 'pool' | 'tenant'>): Promise<readonly Outcome[]> {
  const { rows } = await context.pool.query<{
    responder: string;
    operation: string;
    tier: Tier;
    status: CoverageVerdict;
    state: ProposalState;
  }>(
    `SELECT r.act::jsonb->>'responder' AS responder, r.act::jsonb->>'operation' AS operation, r.tier,
            r.presentation::jsonb->'coverage'->>'status' AS status, i.state
       FROM proposal_index i
       JOIN proposal p ON p.tenant_id = i.tenant_id AND p.id = i.proposal_id
       JOIN revision r ON r.tenant_id = i.tenant_id AND r.proposal_id = i.proposal_id AND r.revision = i.revision
      WHERE i.tenant_id = $1 AND i.state = ANY ($2) AND p.undoes_execution IS NULL AND ${isAct('i.proposal_id')}
      ORDER BY i.proposal_id DESC LIMIT $3`,
    [context.tenant, [...ACCEPTED, ...REFUSED], OUTCOMES_MAX],
  );
  return rows.map(({ responder, operation, tier, status, state }) => ({
    kind: kindOf(responder, operation),
    cell: cellOf(tier, status),
    accepted: ACCEPTED.includes(state),
    undone: state === 'undone',
  }));
}
