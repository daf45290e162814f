/*
 * What crosses the pipe between the server and the ai process: a packet in, bytes out. The ai process has the provider's
 * key and nothing else; it opens no database and decides nothing.
 */

/** How a provider is spoken to. */
export type ProviderKind = 'openai_compatible' | 'anthropic' | 'google' | 'bedrock';

/** A provider as an administrator set it. Its key is not here: only the ai process has that. */
export interface ProviderConfig {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** For `openai_compatible`, and where a vendor's own address is not wanted. */
  readonly baseUrl?: string;
  /** Where it computes, as the residency rule names it: `eu`, `us`, `local` … */
  readonly region: string;
  /** True for everything beyond this machine and its network: names are withheld. */
  readonly isHosted: boolean;
  /** What the vendor says of keeping what it is sent; shown, not checked. */
  readonly retention: string;
  /** Millionths of the currency for each million tokens. */
  readonly price: {
    readonly inputMicros: number;
    readonly outputMicros: number;
    readonly currency: string;
  };
  readonly contextTokens: number;
  readonly outputTokensMax: number;
  readonly isOn: boolean;
}

/** One question, complete: the ai process adds the key and the vendor's form, nothing else. */
export interface ModelCall {
  readonly id: string;
  readonly provider: string;
  /** The compiled prompt. */
  readonly system: string;
  /** Canonical bytes of the packet, as text. */
  readonly packet: string;
  /** JSON Schema that the answer has to fit; every id that it may name is an enum or a pattern in it. */
  readonly schema: { readonly [key: string]: unknown };
  readonly outputTokensMax: number;
  /** Milliseconds from when the process takes it to when it gives up. */
  readonly timeoutMs: number;
  readonly seed: number;
}

export type ModelFailure =
  | 'timed_out'
  | 'unreachable'
  | 'rate_limited'
  | 'denied'
  | 'failed'
  | 'too_large'
  | 'not_text'
  | 'not_configured'
  /** The ai process is not running, or ended while the call waited. */
  | 'process_down';

/** What came back. `answered` says that bytes came, not that they are worth anything. */
export type ModelReply =
  | {
      readonly id: string;
      readonly kind: 'answered';
      /** As the provider wrote it. Not parsed, not mended. */
      readonly text: string;
      readonly finish: 'stop' | 'length' | 'other';
      readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
      readonly model: string;
      readonly fingerprint: string;
      /** Of the bytes of the request's body, hexadecimal. */
      readonly requestSha256: string;
      readonly latencyMs: number;
    }
  | {
      readonly id: string;
      readonly kind: 'failed';
      readonly code: ModelFailure;
      /** For operators: no key, no packet. */
      readonly detail: string;
      readonly retryAfterMs: number | undefined;
      /** Empty where nothing was sent. */
      readonly requestSha256: string;
      readonly latencyMs: number;
    };

/** An answer of more bytes than this is not read to its end. */
export const ANSWER_BYTES_MAX = 262_144;
/** A packet of more bytes than this is not sent. */
export const PACKET_BYTES_MAX = 400_000;

/** Asks a model. Never rejects: what went wrong is an answer. */
export type AskModel = (call: ModelCall) => Promise<ModelReply>;
