import { setTimeout as sleep } from 'node:timers/promises';
import type { Id } from '../base/id.ts';
import { oncePer } from '../base/once.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { UnixMs } from '../base/time.ts';
import { eventKeys } from '../core/study/clock-pairs.ts';
import { coverageFor } from '../core/study/coverage-for.ts';
import { extractClaims } from '../core/study/facts.ts';
import { type Identified, identify, type SightingsOf, soundResolver } from '../core/study/identify.ts';
import type { ReasonsOf } from '../core/study/joins.ts';
import { enumerateOptions, type ReachableSystem } from '../core/study/options.ts';
import { believableTime } from '../core/study/order.ts';
import type { Resolver } from '../core/study/resolve.ts';
import { sightingsIn } from '../core/study/sightings.ts';
import { clocksOf } from '../core/study/skew.ts';
import { summarise } from '../core/study/summarise.ts';
import { createClaimVerifier, type ReadField } from '../core/study/verify-claim.ts';
import type { Alert } from '../model/alert.ts';
import type { Gap, ResponseOption, Summary } from '../model/claim.ts';
import type { SourceClock } from '../model/clock.ts';
import type { Coverage } from '../model/coverage.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Inventory } from '../model/inventory.ts';
import type { ResponderManifest } from '../ports/responder.ts';
import type { ServerSecrets } from '../ports/secrets.ts';
import { RESPONDERS } from '../responders/index.ts';
import { alertsAround } from './bindings.ts';
import type { ServerContext } from './context.ts';
import { coverageLine, learnStreams, type Question, questionOf, readQuestion, Streams } from './coverage.ts';
import { ProposalHistory } from './history.ts';
import type { PlacedAlert } from './intake-store.ts';
import { LateArrivals } from './late-news.ts';
import { fieldLocator, fieldReader } from './record-fields.ts';
import { signedInventory } from './signed-inventory.ts';
import { StreamMemories } from './stream-memory.ts';
import { instructionsIn, type ReadAlert, StudiedAlerts, sightingsOf } from './studied-alerts.ts';

/** Everything that is said of an incident without a model. */
export interface Studied {
  readonly summary: Summary;
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly options: readonly ResponseOption[];
  readonly instructionBadges: readonly {
    readonly evidence: Id<'evidence'>;
    readonly pointer: string;
    readonly why: string;
  }[];
  /** How late and how far off each clock is, by name. */
  readonly clocks: readonly SourceClock[];
  /** Who held what, as far as it was recomputed from the records. */
  readonly resolver: Resolver;
  /** The same one by one, each with whether it could be recomputed. */
  readonly identified: readonly Identified[];
  /** Alerts of the incident that were left out, above the bound. */
  readonly omitted: number;
}

/** Incidents whose study is kept. */
const CACHED_MAX = 128;
/** Coverage changes with time alone: a study is no older than this. */
const FRESH_MS = 30_000;
const BADGES_MAX = 50;
/** Incidents whose row is refreshed between two pauses of the background loop. */
const REFRESH_BATCH = 20;
const REFRESH_PAUSE_MS = 500;
const WAITING_MAX = 20_000;
/** Incidents of which it is remembered which streams they concern. */
const QUESTIONS_MAX = 4_000;

