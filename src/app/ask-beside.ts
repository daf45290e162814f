import type { Id } from '../base/id.ts';
import { parseTime, rfc3339, type UnixMs } from '../base/time.ts';
import type { Found } from '../core/study/ask/answer.ts';
import type { EntityKind } from '../model/alert.ts';
import type { ProposalRow, ProposalView } from '../model/api.ts';
import type { AnswerCell, AnswerRow, Query } from '../model/query.ts';
import type { Person } from '../model/review.ts';
import type { ServerContext } from './context.ts';
import { withoutNul } from './intake-store.ts';
import { proposalsOfIncident, viewProposal } from './proposals/view.ts';
import { countAlerts, readSightings, storedKey } from './sightings.ts';

const ours = (text: string): AnswerCell => ({ kind: 'ours', text });
const time = (at: UnixMs): AnswerCell => ({
  kind: 'time',
  text: `${rfc3339(at).slice(0, 16).replace('T', ' ')} UTC`,
  at,
});

/** How common a value is in our own history: one row from the counts that are kept behind intake. */
export async function prevalenceRow(
  context: ServerContext,
  key: string,
  label: string | undefined,
  lag: number,
): Promise<Found> {
  const at = key.indexOf(':');
  const value = withoutNul(key.slice(at + 1)).toWellFormed();
  const stored = storedKey({ kind: key.slice(0, at) as EntityKind, value });
  const [seen, all] = await Promise.all([readSightings(context, [stored]), countAlerts(context)]);
  const found = seen.get(stored);
  const columns = ['Value', 'Alerts', 'Of', 'Incidents', 'Hosts', 'First', 'Last', 'Counted'];
  const counted = ours(lag === 0 ? 'all alerts' : `all but the newest ${lag} alerts`);
  const many = (count: number): AnswerCell => ({
    kind: 'count',
    text: `${found?.isBounded === true ? 'at least ' : ''}${count}`,
  });
  const name: AnswerCell = { kind: 'value', text: label ?? value };
  const figures: readonly AnswerCell[] =
    found === undefined
      ? [many(0), many(all), many(0), many(0), ours('never'), ours('never')]
      : [
          { kind: 'count', text: String(found.alerts) },
          { kind: 'count', text: String(all) },
          many(found.incidents),
          many(found.hosts),
          time(found.firstSeen),
          time(found.lastSeen),
        ];
  const row: AnswerRow = { rests: 'history', cells: [name, ...figures, counted], citations: [] };
  return { columns, rows: [row], total: 1, alerts: found?.alerts ?? 0, unsound: 0 };
}

/** Proposals that are looked into for their reviews and acts. */
const LOOKED_INTO_MAX = 20;

/** What was proposed, reviewed or done for an incident, from what the log holds; of one target where that is asked. */
export async function decisionRows(
  { context, person }: { readonly context: ServerContext; readonly person?: Pick<Person, 'id'> | undefined },
  incident: Id<'incident'>,
  query: Extract<Query, { form: 'decisions' }>,
  label: string | undefined,
): Promise<Found> {
  const names = query.target === undefined ? undefined : targetNames(query.target, label);
  const proposals = (await proposalsOfIncident(context, incident, undefined, person)).filter(
    ({ targetName }) => names === undefined || names.has(targetName.toLowerCase()),
  );
  if (query.what === 'proposals') return listed(PROPOSAL_COLUMNS, proposals.map(proposalRow), query.limit);
  const views: ProposalView[] = [];
  for (const { id } of proposals.slice(0, LOOKED_INTO_MAX)) {
    const view = await viewProposal(context, id, undefined, person);
    if (view !== undefined) views.push(view);
  }
  return query.what === 'reviews'
    ? listed(REVIEW_COLUMNS, views.flatMap(reviewRows), query.limit)
    : listed(ACT_COLUMNS, views.flatMap(actRows), query.limit);
}

function targetNames(key: string, label: string | undefined): ReadonlySet<string> {
  const value = key.slice(key.indexOf(':') + 1);
  return new Set([value, ...(label === undefined ? [] : [label])].map(name => name.toLowerCase()));
}

function listed(columns: readonly string[], rows: readonly AnswerRow[], limit: number): Found {
  return { columns, rows: rows.slice(0, limit), total: rows.length, alerts: 0, unsound: 0 };
}

const PROPOSAL_COLUMNS = ['When', 'Proposal', 'Target', 'Tier', 'State'];

function proposalRow(row: ProposalRow): AnswerRow {
  return {
    rests: 'log',
    cells: [
      moment(row.createdAt),
      { kind: 'value', text: row.sentence },
      { kind: 'value', text: row.targetName },
      ours(row.tier),
      ours(row.state.replaceAll('_', ' ')),
    ],
    citations: [],
    proposal: row.id,
  };
}

const REVIEW_COLUMNS = ['When', 'Who', 'Verdict', 'Reason', 'Proposal', 'Entry of the log'];

function reviewRows({ row, reviews }: ProposalView): readonly AnswerRow[] {
  return reviews.map(review => ({
    rests: 'log',
    cells: [
      moment(review.at),
      { kind: 'value', text: review.by },
      ours(review.verdict.replaceAll('_', ' ')),
      { kind: 'value', text: review.reason },
      { kind: 'value', text: row.sentence },
      entry(review.logIndex),
    ],
    citations: [],
    proposal: row.id,
  }));
}

const ACT_COLUMNS = ['When', 'Act', 'Outcome', 'Last seen of the target', 'State', 'Entry of the log'];

function actRows({ row, execution }: ProposalView): readonly AnswerRow[] {
  if (execution === undefined) return [];
  const seen = execution.observations.at(-1);
  return [
    {
      rests: 'log',
      cells: [
        execution.intendedAt === undefined ? ours('not yet') : moment(execution.intendedAt),
        { kind: 'value', text: row.sentence },
        { kind: 'value', text: execution.outcome ?? 'not told yet' },
        { kind: 'value', text: seen === undefined ? 'nothing yet' : `${seen.state}, effect ${seen.effect}` },
        ours(row.state.replaceAll('_', ' ')),
        entry(execution.logIndex),
      ],
      citations: [],
      proposal: row.id,
    },
  ];
}

const entry = (index: number | undefined): AnswerCell =>
  index === undefined ? ours('not yet') : { kind: 'count', text: String(index) };

function moment(text: string): AnswerCell {
  const at = parseTime(text);
  return at === undefined ? ours(text) : time(at);
}
