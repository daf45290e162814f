import { unixMsFrom } from '../../../base/time.ts';
import type { Citation, Claim, Predicate } from '../../../model/claim.ts';
import type { Mutation, MutationContext } from './kind.ts';

const HOUR_MS = 3_600_000;
const SHIFTS_MS = [-1, 1, -1_000, 60_000, -HOUR_MS, HOUR_MS, 24 * HOUR_MS];

/** Two roles change places. */
export function swap(a: string, b: string): Mutation {
  return {
    class: 'role_swap',
    name: `${a} and ${b} change places`,
    mutate: claim => {
      const { [a]: left, [b]: right, ...rest } = claim.roles;
      if (left === right) return undefined;
      const roles: [string, string][] = Object.entries(rest);
      if (right !== undefined) roles.push([a, right]);
      if (left !== undefined) roles.push([b, left]);
      return { ...claim, roles: Object.fromEntries(roles) };
    },
  };
}

/** A role is filled by a value that stands in the same or in another role of another claim of the incident. */
export function borrow(role: string): Mutation {
  return {
    class: 'wrong_entity',
    name: `another ${role} of the incident`,
    mutate: (claim, context) => {
      const own = claim.roles[role];
      const value = other(context, theirs => valueIn(theirs, role), own);
      return value === undefined ? undefined : { ...claim, roles: { ...claim.roles, [role]: value } };
    },
  };
}

function valueIn(claim: Claim, role: string): string | undefined {
  return claim.roles[role] ?? Object.values(claim.roles)[0];
}

/** What some other claim gives that is not `own`, beginning at one that the caller picks. */
function other<T>({ others, pick }: MutationContext, of: (claim: Claim) => T | undefined, own: T): T | undefined {
  if (others.length === 0) return undefined;
  const from = pick(others.length);
  for (let step = 0; step < others.length; step++) {
    const one = others[(from + step) % others.length];
    const found = one === undefined ? undefined : of(one);
    if (found !== undefined && found !== own) return found;
  }
  return undefined;
}

const forgotten: Mutation = {
  class: 'wrong_entity',
  name: 'a role is left out',
  mutate: (claim, { pick }) => {
    const names = Object.keys(claim.roles);
    const gone = names[pick(names.length || 1)];
    if (gone === undefined) return undefined;
    return { ...claim, roles: Object.fromEntries(Object.entries(claim.roles).filter(([name]) => name !== gone)) };
  },
};

const shifted: Mutation = {
  class: 'time_shift',
  name: 'it began at another time',
  mutate: (claim, { pick }) =>
    claim.at === undefined
      ? { ...claim, at: unixMsFrom(pick(2 ** 31) * 1_000) }
      : { ...claim, at: unixMsFrom(claim.at + (SHIFTS_MS[pick(SHIFTS_MS.length)] ?? 1)) },
};

const prolonged: Mutation = {
  class: 'time_shift',
  name: 'it ended at another time',
  mutate: (claim, { pick }) =>
    claim.until === undefined
      ? { ...claim, until: unixMsFrom((claim.at ?? 0) + HOUR_MS) }
      : { ...claim, until: unixMsFrom(claim.until + (SHIFTS_MS[pick(SHIFTS_MS.length)] ?? 1)) },
};

const recounted: Mutation = {
  class: 'count_change',
  name: 'another number of records',
  mutate: (claim, { pick }) => ({ ...claim, count: claim.count + ([1, -1, 10, 99][pick(4)] ?? 1) }),
};

/** The same words said of something else that this predicate is easily taken for. */
export function saidAs(...instead: readonly Predicate[]): Mutation {
  return {
    class: 'predicate_change',
    name: `taken for ${instead.join(' or ')}`,
    mutate: (claim, { pick }) => {
      const predicate = instead[pick(instead.length)];
      return predicate === undefined || predicate === claim.predicate ? undefined : { ...claim, predicate };
    },
  };
}

const flipped: Mutation = {
  class: 'outcome_flip',
  name: 'a failure told as if it had worked, or the other way round',
  mutate: ({ outcome, ...claim }) => (outcome === undefined ? { ...claim, outcome: 'failure' } : claim),
};

/** Where the predicate itself says how it ended. */
export function opposite(predicate: Predicate): Mutation {
  return {
    class: 'outcome_flip',
    name: `told as ${predicate}`,
    mutate: claim => ({ ...claim, predicate }),
  };
}

const graver: Mutation = {
  class: 'outcome_flip',
  name: 'a severity that no record gives',
  mutate: (claim, { pick }) => ({
    ...claim,
    roles: { ...claim.roles, severity: ['low', 'informational', 'critical'][pick(3)] ?? 'low' },
  }),
};

function citing(claim: Claim, index: number, change: (citation: Citation) => Citation | undefined): Claim | undefined {
  const cited = claim.citations[index];
  const changed = cited === undefined ? undefined : change(cited);
  if (cited === undefined || changed === undefined) return undefined;
  return { ...claim, citations: claim.citations.map((one, at) => (at === index ? changed : one)) };
}

const CITATIONS: readonly Mutation[] = [
  {
    class: 'wrong_citation',
    name: 'it cites another record of the incident',
    mutate: (claim, context) => {
      const index = context.pick(claim.citations.length || 1);
      const evidence = other(context, ({ citations }) => citations[0]?.evidence, claim.citations[index]?.evidence);
      return evidence === undefined ? undefined : citing(claim, index, cited => ({ ...cited, evidence }));
    },
  },
  {
    class: 'wrong_citation',
    name: 'it cites another field of its record',
    mutate: (claim, { pick }) => {
      const index = pick(claim.citations.length || 1);
      const own = claim.citations[index];
      const beside = claim.citations.find(one => one.pointer !== own?.pointer);
      return beside === undefined
        ? citing(claim, index, cited => ({ ...cited, pointer: `${cited.pointer}/0` }))
        : citing(claim, index, cited => ({ ...cited, pointer: beside.pointer }));
    },
  },
  {
    class: 'wrong_citation',
    name: 'it cites another value than stands there',
    mutate: (claim, { pick }) =>
      citing(claim, pick(claim.citations.length || 1), cited => ({ ...cited, value: `${cited.value}0` })),
  },
  {
    class: 'wrong_citation',
    name: 'it cites nothing',
    mutate: claim => (claim.citations.length === 0 ? undefined : { ...claim, citations: [] }),
  },
];

/** Says of something that happened that it was not seen. */
const denied: Mutation = {
  class: 'absence',
  name: 'what was seen is told as not seen',
  mutate: claim =>
    claim.predicate === 'not_observed'
      ? undefined
      : {
          ...claim,
          predicate: 'not_observed',
          roles: { what: claim.predicate, ...firstRole(claim) },
          count: 0,
        },
};

const emptied: Mutation = {
  class: 'absence',
  name: 'told as if no record said so',
  mutate: claim => (claim.count === 0 ? { ...claim, count: 1 } : { ...claim, count: 0 }),
};

function firstRole(claim: Claim): { readonly [role: string]: string } {
  const [first] = Object.entries(claim.roles);
  return first === undefined ? {} : { role: first[0], value: first[1] };
}

/** What can be done to a claim of any predicate. */
export const COMMON_MUTATIONS: readonly Mutation[] = [
  forgotten,
  shifted,
  prolonged,
  recounted,
  flipped,
  graver,
  ...CITATIONS,
  denied,
  emptied,
];
