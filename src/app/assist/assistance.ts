import { createHmac } from 'node:crypto';
import type { Id } from '../../base/id.ts';
import { BrokenInvariant } from '../../base/invariant.ts';
import { ok, type Result } from '../../base/result.ts';
import { rfc3339, type UnixMs } from '../../base/time.ts';
import { rulesAssist } from '../../core/study/assist/assist.ts';
import type { AssistClaims, AssistView } from '../../model/api-ai.ts';
import { type Assist, WITHOUT_MODEL, type WithoutModel } from '../../model/assist.ts';
import type { Claim } from '../../model/claim.ts';
import type { Failure } from '../../model/failure.ts';
import type { AskModel, ProviderConfig } from '../../ports/model.ts';
import type { ServerSecrets } from '../../ports/secrets.ts';
import type { ServerContext } from '../context.ts';
import type { ModelPipe } from '../model-pipe.ts';
import type { Study } from '../study.ts';
import { Gateway } from './gateway.ts';
import { type Ground, groundOf } from './ground.ts';
import { recordLostCalls } from './lost-calls.ts';
import { type Marked, markQuestion, nothingMarked } from './mark.ts';
import { activePrompt } from './prompt-choice.ts';
import { PromptShelf } from './prompts.ts';
import type { Outcome } from './question.ts';
import { queryQuestion, type ReadAsQuery, type Wording } from './read-as-query.ts';
import { lastOfIncident, readBlob } from './records.ts';
import { readAssist, selectQuestion } from './select.ts';
import { readSettings } from './settings.ts';
import { type Tested, testQuestion } from './test-question.ts';

/** The whole of a question. */
const DEADLINE_MS = 20_000;
/** Questions that are asked at once, and that wait. */
const RUNNING_MAX = 4;
const WAITING_MAX = 200;
/** Incidents whose last outcome without a record is remembered. */
const OUTCOMES_MAX = 1_000;
/** A call cannot still be answered after so many deadlines. */
const LOST_AFTER_DEADLINES = 3;
/** Incidents of which it is remembered what rules say. */
const SAID_MAX = 128;
const NONCE_CHARS = 32;

export interface AssistanceOptions {
  readonly ask: AskModel;
  /** A provider is set, and the ai process does not run. */
  readonly isDown: () => boolean;
  /** As they are configured now; none where none is set. */
  readonly providers: () => readonly ProviderConfig[];
  /** `<id>/<version>/…`; undefined: no prompt loads. */
  readonly promptsFolder: string | undefined;
  readonly notReady: () => string | undefined;
  /** Which makes packets of one incident say nothing about it to whoever has no key. */
  readonly nonceKey: string;
}

/** For tests, which cannot wait for twenty seconds a hundred times. */
export interface AssistTuning {
  readonly deadlineMs?: number;
  readonly runningMax?: number;
  readonly waitingMax?: number;
}

interface RulesSaid {
  readonly version: string;
  readonly digest: string;
  readonly assist: Assist;
  readonly claims: ReadonlyMap<string, Claim>;
}

interface Running {
  readonly version: string;
  readonly since: UnixMs;
  readonly done: Promise<Outcome<Assist> | undefined>;
}

/** What a model adds to incidents, where one may be asked. Rules always say the whole of it first. */
export class Assistance {
  readonly gateway: Gateway;
  readonly shelf: PromptShelf;
  readonly study: Study;
  readonly context: ServerContext;
  private readonly options: AssistanceOptions;
  private readonly deadlineMs: number;
  private readonly running = new Map<Id<'incident'>, Running>();
  /** Also of states of an incident that are past. */
  private readonly going = new Set<Promise<unknown>>();
  /** Outcomes that left no record, because nothing left. */
  private readonly unrecorded = new Map<Id<'incident'>, { readonly version: string; readonly without: WithoutModel }>();
  private readonly said = new Map<Id<'incident'>, RulesSaid>();
  private looking: NodeJS.Timeout | undefined;

