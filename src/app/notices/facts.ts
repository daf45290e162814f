import { digestOf } from '../../base/canonical.ts';
import { ok } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, rfc3339 } from '../../base/time.ts';
import { COOLING_MS } from '../../core/decide/cooling.ts';
import { CHANGE_SIGNATURES } from '../../core/decide/person-change.ts';
import { SEVERITY_RANK } from '../../model/alert.ts';
import { type StreamCoverage, streamText } from '../../model/coverage.ts';
import type { NoticeFact, NoticeKind } from '../../model/notice.ts';
import { type ServerContext, transact } from '../context.ts';
import { audiencesOf, isAct } from '../drills/sight.ts';
import { groupBy } from '../group-by.ts';
import { coolingNow, readPeople } from '../people.ts';
import { type KnownProposal, knowProposals } from '../proposals/facts.ts';
import { hasSeat, mayReview } from '../proposals/review.ts';
import { type Audience, type Found, plainFact, recipientsOf, within } from './audience.ts';
import { findEscalations } from './escalations.ts';
import { findDifferences, findLeases } from './leases.ts';
import { keepFact } from './outbox.ts';
import type { Listener } from './people.ts';
import { findTasks } from './tasks.ts';
import { findSilentTrails, findTrails } from './trails.ts';

/** Facts of one kind that one look takes; what is beyond is taken by the next. */
const FACTS_MAX = 500;
/** How long before its end a review counts as running out. */
export const EXPIRES_SOON_MS = 30 * MS_PER_MINUTE;
/** Older than this an incident without an owner, or news that came late, is no news. */
const NEWS_MS_MAX = MS_PER_DAY;

/** Looks for what people should be told of and keeps each fact once, with those whom it is owed to. */
export async function findFacts(
  context: ServerContext,
  audience: Audience,
  streams: () => readonly StreamCoverage[],
  activityNow: () => number,
  startedAt: number,
): Promise<void> {
  const found = [
    ...(await findProposals(context, audience)),
    ...(await findEscalations(context, audience)),
    ...(await findTasks(context, audience)),
    ...(await findLeases(context, audience)),
    ...(await findDifferences(context, audience)),
    ...(await findTrails(context, audience)),
    ...(await findSilentTrails(context, audience, startedAt)),
    ...(await findStop(context, audience)),
    ...(await findFlood(context, audience)),
    ...(await findEnrolled(context, audience)),
    ...(await findChanged(context, audience)),
    ...(await findRefusedMachines(context, audience)),
    ...(await findUnowned(context, audience)),
    ...(await findLateNews(context, audience)),
    ...(await findSilent(context, audience, streams(), activityNow())),
  ];
  if (found.length === 0) return;
  await transact(context, async client => {
    for (const { fact, recipients } of found) await keepFact(context, client, fact, recipients);
    return ok(undefined);
  });
}

/** A change of longer ago is history, and stands on People and in the log. */
const CHANGES_TOLD_MS = 2 * MS_PER_DAY;
/** An emergency of longer ago is history, and stands in the reviews that are owed. */
const GLASS_TOLD_MS = 2 * MS_PER_DAY;
const KIND_OF_STATE: { readonly [state: string]: NoticeKind } = {
  in_doubt: 'act_in_doubt',
  not_in_effect: 'act_not_in_effect',
};

