import type { AlertField } from '../../../model/alert.ts';
import type { Predicate } from '../../../model/claim.ts';
import type { ClaimKind, Mutation } from './kind.ts';
import { borrow, COMMON_MUTATIONS, saidAs, swap } from './mutations.ts';

/** Roles that any record may fill, whatever it says; how each is read stands in `facts.ts`. */
export const COMMON_ROLES = [
  'actor',
  'target',
  'resource',
  'identity',
  'host',
  'source_ip',
  'destination_ip',
  'operation',
  'rule',
  'process',
  'url',
  'sender',
] as const;

const COMMON_SWAPS: readonly Mutation[] = [
  swap('actor', 'target'),
  swap('actor', 'host'),
  swap('source_ip', 'destination_ip'),
  borrow('actor'),
  borrow('host'),
  borrow('source_ip'),
];

interface Stated {
  readonly template: string;
  readonly noun: string;
  readonly own?: readonly (readonly [role: string, field: AlertField])[];
  /** Absent: it is no act that can fail. */
  readonly isAct?: true;
  readonly mutations: readonly Mutation[];
}

/** A predicate that single records state. Its claims are recomputed from the records' mapped fields, run by run. */
export function stated(predicate: Predicate, { template, noun, own = [], isAct, mutations }: Stated): ClaimKind {
  return {
    predicate,
    from: 'record',
    template,
    noun,
    roles: [...COMMON_ROLES, ...own.map(([role]) => role)],
    own,
    isAct: isAct ?? false,
    decisive: ['action', 'outcome'],
    recompute: undefined,
    mutations: [...COMMON_MUTATIONS, ...COMMON_SWAPS, ...own.map(([role]) => borrow(role)), ...mutations],
  };
}

/** A predicate that sightings state: who held what. */
export function held(
  predicate: Predicate,
  template: string,
  noun: string,
  roles: readonly [string, string],
  instead: Predicate,
): ClaimKind {
  const [subject, object] = roles;
  return {
    predicate,
    from: 'holding',
    template,
    noun,
    roles,
    own: [],
    isAct: false,
    decisive: [],
    recompute: undefined,
    mutations: [...COMMON_MUTATIONS, swap(subject, object), borrow(subject), borrow(object), saidAs(instead)],
  };
}
