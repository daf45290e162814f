import { type CalibrationFigures, simulateCalibration } from './calibration/simulate.ts';

const SEED = 20_260_302;
const DECISIONS = 2_000;
const WORLDS = 100;
/** With more error, less skill, or intervals that hold less or more often than they say, the bench fails. */
const ECE_MAX = 0.05;
const BRIER_SKILL_MIN = 0.1;
const COVERED = { from: 0.88, to: 0.92 } as const;

/** Measures whether the calibrated history says what is true, on seeded places of which the truth is known. */
export async function benchCalibration(): Promise<CalibrationFigures> {
  const figures = simulateCalibration({ decisions: DECISIONS, worlds: WORLDS, seed: SEED });
  if (!holds(figures)) process.exitCode = 1;
  return figures;
}

/** Whether the figures are within the bars. */
export function holds({ ece, brierSkill, covered, shownBelowLeast }: CalibrationFigures): boolean {
  const isCovered = covered >= COVERED.from && covered <= COVERED.to;
  return ece <= ECE_MAX && brierSkill >= BRIER_SKILL_MIN && isCovered && shownBelowLeast === 0;
}
