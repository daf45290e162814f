import { MS_PER_DAY, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { isDrilling } from '../../core/decide/drills.ts';
import { driftOf } from '../../core/decide/reliance/drift.ts';
import { forecastOf } from '../../core/decide/reliance/forecast.ts';
import { figuresOf } from '../../core/decide/reliance/metrics.ts';
import { teamReliance } from '../../core/decide/reliance/team.ts';
import type { Tier } from '../../model/proposal.ts';
import type {
  DecisionRecord,
  LoadForecast,
  PreJudgement,
  RelianceView,
  SectionDwell,
  TeamReliance,
} from '../../model/reliance.ts';
import type { Person, Verdict } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import { seenBy, viewerOf } from '../drills/sight.ts';
import type { ShownBody } from './recording.ts';

/** Of busier quarters the newest so many are read, and it is said. */
const DECISIONS_READ_MAX = 20_000;
const OPEN_READ_MAX = 5_000;
/** Rates of reviewing are of the last week: a shift, a night and a weekend are in it. */
const OBSERVED_MS = 7 * MS_PER_DAY;
const MONTHS_PER_QUARTER = 3;

/** What reviewing looks like to this person, and what may be said of everybody. Of no other person by themselves. */
export async function readReliance(context: ServerContext, person: Person): Promise<RelianceView> {
  const now = context.now();
  const { drills } = context.policy();
  const since = quarterBefore(now);
  const [records, forecast] = await Promise.all([readDecisions(context, since), readForecast(context, now, person)]);
  const own = records.filter(record => record.person === person.id);
  return {
    since: rfc3339(since),
    isCut: records.length === DECISIONS_READ_MAX,
    own: {
      figures: figuresOf(own),
      drift: { haste: driftOf(own, 'haste'), refusing: driftOf(own, 'refusing') },
    },
    team: teamUntilToday(records, now),
    forecast,
    ...(isDrilling(drills, now)
      ? { drills: { until: drills.until, people: drills.team.length, isMine: drills.team.includes(person.id) } }
      : {}),
  };
}

/** Today is left out: nobody's last hour can be read off the difference. */
function teamUntilToday(records: readonly DecisionRecord[], now: UnixMs): TeamReliance {
  const today = now - (now % MS_PER_DAY);
  return teamReliance(records.filter(record => record.decidedAt < today));
}

/** The first moment of the quarter before this one, in UTC. The span begins where it began yesterday, too. */
export function quarterBefore(now: UnixMs): UnixMs {
  const at = new Date(now);
  const month = Math.floor(at.getUTCMonth() / MONTHS_PER_QUARTER) * MONTHS_PER_QUARTER;
  return unixMsFrom(Date.UTC(at.getUTCFullYear(), month - MONTHS_PER_QUARTER, 1));
}

/** The first verdict of each person on each revision; asking for more gives way to what followed. */
const DECISIONS = `
  WITH decided AS (
    SELECT DISTINCT ON (v.proposal_id, v.revision, v.person_id) v.proposal_id, v.revision, v.person_id, v.verdict, v.received_at
      FROM review v WHERE v.tenant_id = $1 AND v.received_at >= $2
     ORDER BY v.proposal_id, v.revision, v.person_id, v.verdict = 'ask_for_more', v.received_at),
  newest AS (SELECT * FROM decided ORDER BY received_at DESC LIMIT $3)
  SELECT d.person_id, d.verdict, d.received_at, r.tier, i.state,
         s.at AS shown_at, s.body AS shown, w.body AS dwell, p.body ->> 'says' AS pre_judgement,
         (SELECT count(*)::int FROM evidence_opened o WHERE o.tenant_id = $1 AND o.proposal_id = d.proposal_id
           AND o.revision = d.revision AND o.person_id = d.person_id AND o.at <= d.received_at) AS opened,
         ARRAY(SELECT j.body ->> 'shouldHaveBeenDone' FROM decision_telemetry j WHERE j.tenant_id = $1
           AND j.proposal_id = d.proposal_id AND j.revision = d.revision AND j.kind = 'judgement')
         -- What others signed when they looked at it again.
         || ARRAY(SELECT CASE f.statement::jsonb ->> 'finds' WHEN 'justified' THEN 'yes' ELSE 'no' END
              FROM finding f JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
             WHERE e.tenant_id = $1 AND e.proposal_id = d.proposal_id AND e.revision = d.revision
               AND f.statement::jsonb ->> 'finds' IN ('justified', 'unjustified')) AS judgements,
         EXISTS (SELECT FROM drill q WHERE q.tenant_id = $1 AND q.proposal_id = d.proposal_id AND q.opened_at IS NOT NULL
           AND r.seal_opening::jsonb ->> 'is' = 'drill') AS is_drill
    FROM newest d
    JOIN revision r ON r.tenant_id = $1 AND r.proposal_id = d.proposal_id AND r.revision = d.revision
    LEFT JOIN proposal_index i ON i.tenant_id = $1 AND i.proposal_id = d.proposal_id AND i.revision = d.revision
    LEFT JOIN decision_telemetry s ON s.tenant_id = $1 AND s.proposal_id = d.proposal_id AND s.revision = d.revision
      AND s.person_id = d.person_id AND s.kind = 'shown'
    LEFT JOIN decision_telemetry w ON w.tenant_id = $1 AND w.proposal_id = d.proposal_id AND w.revision = d.revision
      AND w.person_id = d.person_id AND w.kind = 'dwell'
    LEFT JOIN decision_telemetry p ON p.tenant_id = $1 AND p.proposal_id = d.proposal_id AND p.revision = d.revision
      AND p.person_id = d.person_id AND p.kind = 'pre_judgement'
   ORDER BY d.received_at, d.proposal_id, d.person_id`;

interface DecisionRow {
  readonly person_id: string;
  readonly verdict: Verdict;
  readonly received_at: Date;
  readonly tier: Tier;
  readonly state: string | null;
  readonly shown_at: Date | null;
  readonly shown: ShownBody | null;
  readonly dwell: SectionDwell | null;
  readonly pre_judgement: PreJudgement | null;
  readonly opened: number;
  readonly judgements: readonly string[];
  readonly is_drill: boolean;
}

/** Oldest first. */
async function readDecisions({ pool, tenant }: ServerContext, since: UnixMs): Promise<readonly DecisionRecord[]> {
  const { rows } = await pool.query<DecisionRow>(DECISIONS, [tenant, new Date(since), DECISIONS_READ_MAX]);
  return rows.map(recordOf);
}

function recordOf(row: DecisionRow): DecisionRecord {
  return {
    person: row.person_id,
    tier: row.tier,
    kind: row.shown?.of ?? 'not recorded',
    shownAt: row.shown_at === null ? undefined : unixMsFrom(row.shown_at.getTime()),
    decidedAt: unixMsFrom(row.received_at.getTime()),
    dwell: row.dwell ?? {},
    evidenceOpened: row.opened,
    evidenceRequired: row.tier === 'T1' ? 0 : 1,
    evidenceCited: row.shown?.cited,
    claims: row.shown?.claims,
    verdict: row.verdict,
    preJudgement: row.shown?.asks === true ? (row.pre_judgement ?? 'skipped') : undefined,
    // A proposal is a request to act: whoever made it advises to do it.
    advised: 'do',
    judgedAfterwards: judgementOf(row.judgements),
    wasUndone: row.state === 'undone' ? true : row.state === 'verified' ? false : undefined,
    drill: row.is_drill ? { shouldBeDone: false } : undefined,
  };
}

/** Where those who looked at it again say the same. Whoever could not tell says nothing. */
function judgementOf(said: readonly string[]): DecisionRecord['judgedAfterwards'] {
  const told = new Set(said.filter(word => word !== 'cannot_tell'));
  return told.size !== 1 ? undefined : told.has('yes') ? 'right' : 'wrong';
}

const OPEN = `
  SELECT i.tier, r.created_at, i.review_by,
         (CASE WHEN i.tier = 'T3' THEN 2 ELSE 1 END) - (SELECT count(DISTINCT v.person_id)::int FROM review v
           WHERE v.tenant_id = i.tenant_id AND v.proposal_id = i.proposal_id AND v.revision = i.revision AND v.verdict = 'approve') AS needed,
         EXISTS (SELECT FROM decision_telemetry s WHERE s.tenant_id = i.tenant_id AND s.proposal_id = i.proposal_id
           AND s.revision = i.revision AND s.kind = 'shown') AS is_seen
    FROM proposal_index i JOIN revision r ON r.tenant_id = i.tenant_id AND r.proposal_id = i.proposal_id AND r.revision = i.revision
   WHERE i.tenant_id = $1 AND i.state = 'in_review' AND i.review_by > $2 AND ${seenBy('i.proposal_id', '$4')} ORDER BY i.review_by LIMIT $3`;

/** Signatures and arrivals since then, by tier, and since when there was anything. */
const RATES = `
  SELECT 'arrival' AS what, r.tier, count(*)::int AS many, min(r.created_at) AS first FROM revision r
   WHERE r.tenant_id = $1 AND r.created_at >= $2 AND ${seenBy('r.proposal_id', '$3')} GROUP BY r.tier
  UNION ALL
  SELECT 'signature', r.tier, count(*)::int, min(v.received_at) FROM review v
    JOIN revision r ON r.tenant_id = v.tenant_id AND r.proposal_id = v.proposal_id AND r.revision = v.revision
   WHERE v.tenant_id = $1 AND v.received_at >= $2 AND v.verdict IN ('approve', 'reject') AND ${seenBy('v.proposal_id', '$3')} GROUP BY r.tier
  UNION ALL
  SELECT 'before', '', count(*)::int, NULL FROM (SELECT FROM revision WHERE tenant_id = $1 AND created_at < $2 LIMIT 1) AS older`;

async function readForecast({ pool, tenant }: ServerContext, now: UnixMs, person: Person): Promise<LoadForecast> {
  const earliest = now - OBSERVED_MS;
  const [open, rates] = await Promise.all([
    pool.query<{ tier: Tier; created_at: Date; review_by: Date; needed: number; is_seen: boolean }>(OPEN, [
      tenant,
      new Date(now),
      OPEN_READ_MAX,
      viewerOf(person),
    ]),
    pool.query<{ what: string; tier: Tier; many: number; first: Date | null }>(RATES, [
      tenant,
      new Date(earliest),
      viewerOf(person),
    ]),
  ]);
  const isOlder = rates.rows.some(row => row.what === 'before' && row.many > 0);
  const firsts = rates.rows.flatMap(row => row.first?.getTime() ?? []);
  const tiersOf = (what: string) =>
    rates.rows.filter(row => row.what === what).flatMap(row => Array<Tier>(row.many).fill(row.tier));
  return forecastOf({
    // An installation that began yesterday was not idle for a week.
    from: unixMsFrom(isOlder || firsts.length === 0 ? earliest : Math.min(...firsts)),
    to: now,
    open: open.rows.map(row => ({
      tier: row.tier,
      createdAt: unixMsFrom(row.created_at.getTime()),
      reviewBy: unixMsFrom(row.review_by.getTime()),
      needed: Math.max(1, row.needed),
      isSeen: row.is_seen,
    })),
    arrivals: tiersOf('arrival'),
    signatures: tiersOf('signature'),
  });
}