/** The study of incidents: on reading one, and in the background for the rows of the queue. */
export class Study {
  readonly streams: Streams;
  readonly history: ProposalHistory;
  private readonly cache = new Map<
    Id<'incident'>,
    { readonly version: string; readonly at: number; readonly studied: Studied }
  >();
  private readonly running = new Map<string, Promise<Studied>>();
  /** The alerts that incidents are studied by, with their records. */
  readonly studied: StudiedAlerts;
  private readonly questions = new Map<Id<'incident'>, Question>();
  private readonly arrivals = new LateArrivals();
  private readonly waiting = new Set<Id<'incident'>>();
  private readonly context: ServerContext;
  private readonly manifests: readonly ResponderManifest[];
  private readonly startedSystems: readonly ReachableSystem[];
  private readonly memories: StreamMemories;
  private isStopped = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    context: ServerContext,
    streams: Streams,
    startedSystems: readonly ReachableSystem[],
    memories = new StreamMemories(context, streams),
  ) {
    this.context = context;
    this.memories = memories;
    this.history = new ProposalHistory(context);
    this.streams = streams;
    this.studied = new StudiedAlerts(context);
    this.manifests = [...RESPONDERS.values()].map(responder => responder.manifest);
    this.startedSystems = startedSystems;
  }

  /** What intake kept just now. */
  kept(placed: readonly PlacedAlert[], incidents: readonly Id<'incident'>[]): void {
    this.streams.hear(placed.map(one => one.alert));
    this.arrivals.hear(placed);
    const own = new Set(placed.map(one => one.incident));
    // Merged on the way: what was asked of it before is no longer the whole question.
    for (const id of incidents) if (!own.has(id)) this.questions.delete(id);
    for (const { incident, alert } of placed) this.questions.get(incident)?.add(alert);
    this.wait(incidents);
  }

  /** Their rows are refreshed soon. Beyond the bound they are when somebody opens them. */
  changed(incidents: readonly Id<'incident'>[]): void {
    for (const id of incidents) this.questions.delete(id);
    this.wait(incidents);
  }

  private wait(incidents: readonly Id<'incident'>[]): void {
    for (const id of incidents) if (this.waiting.size < WAITING_MAX) this.waiting.add(id);
  }

  /** The alerts that an incident is studied by, by activity time; see {@link StudiedAlerts.of}. */
  async alertsOf(incident: Id<'incident'>): Promise<readonly Alert[]> {
    return (await this.studied.of(incident)).read.map(one => one.alert);
  }

  /** The same with their records, and those of a span that is asked about; see {@link StudiedAlerts.within}. */
  recordsOf(
    incident: Id<'incident'>,
    span: { readonly from?: UnixMs; readonly to?: UnixMs } | undefined,
  ): ReturnType<StudiedAlerts['within']> {
    return this.studied.within(incident, span);
  }

  /** Computed at most once for all who ask at the same time. */
  async studyOf(incident: Id<'incident'>): Promise<Result<Studied, Failure>> {
    const version = await this.versionOf(incident);
    if (version === undefined) return fail(failureOf('not_found', `incident ${incident} has no alerts`));
    const known = this.cache.get(incident);
    if (known?.version === version && this.context.now() - known.at < FRESH_MS) return ok(known.studied);
    const key = `${incident}/${version}`;
    const running = this.running.get(key) ?? this.studyAnew(incident, version);
    this.running.set(key, running);
    try {
      return ok(await running);
    } finally {
      this.running.delete(key);
    }
  }

  private async studyAnew(incident: Id<'incident'>, version: string): Promise<Studied> {
    const [{ read, total }, inventory, systems] = await Promise.all([
      this.studied.of(incident),
      signedInventory(this.context),
      this.systems(),
    ]);
    const alerts = read.map(one => one.alert);
    const [around, reasonsOf] = await Promise.all([
      alertsAround(this.context, alerts, windowOf(alerts)).then(ids => this.studied.these(ids)),
      this.studied.reasonsOf(alerts.map(({ id }) => id)),
    ]);
    const studied = this.study({ read, total, around, inventory, systems, reasonsOf });
    this.cache.delete(incident);
    this.cache.set(incident, { version, at: this.context.now(), studied });
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= CACHED_MAX) break;
      this.cache.delete(oldest);
    }
    return studied;
  }

  private study(from: {
    readonly read: readonly ReadAlert[];
    readonly total: number;
    readonly around: readonly ReadAlert[];
    readonly inventory: Inventory | undefined;
    readonly systems: readonly ReachableSystem[];
    readonly reasonsOf: ReasonsOf;
  }): Studied {
    const { inventory, systems } = from;
    const alerts = from.read.map(one => one.alert);
    const around = from.around.map(one => one.alert);
    const records = recordsOf([...from.around, ...from.read]);
    const { coverage, gaps } = coverageFor(questionOf(alerts), this.streams.all(), inventory);
    const clocks = clocksOf(alerts, keysOf);
    const verifier = createClaimVerifier(alerts, records.read, around, {
      sightingsOf: records.sightingsOf,
      locate: records.locate,
      coverage,
      gaps,
      clocks,
    });
    const claims = extractClaims(alerts);
    const identified = identify(alerts, around, records.read, records.sightingsOf).map(one => ({
      ...one,
      claim: verifier.settle(one.claim),
    }));
    const omitted = from.total - alerts.length;
    const summary = summarise({
      alerts,
      claims,
      verifier,
      coverage,
      gaps,
      inventory,
      frequency: undefined,
      identified,
      clocks,
      omitted,
      reasonsOf: from.reasonsOf,
    });
    // Who held what supports no option: only the incident's own statements do.
    const options = enumerateOptions({
      alerts,
      claims: claims.map(claim => verifier.settle(claim)),
      coverage,
      gaps,
      inventory,
      manifests: this.manifests,
      systems,
    });
    const resolver = soundResolver(identified, ({ verdict }) => verdict.kind === 'verified');
    return {
      summary,
      coverage,
      gaps,
      options,
      instructionBadges: badgesOf(from.read),
      clocks,
      resolver,
      identified,
      omitted,
    };
  }

  /** Target systems that the executor reports, or that the supervisor started for a demo. */
  async systems(): Promise<readonly ReachableSystem[]> {
    const { rows } = await this.context.pool.query<{ body: { systems?: readonly unknown[] } }>(
      'SELECT body FROM executor_status WHERE tenant_id = $1',
      [this.context.tenant],
    );
    const reported = (rows[0]?.body.systems ?? []).filter(isReachable);
    return reported.length > 0
      ? reported.map(({ system, responder, operations }) => ({
          system,
          responder,
          ...(operations === undefined ? {} : { operations }),
        }))
      : this.startedSystems;
  }

  /** Changes whenever the alerts of the incident or the inventory do. */
  async versionOf(incident: Id<'incident'>): Promise<string | undefined> {
    const { rows } = await this.context.pool.query<{ version: string | null }>(
      `SELECT (SELECT extract(epoch FROM updated_at)::text || '/' || alert_count FROM incident WHERE tenant_id = $1 AND id = $2 AND alert_count > 0)
              || '/' || (SELECT coalesce(max(version), 0) FROM inventory_version WHERE tenant_id = $1) AS version`,
      [this.context.tenant, incident],
    );
    return rows[0]?.version ?? undefined;
  }

  private trim(): void {
    for (const id of this.questions.keys()) {
      if (this.questions.size <= QUESTIONS_MAX) return;
      this.questions.delete(id);
    }
  }

  /** Refreshes rows of the queue until it is stopped. */
  run(): void {
    this.loop = (async () => {
      while (!this.isStopped) {
        const some = [...this.waiting].slice(0, REFRESH_BATCH);
        for (const id of some) this.waiting.delete(id);
        try {
          this.wait(await this.arrivals.flush(this.context));
          if (some.length > 0) await this.refresh(some);
          await this.memories.rememberNowAndThen();
        } catch (error) {
          if (!this.isStopped) this.context.logger.warn({ err: error }, 'coverage of the queue could not be refreshed');
        }
        this.trim();
        await sleep(some.length === REFRESH_BATCH ? 20 : REFRESH_PAUSE_MS);
      }
    })();
  }

  private async refresh(incidents: readonly Id<'incident'>[]): Promise<void> {
    const inventory = await signedInventory(this.context);
    for (const id of incidents) {
      const question = this.questions.get(id) ?? (await readQuestion(this.context, id));
      if (question === undefined) continue;
      this.questions.set(id, question);
      const judged = coverageFor(question, this.streams.all(), inventory);
      await this.context.pool.query(
        'UPDATE incident SET coverage = $3, coverage_text = $4 WHERE tenant_id = $1 AND id = $2 AND (coverage, coverage_text) IS DISTINCT FROM ($3, $4)',
        [this.context.tenant, id, judged.coverage.verdict, coverageLine(judged)],
      );
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.loop;
  }
}

