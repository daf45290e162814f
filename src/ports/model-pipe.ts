import type { ModelCall, ModelReply, ProviderConfig } from './model.ts';

/*
 * What the supervisor carries between the server and the ai process. Neither may reach the other by itself, and neither
 * is believed by the supervisor: sizes and numbers are bounded there.
 */

/** How the ai process stands. No key is in it. */
export interface ModelStatus {
  readonly isRunning: boolean;
  /** As they are stored; empty while it does not run. */
  readonly providers: readonly ProviderConfig[];
  /** RSA key for RSA-OAEP with SHA-256, SPKI in base64. Absent while it does not run. */
  readonly publicKey?: string;
  /** Why the providers cannot be read, for operators. */
  readonly trouble?: string;
}

export type ProviderChange =
  /**
   * Adds a provider or replaces the one of that name. Without a sealed key (base64) the stored one stays, unless what is
   * new is where it would be sent: then it has to be entered again.
   */
  | { readonly kind: 'set'; readonly provider: ProviderConfig; readonly sealedKey?: string }
  | { readonly kind: 'remove'; readonly name: string };

/** Why a provider was not changed. */
export type ChangeFailure =
  | 'invalid'
  | 'key_needed'
  | 'key_unreadable'
  | 'too_many'
  | 'unknown'
  | 'not_written'
  | 'process_down';

export type ChangeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ChangeFailure; readonly detail: string };

export type FromServer =
  | { readonly kind: 'model.call'; readonly call: ModelCall }
  | { readonly kind: 'model.change'; readonly id: string; readonly change: ProviderChange }
  /** Starts the ai process where none runs, for its public key. */
  | { readonly kind: 'model.open' };

export type FromAi =
  | { readonly kind: 'model.reply'; readonly reply: ModelReply }
  | { readonly kind: 'model.changed'; readonly id: string; readonly result: ChangeResult }
  | { readonly kind: 'model.status'; readonly status: ModelStatus };

/** What the ai process hears: from the server over the supervisor, and from the supervisor itself. */
export type ToAi =
  | Exclude<FromServer, { readonly kind: 'model.open' }>
  /** Whoever asked is gone: every call in hand is given up. */
  | { readonly kind: 'model.forget' };

/** Calls that wait at one time, for the whole installation. One more is answered with a failure. */
export const CALLS_WAITING_MAX = 16;
/** Changes that wait at one time. */
export const CHANGES_WAITING_MAX = 4;
/** Of a message as JSON; a packet, a prompt and a schema fit. */
export const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;
/** A call is given up after its own time limit and this, whatever became of whoever should have answered. */
export const ANSWER_GRACE_MS = 1_500;
/** No call is given longer. */
export const CALL_MS_MAX = 120_000;
export const PROVIDERS_MAX = 16;
