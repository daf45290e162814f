import type { Id } from '../../base/id.ts';
import { oncePer } from '../../base/once.ts';
import { type Alert, type EntityHit, entityKey, SEVERITY_RANK } from '../../model/alert.ts';
import type { Claim } from '../../model/claim.ts';
import type { InventoryRecord } from '../../model/inventory.ts';
import { TACTIC_STAGE } from '../intake/attack-stage.ts';
import type { Run } from './facts.ts';

/** A claim with what its choice for the story rests on. */
export interface Candidate {
  readonly claim: Claim;
  readonly severityRank: number;
  /** What telling it would add: entities, tactics, rules, outcomes, as opaque keys. */
  readonly topics: ReadonlySet<string>;
  readonly weight: number;
}

/** How often a rule fired lately over how many alerts there were: the base of rarity. */
export interface RuleFrequency {
  readonly ofRule: (rule: string) => number;
  readonly total: number;
}

const CRITICALITY_WEIGHT: { readonly [C in InventoryRecord['criticality']]: number } = {
  low: 0.8,
  medium: 1,
  unknown: 1.1,
  high: 1.3,
  critical: 1.5,
};

/** What an alert adds to the topics of a run. It never changes, so it is worked out once for as long as the alert is kept. */
const topicsOf = oncePer(({ rule, tactics, entities }: Alert) => {
  const keys = [...new Set(entities.filter(({ role }: EntityHit) => role !== 'observer').map(entityKey))];
  return {
    keys,
    topics: [`rule ${rule}`, ...tactics.map(tactic => `tactic ${tactic}`), ...keys.map(key => `entity ${key}`)],
  };
});

/**
 * Weighs a run by severity × rarity × what it touches × how far along an attack it stands (reference/ai.md 3.8).
 * Text of the record plays no part but through its rule, severity, tactic and entities.
 */
export function weigh(
  run: Run,
  claim: Claim,
  alertOf: ReadonlyMap<Id<'alert'>, Alert>,
  frequency: RuleFrequency,
  find: (key: string) => InventoryRecord | undefined,
): Candidate {
  const topics = new Set<string>([`outcome ${claim.predicate}`]);
  let severityRank = 0;
  let rarity = 0;
  let criticality = CRITICALITY_WEIGHT.low;
  let stage = 0;
  for (const fact of run.facts) {
    const alert = alertOf.get(fact.alert);
    if (alert === undefined) continue;
    severityRank = Math.max(severityRank, SEVERITY_RANK[alert.severity]);
    rarity = Math.max(rarity, -Math.log((frequency.ofRule(alert.rule) + 1) / (frequency.total + 2)));
    const own = topicsOf(alert);
    for (const topic of own.topics) topics.add(topic);
    for (const tactic of alert.tactics) stage = Math.max(stage, TACTIC_STAGE.get(tactic) ?? 0);
    for (const key of own.keys)
      criticality = Math.max(criticality, CRITICALITY_WEIGHT[find(key)?.criticality ?? 'unknown']);
  }
  return {
    claim,
    severityRank,
    topics,
    weight: severityRank * (1 + rarity) * criticality * (1 + stage / TACTIC_STAGE.size),
  };
}

/** What a line that tells nothing new still counts for, of its weight. */
const REPEAT_SHARE = 0.1;

/**
 * Chooses at most `lines` claims: by weight times the share of their topics that no chosen line has told yet, the
 * gravest first of all. Then by time. The same candidates give the same choice in any order.
 */
export function choose(candidates: readonly Candidate[], lines: number): readonly Claim[] {
  const rest = candidates.toSorted((a, b) => (a.claim.id < b.claim.id ? -1 : 1));
  const told = new Set<string>();
  const chosen: Claim[] = [];
  const gravest = Math.max(0, ...rest.map(candidate => candidate.severityRank));
  while (chosen.length < lines && rest.length > 0) {
    let best = 0;
    let bestGain = -1;
    for (const [index, candidate] of rest.entries()) {
      let untold = 0;
      for (const topic of candidate.topics) if (!told.has(topic)) untold++;
      const fresh = untold / candidate.topics.size;
      const isMustShow = candidate.severityRank === gravest && chosen.length < lines / 2;
      const gain = candidate.weight * (REPEAT_SHARE + fresh) * (isMustShow ? 1 + gravest : 1);
      if (gain > bestGain) [best, bestGain] = [index, gain];
    }
    const [taken] = rest.splice(best, 1);
    if (taken === undefined) break;
    chosen.push(taken.claim);
    for (const topic of taken.topics) told.add(topic);
  }
  return chosen.sort(
    (a, b) => (a.at ?? Number.MAX_SAFE_INTEGER) - (b.at ?? Number.MAX_SAFE_INTEGER) || (a.id < b.id ? -1 : 1),
  );
}