  constructor(context: ServerContext, study: Study, options: AssistanceOptions & AssistTuning) {
    this.context = context;
    this.study = study;
    this.options = options;
    this.deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.shelf = new PromptShelf(options.promptsFolder);
    this.gateway = new Gateway(context, {
      ask: options.ask,
      providers: options.providers,
      notReady: options.notReady,
      deadlineMs: this.deadlineMs,
      runningMax: options.runningMax ?? RUNNING_MAX,
      waitingMax: options.waitingMax ?? WAITING_MAX,
    });
  }

  /** Writes up what a killed predecessor left, now and from time to time. */
  run(): void {
    const sinceMs = LOST_AFTER_DEADLINES * this.deadlineMs;
    const look = () =>
      recordLostCalls(this.context, this.study.studied, sinceMs).catch((error: unknown) =>
        this.context.logger.warn({ err: error }, 'calls that were broken off could not be written up'),
      );
    this.looking = setInterval(look, this.deadlineMs);
    this.looking.unref();
    void look();
  }

  /** Gives up what is asked; settles when that is written down. */
  async stop(): Promise<void> {
    clearInterval(this.looking);
    this.gateway.stop();
    await Promise.all(this.going);
  }

  /** What rules say of an incident as it is now, worked out once for each state of it and of its coverage. */
  private async rulesOf(incident: Id<'incident'>): Promise<Result<RulesSaid, Failure>> {
    const studied = await this.study.studyOf(incident);
    if (!studied.ok) return studied;
    const known = this.said.get(incident);
    const { digest } = studied.value.summary;
    if (known?.digest === digest && known.version === (await this.study.versionOf(incident))) return ok(known);
    const ground = await groundOf(this.context, this.study, incident, this.deadlineMs);
    if (!ground.ok) return ground;
    const { version, alerts, claims } = ground.value;
    const { summary, options } = ground.value.studied;
    const assist = rulesAssist(summary, options, 'ai.not_configured', alerts, claims);
    const byId = new Map(claims.map(claim => [claim.id, claim]));
    const said: RulesSaid = { version, digest: summary.digest, assist, claims: byId };
    keepNewest(this.said, incident, said, SAID_MAX);
    return ok(said);
  }

  private unset(): WithoutModel | undefined {
    if (this.options.isDown()) return 'ai.process_down';
    return this.options.providers().length === 0 ? 'ai.not_configured' : undefined;
  }

  /** Why no model can be asked at all, whatever the incident; undefined where one may be. */
  async without(): Promise<WithoutModel | undefined> {
    const unset = this.unset();
    if (unset !== undefined) return unset;
    const { settings } = await readSettings(this.context);
    const chain = this.gateway.chainOf(settings);
    if (!settings.isOn || chain.every(provider => !provider.isOn)) return 'ai.off';
    const prompt = await activePrompt(this.context, this.shelf, 'select');
    if (!prompt.ok) return prompt.failure;
    for (const provider of chain) {
      const because = await this.gateway.whyNot({ task: 'select', prompt: prompt.value }, provider, settings);
      if (because === undefined) return undefined;
      if (provider === chain.at(-1)) return because;
    }
    return 'ai.off';
  }

  /** How it stands with an incident as it is now, with the claims that it names. Asks nobody. */
  async view(incident: Id<'incident'>): Promise<Result<AssistView & AssistClaims, Failure>> {
    const said = await this.rulesOf(incident);
    if (!said.ok) return said;
    const view = await this.standing(incident, said.value);
    return ok({ ...view, claims: claimsOf(view.assist, said.value.claims) });
  }

