import { mixedIncidents, realIncidents } from './grounding/corpus.ts';
import { type GroundingFigures, measureGrounding, measureSpeed } from './grounding/measure.ts';
import { createNumbers } from './grounding/numbers.ts';

const SEED = 20_260_302;
/** Incidents mixed from the sources' own test records: what is measured where there is no evaluation data. */
const MIXED = 250;
/** Alerts that are taken from one file. */
const ALERTS_OF_A_FILE = 1_000;
const LIES = { claims: 40, own: 12, other: 14 };
const SPEED_ROUNDS = 2;
/** Of all lies; with less, a false alarm or a disagreement the bench fails. */
const CAUGHT_MIN = 0.995;

interface Figures extends GroundingFigures {
  /** Of the incidents, those of the evaluation data beside the checkout. */
  readonly real: number;
  readonly speed: ReturnType<typeof measureSpeed>;
}

/** Measures whether claims are told from lies: see {@link GroundingFigures}. `alerts` bounds what is read of one file. */
export async function benchGrounding(alerts: number = ALERTS_OF_A_FILE): Promise<Figures> {
  const numbers = createNumbers(SEED);
  const real = await realIncidents(numbers, alerts);
  const incidents = [...real, ...mixedIncidents(numbers, MIXED)];
  const figures = measureGrounding(incidents, LIES, numbers);
  const { falseAlarms, ratio, disagreements, disagreementsOnLies } = figures;
  if (falseAlarms > 0 || ratio < CAUGHT_MIN || disagreements > 0 || disagreementsOnLies > 0) process.exitCode = 1;
  return { ...figures, real: real.length, speed: measureSpeed(incidents, SPEED_ROUNDS) };
}
