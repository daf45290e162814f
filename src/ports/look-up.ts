import type { Result } from '../base/result.ts';
import type { UnixMs } from '../base/time.ts';
import type { EntityHit, EntityKind } from '../model/alert.ts';
import type { Tlp } from '../model/enrichment.ts';

/** A value that may be asked about. It was checked before: nothing internal, nothing above the look-up's TLP. */
export type AskedEntity = Pick<EntityHit, 'kind' | 'value'>;

export interface Quota {
  readonly perMinute: number;
  readonly perDay: number;
}

/** What a kind of look-up says of itself. Shown before anything is sent. */
export interface LookUpManifest {
  readonly kind: string;
  readonly title: string;
  readonly answers: readonly EntityKind[];
  /** What leaves, in a sentence. */
  readonly sends: string;
  readonly quota: Quota;
  /** How long an answer counts as fresh: one that knew something, and one that knew nothing. */
  readonly keepFoundMs: number;
  readonly keepNothingMs: number;
  /** Used where the operator names none; undefined where there is no usual address. */
  readonly usualUrl: string | undefined;
}

/** A look-up as an operator configured it. */
export interface LookUpConfig {
  /** The operator's name for it. */
  readonly name: string;
  readonly kind: string;
  /** `https`, or `http` on loopback. Ends without a slash. */
  readonly url: string;
  /** What is marked higher is never sent. `red` is sent nowhere, so it cannot stand here. */
  readonly maxTlp: Exclude<Tlp, 'red'>;
  readonly quota: Quota;
  readonly settings: { readonly [name: string]: string };
  /** PEM of the authority that signed its certificate, where the usual ones did not. */
  readonly ca: string | undefined;
}

/** With its credential. Nobody but the server has these. */
export interface ConnectedLookUp {
  readonly config: LookUpConfig;
  readonly credential: string;
}

/**
 * Why there is no answer. Several in a row that are trouble on the way, not the other side's word, open the circuit
 * breaker.
 */
export interface LookUpFailure {
  readonly kind: 'timed_out' | 'unreachable' | 'refused' | 'too_many' | 'malformed' | 'too_large' | 'redirected';
  /** For people: `timed out after 5 s`, `answered 403`. No credential and no address of ours stands in it. */
  readonly because: string;
  /** How long the other side asks us to wait. */
  readonly retryAfterMs: number | undefined;
}

/** One thing that the other side knows. Its text is somebody else's: it is shown inert and bounded. */
export interface Finding {
  readonly text: string;
  /** RFC 3339, or empty where the other side gives no date. */
  readonly asOf: string;
  /** What of the answer could not be read, or was left out; empty where nothing was. */
  readonly partial: string;
}

/** Answers about one value at a time. An empty list: it knows nothing of it. Never throws for what the other side does. */
export interface AskingLookUp {
  readonly manifest: LookUpManifest;
  /** The names of settings that it takes; any other is refused. */
  readonly settings: readonly string[];
  ask(
    entity: AskedEntity,
    at: ConnectedLookUp,
    signal: AbortSignal,
  ): Promise<Result<readonly Finding[], LookUpFailure>>;
}

/** An indicator of compromise, as far as we can compare it: a value that is equal or is not. */
export interface Indicator {
  readonly id: string;
  readonly name: string;
  /** What it names. Empty where its pattern says more than equality: then it is not understood. */
  readonly entities: readonly AskedEntity[];
  readonly validFrom: UnixMs;
  readonly validUntil: UnixMs | undefined;
  readonly modified: UnixMs;
  readonly isRevoked: boolean;
  readonly confidence: number | undefined;
}

/** One page of what changed. */
export interface IndicatorPage {
  readonly indicators: readonly Indicator[];
  /** Objects of the page that are no indicator that we understand. */
  readonly notUnderstood: number;
  /** Hand it back to get the next page, now or next time. */
  readonly cursor: string;
  readonly hasMore: boolean;
}

/** Fetches everything that changed, to be compared here. Nothing of ours is sent. */
export interface PullingLookUp {
  readonly manifest: LookUpManifest;
  readonly settings: readonly string[];
  pull(cursor: string, at: ConnectedLookUp, signal: AbortSignal): Promise<Result<IndicatorPage, LookUpFailure>>;
}
