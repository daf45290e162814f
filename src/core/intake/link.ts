import type { Group, Value } from './group.ts';
import { ALONE_BITS, CLASS_BIT, reachMs, strengthOf } from './linking.ts';

/** A group that an alert joins, and by what. */
export interface Link {
  readonly group: Group;
  readonly common: readonly Value[];
  readonly pause: number;
  readonly kind: LinkKind;
}

export type LinkKind = 'shared_entity' | 'attack_order' | 'adjacent';

/** A group that an alert has something in common with, and does not join. */
export type NearMiss = Omit<Link, 'kind'>;

/** Who acts, or from where: what an attack that moves on a stage keeps. */
const WHO_BITS = CLASS_BIT.identity | CLASS_BIT.address;

/** What of a new alert a join looks at beside its values. */
export interface Newcomer {
  readonly host: string | undefined;
  readonly stage: number | undefined;
}

/** How the classes that a newcomer and a group have in common join them over this pause; undefined where they do not. */
export function judge(
  group: Group,
  classes: number,
  pause: number,
  newcomer: Newcomer,
  adjacentMs: number,
): LinkKind | undefined {
  const { host, stage } = newcomer;
  const strength = strengthOf(classes);
  if ((classes & ALONE_BITS) !== 0 && pause <= reachMs(strength)) return 'shared_entity';
  const isOnward = group.stage !== undefined && stage !== undefined && stage > group.stage;
  if (isOnward && (classes & WHO_BITS) !== 0 && pause <= reachMs(strength + 1)) return 'attack_order';
  const isElsewhere = host !== undefined && group.host !== undefined && host !== group.host;
  if (isElsewhere && pause <= adjacentMs && (classes & CLASS_BIT.rule) !== 0) return 'adjacent';
  return undefined;
}