async function findProposals(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ id: string; kind: NoticeKind }>(
    `WITH telling AS (
       SELECT proposal_id AS id, revision, review_by, CASE state WHEN 'in_review' THEN 'review_waits' WHEN 'in_doubt' THEN 'act_in_doubt'
           WHEN 'not_in_effect' THEN 'act_not_in_effect' END AS kind
         FROM proposal_index WHERE tenant_id = $1 AND state IN ('in_review', 'in_doubt', 'not_in_effect')
       UNION ALL
       -- The act may be over before anybody looks here: what is told of is that somebody did.
       SELECT i.proposal_id, i.revision, i.review_by, 'break_glass_used' FROM review r JOIN proposal_index i USING (tenant_id, proposal_id)
        WHERE r.tenant_id = $1 AND r.verdict = 'break_glass' AND r.received_at > $2::timestamptz - $5 * interval '1 millisecond'
       UNION ALL
       SELECT proposal_id, revision, review_by, 'review_expires' FROM proposal_index
        WHERE tenant_id = $1 AND state = 'in_review' AND review_by BETWEEN $2 AND $3)
     SELECT id, kind FROM telling t
      WHERE NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = $1 AND f.key = t.kind || '/' || t.id || '/' || t.revision)
      ORDER BY review_by LIMIT $4`,
    [context.tenant, new Date(context.now()), new Date(context.now() + EXPIRES_SOON_MS), FACTS_MAX, GLASS_TOLD_MS],
  );
  const known = new Map(
    (await knowProposals(context, [...new Set(rows.map(row => row.id))])).map(one => [one.stored.id as string, one]),
  );
  const red = await redIncidents(
    context,
    [...known.values()].map(one => one.stored.incident),
  );
  const audiences = await audiencesOf(context, [...known.keys()]);
  return rows.flatMap(row => {
    const proposal = known.get(row.id);
    return proposal === undefined
      ? []
      : foundProposal(
          context,
          within(audience, audiences.get(row.id)),
          proposal,
          row.kind,
          red.has(proposal.stored.incident),
        );
  });
}

/** Those of these that somebody marked TLP:RED, or what was merged into them: what they name leaves by no channel. */
async function redIncidents(context: ServerContext, incidents: readonly string[]): Promise<ReadonlySet<string>> {
  if (incidents.length === 0) return new Set();
  const { rows } = await context.pool.query<{ incident: string; tlp: string }>(
    `SELECT DISTINCT ON (m.incident_id) CASE WHEN i.merged_into = ANY ($2) THEN i.merged_into ELSE m.incident_id END AS incident, m.tlp
       FROM incident_tlp m LEFT JOIN incident i ON i.tenant_id = m.tenant_id AND i.id = m.incident_id
      WHERE m.tenant_id = $1 AND (m.incident_id = ANY ($2) OR i.merged_into = ANY ($2)) ORDER BY m.incident_id, m.seq DESC`,
    [context.tenant, incidents],
  );
  return new Set(rows.filter(row => row.tlp === 'red').map(row => row.incident));
}

function foundProposal(
  context: ServerContext,
  audience: Audience,
  known: KnownProposal,
  kind: NoticeKind,
  isRed: boolean,
): readonly Found[] {
  const { id } = known.stored;
  const isReview = kind === 'review_waits' || kind === 'review_expires';
  // The index may be a moment behind; what does not hold any more is looked at again when it has caught up.
  const stands = isReview
    ? known.state === 'in_review'
    : kind === 'break_glass_used'
      ? known.tally.glass !== undefined
      : KIND_OF_STATE[known.state] === kind;
  if (!stands) return [];
  const { tier } = known.current;
  const fact: NoticeFact = {
    ...plainFact(kind, `${id}/${known.current.revision}`, id),
    tier: tier === 'TX' ? '' : tier,
    until: isReview ? new Date(known.current.reviewBy).toISOString() : '',
    missing: isReview
      ? {
          signatures: known.tally.slots.filter(slot => slot.filledBy === undefined).length,
          needed: known.tally.needed,
          gaps: known.presentation.coverage.gaps.filter(gap => gap.required).length,
        }
      : undefined,
    name: isRed ? '' : known.presentation.targetName,
  };
  const waitsFor = ({ person }: Listener): boolean =>
    !known.tally.counted.some(review => review.intent.reviewer === person.id) &&
    mayReview(context, known, person, 'approve') &&
    hasSeat(context, known, person);
  return [{ fact, recipients: recipientsOf(audience, kind, isReview ? waitsFor : undefined) }];
}