  private async standing(incident: Id<'incident'>, said: RulesSaid): Promise<AssistView> {
    const { version } = said;
    const rules = (without: WithoutModel): Assist => ({ ...said.assist, without });
    const unsaid: Assist = { ...said.assist, without: undefined };
    const running = this.running.get(incident);
    if (running?.version === version) return { state: 'running', since: rfc3339(running.since), assist: unsaid };
    const unrecorded = this.unrecorded.get(incident);
    if (unrecorded?.version === version) return rulesView(unrecorded.without, rules(unrecorded.without));
    const record = await lastOfIncident(this.context, incident, version);
    const shown =
      record === undefined ? undefined : await readBlob(this.context, 'countersign/assist/v1', record.shownSha256);
    if (record !== undefined && shown !== undefined) {
      const assist = readAssist(shown);
      return record.outcome.kind === 'used'
        ? { state: 'done', at: rfc3339(record.at), provider: record.provider, assist }
        : rulesView(record.outcome.because, assist);
    }
    const without = await this.without();
    return without === undefined ? { state: 'not_asked', assist: unsaid } : rulesView(without, rules(without));
  }

  /** Asks about an incident as it is now, in the background; once for all who ask meanwhile. */
  async begin(incident: Id<'incident'>, by: string): Promise<Result<AssistView & AssistClaims, Failure>> {
    await this.start(incident, by);
    return this.view(incident);
  }

  /** The outcome itself, for whoever waits for it. Undefined where there is no such incident, or asking broke off. */
  async ask(incident: Id<'incident'>, by: string): Promise<Outcome<Assist> | undefined> {
    return (await this.start(incident, by))?.done;
  }

  private async start(incident: Id<'incident'>, by: string): Promise<Running | undefined> {
    const version = await this.study.versionOf(incident);
    if (version === undefined) return undefined;
    const known = this.running.get(incident);
    if (known?.version === version) return known;
    this.unrecorded.delete(incident);
    const done = this.askAbout(incident, by).finally(() => {
      if (this.running.get(incident)?.done === done) this.running.delete(incident);
      this.context.live.publish({ kind: 'incident', id: incident });
    });
    this.going.add(done);
    void done.finally(() => this.going.delete(done));
    const running = { version, since: this.context.now(), done };
    this.running.set(incident, running);
    return running;
  }

  private async askAbout(incident: Id<'incident'>, by: string): Promise<Outcome<Assist> | undefined> {
    try {
      const ground = await groundOf(this.context, this.study, incident, this.deadlineMs);
      if (!ground.ok) return undefined;
      const outcome = await this.askOn(ground.value, by);
      if (outcome.record === undefined && outcome.without !== undefined)
        this.remember(incident, ground.value.version, outcome.without);
      return outcome;
    } catch (error) {
      if (error instanceof BrokenInvariant) this.context.logger.error({ err: error, incident }, 'asking broke off');
      else this.context.logger.warn({ err: error, incident }, 'a model could not be asked');
      return undefined;
    }
  }

  private async askOn(ground: Ground, by: string): Promise<Outcome<Assist>> {
    const prompt = await activePrompt(this.context, this.shelf, 'select');
    const unset = this.unset();
    if (unset === undefined && prompt.ok)
      return this.gateway.ask(
        selectQuestion(ground, prompt.value, {
          by,
          urgency: await this.urgencyOf(ground.incident),
          nonce: this.nonceOf(ground.incident),
        }),
      );
    const without = unset ?? 'ai.prompt_changed';
    const { alerts, claims, studied } = ground;
    const shown = rulesAssist(studied.summary, studied.options, without, alerts, claims);
    return { shown, without, record: undefined, provider: '', detail: '' };
  }

  private remember(incident: Id<'incident'>, version: string, without: WithoutModel): void {
    keepNewest(this.unrecorded, incident, { version, without }, OUTCOMES_MAX);
  }

  /** How grave an incident is: what is least so goes without a model first. */
  private async urgencyOf(incident: Id<'incident'>): Promise<number> {
    const { rows } = await this.context.pool.query<{ severity_rank: number }>(
      'SELECT severity_rank FROM incident WHERE tenant_id = $1 AND id = $2',
      [this.context.tenant, incident],
    );
    return rows[0]?.severity_rank ?? 0;
  }

