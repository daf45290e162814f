import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { askerOf, type ProposalState } from '../../model/proposal.ts';
import type {
  DwellRequest,
  JudgementRequest,
  PreJudgement,
  PreJudgementRequest,
  ShownAnswer,
  ShownRequest,
} from '../../model/reliance.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import { type KnownProposal, knowProposal } from '../proposals/facts.ts';
import { isAskedFirst, noteJudgedFirst, owesJudgement } from '../proposals/judged-first.ts';
import { isContributor, mayReview } from '../proposals/review.ts';

/** What is kept of the moment at which a proposal was first shown to somebody who may review it. */
export interface ShownBody {
  readonly asks: boolean;
  /** Responder and operation. */
  readonly of: string;
  /** Statements that it rests on, and records that it cites. */
  readonly claims: number;
  readonly cited: number;
}

/** Anything said of it in review would be read by the reviewers who are still to come. */
const UNDECIDED: ReadonlySet<ProposalState> = new Set<ProposalState>([
  'drafted',
  'in_review',
  'approved',
  'emergency',
  'checking',
  'executing',
]);

const PUT = `INSERT INTO decision_telemetry (tenant_id, proposal_id, revision, person_id, kind, body)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`;

type TelemetryKind = 'shown' | 'pre_judgement' | 'dwell' | 'judgement';

/** The first word stands: what was said before the recommendation cannot be said again after it. */
async function put(
  context: ServerContext,
  person: Person,
  { proposal, revision }: ShownRequest,
  kind: TelemetryKind,
  body: object,
): Promise<void> {
  await context.pool.query(PUT, [context.tenant, proposal, revision, person.id, kind, JSON.stringify(body)]);
}

async function read<T>(
  context: ServerContext,
  person: Person,
  { proposal, revision }: ShownRequest,
  kind: TelemetryKind,
): Promise<T | undefined> {
  const { rows } = await context.pool.query<{ body: T }>(
    'SELECT body FROM decision_telemetry WHERE tenant_id = $1 AND proposal_id = $2 AND revision = $3 AND person_id = $4 AND kind = $5',
    [context.tenant, proposal, revision, person.id, kind],
  );
  return rows[0]?.body;
}

/**
 * That a proposal was shown to somebody, and whether the page asks for their judgement first. Only of whoever may review
 * it now: who else looks is not recorded. Which reviews ask follows from the act and the reviewer, so that a reload asks no less.
 */
export async function recordShown(
  context: ServerContext,
  person: Person,
  request: ShownRequest,
): Promise<Result<ShownAnswer, Failure>> {
  const known = await knowProposal(context, request.proposal);
  if (known === undefined) return fail(failureOf('not_found', request.proposal));
  if (!isForReview(context, known, person, request)) return ok({ preJudgement: 'not_asked' });
  const { evidence } = known.presentation;
  const body: ShownBody = {
    asks: isAskedFirst(context, known, person),
    of: `${known.act.responder}/${known.act.operation}`.slice(0, 100),
    claims: new Set(evidence.map(({ says }) => says)).size,
    cited: new Set(evidence.map(({ id }) => id)).size,
  };
  await put(context, person, request, 'shown', body);
  await forgetOld(context);
  const shown = await read<ShownBody>(context, person, request, 'shown');
  if (shown?.asks !== true) return ok({ preJudgement: 'not_asked' });
  // What was skipped in an earlier version does not count as said.
  if (await owesJudgement(context, known, person)) return ok({ preJudgement: 'asked' });
  const said = await read<{ says: PreJudgement }>(context, person, request, 'pre_judgement');
  return ok({ preJudgement: said?.says ?? 'skipped' });
}

function isForReview(context: ServerContext, known: KnownProposal, person: Person, request: ShownRequest): boolean {
  const hasReviewed = known.tally.counted.some(review => review.intent.reviewer === person.id);
  return (
    known.state === 'in_review' &&
    known.current.revision === request.revision &&
    !hasReviewed &&
    mayReview(context, known, person, 'approve')
  );
}

/** The database lets nothing go that is younger. */
async function forgetOld(context: ServerContext): Promise<void> {
  await context.pool.query(`DELETE FROM decision_telemetry WHERE tenant_id = $1 AND at < now() - interval '190 days'`, [
    context.tenant,
  ]);
}

/**
 * What somebody said before the recommendation was shown, where they were asked. That one cannot tell is an answer, too. An approval
 * waits for it; nothing else does.
 */
export async function recordPreJudgement(
  context: ServerContext,
  person: Person,
  request: PreJudgementRequest,
): Promise<Result<true, Failure>> {
  const shown = await read<ShownBody>(context, person, request, 'shown');
  if (shown?.asks !== true) return fail(failureOf('not_found', 'nobody was asked'));
  if (await hasReviewed(context, person, request)) return fail(failureOf('proposal.wrong_state', 'reviewed already'));
  await put(context, person, request, 'pre_judgement', { says: request.says });
  await noteJudgedFirst(context, request, person);
  return ok(true);
}

/** How long the parts of the page were on screen, as the browser says. Only of whoever reviewed: a look is no decision. */
export async function recordDwell(
  context: ServerContext,
  person: Person,
  request: DwellRequest,
): Promise<Result<true, Failure>> {
  if (!(await hasReviewed(context, person, request))) return fail(failureOf('not_found', 'there is no review'));
  await put(context, person, request, 'dwell', request.sections);
  return ok(true);
}

async function hasReviewed(
  context: ServerContext,
  person: Person,
  { proposal, revision }: ShownRequest,
): Promise<boolean> {
  const { rowCount } = await context.pool.query(
    'SELECT 1 FROM review WHERE tenant_id = $1 AND proposal_id = $2 AND revision = $3 AND person_id = $4 LIMIT 1',
    [context.tenant, proposal, revision, person.id],
  );
  return (rowCount ?? 0) > 0;
}

/**
 * Whether it should have been done, once it is over, by somebody who had no part in it. It changes nothing of the
 * proposal: it is what the figures take for true.
 */
export async function recordJudgement(
  context: ServerContext,
  person: Person,
  request: JudgementRequest,
): Promise<Result<true, Failure>> {
  const known = await knowProposal(context, request.proposal);
  if (known === undefined) return fail(failureOf('not_found', request.proposal));
  if (known.current.revision !== request.revision || UNDECIDED.has(known.state))
    return fail(failureOf('proposal.wrong_state', known.state));
  const asker = askerOf(known.stored.origin);
  const hasPart = isContributor(known, person) || asker === person.id || (await hasReviewed(context, person, request));
  if (hasPart) return fail(failureOf('access.denied', `${person.id} had a part in it`));
  await put(context, person, request, 'judgement', { shouldHaveBeenDone: request.shouldHaveBeenDone });
  return ok(true);
}