async function findStop(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ seq: number; is_on: boolean }>(
    'SELECT seq, is_on FROM kill_switch WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1',
    [context.tenant],
  );
  const [row] = rows;
  if (row?.is_on !== true) return [];
  const fact = plainFact('acts_stopped', String(row.seq), '');
  return (await isKept(context, [fact.key])).has(fact.key)
    ? []
    : [{ fact, recipients: recipientsOf(audience, fact.kind) }];
}

/** A flood of proposals, told once an hour while it lasts. */
async function findFlood(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM proposal_throttled WHERE tenant_id = $1 AND at > $2',
    [context.tenant, new Date(context.now() - MS_PER_HOUR)],
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return [];
  const hour = rfc3339(context.now()).slice(0, 13);
  const fact = { ...plainFact('proposals_throttled', hour, ''), count };
  return (await isKept(context, [fact.key])).has(fact.key)
    ? []
    : [{ fact, recipients: recipientsOf(audience, fact.kind) }];
}

/** Everybody is told of a new passkey while it cools, so that one that nobody expected is seen before it counts. */
async function findEnrolled(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const people = await readPeople(context);
  const cooling = coolingNow(context, people);
  const isNew = (at: number | undefined) => at !== undefined && context.now() < at + COOLING_MS;
  const facts = people
    .filter(person => person.credentials.some(({ id }) => cooling.has(id) && isNew(person.since.get(id))))
    // After a reset it is news again.
    .map(({ id, former, head }) => plainFact('person_enrolled', former === undefined ? id : `${id}/${head}`, id));
  const kept = await isKept(
    context,
    facts.map(({ key }) => key),
  );
  return facts
    .filter(({ key }) => !kept.has(key))
    .map(fact => ({ fact, recipients: recipientsOf(audience, fact.kind, one => one.person.id !== fact.subject) }));
}

/** Everybody is told that somebody was reset, removed or given another role; whoever it is about, too. */
async function findChanged(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ id: string; person: string }>(
    `SELECT c.id, c.person_id AS person FROM person_change c JOIN person_change_signature s ON s.tenant_id = c.tenant_id AND s.change_id = c.id
      WHERE c.tenant_id = $1 AND c.at > $2 AND NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = c.tenant_id AND f.key = 'person_changed/' || c.id)
      GROUP BY c.id, c.person_id HAVING count(*) >= $3 LIMIT $4`,
    [context.tenant, new Date(context.now() - CHANGES_TOLD_MS), CHANGE_SIGNATURES, FACTS_MAX],
  );
  return rows.map(({ id, person }) => ({
    fact: plainFact('person_changed', id, person),
    recipients: recipientsOf(audience, 'person_changed'),
  }));
}

/** Uses of machine identities that were refused although the secret was right: once an hour for each. */
async function findRefusedMachines(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ identity: string; hour: string; count: number }>(
    `SELECT identity, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24') AS hour, count(*)::int AS count
       FROM machine_refused WHERE tenant_id = $1 AND at > $2 GROUP BY 1, 2 ORDER BY 2 LIMIT $3`,
    [context.tenant, new Date(context.now() - MS_PER_DAY), FACTS_MAX],
  );
  const facts = rows.map(({ identity, hour, count }) => ({
    ...plainFact('machine_refused', `${identity}/${hour}`, ''),
    count,
  }));
  const kept = await isKept(
    context,
    facts.map(({ key }) => key),
  );
  return facts
    .filter(({ key }) => !kept.has(key))
    .map(fact => ({ fact, recipients: recipientsOf(audience, fact.kind) }));
}

async function isKept(context: ServerContext, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await context.pool.query<{ key: string }>(
    'SELECT key FROM notice_fact WHERE tenant_id = $1 AND key = ANY ($2)',
    [context.tenant, keys],
  );
  return new Set(rows.map(row => row.key));
}

