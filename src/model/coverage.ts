import type { UnixMs } from '../base/time.ts';

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
}

/** The first line of everything: what was expected for these entities in this window, and what of it was heard. */
export interface Coverage {
  readonly verdict: 'complete' | 'gaps' | 'unknown';
  readonly expected: number;
  readonly heard: number;
  readonly streams: readonly StreamCoverage[];
}

/** A stream (`host|product`) as a person says it: `Wazuh on app-07`, `Okta` where it is one stream for all hosts. */
export function streamText(stream: string): string {
  const [host = '', ...product] = stream.split('|');
  const name = product.join('|');
  if (name === '') return stream;
  return host === '*' || host === '' ? name : `${name} on ${host}`;
}
