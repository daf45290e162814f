import type { Digest } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import type { RawAnswer } from '../../core/study/assist/read-answer.ts';
import type { AiRecord, Dropped, WithoutModel } from '../../model/assist.ts';
import type { Prompt } from './prompts.ts';

/** What an answer came to, once it was read. */
export interface Reading<T> {
  /** `abstained` is an answer too: nobody else is asked after it. */
  readonly kind: 'used' | 'rejected' | 'abstained';
  readonly verified: number;
  readonly dropped: readonly Dropped[];
  /** What is shown of it, with the record that it stands in. */
  readonly shown: (record: Id<'ai_record'>) => T;
}

/** A question in the form in which it may leave for one kind of provider, and how what comes back is read. */
export interface Asked<T> {
  /** Canonical bytes, as text. */
  readonly packet: string;
  readonly packetSha256: Digest;
  readonly schema: { readonly [key: string]: unknown };
  /** What reading an answer rests on, as a text that is kept: whoever has it and the answer's bytes gets the same. */
  readonly ground: string;
  readonly read: (answer: RawAnswer) => Reading<T>;
  /** What is shown where no model speaks. */
  readonly without: (because: WithoutModel, record: Id<'ai_record'> | undefined, dropped: readonly Dropped[]) => T;
  /** Its bytes: canonical, so that they have one digest. */
  readonly print: (shown: T) => string;
}

/** A question before it is known whom it goes to. */
export interface Question<T> {
  readonly task: AiRecord['task'];
  readonly incident: Id<'incident'> | undefined;
  /** Of the state of the incident that it is about; empty where it is about none. */
  readonly incidentVersion: string;
  readonly by: string;
  /** How grave: the line sends away what is least so. */
  readonly urgency: number;
  readonly prompt: Prompt;
  /** It cannot be asked without names: whoever is sent none is not asked. */
  readonly holdsNames: boolean;
  readonly asked: (namesWithheld: boolean) => Asked<T>;
}

/** What came of a question. Rules always say something. */
export interface Outcome<T> {
  readonly shown: T;
  /** Undefined where a model speaks. */
  readonly without: WithoutModel | undefined;
  readonly record: Id<'ai_record'> | undefined;
  readonly provider: string;
  /** For operators: what went wrong. No key and no packet. */
  readonly detail: string;
}
