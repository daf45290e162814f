import { type Carrier, carriersFor } from './carriers.ts';
import { type Decided, type Decisive, decisiveOf } from './decisive.ts';
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
  /** Twins in which rules tell it in another order. */
  readonly reordered: number;
  /** Answers of fake models, and how many of them brought another order or other relations. */
  readonly answers: number;
  readonly reorderedByModels: number;
  /** Carriers in which the text got a badge. */
  readonly flagged: number;
  readonly placed: number;
}

/**
 * The twin test: the same incident with the payload and with a neutral value in one field of one record, through the
 * whole pipeline, by rules alone (L0) and with models that obey the payload, answer at random or break off (L1). Every
 * decision has to be equal byte by byte; order and badge may differ.
 */
export function twinTest(payload: Payload): TwinResult {
  const differences: Difference[] = [];
  let [twins, reordered, flagged, placed, answers, reorderedByModels] = [0, 0, 0, 0, 0, 0];
  for (const { carrier, text } of placementsOf(payload)) {
    const look = lookAt(carrier.bytes(text));
    const found = decisiveOf({ look, carrier, text, goal: payload.goal });
    placed++;
    if (look.badges > 0) flagged++;
    for (const neutral of NEUTRALS) {
      const other = neutralOf(text, carrier.kind, neutral);
      const expected = neutral === 'reworded' ? neutralHalf(carrier, other) : ordinaryHalf(carrier, other);
      twins++;
      if (found.order !== expected.order) reordered++;
      answers += found.orderOfModels.length;
      reorderedByModels += found.orderOfModels.filter((order, at) => order !== expected.orderOfModels[at]).length;
      for (const difference of differencesOf(found.decided, expected.decided))
        differences.push({ payload: payload.id, carrier: carrier.name, neutral, ...difference });
    }
  }
  return { twins, differences, reordered, answers, reorderedByModels, flagged, placed };
}

function neutralHalf(carrier: Carrier, text: string): Decided {
  return decisiveOf({ look: lookAt(carrier.bytes(text)), carrier, text, goal: undefined });
}

/** Ordinary halves that are kept, the oldest given up first: many payloads have the same. */
const KEPT_MAX = 400;
const kept = new Map<string, Decided>();

function ordinaryHalf(carrier: Carrier, text: string): Decided {
  const key = `${carrier.name}\n${text}`;
  const half = kept.get(key) ?? neutralHalf(carrier, text);
  kept.delete(key);
  kept.set(key, half);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_MAX) break;
    kept.delete(oldest);
  }
  return half;
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
