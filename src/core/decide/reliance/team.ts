import { MS_PER_DAY } from '../../../base/time.ts';
import { type DecisionRecord, TEAM_PEOPLE_MIN, type TeamGroup, type TeamReliance } from '../../../model/reliance.ts';
import { figuresOf } from './metrics.ts';

/** No single person may have made more of a group's decisions: its figures would be that person's. */
const ONE_PERSON_SHARE_MAX = 0.5;
/** What was folded together because each part is of too few people. */
const OTHER = 'other';

/**
 * What may be said of a team to anybody. INVARIANT: every group that is shown is of at least {@link TEAM_PEOPLE_MIN}
 * people, none of whom made most of its decisions, and so is every difference between two looks at it.
 */
export function teamReliance(records: readonly DecisionRecord[]): TeamReliance {
  return {
    all: groupOf(records),
    byTier: partition(records, record => record.tier),
    byKind: partition(records, record => record.kind),
  };
}

/**
 * Parts that are too small are put together, and where they are too small even so, with the smallest part that is not:
 * with exactly one part withheld, the whole less the others would tell it.
 */
function partition(records: readonly DecisionRecord[], of: (record: DecisionRecord) => string): TeamReliance['byTier'] {
  const parts = [...grouped(records, of)].map(([name, its]) => ({ name, its })).sort(byNumberThenName);
  const large = parts.filter(part => isLarge(part.its));
  let other = parts.filter(part => !isLarge(part.its)).flatMap(part => part.its);
  while (other.length > 0 && !isLarge(other)) {
    const smallest = large.pop();
    if (smallest === undefined) break;
    other = [...other, ...smallest.its];
  }
  const shown = large.map(({ name, its }) => ({ of: name, group: groupOf(its) }));
  return other.length === 0 ? shown : [...shown, { of: OTHER, group: groupOf(other) }];
}

interface Part {
  readonly name: string;
  readonly its: readonly DecisionRecord[];
}

function grouped<K>(
  records: readonly DecisionRecord[],
  keyOf: (record: DecisionRecord) => K,
): ReadonlyMap<K, readonly DecisionRecord[]> {
  const groups = new Map<K, DecisionRecord[]>();
  for (const record of records) {
    const its = groups.get(keyOf(record));
    if (its === undefined) groups.set(keyOf(record), [record]);
    else its.push(record);
  }
  return groups;
}

function byNumberThenName(a: Part, b: Part): number {
  return b.its.length - a.its.length || (a.name < b.name ? -1 : 1);
}

function groupOf(records: readonly DecisionRecord[]): TeamGroup {
  const settled = settledBlocks(records);
  return settled.length > 0 ? { kind: 'shown', figures: figuresOf(settled) } : { kind: 'too_few_people' };
}

/**
 * The decisions in blocks of as many days as it takes for a block to be large by itself. The newest days wait until they
 * are, so that yesterday's figures compared with today's tell of no single person. Whoever calls leaves today out.
 */
function settledBlocks(records: readonly DecisionRecord[]): readonly DecisionRecord[] {
  const days = [...grouped(records, record => Math.floor(record.decidedAt / MS_PER_DAY))].sort(([a], [b]) => a - b);
  const settled: DecisionRecord[] = [];
  let block: DecisionRecord[] = [];
  for (const [, its] of days) {
    block.push(...its);
    if (!isLarge(block)) continue;
    settled.push(...block);
    block = [];
  }
  return settled;
}

function isLarge(records: readonly DecisionRecord[]): boolean {
  const counts = [...grouped(records, record => record.person).values()].map(its => its.length);
  return counts.length >= TEAM_PEOPLE_MIN && Math.max(...counts) <= records.length * ONE_PERSON_SHARE_MAX;
}
