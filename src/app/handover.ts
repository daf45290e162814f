import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR, type UnixMs, unixMsFrom } from '../base/time.ts';
import { type Decided, type HandoverFacts, handoverOf } from '../core/study/handover.ts';
import type { Handover, ProposalRow } from '../model/api.ts';
import type { StreamCoverage } from '../model/coverage.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { ProposalState } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import type { ServerContext } from './context.ts';
import { seenBy, viewerOf } from './drills/sight.ts';
import {
  cameInOver,
  changedIn,
  lateNewsIn,
  noisiestRules,
  openedIn,
  quarantinedIn,
  type Span,
  unownedGrave,
} from './handover-reading.ts';
import type { Overview } from './overview.ts';
import { readPeople } from './people.ts';
import { rowsOf } from './proposals/rows.ts';
import { declaredGaps } from './source-deliveries.ts';
import type { Study } from './study.ts';

/** What a handover is read from. */
export interface HandoverParts {
  readonly context: ServerContext;
  readonly study: Pick<Study, 'streams'>;
  readonly overview: Pick<Overview, 'read'>;
}

/** A shift, unless somebody asks for another span. */
const SPAN_MS_USUAL = 8 * MS_PER_HOUR;
export const SPAN_MS_MAX = 31 * MS_PER_DAY;
/** From a span of so long on, what is counted is compared with the span before. */
const COMPARED_MS_MIN = 7 * MS_PER_DAY;

const REVIEWS_MAX = 20;
const DOUBT_MAX = 20;
const DECIDED_MAX = 60;

/** The handover of a span: the last eight hours unless said otherwise. A span that ends before it begins, or is too long, is refused. */
export async function readHandover(
  parts: HandoverParts,
  asked: { readonly from: UnixMs | undefined; readonly to: UnixMs | undefined },
  person: Person | undefined,
): Promise<Result<Handover, Failure>> {
  const { context } = parts;
  const now = context.now();
  const to = unixMsFrom(Math.min(now, asked.to ?? now));
  const from = asked.from ?? unixMsFrom(to - SPAN_MS_USUAL);
  if (from >= to) return fail(failureOf('request.malformed', 'the span ends before it begins'));
  if (to - from > SPAN_MS_MAX) return fail(failureOf('request.malformed', 'a span is at most 31 days'));
  return ok(handoverOf(await readFacts(parts, { from, to }, now, person)));
}

async function readFacts(
  { context, study, overview }: HandoverParts,
  span: Span,
  now: UnixMs,
  person: Person | undefined,
): Promise<HandoverFacts> {
  const isCompared = span.to - span.from >= COMPARED_MS_MIN;
  const earlier = { from: unixMsFrom(span.from - (span.to - span.from)), to: span.from };
  const people = new Map((await readPeople(context)).map(({ id, name }) => [id as string, name]));
  const nameOf = (id: string): string => people.get(id) ?? id;
  // One after the other: a handover is not in a hurry, and must not take the connections of those who are.
  const { unownedHigh } = await overview.read();
  const facts = {
    ...span,
    now,
    silent: [...study.streams.out(), ...(await declaredGaps(context)).filter(gap => touches(gap, span))],
    reviews: await inStates(context, ['in_review'], REVIEWS_MAX, person),
    doubt: await inStates(context, ['in_doubt', 'not_in_effect'], DOUBT_MAX, person),
    unowned: { rows: await unownedGrave(context), total: unownedHigh },
    news: await lateNewsIn(context, span),
    decided: await decidedIn(context, span, nameOf, person),
    opened: await openedIn(context, span, nameOf),
    changed: await changedIn(context, span, nameOf),
    cameIn: await cameInOver(context, span),
    quarantine: await quarantinedIn(context, span),
    rules: await noisiestRules(context, span),
  };
  if (!isCompared) return { ...facts, before: undefined };
  const before = {
    opened: await openedIn(context, earlier, nameOf),
    cameIn: await cameInOver(context, earlier),
    rules: await noisiestRules(context, earlier),
  };
  // Before anything ever came in there is nothing to compare with.
  return { ...facts, before: before.cameIn.records === 0 ? undefined : before };
}

/** What a product said that it no longer has counts for the span that it falls into. */
function touches(gap: StreamCoverage, { from, to }: Span): boolean {
  return gap.to >= from && gap.from <= to;
}

