import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Id } from '../../base/id.ts';
import { BrokenInvariant } from '../../base/invariant.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { reaskOf } from '../../core/study/assist/read-answer.ts';
import type { AiSettings } from '../../model/api-ai.ts';
import type { Dropped, WithoutModel } from '../../model/assist.ts';
import { type AskModel, PACKET_BYTES_MAX, type ProviderConfig } from '../../ports/model.ts';
import type { ServerContext } from '../context.ts';
import { findAnswer } from './answer-cache.ts';
import { Breakers } from './breaker.ts';
import { acknowledgementOf, areNamesWithheld, forbiddenBy, formOf } from './egress.ts';
import { AskingLine } from './line.ts';
import type { Asked, Outcome, Question } from './question.ts';
import { readBlob } from './records.ts';
import { send } from './sending.ts';
import { readSettings } from './settings.ts';
import { intentOf, keyOf, type Told, writeTold } from './telling.ts';

export interface GatewayOptions {
  readonly ask: AskModel;
  /** As they are configured now. */
  readonly providers: () => readonly ProviderConfig[];
  /** The whole of a question: waiting, retries, the repeated question and the next provider. */
  readonly deadlineMs: number;
  readonly runningMax: number;
  readonly waitingMax: number;
  /** Why nothing could be written down; undefined while it can. */
  readonly notReady: () => string | undefined;
}

/** Tokens of an answer; a selection of a large incident takes some thousand. */
const OUTPUT_TOKENS_MAX = 4_000;
/** Writing down may take so long beyond the deadline; then rules speak, and the record stands where it was written after all. */
const RECORD_MS_MAX = 1_500;
/** With less time left nobody else is asked. */
const ASK_MS_MIN = 200;
/** A tokeniser makes at least one token of so many bytes of our packets. */
const BYTES_PER_TOKEN = 3;
/** Questions that are repeated once, and no more, where the answer was rejected. */
const REPEATS_MAX = 1;

/** What one provider's turn came to: an answer that stands, or why the next one is asked. */
type Turn<T> = Result<Outcome<T>, { readonly because: WithoutModel; readonly last: Outcome<T> | undefined }>;

/**
 * The one way to a model. It holds to the deadline, the budgets, the residency rule and the preview, asks one provider
 * after the other, and writes each call down before anything of it is shown. It never fails: where no model speaks, rules do.
 */
export class Gateway {
  readonly breakers: Breakers;
  readonly line: AskingLine;
  readonly options: GatewayOptions;
  private readonly context: ServerContext;
  private readonly stopping = new AbortController();

  constructor(context: ServerContext, options: GatewayOptions) {
    this.context = context;
    this.options = options;
    this.breakers = new Breakers(context.now);
    this.line = new AskingLine(options.runningMax, options.waitingMax);
  }

  /** Gives up what is asked and sends away who waits. Each call in hand is still written down. */
  stop(): void {
    this.stopping.abort();
    this.line.close();
  }

  /** Providers in the order in which they are asked. */
  chainOf(settings: AiSettings): readonly ProviderConfig[] {
    const providers = this.options.providers();
    if (settings.chain.length === 0) return providers.filter(one => one.isOn);
    return settings.chain.flatMap(name => providers.find(one => one.name === name) ?? []);
  }

