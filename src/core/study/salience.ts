import type { Id } from '../../base/id.ts';
import { oncePer } from '../../base/once.ts';
import { type Alert, type EntityHit, entityKey, SEVERITY_RANK } from '../../model/alert.ts';
import type { Claim } from '../../model/claim.ts';
import type { InventoryRecord } from '../../model/inventory.ts';
import { TACTIC_STAGE } from '../intake/attack-stage.ts';
import type { Run } from './facts.ts';
import { inOrder, tacticsOf } from './tactics.ts';
import { tamperingOf } from './tampering.ts';

/** A claim with what its choice for the story rests on. */
export interface Candidate {
  readonly claim: Claim;
  readonly severityRank: number;
  /** What telling it would add: entities, tactics, rules, outcomes, as opaque keys. */
  readonly topics: ReadonlySet<string>;
  /** Of these every one has to be told by some line: grave rules, tactics, and whatever was done to a log or a sensor. */
  readonly musts: ReadonlySet<string>;
  /** Of its alerts, in the order of the matrix. */
  readonly tactics: readonly string[];
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
const topicsOf = oncePer((alert: Alert) => {
  const { rule, entities, severity } = alert;
  const keys = [...new Set(entities.filter(({ role }: EntityHit) => role !== 'observer').map(entityKey))];
  const tactics = tacticsOf(alert);
  const stages = tactics.map(tactic => `tactic ${tactic}`);
  return {
    keys,
    tactics,
    topics: [`rule ${rule}`, ...stages, ...keys.map(key => `entity ${key}`)],
    musts: [...stages, ...(SEVERITY_RANK[severity] >= GRAVE_RANK ? [`rule ${rule}`] : [])],
    isTampering: tamperingOf(alert) !== undefined,
  };
});

/** From here on every rule that fired is told. */
const GRAVE_RANK = SEVERITY_RANK.high;

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
  const musts = new Set<string>();
  const tactics = new Set<string>();
  let severityRank = 0;
  let rarest = Number.MAX_SAFE_INTEGER;
  let criticality = CRITICALITY_WEIGHT.low;
  let stage = 0;
  for (const fact of run.facts) {
    const alert = alertOf.get(fact.alert);
    if (alert === undefined) continue;
    severityRank = Math.max(severityRank, SEVERITY_RANK[alert.severity]);
    rarest = Math.min(rarest, frequency.ofRule(alert.rule));
    const own = topicsOf(alert);
    for (const topic of own.topics) topics.add(topic);
    for (const must of own.musts) musts.add(must);
    if (own.isTampering) musts.add(`claim ${claim.id}`);
    for (const tactic of own.tactics) {
      tactics.add(tactic);
      stage = Math.max(stage, TACTIC_STAGE.get(tactic) ?? 0);
    }
    for (const key of own.keys)
      criticality = Math.max(criticality, CRITICALITY_WEIGHT[find(key)?.criticality ?? 'unknown']);
  }
  const rarity = Math.max(0, -Math.log((rarest + 1) / (frequency.total + 2)));
  return {
    claim,
    severityRank,
    topics,
    musts,
    tactics: inOrder(tactics),
    weight: severityRank * (1 + rarity) * criticality * (1 + stage / TACTIC_STAGE.size),
  };
}

/** What a line that tells nothing new still counts for, of its weight. */
const REPEAT_SHARE = 0.1;
/** Claims beyond the lines that are told with one of them. */
export const FOLDED_MAX = 40;

/** A line with what is told under it. */
export interface Chosen {
  readonly lead: Candidate;
  /** By time. */
  readonly also: readonly Candidate[];
}

/**
 * Chooses at most `lines` claims and orders them by time. What has to be told comes before everything else: of more such
 * claims than there are lines, those that tell most lead, and the others are folded under the line that they have most in
 * common with. What is left is chosen by weight times the share of its topics that no line has told yet. `unsaid` counts
 * what had to be told and found no room at all. The same candidates give the same choice in any order.
 */
export function choose(
  candidates: readonly Candidate[],
  lines: number,
): { readonly chosen: readonly Chosen[]; readonly unsaid: number } {
  const byId = candidates.toSorted((a, b) => (a.claim.id < b.claim.id ? -1 : 1));
  const musts = mustTell(byId);
  const told = new Set<string>();
  const leads = musts.length <= lines ? [...musts] : greedily(musts, lines, told);
  if (musts.length <= lines) {
    for (const { topics } of leads) for (const topic of topics) told.add(topic);
    const rest = new Set(leads);
    leads.push(
      ...greedily(
        byId.filter(candidate => !rest.has(candidate)),
        lines - leads.length,
        told,
      ),
    );
  }
  const leading = new Set(leads);
  const left = musts.filter(candidate => !leading.has(candidate));
  const folded = new Map(leads.map(lead => [lead, [] as Candidate[]]));
  for (const candidate of left.slice(0, FOLDED_MAX)) folded.get(nearest(candidate, leads))?.push(candidate);
  return {
    chosen: leads.sort(byTime).map(lead => ({ lead, also: (folded.get(lead) ?? []).sort(byTime) })),
    unsaid: Math.max(0, left.length - FOLDED_MAX),
  };
}

/** Candidates that together tell everything that has to be told, the weightiest first; few, but not the fewest. */
function mustTell(candidates: readonly Candidate[]): readonly Candidate[] {
  const said = new Set<string>();
  return candidates
    .filter(({ musts }) => musts.size > 0)
    .sort((a, b) => b.weight - a.weight || (a.claim.id < b.claim.id ? -1 : 1))
    .filter(({ musts }) => {
      const before = said.size;
      for (const must of musts) said.add(must);
      return said.size > before;
    });
}

function greedily(candidates: readonly Candidate[], most: number, told: Set<string>): Candidate[] {
  const rest = [...candidates];
  const chosen: Candidate[] = [];
  while (chosen.length < most && rest.length > 0) {
    let best = 0;
    let bestGain = -1;
    for (const [index, candidate] of rest.entries()) {
      let untold = 0;
      for (const topic of candidate.topics) if (!told.has(topic)) untold++;
      const gain = candidate.weight * (REPEAT_SHARE + untold / candidate.topics.size);
      if (gain > bestGain) [best, bestGain] = [index, gain];
    }
    const [taken] = rest.splice(best, 1);
    if (taken === undefined) break;
    chosen.push(taken);
    for (const topic of taken.topics) told.add(topic);
  }
  return chosen;
}

/** The line that a folded claim has most in common with; of two such the one nearest in time. */
function nearest(candidate: Candidate, leads: readonly Candidate[]): Candidate {
  const at = candidate.claim.at ?? 0;
  let best = candidate;
  let [bestCommon, bestApart] = [-1, Number.MAX_SAFE_INTEGER];
  for (const lead of leads) {
    let common = 0;
    for (const topic of candidate.topics) if (lead.topics.has(topic)) common++;
    const apart = Math.abs((lead.claim.at ?? 0) - at);
    if (common > bestCommon || (common === bestCommon && apart < bestApart))
      [best, bestCommon, bestApart] = [lead, common, apart];
  }
  return best;
}

function byTime({ claim: a }: Candidate, { claim: b }: Candidate): number {
  return (a.at ?? Number.MAX_SAFE_INTEGER) - (b.at ?? Number.MAX_SAFE_INTEGER) || (a.id < b.id ? -1 : 1);
}
