import { type Carrier, carriersFor } from './carriers.ts';
import { type Decisive, decisiveOf } from './decisive.ts';
import { lookAt } from './look.ts';
import { NEUTRALS, type Neutral, neutralOf } from './neutral.ts';
import type { Payload } from './payloads.ts';

/** One decision that came out otherwise with the payload than with a neutral value in its place. */
export interface Difference {
  readonly payload: string;
  readonly carrier: string;
  readonly neutral: Neutral;
  readonly subject: string;
  /** The first place where the two part, with the carried text left out. */
  readonly withPayload: string;
  readonly withNeutral: string;
}

/** What came of one payload in all its carriers. */
export interface TwinResult {
  readonly twins: number;
  readonly differences: readonly Difference[];
  /** Twins in which what is told stands in another order. */
  readonly reordered: number;
  /** Carriers in which the text got a badge. */
  readonly flagged: number;
  readonly placed: number;
}

/**
 * The twin test at level L0: the same incident with the payload and with a neutral value in one field of one record,
 * through the whole pipeline. Every decision has to be equal byte by byte; order and badge may differ.
 */
export function twinTest(payload: Payload): TwinResult {
  const differences: Difference[] = [];
  let [twins, reordered, flagged, placed] = [0, 0, 0, 0];
  for (const { carrier, text } of placementsOf(payload)) {
    const look = lookAt(carrier.bytes(text));
    const found = decisiveOf(look, carrier, text);
    placed++;
    if (look.badges > 0) flagged++;
    for (const neutral of NEUTRALS) {
      const other = neutralOf(text, carrier.kind, neutral);
      const expected = decisiveOf(lookAt(carrier.bytes(other)), carrier, other);
      twins++;
      if (found.order !== expected.order) reordered++;
      for (const difference of differencesOf(found.decided, expected.decided))
        differences.push({ payload: payload.id, carrier: carrier.name, neutral, ...difference });
    }
  }
  return { twins, differences, reordered, flagged, placed };
}

interface Placed {
  readonly carrier: Carrier;
  readonly text: string;
}

/** A payload that is split over fields is put into each of them. */
function placementsOf(payload: Payload): readonly Placed[] {
  const parts = payload.carrier === 'multi' ? partsOf(payload.text) : [[payload.carrier, payload.text] as const];
  return parts.flatMap(([field, text]) => carriersFor(field).map(carrier => ({ carrier, text })));
}

function partsOf(text: string): readonly (readonly [string | undefined, string])[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) {
      const parts = Object.entries(value).filter((part): part is [string, string] => typeof part[1] === 'string');
      if (parts.length > 0) return parts;
    }
  } catch {
    // Not in parts, then: it goes where any text goes.
  }
  return [[undefined, text]];
}

const EXCERPT_CHARS = 160;

function differencesOf(
  found: Decisive,
  expected: Decisive,
): readonly Pick<Difference, 'subject' | 'withPayload' | 'withNeutral'>[] {
  return Object.keys(expected).flatMap(subject => {
    const [a = '', b = ''] = [found[subject], expected[subject]];
    if (a === b) return [];
    let at = 0;
    while (a[at] === b[at]) at++;
    const from = Math.max(0, at - EXCERPT_CHARS / 4);
    return [
      { subject, withPayload: a.slice(from, from + EXCERPT_CHARS), withNeutral: b.slice(from, from + EXCERPT_CHARS) },
    ];
  });
}
