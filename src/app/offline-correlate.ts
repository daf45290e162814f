import { unixMsFrom } from '../base/time.ts';
import { type Correlator, createCorrelator } from '../core/intake/correlate.ts';
import { rootOf } from '../core/intake/group.ts';
import type { CorrelationInput, Placement } from '../core/intake/placement.ts';
import { compareInputs } from '../core/intake/reorder.ts';
import type { NormalisedAlert } from '../model/alert.ts';

/** What correlating needs of an alert. */
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

type InputEntity = CorrelationInput['entities'][number];

/**
 * What correlating needs of many alerts, so that a million fit in memory: a text or an entity that many of them have is
 * kept once, which saves a quarter of the memory of half a million.
 */
export class CorrelationInputs {
  readonly all: CorrelationInput[] = [];
  private readonly texts = new Map<string, string>();
  /** By kind, then by value: one for each role, which are few. */
  private readonly entities = new Map<string, Map<string, InputEntity[]>>();

  add(alert: NormalisedAlert): void {
    const { id, source, title, rule, at, entities, tactics, vendorLinks } = correlationInput(alert, this.all.length);
    this.all.push({
      id,
      source,
      title: this.sharedText(title),
      rule: this.sharedText(rule),
      at,
      entities: entities.map(one => this.sharedEntity(one)),
      tactics,
      vendorLinks,
    });
  }

  private sharedText(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.texts.set(text, text);
    return text;
  }

  private sharedEntity(entity: InputEntity): InputEntity {
    let ofKind = this.entities.get(entity.kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.entities.set(entity.kind, ofKind);
    }
    const ofValue = ofKind.get(entity.value);
    if (ofValue === undefined) {
      ofKind.set(entity.value, [entity]);
      return entity;
    }
    const known = ofValue.find(one => one.role === entity.role);
    if (known !== undefined) return known;
    ofValue.push(entity);
    return entity;
  }
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
    const x = inputs[a];
    const y = inputs[b];
    return x === undefined || y === undefined ? a - b : compareInputs(x, y) || a - b;
  };
  return order.sort(compare);
}
