import { oncePer } from '../base/once.ts';
import { MS_PER_DAY, MS_PER_HOUR, type UnixMs, unixMsFrom } from '../base/time.ts';
import { isBelievable } from '../core/study/claimed-time.ts';
import { type CoverageLearner, createCoverage } from '../core/study/coverage.ts';
import { type CoverageQuestion, hostOfAlert } from '../core/study/coverage-for.ts';
import { type InvolvedEntity, involvedOf } from '../core/study/expectation.ts';
import type { StreamMemory } from '../core/study/stream-memory.ts';
import { tamperingOf } from '../core/study/tampering.ts';
import { type Alert, activityTime } from '../model/alert.ts';
import type { Gap } from '../model/claim.ts';
import {
  type Coverage,
  type JudgedStream,
  type StreamCoverage,
  type StreamStatus,
  streamText,
} from '../model/coverage.ts';
import type { ServerContext } from './context.ts';

/** What the streams are judged by is worked out again at most this often. */
const JUDGE_MS = 5_000;
/** And no more often than takes a twentieth of the time. */
const JUDGE_REST = 20;
/** But at once where so many times as many records are known as it was worked out from: what that costs is bounded by doubling. */
const JUDGE_AGAIN = 2;
/** A gap that ended less than this ago is still told as one. */
const GAP_OVER_MS = MS_PER_HOUR;
/** A start learns from so many days of activity, and so many of the newest records at most. */
const LEARN_DAYS = 14;
const LEARN_RECORDS_MAX = 200_000;

/** What of an alert says that it was heard, and whether it tells of tampering. */
type HeardAlert = Pick<Alert, 'id' | 'evidence' | 'product' | 'rule' | 'title' | 'techniques' | 'receivedAt'> & {
  readonly fields: Pick<Alert['fields'], 'action' | 'outcome'>;
};

/** The streams of this installation: what each sends, and where it fell silent. */
export class Streams {
  private readonly learner: CoverageLearner = createCoverage();
  private readonly now: () => UnixMs;
  private judged:
    | { readonly at: number; readonly now: UnixMs; readonly count: number; readonly streams: readonly JudgedStream[] }
    | undefined;
  private count = 0;
  private restMs = JUDGE_MS;
  private latestMs = 0;
  private latestHeardMs = 0;

  constructor(now: () => UnixMs) {
    this.now = now;
  }

  hear(alerts: readonly Alert[]): void {
    for (const alert of alerts.toSorted((a, b) => activityTime(a) - activityTime(b))) {
      this.hearOne(alert, hostOfAlert(alert), activityTime(alert));
    }
  }

  hearOne(alert: HeardAlert, host: string | undefined, at: UnixMs): void {
    const { product, rule, receivedAt: heardAt } = alert;
    const done = tamperingOf(alert);
    const tampering =
      done === undefined
        ? {}
        : { tampering: { what: done.what, affects: done.affects, alert: alert.id, evidence: alert.evidence } };
    this.learner.hear({ host, product, rule, at, heardAt, ...tampering });
    this.count += 1;
    // A clock that runs ahead must not make everything else look silent.
    if (at > this.latestMs && isBelievable(at, heardAt)) [this.latestMs, this.latestHeardMs] = [at, heardAt];
  }

  /** Records whose clock cannot be right, and that were not learnt from. */
  get unbelievable(): number {
    return this.learner.unbelievableCount;
  }

  /**
   * The clock of activity: the newest activity, and the time that passed since we heard of it. For live telemetry this
   * is now; for records of last year that were read five minutes ago it is five minutes after the last of them, so that
   * nothing looks silent for a year.
   */
  activityNow(): UnixMs {
    return this.latestMs === 0
      ? this.now()
      : unixMsFrom(Math.min(this.now(), this.latestMs + Math.max(0, this.now() - this.latestHeardMs)));
  }