  /** Settles a moment after the deadline at the latest, whatever hangs. */
  async ask<T>(question: Question<T>, only?: ProviderConfig): Promise<Outcome<T>> {
    const rules = (because: WithoutModel): Outcome<T> => ({
      shown: question.asked(true).without(because, undefined, []),
      without: because,
      record: undefined,
      provider: '',
      detail: '',
    });
    const done = new AbortController();
    const late = sleep(this.options.deadlineMs + RECORD_MS_MAX, undefined, { signal: done.signal }).then(
      () => rules('ai.not_recorded'),
      () => rules('ai.not_recorded'),
    );
    const asked = this.askInTurn(question, only, rules).catch((error: unknown) => {
      if (error instanceof BrokenInvariant) throw error;
      this.context.logger.error({ err: error }, 'a model could not be asked');
      return rules('ai.not_recorded');
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      done.abort();
    }
  }

  private async askInTurn<T>(
    question: Question<T>,
    only: ProviderConfig | undefined,
    rules: (because: WithoutModel) => Outcome<T>,
  ): Promise<Outcome<T>> {
    const deadline = performance.now() + this.options.deadlineMs;
    if (this.options.providers().length === 0) return rules('ai.not_configured');
    if (this.options.notReady() !== undefined) return rules('ai.not_recorded');
    const { settings } = await readSettings(this.context);
    const chain = only === undefined ? this.chainOf(settings) : [only];
    if (!settings.isOn || chain.length === 0) return rules('ai.off');
    const place = await this.line.enter(question.urgency, this.options.deadlineMs);
    if (!place.ok) return rules(place.failure);
    try {
      return await this.askChain(question, chain, settings, deadline, rules);
    } finally {
      place.value();
    }
  }

  private async askChain<T>(
    question: Question<T>,
    chain: readonly ProviderConfig[],
    settings: AiSettings,
    deadline: number,
    rules: (because: WithoutModel) => Outcome<T>,
  ): Promise<Outcome<T>> {
    let first: WithoutModel | undefined;
    let last: Outcome<T> | undefined;
    for (const provider of chain) {
      const isOver = deadline - performance.now() < ASK_MS_MIN || this.stopping.signal.aborted;
      if (isOver && first !== undefined) break;
      const turn = await this.askOne(question, provider, settings, deadline);
      if (turn.ok) return turn.value;
      // Whoever else was asked could not be written down either.
      if (turn.failure.because === 'ai.not_recorded') return rules('ai.not_recorded');
      first ??= turn.failure.because;
      last = turn.failure.last ?? last;
    }
    // What was written down is what is shown; where nothing left, the first reason is why.
    return last ?? rules(first ?? 'ai.timed_out');
  }

  /** Why a provider is not asked this question; undefined where it may be. */
  async whyNot(
    question: Pick<Question<unknown>, 'task' | 'prompt'>,
    provider: ProviderConfig,
    settings: AiSettings,
  ): Promise<WithoutModel | undefined> {
    const forbidden = forbiddenBy(provider, settings);
    if (forbidden !== undefined) return forbidden;
    // A test question holds nothing of ours, so there is nothing to look at.
    if (!provider.isHosted || question.task === 'test') return undefined;
    const form = formOf(provider, question.prompt, areNamesWithheld(provider, settings));
    return (await acknowledgementOf(this.context, form)) === undefined ? 'ai.not_previewed' : undefined;
  }

  private async askOne<T>(
    question: Question<T>,
    provider: ProviderConfig,
    settings: AiSettings,
    deadline: number,
  ): Promise<Turn<T>> {
    const notNow = (because: WithoutModel): Turn<T> => fail({ because, last: undefined });
    const because = await this.whyNot(question, provider, settings);
    if (because !== undefined) return notNow(because);
    const namesWithheld = areNamesWithheld(provider, settings);
    if (question.holdsNames && namesWithheld) return notNow('ai.names_withheld');
    const asked = question.asked(namesWithheld);
    const told: Told<T> = { question, provider, asked, namesWithheld, parameters: parametersOf(asked, provider) };
    if (isTooLarge(told)) return notNow('ai.too_large');
    if (question.task !== 'test') {
      const known = await this.fromCache(told);
      if (known !== undefined) return ok(known);
    }
    if (!this.breakers.mayAsk(provider.name)) return notNow('ai.resting');
    try {
      return await this.sendAndTell(told, settings, deadline);
    } catch (error) {
      this.breakers.spared(provider.name);
      if (error instanceof BrokenInvariant) throw error;
      // Beside the provider only the database is spoken to in there: without a record there is no answer.
      this.context.logger.error({ err: error, provider: provider.name }, 'a call of a model could not be written down');
      return notNow('ai.not_recorded');
    }
  }

  /** Asks, and once more where the answer is rejected as a whole; each is a record of its own. */
  private async sendAndTell<T>(told: Told<T>, settings: AiSettings, deadline: number): Promise<Turn<T>> {
    let rejected: readonly Dropped[] = [];
    let last: Outcome<T> | undefined;
    for (let repeat = 0; ; repeat++) {
      const record = this.context.newId('ai_record');
      const system = repeat === 0 ? told.question.prompt.text : `${told.question.prompt.text}\n${reaskOf(rejected)}\n`;
      const sent = await this.sendOnce(told, record, system, settings, deadline);
      if (!sent.ok) {
        this.breakers.spared(told.provider.name);
        return fail({ because: sent.failure, last });
      }
      const { reply, because, detail } = sent.value;
      this.learn(told.provider.name, reply !== undefined, because);
      if (reply === undefined)
        this.context.logger.warn(
          { provider: told.provider.name, because, detail, record },
          'a provider did not answer',
        );
      const { outcome, reading } = await writeTold(this.context, told, {
        record,
        system,
        sent: sent.value,
        ...this.limits,
      });
      if (reading === 'used' || reading === 'abstained') return ok(outcome);
      last = outcome;
      const isRepeated = reading === 'rejected' && repeat < REPEATS_MAX && deadline - performance.now() > ASK_MS_MIN;
      if (!isRepeated) return fail({ because: outcome.without ?? 'ai.rejected', last });
      rejected = outcome.dropped;
    }
  }

  private sendOnce<T>(told: Told<T>, record: Id<'ai_record'>, system: string, settings: AiSettings, deadline: number) {
    const { question, provider, asked, parameters } = told;
    return send(this.context, this.options.ask, {
      record,
      incident: question.incident ?? '',
      task: question.task,
      provider,
      budgets: settings.budgets,
      system,
      packet: asked.packet,
      schema: asked.schema,
      schemaText: JSON.stringify(asked.schema),
      outputTokensMax: Number(parameters['outputTokensMax']),
      seed: Number(parameters['seed']),
      deadline,
      stopping: this.stopping.signal,
      intend: db => intentOf(this.context, db, told, { record, system }),
    });
  }

  private get limits(): { readonly latencyMsMax: number } {
    return { latencyMsMax: this.options.deadlineMs };
  }

  private learn(provider: string, isAnswered: boolean, because: WithoutModel): void {
    if (isAnswered) this.breakers.answered(provider);
    // A question that is too large says nothing of the provider.
    else if (because === 'ai.too_large' || because === 'ai.over_budget') this.breakers.spared(provider);
    else this.breakers.failed(provider, because);
  }

  /** The answer to the very same question, read anew and written down as a record of its own. */
  private async fromCache<T>(told: Told<T>): Promise<Outcome<T> | undefined> {
    const known = await findAnswer(this.context, keyOf(told));
    if (known?.answer === undefined) return undefined;
    const text = await readBlob(this.context, '', known.responseSha256);
    if (text === undefined) return undefined;
    const record = this.context.newId('ai_record');
    const { outcome, reading } = await writeTold(this.context, told, {
      record,
      system: told.question.prompt.text,
      cached: { ...known, answer: known.answer, text },
      ...this.limits,
    });
    return reading === 'used' ? outcome : undefined;
  }
}

/** The seed follows from the packet, so that the same question is the same question. */
function parametersOf<T>(asked: Asked<T>, provider: ProviderConfig): { readonly [name: string]: string } {
  const seed = createHash('sha256').update(asked.packetSha256).digest().readUInt32BE(0) >>> 1;
  return { seed: String(seed), outputTokensMax: String(Math.min(OUTPUT_TOKENS_MAX, provider.outputTokensMax)) };
}

function isTooLarge<T>({ question, asked, provider, parameters }: Told<T>): boolean {
  const bytes = [question.prompt.text, asked.packet, JSON.stringify(asked.schema)].reduce(
    (sum, text) => sum + Buffer.byteLength(text, 'utf8'),
    0,
  );
  const tokens = Math.ceil(bytes / BYTES_PER_TOKEN) + Number(parameters['outputTokensMax']);
  return Buffer.byteLength(asked.packet, 'utf8') > PACKET_BYTES_MAX || tokens > provider.contextTokens;
}