/** Proposals in these states, those that run out first before others. */
async function inStates(
  context: ServerContext,
  states: readonly ProposalState[],
  most: number,
  person: Person | undefined,
): Promise<HandoverFacts['reviews']> {
  const { rows } = await context.pool.query<{ id: string; total: string }>(
    `SELECT proposal_id AS id, count(*) OVER () AS total FROM proposal_index
      WHERE tenant_id = $1 AND state = ANY($2) AND ${seenBy('proposal_id', '$4')} ORDER BY review_by, proposal_id LIMIT $3`,
    [context.tenant, states, most, viewerOf(person)],
  );
  const found = await rowsOf(
    context,
    rows.map(row => row.id),
    person,
  );
  // The index may be behind the clock: what expired meanwhile is in another state.
  const standing = found.filter(row => states.includes(row.state));
  const total = Number(rows[0]?.total ?? 0) - (found.length - standing.length);
  return { rows: standing, total };
}

type Done = { readonly at: Date } & (
  | { readonly kind: 'review'; readonly proposal: Id<'proposal'>; readonly by: string; readonly what: string }
  | { readonly kind: 'outcome'; readonly proposal: Id<'proposal'>; readonly by: string; readonly what: string }
  | { readonly kind: 'withdrawn'; readonly proposal: Id<'proposal'>; readonly by: string; readonly what: string }
  | { readonly kind: 'expired'; readonly proposal: Id<'proposal'>; readonly by: string; readonly what: string }
  | { readonly kind: 'kill_on' | 'kill_off'; readonly proposal: null; readonly by: string; readonly what: string }
);

/** Of an outcome `by` is what it was concluded from. The newest of all, in the order in which they were. */
const DECIDED = `
  WITH done AS (
    SELECT 'review' AS kind, proposal_id AS proposal, person_id AS by, verdict AS what, received_at AS at FROM review
     WHERE tenant_id = $1 AND received_at >= $2 AND received_at < $3
    UNION ALL
    SELECT 'outcome', e.proposal_id, coalesce(f.body ->> 'because', ''), f.body ->> 'outcome', f.at FROM execution_fact f
      JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
     WHERE f.tenant_id = $1 AND f.kind = 'concluded' AND f.at >= $2 AND f.at < $3
    UNION ALL
    SELECT 'withdrawn', proposal_id, by, reason, at FROM withdrawal WHERE tenant_id = $1 AND at >= $2 AND at < $3
    UNION ALL
    SELECT 'expired', proposal_id, '', '', review_by FROM proposal_index
     WHERE tenant_id = $1 AND state = 'expired' AND review_by >= $2 AND review_by < $3
    UNION ALL
    SELECT CASE WHEN is_on THEN 'kill_on' ELSE 'kill_off' END, NULL, by, reason, at FROM kill_switch
     WHERE tenant_id = $1 AND at >= $2 AND at < $3),
  newest AS (SELECT *, count(*) OVER () AS total FROM done WHERE ${seenBy('proposal', '$5')} ORDER BY at DESC LIMIT $4)
  SELECT * FROM newest ORDER BY at`;

async function decidedIn(
  context: ServerContext,
  { from, to }: Span,
  nameOf: (id: string) => string,
  person: Person | undefined,
): Promise<HandoverFacts['decided']> {
  const { rows } = await context.pool.query<Done & { readonly total: string }>(DECIDED, [
    context.tenant,
    new Date(from),
    new Date(to),
    DECIDED_MAX,
    viewerOf(person),
  ]);
  const ids = [...new Set(rows.flatMap(row => row.proposal ?? []))];
  const proposals = new Map((await rowsOf(context, ids, undefined)).map(row => [row.id, row]));
  return {
    rows: rows.flatMap(row => decidedOf(row, row.proposal === null ? undefined : proposals.get(row.proposal), nameOf)),
    total: Number(rows[0]?.total ?? 0),
  };
}

function decidedOf(done: Done, proposal: ProposalRow | undefined, nameOf: (id: string) => string): readonly Decided[] {
  const at = unixMsFrom(done.at.getTime());
  const { kind, by, what } = done;
  if (kind === 'kill_on' || kind === 'kill_off')
    return [{ kind: 'kill_switch', isOn: kind === 'kill_on', by: nameOf(by), reason: what, at }];
  if (proposal === undefined) return [];
  switch (kind) {
    case 'review':
      return [{ kind, by: nameOf(by), verdict: what, at, proposal }];
    case 'outcome':
      return [{ kind, outcome: what, because: by, at, proposal }];
    case 'withdrawn':
      return [{ kind, by: nameOf(by), reason: what, at, proposal }];
    case 'expired':
      return [{ kind, at, proposal }];
  }
}