  all(): readonly JudgedStream[] {
    const at = this.now();
    const isFresh =
      this.judged !== undefined &&
      (this.judged.count === this.count
        ? at - this.judged.at < Math.max(60_000, this.restMs)
        : // What was judged of a handful says nothing of the hosts that came since: they would be called never heard.
          this.count < JUDGE_AGAIN * this.judged.count && at - this.judged.at < this.restMs);
    if (!isFresh || this.judged === undefined)
      this.judged = { at, now: this.activityNow(), count: this.count, streams: this.judge(at) };
    return this.judged.streams;
  }

  private judge(at: UnixMs): readonly JudgedStream[] {
    const before = this.now();
    const streams = this.learner.streams(this.activityNow(), at);
    this.restMs = Math.max(JUDGE_MS, JUDGE_REST * (this.now() - before));
    return streams;
  }

  /** What is to be kept of the streams that are silent now. */
  memories(): readonly StreamMemory[] {
    return this.learner.memories(this.all(), this.activityNow());
  }

  recall(memory: StreamMemory): void {
    this.learner.recall(memory);
    this.judged = undefined;
  }

  /** Whether what is said of a stream was still so when the streams were judged, and not of a time that was over. */
  lasts({ to }: StreamCoverage): boolean {
    return to >= (this.judged?.now ?? this.activityNow()) - GAP_OVER_MS;
  }

  /** How each stream stands at this moment: a gap that reaches to now, otherwise that it is heard. What is over is left out. */
  standing(): readonly StreamCoverage[] {
    const standing = new Map<string, StreamCoverage>();
    for (const one of this.all())
      if (this.lasts(one) && (isGap(one.status) || !standing.has(one.stream))) standing.set(one.stream, one);
    return [...standing.values()];
  }

  /** Those of {@link standing} that have a gap, the longest first. */
  out(): readonly StreamCoverage[] {
    return this.standing()
      .filter(({ status }) => isGap(status))
      .sort((a, b) => a.from - b.from || (a.stream < b.stream ? -1 : 1));
  }
}

const isGap = (status: StreamStatus) =>
  status === 'silent' || status === 'degraded' || status === 'never' || status === 'late';

/** Entities other than hosts that a question remembers. */
const ENTITIES_MAX = 64;

type Involving = Pick<Alert, 'fields' | 'entities'>;

/** Whom an alert involves never changes, so it is worked out once for as long as the alert is kept. */
const involvedIn = oncePer((alert: Involving) => {
  const own = hostOfAlert(alert);
  const named = alert.entities.filter(({ kind }) => kind === 'host').map(({ value }) => value.toLowerCase());
  return {
    hosts: own === undefined ? named : [own, ...named],
    others: alert.entities.map(involvedOf).filter(one => one !== undefined),
  };
});

/** A question that grows with the alerts of its incident. */
export class Question implements CoverageQuestion {
  readonly hosts = new Set<string>();
  readonly products = new Set<string>();
  readonly entities = new Map<string, InvolvedEntity>();
  from: UnixMs = unixMsFrom(Number.MAX_SAFE_INTEGER);
  to: UnixMs = unixMsFrom(0);

  add(alert: Involving & Pick<Alert, 'product' | 'endedAt' | 'occurredAt' | 'reportedAt' | 'receivedAt'>): void {
    const at = activityTime(alert);
    this.products.add(alert.product);
    const { hosts, others } = involvedIn(alert);
    for (const host of hosts) this.hosts.add(host);
    for (const one of others) if (this.entities.size < ENTITIES_MAX) this.entities.set(one.key, one);
    this.span(at, alert.endedAt ?? at);
  }

  span(from: UnixMs, to: UnixMs): void {
    if (from < this.from) this.from = from;
    if (to > this.to) this.to = to;
  }
}

export function questionOf(alerts: readonly Alert[]): CoverageQuestion {
  const question = new Question();
  for (const alert of alerts) question.add(alert);
  return question;
}