async function findUnowned(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const before = new Date(context.now() - audience.settings.unownedMinutes * MS_PER_MINUTE);
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT i.id FROM incident i CROSS JOIN LATERAL
         (SELECT min(e.at) AS opened FROM incident_event e WHERE e.tenant_id = i.tenant_id AND e.incident_id = i.id) o
      WHERE i.tenant_id = $1 AND i.state = 'open' AND i.merged_into IS NULL AND i.owner = '' AND i.severity_rank >= $2 AND i.updated_at > $4
        AND o.opened <= $3 AND o.opened > $4
        AND NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = i.tenant_id AND f.key = 'incident_unowned/' || i.id)
      ORDER BY i.severity_rank DESC, i.id LIMIT $5`,
    [context.tenant, SEVERITY_RANK.high, before, new Date(context.now() - NEWS_MS_MAX), FACTS_MAX],
  );
  return rows.map(({ id }) => ({
    fact: plainFact('incident_unowned', id, id),
    recipients: recipientsOf(audience, 'incident_unowned'),
  }));
}

/** News for incidents in which somebody had decided before: once for each hour of it. */
async function findLateNews(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ incident: string; hour: string }>(
    `SELECT DISTINCT n.incident_id AS incident, to_char(n.arrived_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24') AS hour
       FROM late_news n JOIN proposal p ON p.tenant_id = n.tenant_id AND p.incident_id = n.incident_id
       JOIN review r ON r.tenant_id = p.tenant_id AND r.proposal_id = p.id AND r.received_at < n.arrived_at AND ${isAct('p.id')}
      WHERE n.tenant_id = $1 AND n.arrived_at > $2 LIMIT $3`,
    [context.tenant, new Date(context.now() - NEWS_MS_MAX), FACTS_MAX],
  );
  const facts = rows.map(({ incident, hour }) => plainFact('late_news', `${incident}/${hour}`, incident));
  const kept = await isKept(
    context,
    facts.map(fact => fact.key),
  );
  return facts
    .filter(fact => !kept.has(fact.key))
    .map(fact => ({ fact, recipients: recipientsOf(audience, 'late_news') }));
}

/**
 * Products of which nothing is heard any more: every stream that was judged in the last hour of activity is silent. One
 * host that is switched off is on Health, and in the coverage of what it concerns; it is nobody's mail.
 */
async function findSilent(
  context: ServerContext,
  audience: Audience,
  streams: readonly StreamCoverage[],
  activityNow: number,
): Promise<readonly Found[]> {
  const facts = silentProducts(streams, activityNow);
  const kept = await isKept(
    context,
    facts.map(fact => fact.key),
  );
  return facts
    .filter(fact => !kept.has(fact.key))
    .map(fact => ({ fact, recipients: recipientsOf(audience, 'source_silent') }));
}

export function silentProducts(streams: readonly StreamCoverage[], activityNow: number): readonly NoticeFact[] {
  const latest = new Map<string, StreamCoverage>();
  for (const one of streams) {
    const known = latest.get(one.stream);
    if (known === undefined || known.to < one.to) latest.set(one.stream, one);
  }
  const now = [...latest.values()].filter(one => one.to >= activityNow - MS_PER_HOUR && one.status !== 'cannot_tell');
  const products = groupBy(now, one => one.stream.slice(one.stream.indexOf('|') + 1));
  const facts: NoticeFact[] = [];
  for (const [product, its] of products) {
    if (!its.every(one => one.status === 'silent') || facts.length >= FACTS_MAX) continue;
    const since = Math.min(...its.map(one => one.from));
    const key = digestOf('countersign/notice/v1', { product, since: rfc3339(since as StreamCoverage['from']) });
    facts.push({
      ...plainFact('source_silent', key.slice(0, 32), ''),
      count: its.length,
      name: streamText(`*|${product}`),
    });
  }
  return facts;
}
