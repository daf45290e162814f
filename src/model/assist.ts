import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { Coverage } from './coverage.ts';
import type { HypothesisKind } from './packet.ts';

/**
 * Why an answer, or a part of it, was dropped: one code for each step of the verifier that can refuse.
 * A code is part of the API and of the log: never reused, never renamed.
 */
export const ANSWER_REFUSALS = {
  'envelope.too_large': 'The answer is larger than allowed.',
  'envelope.not_utf8': 'The answer is not text.',
  'envelope.cut': 'The answer was cut off before its end.',
  'envelope.late': 'The answer came after its time limit.',
  'parse.not_json': 'The answer is not JSON.',
  'schema.mismatch': 'The answer is not in the form that was asked for.',
  'reference.unknown_id': 'It names an id that it was not given.',
  'reference.other_packet': 'It answers another question than the one that was asked.',
  'role.not_of_fact': 'It puts somebody into a role that the cited fact does not give.',
  'value.not_recomputed': 'The cited record does not say this.',
  'scope.not_readable': 'It cites what whoever asks may not read.',
  'absence.not_covered': 'It says that something did not happen, without telemetry that would show it.',
  'consistency.cycle': 'It says that two things each came before the other.',
  'consistency.contradiction': 'It says two things that exclude each other.',
  'claim.uncited': 'It cites nothing.',
} as const satisfies Record<string, string>;
export type AnswerRefusal = keyof typeof ANSWER_REFUSALS;

/** A part of an answer that was dropped, with where it stood. */
export interface Dropped {
  readonly code: AnswerRefusal;
  /** RFC 6901 into the answer; empty for the whole of it. */
  readonly pointer: string;
  /** What was found instead, where something was; never the model's own words. */
  readonly found?: string;
}

/** Why rules alone speak, where no model does. */
export const WITHOUT_MODEL = {
  'ai.not_configured': 'No provider is set.',
  'ai.off': 'The provider is switched off.',
  'ai.timed_out': 'The provider did not answer in time.',
  'ai.unreachable': 'The provider could not be reached.',
  'ai.rate_limited': 'The provider asks us to wait.',
  'ai.denied': 'The provider refused our key.',
  'ai.failed': 'The provider failed.',
  'ai.resting': 'The provider failed too often a moment ago, and is left alone for a while.',
  'ai.over_budget': 'The budget is spent.',
  'ai.residency': 'The residency rule does not allow this provider.',
  'ai.not_previewed': 'Nobody has looked yet at what would be sent.',
  'ai.rejected': 'The answer was rejected.',
  'ai.abstained': 'The model abstained.',
  'ai.too_large': 'The incident is too large for this provider.',
  'ai.prompt_changed': 'The prompt on disk is not the one that was approved.',
  'ai.process_down': 'The ai process is not running.',
  'ai.names_withheld': 'The text may hold names, and this provider is sent none.',
  'ai.busy': 'Too much waits to be asked, and other incidents are graver.',
  'ai.not_recorded': 'The call could not be written down, so nothing is asked and nothing of it is shown.',
} as const satisfies Record<string, string>;
export type WithoutModel = keyof typeof WITHOUT_MODEL;

/** How an explanation stands: which verified claims speak for it, and which against. */
export interface Hypothesis {
  readonly kind: HypothesisKind;
  readonly supports: readonly string[];
  readonly contradicts: readonly string[];
  /** Who related them. */
  readonly by: 'rules' | 'model';
}

/**
 * What a model added to an incident's summary, after the verifier. It refers to claims, options and gaps of the summary by
 * their own ids, and holds no word that a model wrote.
 */
export interface Assist {
  readonly level: 'L0' | 'L1';
  /** Undefined at L1. */
  readonly without: WithoutModel | undefined;
  /** Of the summary: a model cannot leave it out. */
  readonly coverage: Coverage['verdict'];
  /** Claims in the order in which they are told. */
  readonly order: readonly string[];
  readonly hypotheses: readonly Hypothesis[];
  readonly techniques: readonly { readonly technique: string; readonly claims: readonly string[] }[];
  /** Options, the best first; all that there are. */
  readonly ranking: readonly string[];
  readonly requests: readonly string[];
  readonly verified: number;
  readonly dropped: readonly Dropped[];
  /** What had to be told and was not: appended under "Not covered by the AI". Ids of claims, rules and gaps. */
  readonly appended: readonly string[];
  /** The record of the call that it came from. */
  readonly record: Id<'ai_record'> | undefined;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** `estimated` where the provider does not say. */
  readonly from: 'provider' | 'estimated';
}

/** One call of a model, so that it can be replayed to the same bytes. Everything here is in the log, as digests. */
export interface AiRecord {
  readonly id: Id<'ai_record'>;
  readonly at: UnixMs;
  /** `select` over an incident, `explain` of one string, `ask` of a question that is to be a query. */
  readonly task: 'select' | 'explain' | 'ask' | 'test';
  readonly incident: Id<'incident'> | undefined;
  /** Who asked. */
  readonly by: string;
  readonly prompt: { readonly id: string; readonly version: string; readonly sha256: Digest };
  readonly schemaSha256: Digest;
  readonly packetSha256: Digest;
  readonly requestSha256: Digest;
  /** Of the answer's bytes; empty where there was none. */
  readonly responseSha256: string;
  readonly provider: string;
  readonly model: string;
  readonly fingerprint: string;
  readonly parameters: { readonly [name: string]: string };
  readonly region: string;
  readonly namesWithheld: boolean;
  readonly usage: Usage | undefined;
  /** In millionths of the provider's currency. */
  readonly costMicros: number;
  readonly latencyMs: number;
  readonly attempts: number;
  readonly isCached: boolean;
  readonly outcome: { readonly kind: 'used' } | { readonly kind: 'not_used'; readonly because: WithoutModel };
  readonly verified: number;
  readonly dropped: readonly Dropped[];
  /** Of what this answer, or the lack of one, comes to: what was shown, where no later call took its place. */
  readonly shownSha256: Digest;
}
