import type { Group, Value } from './group.ts';
import { CLASS_BIT, JOINS_ALONE, reachMs, STRENGTH } from './linking.ts';

/** A group that an alert joins, and by what. */
export interface Link {
  readonly group: Group;
  readonly common: readonly Value[];
  readonly pause: number;
  readonly kind: 'shared_entity' | 'attack_order' | 'adjacent';
}

/** A group that an alert has something in common with, and does not join. */
export type NearMiss = Omit<Link, 'kind'>;

/** Who acts, or from where: what an attack that moves on a stage keeps. */
const WHO_BITS = CLASS_BIT.identity | CLASS_BIT.address;

/** What of a new alert a join looks at beside its values. */
export interface Newcomer {
  readonly host: string | undefined;
  readonly stage: number | undefined;
}

/** Whether what a newcomer and a group have in common joins them over this pause, and how; undefined where it does not. */
export function judge(
  group: Group,
  common: readonly Value[],
  pause: number,
  newcomer: Newcomer,
  adjacentMs: number,
): Link | undefined {
  const { host, stage } = newcomer;
  let strength = 0;
  let isAlone = false;
  let counted = 0;
  for (const { kind } of common) {
    const bit = CLASS_BIT[kind];
    if ((counted & bit) !== 0) continue;
    counted |= bit;
    strength += STRENGTH[kind];
    if (JOINS_ALONE.has(kind)) isAlone = true;
  }
  if (isAlone && pause <= reachMs(strength)) return { group, common, pause, kind: 'shared_entity' };
  const isOnward = group.stage !== undefined && stage !== undefined && stage > group.stage;
  if (isOnward && (counted & WHO_BITS) !== 0 && pause <= reachMs(strength + 1))
    return { group, common, pause, kind: 'attack_order' };
  const isElsewhere = host !== undefined && group.host !== undefined && host !== group.host;
  if (isElsewhere && pause <= adjacentMs && common.some(one => one.kind === 'rule'))
    return { group, common, pause, kind: 'adjacent' };
  return undefined;
}
