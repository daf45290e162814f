import { textFromUtf8 } from '../base/bytes.ts';
import type { RawAnswer, ReadAnswer } from '../core/study/assist/read-answer.ts';
import { mutated, randomAnswer } from './interference/answers.ts';
import { Dice } from './interference/dice.ts';
import { incidentsOf, inventedIncidents } from './interference/incidents.ts';
import { type Lane, laneOf } from './interference/lane.ts';

/** What is measured with what. */
export interface InterferencePlan {
  /** Random outputs that the schema admits. */
  readonly answers: number;
  /** Byte strings that are an admissible output with some bytes changed. */
  readonly mutations: number;
  /** Files of alerts whose incidents are used beside invented ones. */
  readonly files: readonly string[];
  readonly seed?: number;
}

export interface InterferenceFigures {
  readonly incidents: number;
  readonly packets: number;
  readonly answers: number;
  /** Read, not refused as a whole, and not an abstention. */
  readonly accepted: number;
  readonly acceptedShare: number;
  readonly partsVerified: number;
  readonly partsDropped: number;
  readonly mutations: number;
  readonly mutationsAccepted: number;
  readonly forbiddenEffects: number;
  /** Of each kind of forbidden effect the first. */
  readonly found: readonly string[];
  readonly perSecond: number;
  readonly refusals: { readonly [code: string]: number };
}

const INVENTED = 60;
const FROM_EACH_FILE_MAX = 8;
const FOUND_MAX = 20;
const LATENCY_MS_MAX = 20_000;

/**
 * Universal non-interference: whatever a model could answer, through the real reader and the real assist, under an
 * oracle of its own. Zero forbidden effects is the bar; it needs no model.
 */
export async function benchInterference(plan: InterferencePlan): Promise<InterferenceFigures> {
  const seed = plan.seed ?? 1;
  const incidents = [...inventedIncidents(INVENTED, seed), ...(await incidentsOf(plan.files, FROM_EACH_FILE_MAX))];
  const lanes = incidents.flatMap(incident =>
    [false, true].map(withheld => laneOf(incident, { namesWithheld: withheld, strings: withheld }, LATENCY_MS_MAX)),
  );
  const dice = new Dice(seed);
  const tally = createTally();
  const begun = performance.now();
  for (let n = 0; n < plan.answers; n++) {
    const lane = lanes[n % lanes.length] as Lane;
    const text = JSON.stringify(randomAnswer(lane.schema, lane.made.packet, dice));
    tally.answer(lane, lane.read(rawOf(text, text.length, lane)));
  }
  for (let n = 0; n < plan.mutations; n++) {
    const lane = lanes[n % lanes.length] as Lane;
    const bytes = mutated(JSON.stringify(randomAnswer(lane.schema, lane.made.packet, dice)), dice);
    tally.mutation(lane, lane.read(rawOf(textFromUtf8(bytes), bytes.length, lane)));
  }
  const seconds = (performance.now() - begun) / 1000;
  const perSecond = Math.round((plan.answers + plan.mutations) / seconds);
  return { incidents: incidents.length, packets: lanes.length, ...tally.figures(), perSecond };
}

function rawOf(text: string | undefined, bytes: number, { made }: Lane): RawAnswer {
  return { text, bytes, finish: 'stop', latencyMs: 1, packet: made.digest };
}

function createTally() {
  const refusals: { [code: string]: number } = {};
  const found = new Set<string>();
  const count = { answers: 0, accepted: 0, partsVerified: 0, partsDropped: 0, mutations: 0, mutationsAccepted: 0 };
  let forbiddenEffects = 0;
  const look = (lane: Lane, read: ReadAnswer): boolean => {
    for (const { code } of read.dropped) refusals[code] = (refusals[code] ?? 0) + 1;
    const assist = lane.assist(read);
    const wrong = lane.oracle(assist);
    forbiddenEffects += wrong.length;
    for (const one of wrong) if (found.size < FOUND_MAX) found.add(one);
    return assist.level === 'L1';
  };
  return {
    answer: (lane: Lane, read: ReadAnswer): void => {
      count.answers++;
      count.partsVerified += read.verified;
      count.partsDropped += read.selection === undefined ? 0 : read.dropped.length;
      if (look(lane, read)) count.accepted++;
    },
    mutation: (lane: Lane, read: ReadAnswer): void => {
      count.mutations++;
      if (look(lane, read)) count.mutationsAccepted++;
    },
    figures: () => ({
      ...count,
      acceptedShare: count.accepted / Math.max(1, count.answers),
      forbiddenEffects,
      found: [...found],
      refusals,
    }),
  };
}
