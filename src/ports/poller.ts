import type { UnixMs } from '../base/time.ts';
import type { Secret } from './responder.ts';

/** What a poller is set up with, as an operator enters it. Never a secret. */
export interface PollSettings {
  readonly [name: string]: string;
}

/** One question to the product. */
export interface PollRequest {
  readonly method?: 'GET' | 'POST';
  /** Absolute, or a path below the configured address. Another origin than the configured ones is refused. */
  readonly url: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** What the product said: 2xx, 400, 404, 410 or 422. Every other status is a {@link PollTrouble}. */
export interface PollAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** Everything that a poller needs of the world, and nothing that it does not. */
export interface PollWorld {
  /** The only way out: bounded in time and bytes, to the configured origins, redirects not followed. Rejects with {@link PollTrouble}. */
  readonly ask: (request: PollRequest) => Promise<PollAnswer>;
  readonly now: () => UnixMs;
  readonly settings: PollSettings;
  readonly secret: Secret;
  /** How far each new reading goes back behind what is known, for records that become visible late. */
  readonly overlapMs: number;
  /** Where the first reading begins. */
  readonly startFrom: UnixMs;
}

/** A stretch of the product's records that was not, or might not have been, read. It is data, and is shown. */
export interface PollGap {
  /** `missing`: the product has deleted it. `reread`: the cursor was forgotten, and the stretch was asked for again. */
  readonly kind: 'missing' | 'reread';
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly why: string;
}

/** One page. */
export interface PollBatch {
  /** The exact text of each record. */
  readonly records: readonly string[];
  /** Where to go on once these records are durable, and not before. Opaque to everybody but the poller. */
  readonly next: string;
  /** The newest time that the records reach, by the product's clock and never later than ours. */
  readonly watermark: UnixMs | undefined;
  readonly gap: PollGap | undefined;
}

export interface PollSetting {
  readonly name: string;
  readonly title: string;
  /** Undefined: it has to be given. */
  readonly usual: string | undefined;
}

/**
 * A product whose records we fetch.
 *
 * Obligations: it keeps nothing between two calls; the cursor is all that it knows. A batch covers what lies before its
 * `next`: whoever goes on from there misses nothing, and may see some of it again. It ends when the product has no more.
 */
export interface Poller {
  readonly id: string;
  readonly title: string;
  /** The parser of what comes: a source's id, or `auto`. */
  readonly parser: string;
  readonly settings: readonly PollSetting[];
  /** What the credential is, and the least right that it needs: what a person reads when it is refused. */
  readonly credential: string;
  /** Origins beside that of `url`, such as where tokens are given out. */
  readonly otherOrigins: (settings: PollSettings) => readonly string[];
  readonly poll: (cursor: string | undefined, world: PollWorld) => AsyncIterable<PollBatch>;
}

/** A cursor longer than this is a fault or a trick. */
export const CURSOR_CHARS_MAX = 8_192;

/** Why a product could not be read just now. Nothing is lost by it: the cursor stands where it stood. */
export class PollTrouble extends Error {
  override readonly name = 'PollTrouble';
  readonly kind: PollTroubleKind;
  /** How long the product asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: PollTroubleKind, text: string, retryAfterMs?: number) {
    super(text);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * `unauthorised`: the credential is refused · `rate_limited`: too many questions · `unreachable`: no answer, or 5xx
 * `refused`: an answer that waiting does not mend, such as a link to another host
 */
export type PollTroubleKind = 'unauthorised' | 'rate_limited' | 'unreachable' | 'refused';
