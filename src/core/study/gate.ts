import type { Consequence, Explained, GateMeasure, GateShortfall, GateVerdict } from '../../model/explained.ts';
import type { Tier } from '../../model/proposal.ts';

/** What every number has to reach, by what an act may do where it is wrong. */
export const LEAST: { readonly [C in Consequence]: number } = { low: 0.6, medium: 0.8, high: 0.9 };

const CONSEQUENCE_OF: { readonly [T in Tier]: Consequence } = { T1: 'low', T2: 'medium', T3: 'high', TX: 'high' };

/**
 * The explainability gate: whether an option is told well enough for a proposal of this tier. The least number decides,
 * not the mean, so that nothing makes up for what is missing. Of high consequence also every source that the option
 * rests on must have been there. What was not measured counts as zero. It blocks or abstains: an open gate is no
 * review, and no number of it reaches a tier.
 */
export function gateOf(explained: Explained | undefined, tier: Tier): GateVerdict {
  const consequence = CONSEQUENCE_OF[tier];
  const measures = explained === undefined || explained.measures.length === 0 ? [NOT_MEASURED] : explained.measures;
  const shortfalls = measures
    .map((measure): GateShortfall => ({ ...measure, least: leastOf(measure, consequence) }))
    .filter(({ value, least }) => !(value >= least));
  const absent = consequence === 'high' ? (explained?.requiredAbsent ?? []) : [];
  if (absent.length > 0 && !shortfalls.some(({ number }) => number === 'completeness'))
    shortfalls.push(...requiredAbsent(measures, absent));
  return {
    isOpen: shortfalls.length === 0,
    tier,
    consequence,
    explained: Math.min(...measures.map(({ value }) => (Number.isFinite(value) ? value : 0))),
    least: LEAST[consequence],
    shortfalls,
  };
}

function leastOf({ number }: GateMeasure, consequence: Consequence): number {
  return consequence === 'high' && number === 'claims' ? 1 : LEAST[consequence];
}

/** Most sources were there, and yet one of those that it cannot do without was not. */
function requiredAbsent(measures: readonly GateMeasure[], absent: readonly string[]): readonly GateShortfall[] {
  return measures
    .filter(({ number }) => number === 'completeness')
    .map(measure => ({
      ...measure,
      least: 1,
      because: `${measure.because} An act of this consequence needs all that it rests on: ${absent.join(', ')}.`,
    }));
}

const NOT_MEASURED: GateMeasure = {
  number: 'claims',
  value: 0,
  because: 'Nothing was measured of how well this is explained.',
  fixes: ['Open the incident again, so that it is studied anew.'],
};

/** Why a proposal was not made, in one line for each number: what it is, what it has to be, and what would raise it. */
export function shortfallText({ shortfalls }: GateVerdict): string {
  return shortfalls
    .map(({ number, value, least, because, fixes }) =>
      [`${number} ${value.toFixed(2)} of ${least.toFixed(2)}: ${because}`, ...fixes].join(' '),
    )
    .join(' ');
}
