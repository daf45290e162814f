/** What crosses the wire about models: who may be asked, what was asked, what it cost, and what came of it. Types only. */

import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { AiRecord, Assist, Dropped, WithoutModel } from './assist.ts';
import type { Claim } from './claim.ts';
import type { Mark } from './explanation.ts';
import type { Query, SentencePart } from './query.ts';

/** Where a provider may compute. */
export type Residency =
  | { readonly kind: 'any' }
  | {
      readonly kind: 'only';
      /** As providers name them: `eu`, `us`, `local` … */
      readonly regions: readonly string[];
    };

/** What may be spent at most. Tokens are counted in and out; costs in millionths of the providers' currency. */
export interface Budget {
  readonly tokens: number;
  readonly costMicros: number;
}

/** PUT /api/v1/ai/settings: what an administrator settled. Each change is a version of its own. */
export interface AiSettings {
  readonly isOn: boolean;
  /** Providers in the order in which they are asked; those that are not named are not asked. Empty: all, as configured. */
  readonly chain: readonly string[];
  readonly residency: Residency;
  readonly budgets: {
    /** Of one incident, over its whole life. */
    readonly incident: Budget;
    /** Of the last sixty minutes. */
    readonly hour: Budget;
    /** Of a day in UTC. */
    readonly day: Budget;
  };
  /** Hosted providers that are sent names. Without a word here names stay here. */
  readonly namesTo: readonly string[];
}

/** GET and POST /api/v1/incidents/:id/assist. Reading asks nobody; asking is the POST. */
export type AssistView =
  /** No model speaks; `without` says why. */
  | { readonly state: 'rules'; readonly without: WithoutModel; readonly shown: string; readonly assist: Assist }
  /** A model could be asked, and was not yet of this state of the incident. */
  | { readonly state: 'not_asked'; readonly assist: Assist }
  | { readonly state: 'running'; readonly since: string; readonly assist: Assist }
  | { readonly state: 'done'; readonly at: string; readonly provider: string; readonly assist: Assist };

/** With an {@link AssistView}: the claims that it names, as far as they are told one by one. */
export interface AssistClaims {
  readonly claims: readonly Claim[];
}

export interface ProviderState {
  readonly name: string;
  readonly kind: string;
  readonly model: string;
  readonly region: string;
  readonly isHosted: boolean;
  readonly retention: string;
  readonly isOn: boolean;
  readonly namesWithheld: boolean;
  readonly price: { readonly inputMicros: number; readonly outputMicros: number; readonly currency: string };
  /** Place in the chain, from 1; 0 where it is not asked. */
  readonly place: number;
  readonly breaker: {
    readonly state: 'closed' | 'open' | 'half_open';
    readonly failures: number;
    /** Until when it is left alone; empty where it is not. */
    readonly until: string;
    readonly lastFailure: WithoutModel | '';
  };
  /** Why it would not be asked now. */
  readonly without: WithoutModel | '';
}

export interface SpentView {
  readonly spent: Budget;
  readonly limit: Budget;
}

/** GET /api/v1/ai */
export interface AiView {
  readonly level: 'L0' | 'L1';
  readonly because: string;
  readonly providers: readonly ProviderState[];
  readonly settings: AiSettings;
  readonly settingsVersion: number;
  readonly budgets: { readonly hour: SpentView; readonly day: SpentView; readonly incident: Budget };
  readonly prompts: readonly PromptState[];
  /** What waits and what is being asked. */
  readonly queue: { readonly waiting: number; readonly running: number; readonly shed: number };
  /** By day in UTC, provider and task, newest first; thirty days. */
  readonly used: readonly {
    readonly day: string;
    readonly provider: string;
    readonly task: AiRecord['task'];
    readonly calls: number;
    readonly cached: number;
    readonly notUsed: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly costMicros: number;
  }[];
}

