import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { EntityClass, TelemetryKind } from './telemetry.ts';

/**
 * - `heard`: it sent in its rhythm · `silent`: it stopped · `degraded`: far fewer than usual
 * - `late`: what it sends arrives late · `never`: it should send and never did (inventory says so)
 * - `cannot_tell`: too sparse to judge
 */
export type StreamStatus = 'heard' | 'silent' | 'degraded' | 'late' | 'never' | 'cannot_tell';

/** The stream of a finding that concerns every stream there is. */
export const EVERY_STREAM = '*|*';

/** One source on one host, or a source as a whole (`*|okta`). */
export interface StreamCoverage {
  /** `host|product`. */
  readonly stream: string;
  readonly status: StreamStatus;
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** A sentence with the figures it rests on. */
  readonly because: string;
  /** The event that did it, where a log or a sensor was tampered with. */
  readonly cause?: { readonly alert: Id<'alert'>; readonly evidence: Id<'evidence'> };
}

/** A span without a record in what cannot be called silent: of a stream that is known too little, or too sparse. */
export interface Quiet {
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** When the stream was first heard. */
  readonly first: UnixMs;
  /** By what is known of the stream, it was never quiet for nearly so long, or so little is known of its days that nobody can say. */
  readonly isUnusual: boolean;
  readonly because: string;
}

/** A stream as it is judged, with its quiets: what an incident that falls into one makes of it is its own question. */
export interface JudgedStream extends StreamCoverage {
  readonly quiets?: readonly Quiet[];
}

/** The first line of everything: what was expected for these entities in this window, and what of it was heard. */
export interface Coverage {
  readonly verdict: 'complete' | 'gaps' | 'unknown';
  readonly expected: number;
  readonly heard: number;
  readonly streams: readonly StreamCoverage[];
  /** What each entity of the incident should have, and has. Absent in what was kept before it was worked out. */
  readonly expectations?: readonly Expectation[];
}

/** One kind of telemetry that an entity of its class should have, and how it stands. `never`: nobody was ever heard of it. */
export interface Expectation {
  /** As recorded. */
  readonly entity: string;
  readonly entityClass: EntityClass;
  readonly kind: TelemetryKind;
  readonly status: StreamStatus;
  /** The streams that give it; empty for `never`. */
  readonly streams: readonly string[];
  readonly because: string;
}

/** A stream (`host|product`) as a person says it: `Wazuh on app-07`, `Okta` where it is one stream for all hosts. */
export function streamText(stream: string): string {
  const [host = '', ...product] = stream.split('|');
  const name = product.join('|');
  if (name === '') return stream;
  if (stream === EVERY_STREAM) return 'every stream';
  return host === '*' || host === '' ? name : `${name} on ${host}`;
}
