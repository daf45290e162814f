import { setTimeout as sleep } from 'node:timers/promises';
import { MS_PER_DAY, MS_PER_MINUTE, rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { LOOK_UPS } from '../look-ups/index.ts';
import type { LookUpHealth } from '../model/api.ts';
import type { EnrichmentFact } from '../model/enrichment.ts';
import type {
  AskedEntity,
  AskingLookUp,
  ConnectedLookUp,
  Finding,
  LookUpFailure,
  PullingLookUp,
} from '../ports/look-up.ts';
import type { Db, ServerContext } from './context.ts';
import { pullIndicators } from './indicators.ts';
import { type LookUpSettings, NO_LOOK_UPS, readLookUps } from './look-up-store.ts';
import { errorText } from './refusal.ts';
import { storedKey } from './sightings.ts';

/** Failures of one look-up in a row after which it is left alone for a while, twice as long each time. */
const FAILURES_MAX = 3;
const OPEN_MS_FIRST = MS_PER_MINUTE;
const OPEN_MS_MAX = 30 * MS_PER_MINUTE;
/** A failure is shown for so long, then it may be asked again. */
const KEEP_FAILURE_MS = 2 * MS_PER_MINUTE;
/** Values of one order; the others wait for another one. */
export const ORDER_MAX = 50;
/** An order waits for the minute's quota, this long at most; what is left then is failed with the reason. */
const ORDER_MS_MAX = 90_000;
const PULL_EVERY_MS = 15 * MS_PER_MINUTE;
/** What is no longer fresh is shown as stale for so long, then it is forgotten. */
const KEEP_STALE_MS = 30 * MS_PER_DAY;
const FINDING_CHARS_MAX = 400;
const FACTS_MAX = 20;

/** What came of one look-up lately; gone with the process, unlike what was asked and answered. */
interface Trouble {
  failures: number;
  openUntil: number;
  last: { readonly at: UnixMs; readonly because: string } | undefined;
}

/**
 * The look-ups that an operator configured. Whatever leaves is written down before it leaves, in a table that nobody can
 * change, and quotas are counted from there, so that a restart forgets none of it.
 */
export class LookUps {
  private readonly context: ServerContext;
  private readonly folder: string;
  private readonly troubles = new Map<string, Trouble>();
  /** Orders of one look-up go one after the other. */
  private readonly lines = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, number>();
  private readonly stopping = new AbortController();
  private puller: Promise<void> = Promise.resolve();
  /** Counted for the metrics: by look-up and what came of it. */
  readonly onAsked: ((lookUp: string, outcome: string) => void)[] = [];

  constructor(context: ServerContext, folder: string) {
    this.context = context;
    this.folder = folder;
  }

  /** As they are configured now. Settings that cannot be read configure nothing, and that is said. */
  async settings(): Promise<{ readonly settings: LookUpSettings; readonly because: string }> {
    try {
      return { settings: await readLookUps(this.folder), because: '' };
    } catch (error) {
      return { settings: NO_LOOK_UPS, because: errorText(error) };
    }
  }

  /** Values of this look-up that wait to be asked about. */
  pending(name: string): number {
    return this.waiting.get(name) ?? 0;
  }

  /**
   * Asks about these, in the background: each is answered, failed with a reason, or left where the answer at hand is
   * still fresh. The caller has checked that they may be sent.
   */
  order(at: ConnectedLookUp, entities: readonly AskedEntity[], incident: string, by: string): void {
    const lookUp = LOOK_UPS.get(at.config.kind);
    if (lookUp === undefined || !('ask' in lookUp)) return;
    const { name } = at.config;
    const some = entities.slice(0, ORDER_MAX);
    this.waiting.set(name, this.pending(name) + some.length);
    const deadline = this.context.now() + ORDER_MS_MAX;
    const before = this.lines.get(name) ?? Promise.resolve();
    const going = before.then(async () => {
      for (const entity of some) {
        try {
          if (!this.stopping.signal.aborted) await this.askOne(lookUp, at, entity, incident, by, deadline);
        } catch (error) {
          if (!this.stopping.signal.aborted)
            this.context.logger.warn({ err: error, lookUp: name }, 'a look-up broke off');
        }
        this.waiting.set(name, Math.max(0, this.pending(name) - 1));
      }
      if (incident !== '') this.context.live.publish({ kind: 'incident', id: incident as `inc_${string}` });
    });
    this.lines.set(name, going);
  }

  /** Settles when every order that was given is done. */
  async settled(): Promise<void> {
    await Promise.all(this.lines.values());
  }

  private async askOne(
    lookUp: AskingLookUp,
    at: ConnectedLookUp,
    entity: AskedEntity,
    incident: string,
    by: string,
    deadline: number,
  ): Promise<void> {
    const { context } = this;
    const { name } = at.config;
    const key = storedKey(entity);
    const known = await context.pool.query(
      'SELECT 1 FROM look_up_answer WHERE tenant_id = $1 AND look_up = $2 AND entity_key = $3 AND expires_at > $4',
      [context.tenant, name, key, new Date(context.now())],
    );
    if (known.rowCount !== 0) return;
    const notNow = this.notNow(name) ?? (await this.awaitQuota(at, key, incident, by, deadline));
    if (notNow !== undefined) {
      await this.keep(at, lookUp, entity, {
        ok: false,
        failure: { kind: 'refused', because: notNow, retryAfterMs: undefined },
      });
      this.tell(name, 'not_asked');
      return;
    }
    const answer = await lookUp.ask(entity, at, this.stopping.signal);
    if (this.stopping.signal.aborted) return;
    this.learn(name, answer.ok ? undefined : answer.failure);
    this.tell(name, answer.ok ? (answer.value.length > 0 ? 'found' : 'nothing') : answer.failure.kind);
    await this.keep(at, lookUp, entity, answer);
  }

  private tell(name: string, outcome: string): void {
    for (const told of this.onAsked) told(name, outcome);
  }

  /** Why it is left alone now; undefined while it is not. */
  private notNow(name: string): string | undefined {
    const trouble = this.troubles.get(name);
    if (trouble === undefined || trouble.openUntil <= this.context.now()) return undefined;
    return `not asked: it ${trouble.last?.because ?? 'failed'}, and is left alone until ${timeText(trouble.openUntil)}`;
  }

  private learn(name: string, failure: LookUpFailure | undefined): void {
    const trouble = this.troubles.get(name) ?? { failures: 0, openUntil: 0, last: undefined };
    this.troubles.set(name, trouble);
    if (failure === undefined) {
      trouble.failures = 0;
      trouble.openUntil = 0;
      return;
    }
    const now = this.context.now();
    trouble.failures++;
    trouble.last = { at: now, because: failure.because };
    const isOpen = trouble.failures >= FAILURES_MAX;
    const doubled = OPEN_MS_FIRST * 2 ** Math.min(trouble.failures - FAILURES_MAX, 10);
    const wait = Math.max(failure.retryAfterMs ?? 0, isOpen ? Math.min(doubled, OPEN_MS_MAX) : 0);
    trouble.openUntil = failure.kind === 'too_many' ? now + Math.max(wait, OPEN_MS_FIRST) : wait > 0 ? now + wait : 0;
  }

  /** Takes one of the quota, waiting for the minute to pass where that is enough. A sentence where there is none left. */
  private async awaitQuota(
    at: ConnectedLookUp,
    key: string,
    incident: string,
    by: string,
    deadline: number,
  ): Promise<string | undefined> {
    for (;;) {
      const left = await this.takeQuota(at, key, incident, by);
      if (left === undefined) return undefined;
      if (left.isDay || left.until > deadline) return `not asked: quota spent until ${timeText(left.until)}`;
      await sleep(Math.max(50, left.until - this.context.now()), undefined, { signal: this.stopping.signal });
    }
  }

  /** One transaction: counts what was asked and writes this one down, so that two servers do not both take the last. */
  private async takeQuota(
    { config }: ConnectedLookUp,
    key: string,
    incident: string,
    by: string,
  ): Promise<{ readonly until: number; readonly isDay: boolean } | undefined> {
    const { context } = this;
    const client = await context.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [
        `countersign.look_up.${context.tenant}.${config.name}`,
      ]);
      const now = context.now();
      const spent = await spentOf(client, context.tenant, config.name, now);
      const full =
        spent.day >= config.quota.perDay
          ? { until: dayStart(now) + MS_PER_DAY, isDay: true }
          : spent.minute >= config.quota.perMinute
            ? { until: (spent.oldestOfMinute ?? now) + MS_PER_MINUTE, isDay: false }
            : undefined;
      if (full === undefined)
        await client.query(
          'INSERT INTO look_up_asked (tenant_id, look_up, entity_key, incident_id, by, at) VALUES ($1, $2, $3, $4, $5, $6)',
          [context.tenant, config.name, key, incident === '' ? null : incident, by, new Date(now)],
        );
      await client.query('COMMIT');
      return full;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Keeps an answer, "nothing known" included, for as long as it counts as fresh; a failure for a moment. */
  private async keep(
    { config }: ConnectedLookUp,
    { manifest }: AskingLookUp,
    entity: AskedEntity,
    answer: Awaited<ReturnType<AskingLookUp['ask']>>,
  ): Promise<void> {
    const { context } = this;
    const now = context.now();
    const source = `${manifest.title} (${config.name})`;
    const facts = answer.ok
      ? answer.value.slice(0, FACTS_MAX).map(finding => factOf(entity, source, finding))
      : [failedFact(entity, source, answer.failure.because, now)];
    if (answer.ok && answer.value.length === 0) facts.push(nothingFact(entity, source, now));
    const fresh = answer.ok
      ? answer.value.length > 0
        ? manifest.keepFoundMs
        : manifest.keepNothingMs
      : KEEP_FAILURE_MS;
    await context.pool.query(
      `INSERT INTO look_up_answer (tenant_id, look_up, entity_key, facts, at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (tenant_id, look_up, entity_key) DO UPDATE SET facts = excluded.facts, at = excluded.at, expires_at = excluded.expires_at`,
      [context.tenant, config.name, storedKey(entity), JSON.stringify(facts), new Date(now), new Date(now + fresh)],
    );
  }

  /** What was answered about these, by stored key. What has expired is stale, and says so, for as long as it is kept. */
  async answers(keys: readonly string[]): Promise<ReadonlyMap<string, readonly EnrichmentFact[]>> {
    const { context } = this;
    const now = context.now();
    const { settings } = await this.settings();
    const names = settings.lookUps.map(({ config }) => config.name);
    const { rows } = await context.pool.query<{
      entity_key: string;
      facts: EnrichmentFact[];
      at: Date;
      expires_at: Date;
    }>(
      'SELECT entity_key, facts, at, expires_at FROM look_up_answer WHERE tenant_id = $1 AND entity_key = ANY($2) AND look_up = ANY($3) ORDER BY look_up',
      [context.tenant, keys, names],
    );
    const all = new Map<string, EnrichmentFact[]>();
    for (const row of rows) {
      const isStale = row.expires_at.getTime() <= now;
      // A failure that is over says nothing any more: the value can be asked about again.
      const facts = row.facts.filter(fact => !isStale || fact.status !== 'failed');
      const asked = `answered ${row.at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      const list = all.get(row.entity_key) ?? [];
      all.set(row.entity_key, list);
      list.push(
        ...facts.map(fact =>
          isStale && fact.status !== 'failed'
            ? { ...fact, status: 'stale' as const, because: `${asked}: no longer fresh` }
            : { ...fact, because: fact.because === '' ? asked : fact.because },
        ),
      );
    }
    return all;
  }

  /** As Health shows them: quota that is left, what waits, and the last failure. */
  async health(): Promise<readonly LookUpHealth[]> {
    const { context } = this;
    const { settings, because } = await this.settings();
    const now = context.now();
    const unreadable: readonly LookUpHealth[] =
      because === ''
        ? []
        : [
            {
              name: 'look-ups',
              kind: '',
              title: 'Look-ups',
              maxTlp: 'clear',
              sends: '',
              leftToday: 0,
              perDay: 0,
              pending: 0,
              indicators: 0,
              notUnderstood: 0,
              lastAsked: '',
              lastFailure: because,
              lastFailureAt: '',
              status: 'failed',
            },
          ];
    const states = await pulledState(context);
    const configured = settings.lookUps.map(async ({ config }): Promise<LookUpHealth> => {
      const spent = await spentOf(context.pool, context.tenant, config.name, now);
      const trouble = this.troubles.get(config.name);
      const state = states.get(config.name);
      const lastFailure = trouble?.last?.because ?? state?.lastFailure ?? '';
      const manifest = LOOK_UPS.get(config.kind)?.manifest;
      const isOpen = trouble !== undefined && trouble.failures > 0;
      const leftToday = Math.max(0, config.quota.perDay - spent.day);
      return {
        name: config.name,
        kind: config.kind,
        title: manifest?.title ?? config.kind,
        maxTlp: config.maxTlp,
        sends: manifest?.sends ?? '',
        leftToday,
        perDay: config.quota.perDay,
        pending: this.pending(config.name),
        indicators: state?.indicators ?? 0,
        notUnderstood: state?.notUnderstood ?? 0,
        lastAsked: spent.last === undefined ? '' : rfc3339(spent.last),
        lastFailure,
        lastFailureAt: trouble?.last === undefined ? '' : rfc3339(trouble.last.at),
        status: isOpen ? 'failed' : leftToday === 0 ? 'partial' : 'ok',
      };
    });
    return [...unreadable, ...(await Promise.all(configured))];
  }

  /** Fetches indicators, soon and then every quarter of an hour, until it is stopped. */
  run(): void {
    this.puller = (async () => {
      while (!this.stopping.signal.aborted) {
        await this.pullAll().catch((error: unknown) => {
          if (!this.stopping.signal.aborted)
            this.context.logger.warn({ err: error }, 'indicators could not be fetched');
        });
        await sleep(PULL_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    })();
  }

  /** One round over every collection. Each page is kept with the mark of the next in one transaction. */
  async pullAll(): Promise<void> {
    const { context } = this;
    await context.pool.query('DELETE FROM look_up_answer WHERE tenant_id = $1 AND expires_at < $2', [
      context.tenant,
      new Date(context.now() - KEEP_STALE_MS),
    ]);
    const { settings } = await this.settings();
    for (const at of settings.lookUps) {
      const lookUp = LOOK_UPS.get(at.config.kind);
      if (lookUp === undefined || !('pull' in lookUp) || this.notNow(at.config.name) !== undefined) continue;
      await this.pullOne(lookUp, at);
    }
  }

  private async pullOne(lookUp: PullingLookUp, at: ConnectedLookUp): Promise<void> {
    const { name } = at.config;
    const failure = await pullIndicators(this.context, lookUp, at, this.stopping.signal, () =>
      this.takeQuota(at, '', '', 'countersign').then(full =>
        full === undefined ? undefined : `not asked: quota spent until ${timeText(full.until)}`,
      ),
    );
    if (this.stopping.signal.aborted) return;
    this.learn(name, failure);
    this.tell(name, failure === undefined ? 'pulled' : failure.kind);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled([this.puller, ...this.lines.values()]);
  }
}

const dayStart = (now: number): number => now - (now % MS_PER_DAY);
const timeText = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;

interface Spent {
  readonly minute: number;
  readonly day: number;
  readonly oldestOfMinute: number | undefined;
  readonly last: UnixMs | undefined;
}

/** A day is a day in UTC; a minute is the last sixty seconds. */
async function spentOf(db: Db, tenant: string, lookUp: string, now: UnixMs): Promise<Spent> {
  const { rows } = await db.query<{ minute: string; day: string; oldest: Date | null; last: Date | null }>(
    `SELECT count(*) FILTER (WHERE at > $4) AS minute, count(*) FILTER (WHERE at >= $3) AS day, min(at) FILTER (WHERE at > $4) AS oldest, max(at) AS last
       FROM look_up_asked WHERE tenant_id = $1 AND look_up = $2 AND at >= least($3, $4)`,
    [tenant, lookUp, new Date(dayStart(now)), new Date(now - MS_PER_MINUTE)],
  );
  const [row] = rows;
  return {
    minute: Number(row?.minute ?? 0),
    day: Number(row?.day ?? 0),
    oldestOfMinute: row?.oldest?.getTime(),
    last: row?.last == null ? undefined : unixMsFrom(row.last.getTime()),
  };
}

async function pulledState(
  context: ServerContext,
): Promise<
  ReadonlyMap<string, { readonly indicators: number; readonly notUnderstood: number; readonly lastFailure: string }>
> {
  const { rows } = await context.pool.query<{
    look_up: string;
    body: { notUnderstood?: number; lastFailure?: string };
    indicators: string;
  }>(
    `SELECT s.look_up, s.body, (SELECT count(*) FROM indicator i WHERE i.tenant_id = $1 AND i.look_up = s.look_up) AS indicators
       FROM look_up_state s WHERE s.tenant_id = $1`,
    [context.tenant],
  );
  return new Map(
    rows.map(({ look_up, body, indicators }) => [
      look_up,
      { indicators: Number(indicators), notUnderstood: body.notUnderstood ?? 0, lastFailure: body.lastFailure ?? '' },
    ]),
  );
}

function factOf(entity: AskedEntity, source: string, finding: Finding): EnrichmentFact {
  return {
    about: storedKey(entity),
    kind: 'reputation',
    value: finding.text.slice(0, FINDING_CHARS_MAX).toWellFormed().replaceAll('\u0000', '\ufffd'),
    source,
    asOf: finding.asOf,
    status: finding.partial === '' ? 'ok' : 'partial',
    because: finding.partial,
  };
}

function nothingFact(entity: AskedEntity, source: string, now: UnixMs): EnrichmentFact {
  const value = 'nothing known there, which does not make it harmless';
  return { about: storedKey(entity), kind: 'reputation', value, source, asOf: rfc3339(now), status: 'ok', because: '' };
}

function failedFact(entity: AskedEntity, source: string, because: string, now: UnixMs): EnrichmentFact {
  return {
    about: storedKey(entity),
    kind: 'reputation',
    value: '',
    source,
    asOf: rfc3339(now),
    status: 'failed',
    because,
  };
}