export interface PromptState {
  readonly id: string;
  readonly version: string;
  readonly sha256: Digest;
  readonly isActive: boolean;
  /** The bytes on disk are those of the lock. */
  readonly isIntact: boolean;
  /** The proposal by which it was chosen; absent for what the release came with. */
  readonly chosenBy?: Id<'proposal'> | undefined;
}

/** GET /api/v1/ai/preview?incident=&provider= or ?evidence=&pointer=&provider=: the exact bytes of a question, before it is asked. */
export interface AiPreview {
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  readonly retention: string;
  readonly isHosted: boolean;
  readonly namesWithheld: boolean;
  readonly system: string;
  readonly packet: string;
  readonly schema: string;
  /** What is acknowledged: provider, address, model, prompt, form of the packet and whether names are in it. */
  readonly form: Digest;
  /** Of the bytes that are shown: system, packet and schema as one canonical text. */
  readonly requestSha256: Digest;
  readonly byteLength: number;
  readonly acknowledged: { readonly by: string; readonly at: string } | undefined;
}

/** POST /api/v1/ai/preview/acknowledge */
export interface AiPreviewAcknowledge {
  readonly provider: string;
  readonly form: Digest;
  readonly requestSha256: Digest;
}

/** POST /api/v1/ai/providers/open: what a browser seals a provider's key with. It starts the ai process. */
export interface ProviderKey {
  readonly isRunning: boolean;
  /** RSA key for RSA-OAEP with SHA-256, SPKI in base64; empty where the process does not run. */
  readonly publicKey: string;
}

/** PUT /api/v1/ai/providers/:name. Without a key the stored one stays, where it is still sent to the same address. */
export interface ProviderPut {
  readonly provider: {
    readonly kind: 'openai_compatible' | 'anthropic' | 'google' | 'bedrock';
    readonly model: string;
    readonly baseUrl?: string;
    readonly region: string;
    readonly isHosted: boolean;
    readonly retention: string;
    readonly price: { readonly inputMicros: number; readonly outputMicros: number; readonly currency: string };
    readonly contextTokens: number;
    readonly outputTokensMax: number;
    readonly isOn: boolean;
  };
  readonly sealedKey?: string;
}

/** POST /api/v1/ai/providers/:name/test */
export interface ProviderTest {
  readonly isWell: boolean;
  readonly without: WithoutModel | '';
  readonly shown: string;
  readonly detail: string;
  readonly model: string;
  readonly latencyMs: number;
  readonly record: Id<'ai_record'> | undefined;
}

/** GET /api/v1/ai/records?incident=&cursor= → Page<AiRecord>; newest first. */
/** GET /api/v1/ai/records/:id */
export interface AiRecordView {
  readonly record: AiRecord;
  readonly system: string;
  readonly packet: string;
  readonly schema: string;
  /** As the provider wrote it: data of a stranger. Empty where there was none. */
  readonly response: string;
  readonly isResponseText: boolean;
  readonly shown: Assist | undefined;
  /** Whether recomputing it from these bytes gave the same bytes just now. */
  readonly replay: { readonly isIdentical: boolean; readonly because: string };
}

/** POST /api/v1/evidence/:id/mark {pointer}: what a model marked in one text, beside what rules recognise in it. */
export interface MarkedView {
  readonly without: WithoutModel | '';
  readonly shown: string;
  /** What was sent, and what the marks count in: keys and passwords are out of it. */
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly dropped: readonly Dropped[];
  readonly record: Id<'ai_record'> | undefined;
}

/** POST /api/v1/incidents/:id/ask/reading: how a model read a question. Nothing was run. */
export interface ModelReading {
  /** Why there is no query; empty where a model gave an answer. */
  readonly without: WithoutModel | '';
  /** The same as a sentence. */
  readonly shown: string;
  readonly provider: string;
  readonly query?: Query;
  /** The query as it would stand above its answer. */
  readonly sentence?: readonly SentencePart[];
  readonly dropped: readonly Dropped[];
  readonly record?: Id<'ai_record'>;
}
