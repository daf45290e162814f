import { unixMsFrom } from '../base/time.ts';
import { type CorrelationInput, type Correlator, createCorrelator, type Placement } from '../core/intake/correlate.ts';
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
  const order = Array.from(inputs.keys()).sort((a, b) => (inputs[a]?.at ?? 0) - (inputs[b]?.at ?? 0) || a - b);
  const placements: Placement[] = new Array(inputs.length);
  const mergedInto = new Map<number, number>();
  for (const index of order) {
    const input = inputs[index];
    if (input === undefined) continue;
    const placement = correlator.add(input);
    placements[index] = placement;
    for (const other of placement.merged ?? []) mergedInto.set(other, placement.cluster);
  }
  const standing = (cluster: number): number => {
    let at = cluster;
    for (let next = mergedInto.get(at); next !== undefined; next = mergedInto.get(at)) at = next;
    return at;
  };
  return placements.map(placement => ({ cluster: standing(placement.cluster), placement }));
}