export function windowOf(alerts: readonly Alert[]): { readonly from: UnixMs; readonly to: UnixMs } {
  const times = alerts.map(believableTime);
  return { from: times.reduce((a, b) => (b < a ? b : a)), to: times.reduce((a, b) => (b > a ? b : a)) };
}

function isReachable(value: unknown): value is ReachableSystem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'system' in value &&
    'responder' in value &&
    typeof value.system === 'string' &&
    typeof value.responder === 'string' &&
    (!('operations' in value) ||
      (Array.isArray(value.operations) && value.operations.every(name => typeof name === 'string')))
  );
}

/** The events that an alert may be one report of. It never changes, so it is worked out once while the alert is kept. */
const keysOf = oncePer(eventKeys);

/** How the records of these alerts are read. Of two alerts of one record the later speaks for it. */
function recordsOf(all: readonly ReadAlert[]): {
  readonly read: ReadField;
  readonly locate: ReturnType<typeof fieldLocator>;
  readonly sightingsOf: SightingsOf;
} {
  const records = new Map<string, unknown>(all.map(one => [one.alert.evidence, one.record]));
  const read = fieldReader(records);
  const known = new Map(all.map(one => [one.alert, one]));
  return {
    read,
    locate: fieldLocator(records),
    sightingsOf: alert => {
      const one = known.get(alert);
      return one === undefined ? sightingsIn(alert, read) : sightingsOf(one);
    },
  };
}

function badgesOf(read: readonly ReadAlert[]): Studied['instructionBadges'] {
  const badges: { evidence: Id<'evidence'>; pointer: string; why: string }[] = [];
  for (const [evidence, one] of new Map(read.map(each => [each.alert.evidence, each]))) {
    for (const found of instructionsIn(one)) badges.push({ evidence, pointer: found.pointer, why: found.why });
    if (badges.length >= BADGES_MAX) break;
  }
  return badges.slice(0, BADGES_MAX);
}

/** Learns the streams from what is stored, then keeps the queue's rows up. */
export async function startStudy(context: ServerContext, secrets: Pick<ServerSecrets, 'demoScenario'>): Promise<Study> {
  const streams = new Streams(context.now);
  await learnStreams(context, streams);
  const memories = new StreamMemories(context, streams);
  await memories.recall();
  const systems = secrets.demoScenario?.systems.map(({ system, responder }) => ({ system, responder })) ?? [];
  const study = new Study(context, streams, systems, memories);
  study.run();
  return study;
}
