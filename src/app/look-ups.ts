import { setTimeout as sleep } from 'node:timers/promises';
import { MS_PER_MINUTE, rfc3339, type UnixMs } from '../base/time.ts';
import { LOOK_UPS } from '../look-ups/index.ts';
import type { LookUpHealth } from '../model/api.ts';
import type { AskedEntity, AskingLookUp, ConnectedLookUp, LookUpFailure, PullingLookUp } from '../ports/look-up.ts';
import type { ServerContext } from './context.ts';
import { pullIndicators } from './indicators.ts';
import { forgetStale, isFresh, keepAnswer } from './look-up-answers.ts';
import { type Asking, spentOf, spentText, takeQuota, timeText } from './look-up-quota.ts';
import { type LookUpSettings, NO_LOOK_UPS, readLookUps } from './look-up-store.ts';
import { errorText } from './refusal.ts';
import { storedKey } from './sightings.ts';

/** Failures of one look-up in a row after which it is left alone for a while, twice as long each time. */
const FAILURES_MAX = 3;
const OPEN_MS_FIRST = MS_PER_MINUTE;
const OPEN_MS_MAX = 30 * MS_PER_MINUTE;
/** Values of one order; the others wait for another one. */
export const ORDER_MAX = 50;
/** An order waits for the minute's quota, this long at most; what is left then is failed with the reason. */
const ORDER_MS_MAX = 90_000;
const PULL_EVERY_MS = 15 * MS_PER_MINUTE;
/** How soon a collection that was just configured is fetched. */
const LOOK_EVERY_MS = 10_000;

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
  /** By look-up and what came of it, since the start. */
  private readonly counts = new Map<string, Map<string, number>>();

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
    if (await isFresh(context, name, key)) return;
    const notNow = this.notNow(name) ?? (await this.awaitQuota(at, { key, incident, by }, deadline));
    if (notNow !== undefined) {
      const failure = { kind: 'refused', because: notNow, retryAfterMs: undefined } as const;
      await keepAnswer(context, at.config, lookUp.manifest, entity, { ok: false, failure });
      this.tell(name, 'not_asked');
      return;
    }
    const answer = await lookUp.ask(entity, at, this.stopping.signal);
    if (this.stopping.signal.aborted) return;
    this.learn(name, answer.ok ? undefined : answer.failure);
    this.tell(name, answer.ok ? (answer.value.length > 0 ? 'found' : 'nothing') : answer.failure.kind);
    await keepAnswer(context, at.config, lookUp.manifest, entity, answer);
  }

  private tell(name: string, outcome: string): void {
    const counts = this.counts.get(name) ?? new Map<string, number>();
    this.counts.set(name, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  /** For the metrics: how often each look-up was asked, by what came of it, since the start. */
  outcomes(): readonly { readonly lookUp: string; readonly outcome: string; readonly count: number }[] {
    return [...this.counts].flatMap(([lookUp, counts]) =>
      [...counts].map(([outcome, count]) => ({ lookUp, outcome, count })),
    );
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
  private async awaitQuota(at: ConnectedLookUp, asking: Asking, deadline: number): Promise<string | undefined> {
    for (;;) {
      const spent = await takeQuota(this.context, at.config, asking);
      if (spent === undefined) return undefined;
      if (spent.isDay || spent.until > deadline) return spentText(spent);
      await sleep(Math.max(50, spent.until - this.context.now()), undefined, { signal: this.stopping.signal });
    }
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

  /** Fetches indicators: at once, every quarter of an hour, and when the configuration changed, until it is stopped. */
  run(): void {
    this.puller = (async () => {
      let due = 0;
      let known = '';
      while (!this.stopping.signal.aborted) {
        const { settings } = await this.settings();
        const configured = JSON.stringify(settings.lookUps.map(({ config }) => config));
        if (configured !== known || this.context.now() >= due) {
          known = configured;
          due = this.context.now() + PULL_EVERY_MS;
          await this.pullAll(settings).catch((error: unknown) => {
            if (!this.stopping.signal.aborted)
              this.context.logger.warn({ err: error }, 'indicators could not be fetched');
          });
        }
        await sleep(LOOK_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    })();
  }

  /** One round over every collection. Each page is kept with the mark of the next in one transaction. */
  private async pullAll(settings: LookUpSettings): Promise<void> {
    await forgetStale(this.context);
    for (const at of settings.lookUps) {
      const lookUp = LOOK_UPS.get(at.config.kind);
      if (lookUp === undefined || !('pull' in lookUp) || this.notNow(at.config.name) !== undefined) continue;
      await this.pullOne(lookUp, at);
    }
  }

  private async pullOne(lookUp: PullingLookUp, at: ConnectedLookUp): Promise<void> {
    const { name } = at.config;
    const failure = await pullIndicators(this.context, lookUp, at, this.stopping.signal, () =>
      takeQuota(this.context, at.config, { key: '', incident: '', by: 'countersign' }).then(spent =>
        spent === undefined ? undefined : spentText(spent),
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
