import { unixMsFrom } from '../base/time.ts';
import { type Correlator, createCorrelator } from '../core/intake/correlate.ts';
import { rootOf } from '../core/intake/group.ts';
import type { CorrelationInput, Placement } from '../core/intake/placement.ts';
import { compareInputs } from '../core/intake/reorder.ts';
import type { NormalisedAlert } from '../model/alert.ts';

/** What correlating needs of an alert, so that a million fit in memory. */
export function correlationInput(alert: NormalisedAlert, number: number): CorrelationInput {
  const { source, title, rule, entities, tactics, vendorLinks } = alert;
  return {
    id: `alr_${number}`,
    source,
    title,
    rule,
    at: alert.occurredAt ?? alert.reportedAt ?? unixMsFrom(0),
    entities: entities.map(({ kind, value, role }) => ({ kind, value, role })),
    tactics,
    vendorLinks,
  };
}

/** The place of one alert after all of them were seen. */
export interface OfflinePlace {
  readonly cluster: number;
  readonly placement: Placement;
}

/**
 * Correlates alerts by activity time, whatever the order in which they are given; answers are in that order. What
 * later alerts showed to be one cluster is one in every answer.
 */
export function correlateAll(
  inputs: readonly CorrelationInput[],
  correlator: Correlator = createCorrelator(),
): readonly OfflinePlace[] {
  const placements: Placement[] = new Array(inputs.length);
  for (const index of byActivity(inputs)) {
    const input = inputs[index];
    if (input !== undefined) placements[index] = correlator.add(input);
  }
  return placements.map(placement => ({ cluster: rootOf(placement.home).number, placement }));
}

/** Indexes in the order of placing. */
function byActivity(inputs: readonly CorrelationInput[]): readonly number[] {
  const order = Array.from(inputs.keys());
  const compare = (a: number, b: number): number => {
    const [x, y] = [inputs[a], inputs[b]];
    return x === undefined || y === undefined ? a - b : compareInputs(x, y) || a - b;
  };
  return order.sort(compare);
}