  /** The same for one incident or text, so that the same packet is the same packet; nothing without the key. */
  nonceOf(subject: string): string {
    return createHmac('sha256', this.options.nonceKey).update(`packet ${subject}`).digest('hex').slice(0, NONCE_CHARS);
  }

  /** What a model marks in one text, which somebody waits for. */
  async mark(text: string, by: string): Promise<Outcome<Marked>> {
    const prompt = await activePrompt(this.context, this.shelf, 'explain');
    const without = this.unset() ?? (prompt.ok ? undefined : prompt.failure);
    if (prompt.ok && without === undefined)
      return this.gateway.ask(markQuestion(text, prompt.value, { by, nonce: this.nonceOf(text) }));
    const shown = nothingMarked(text, without ?? 'ai.prompt_changed');
    return { shown, without, record: undefined, provider: '', detail: '' };
  }

  /** How a model reads a question, which somebody waits for. Nothing is answered by it. */
  async readAsQuery(wording: Wording, by: string): Promise<Outcome<ReadAsQuery>> {
    const prompt = await activePrompt(this.context, this.shelf, 'ask');
    const because = this.unset() ?? (prompt.ok ? undefined : prompt.failure);
    if (prompt.ok && because === undefined)
      return this.gateway.ask(queryQuestion(wording, prompt.value, { by, nonce: this.nonceOfWording(wording) }));
    const without = because ?? 'ai.prompt_changed';
    const shown = { without, query: undefined, dropped: [], record: undefined };
    return { shown, without, record: undefined, provider: '', detail: '' };
  }

  nonceOfWording({ incident, text }: Wording): string {
    return this.nonceOf(`${incident} ${text}`);
  }

  /** A question that holds nothing of ours. Undefined where there is no such provider. */
  async test(name: string, by: string): Promise<Outcome<Tested> | undefined> {
    const provider = this.options.providers().find(one => one.name === name);
    if (provider === undefined) return undefined;
    const prompt = await activePrompt(this.context, this.shelf, 'select');
    if (prompt.ok) return this.gateway.ask(testQuestion(prompt.value, by), provider);
    return {
      shown: { isWell: 'no', without: prompt.failure },
      without: prompt.failure,
      record: undefined,
      provider: name,
      detail: '',
    };
  }
}

/** The claims that an assist names: what a page needs to tell it. */
function claimsOf(assist: Assist, claims: ReadonlyMap<string, Claim>): readonly Claim[] {
  const named = new Set([
    ...assist.order,
    ...assist.appended,
    ...assist.hypotheses.flatMap(one => [...one.supports.slice(0, NAMED_MAX), ...one.contradicts.slice(0, NAMED_MAX)]),
    ...assist.techniques.flatMap(one => one.claims.slice(0, NAMED_MAX)),
  ]);
  return [...named].flatMap(id => claims.get(id) ?? []);
}
/** Of each explanation and technique so many claims are told. */
const NAMED_MAX = 20;

function keepNewest<K, V>(kept: Map<K, V>, key: K, value: V, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}

function rulesView(without: WithoutModel, assist: Assist): AssistView {
  return { state: 'rules', without, shown: WITHOUT_MODEL[without], assist };
}

/** The one place where the pipe to the ai process is plugged in. */
export function startAssistance(
  context: ServerContext,
  study: Study,
  secrets: Pick<ServerSecrets, 'hasAi' | 'promptsFolder' | 'sessionKey'>,
  models: Pick<ModelPipe, 'ask' | 'providers' | 'status' | 'onStatus'>,
  rest: AssistTuning & Pick<AssistanceOptions, 'notReady'>,
): Assistance {
  let isWanted = secrets.hasAi;
  models.onStatus(status => {
    isWanted ||= status.isRunning;
  });
  const assist = new Assistance(context, study, {
    ...rest,
    ask: models.ask,
    providers: () => models.providers(),
    isDown: () => isWanted && !models.status().isRunning,
    promptsFolder: secrets.promptsFolder,
    nonceKey: secrets.sessionKey,
  });
  assist.run();
  return assist;
}