/** The question of one incident from all its alerts, asked of the database; undefined where it has none. */
export async function readQuestion(context: ServerContext, incident: string): Promise<Question | undefined> {
  const { rows } = await context.pool.query<{
    hosts: string[] | null;
    products: string[] | null;
    from: Date | null;
    to: Date | null;
  }>(
    `SELECT array_agg(DISTINCT host) FILTER (WHERE host IS NOT NULL) AS hosts, array_agg(DISTINCT product) AS products, min(activity_at) AS from, max(activity_at) AS to
       FROM (SELECT a.product, a.activity_at, lower(named.host) AS host
               FROM alert a CROSS JOIN LATERAL (
                 SELECT a.body -> 'fields' ->> 'host' AS host
                 UNION ALL
                 SELECT entity ->> 'value' FROM jsonb_array_elements(a.body -> 'entities') AS entity WHERE entity ->> 'kind' = 'host') AS named
              WHERE a.tenant_id = $1 AND a.incident_id = $2) AS hosts`,
    [context.tenant, incident],
  );
  const [row] = rows;
  if (!row?.from || !row.to) return undefined;
  const question = new Question();
  for (const host of row.hosts ?? []) question.hosts.add(host);
  for (const product of row.products ?? []) question.products.add(product);
  question.span(unixMsFrom(row.from.getTime()), unixMsFrom(row.to.getTime()));
  return question;
}

/** One line for the queue. */
export function coverageLine({
  coverage,
  gaps,
}: {
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
}): string {
  if (coverage.verdict === 'unknown')
    return coverage.expected === 0 ? 'no telemetry to judge by' : 'too sparse to judge';
  if (coverage.verdict === 'complete') return `${coverage.heard} of ${coverage.expected} streams heard`;
  const [first] = gaps.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired));
  const more = new Set(gaps.map(gap => gap.stream)).size - 1;
  return `${first === undefined ? '' : streamText(first.stream)} ${first === undefined ? '' : spanOf(first)}${more > 0 ? ` and ${more} more` : ''}`.trim();
}

function spanOf(gap: Gap): string {
  const minutes = Math.round((gap.to - gap.from) / 60_000);
  return minutes < 120 ? `out for ${minutes} min` : `out for ${Math.round(minutes / 60)} h`;
}

/** Learns from what the database has, as if it were heard again. */
export async function learnStreams(context: ServerContext, streams: Streams): Promise<void> {
  const { rows } = await context.pool.query<HeardRow>(
    `SELECT id, evidence, host, product, rule, title, action, outcome, techniques, activity_at AS at, received_at AS heard FROM (
       SELECT lower(coalesce(body -> 'fields' ->> 'host', (SELECT entity ->> 'value' FROM jsonb_array_elements(body -> 'entities') AS entity
                WHERE entity ->> 'kind' = 'host' ORDER BY array_position(ARRAY['observer', 'target', 'actor', 'related'], entity ->> 'role') LIMIT 1))) AS host,
              id, evidence_id AS evidence, product, rule, title, body -> 'fields' ->> 'action' AS action, body -> 'fields' ->> 'outcome' AS outcome,
              body -> 'techniques' AS techniques, activity_at, received_at
         FROM alert WHERE tenant_id = $1 AND activity_at > (SELECT max(activity_at) FROM alert WHERE tenant_id = $1 AND activity_at <= received_at + interval '1 hour') - $2 * interval '1 millisecond'
        ORDER BY id DESC LIMIT $3) AS latest
      ORDER BY activity_at`,
    [context.tenant, LEARN_DAYS * MS_PER_DAY, LEARN_RECORDS_MAX],
  );
  for (const { host, at, heard, action, outcome, ...row } of rows) {
    const fields = { ...(action === null ? {} : { action }), ...(outcome === null ? {} : { outcome }) };
    const alert = { ...row, techniques: row.techniques ?? [], receivedAt: unixMsFrom(heard.getTime()), fields };
    streams.hearOne(alert, host ?? undefined, unixMsFrom(at.getTime()));
  }
}

interface HeardRow extends Pick<Alert, 'id' | 'evidence' | 'product' | 'rule' | 'title'> {
  readonly host: string | null;
  readonly action: string | null;
  readonly outcome: 'success' | 'failure' | null;
  readonly techniques: readonly string[] | null;
  readonly at: Date;
  readonly heard: Date;
}
