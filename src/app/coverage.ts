import { MS_PER_DAY, MS_PER_HOUR, type UnixMs, unixMsFrom } from '../base/time.ts';
import { type CoverageLearner, createCoverage } from '../core/study/coverage.ts';
import { type CoverageQuestion, hostOfAlert } from '../core/study/coverage-for.ts';
import { type Alert, activityTime } from '../model/alert.ts';
import type { Gap } from '../model/claim.ts';
import { type Coverage, type StreamCoverage, type StreamStatus, streamText } from '../model/coverage.ts';
import type { ServerContext } from './context.ts';

/** What the streams are judged by is worked out again at most this often. */
const JUDGE_MS = 5_000;
/** A start learns from so many days of activity, and so many of the newest records at most. */
const LEARN_DAYS = 14;
const LEARN_RECORDS_MAX = 200_000;

/** The streams of this installation: what each sends, and where it fell silent. */
export class Streams {
  private readonly learner: CoverageLearner = createCoverage();
  private readonly now: () => UnixMs;
  private judged:
    | { readonly at: number; readonly count: number; readonly streams: readonly StreamCoverage[] }
    | undefined;
  private count = 0;
  private latestMs = 0;
  private latestHeardMs = 0;

  constructor(now: () => UnixMs) {
    this.now = now;
  }

  hear(alerts: readonly Alert[]): void {
    for (const alert of alerts.toSorted((a, b) => activityTime(a) - activityTime(b))) {
      this.hearOne(hostOfAlert(alert), alert.product, alert.rule, activityTime(alert), alert.receivedAt);
    }
  }

  hearOne(host: string | undefined, product: string, rule: string, at: UnixMs, heard: number): void {
    this.learner.hear({ host, product, rule, at });
    this.count += 1;
    if (at > this.latestMs) [this.latestMs, this.latestHeardMs] = [at, heard];
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

  all(): readonly StreamCoverage[] {
    const at = this.now();
    const isFresh =
      this.judged !== undefined &&
      (this.judged.count === this.count ? at - this.judged.at < 60_000 : at - this.judged.at < JUDGE_MS);
    if (!isFresh || this.judged === undefined)
      this.judged = { at, count: this.count, streams: this.learner.streams(this.activityNow()) };
    return this.judged.streams;
  }

  /** Streams that are silent or degraded at this moment. */
  silentNow(): number {
    const now = this.activityNow();
    return new Set(
      this.all()
        .filter(one => isGap(one.status) && one.to >= now - MS_PER_HOUR)
        .map(one => one.stream),
    ).size;
  }
}

const isGap = (status: StreamStatus) =>
  status === 'silent' || status === 'degraded' || status === 'never' || status === 'late';

/** A question that grows with the alerts of its incident. */
export class Question implements CoverageQuestion {
  readonly hosts = new Set<string>();
  readonly products = new Set<string>();
  from: UnixMs = unixMsFrom(Number.MAX_SAFE_INTEGER);
  to: UnixMs = unixMsFrom(0);

  add(
    alert: Pick<Alert, 'product' | 'fields' | 'entities' | 'endedAt' | 'occurredAt' | 'reportedAt' | 'receivedAt'>,
  ): void {
    const at = activityTime(alert);
    this.products.add(alert.product);
    const own = hostOfAlert(alert);
    if (own !== undefined) this.hosts.add(own);
    for (const entity of alert.entities) if (entity.kind === 'host') this.hosts.add(entity.value.toLowerCase());
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
  const { rows } = await context.pool.query<{
    host: string | null;
    product: string;
    rule: string;
    at: Date;
    heard: Date;
  }>(
    `SELECT host, product, rule, activity_at AS at, received_at AS heard FROM (
       SELECT lower(coalesce(body -> 'fields' ->> 'host', (SELECT entity ->> 'value' FROM jsonb_array_elements(body -> 'entities') AS entity
                WHERE entity ->> 'kind' = 'host' ORDER BY array_position(ARRAY['observer', 'target', 'actor', 'related'], entity ->> 'role') LIMIT 1))) AS host,
              product, rule, activity_at, received_at
         FROM alert WHERE tenant_id = $1 AND activity_at > (SELECT max(activity_at) FROM alert WHERE tenant_id = $1) - $2 * interval '1 millisecond'
        ORDER BY received_at DESC LIMIT $3) AS latest
      ORDER BY activity_at`,
    [context.tenant, LEARN_DAYS * MS_PER_DAY, LEARN_RECORDS_MAX],
  );
  for (const row of rows)
    streams.hearOne(row.host ?? undefined, row.product, row.rule, unixMsFrom(row.at.getTime()), row.heard.getTime());
}
