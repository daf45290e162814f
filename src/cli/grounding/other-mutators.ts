import type { UnixMs } from '../../base/time.ts';
import type { Alert } from '../../model/alert.ts';
import type { Citation, Claim, Predicate } from '../../model/claim.ts';
import type { Numbers } from './numbers.ts';

/*
 * A second hand that makes claims lie: from the form of a claim alone, without the table of predicates and without
 * the verifier. Each changes what a reader would come away with.
 */

export interface OtherMutator {
  readonly class:
    | 'role_swap'
    | 'wrong_entity'
    | 'time_shift'
    | 'count_change'
    | 'predicate_change'
    | 'outcome_flip'
    | 'wrong_citation'
    | 'absence';
  readonly name: string;
  readonly lie: (claim: Claim, alerts: readonly Alert[], numbers: Numbers) => Claim | undefined;
}

const PREDICATES: readonly Predicate[] = [
  ...(['auth_failed', 'auth_succeeded', 'mfa_changed', 'role_assigned', 'credential_created'] as const),
  ...(['consent_granted', 'session_revoked', 'process_started', 'script_executed', 'file_written'] as const),
  ...(['file_deleted', 'registry_set', 'service_installed', 'task_created', 'net_connected', 'dns_queried'] as const),
  ...(['http_requested', 'email_received', 'email_clicked', 'forward_rule_set', 'cloud_api_called'] as const),
  ...(['storage_accessed', 'database_accessed', 'detection_fired', 'blocked', 'allowed', 'ioc_matched'] as const),
  ...(['first_seen', 'last_seen', 'count_is', 'before', 'technique_of', 'baseline_deviation', 'same_as'] as const),
  ...(['address_leased', 'address_reported', 'seen_from', 'signed_in_from', 'signed_in_on', 'name_answered'] as const),
  ...(['coverage_gap', 'not_observed'] as const),
];

const time = (value: number): UnixMs => value as UnixMs;

function withRoles(claim: Claim, entries: readonly (readonly [string, string])[]): Claim | undefined {
  const roles = Object.fromEntries(entries);
  return JSON.stringify(Object.entries(roles).sort()) === JSON.stringify(Object.entries(claim.roles).sort())
    ? undefined
    : { ...claim, roles };
}

function withOneRole(claim: Claim, numbers: Numbers, change: (value: string) => string | undefined): Claim | undefined {
  const entries = Object.entries(claim.roles);
  const chosen = numbers.below(entries.length);
  const value = change(entries[chosen]?.[1] ?? '');
  if (entries.length === 0 || value === undefined) return undefined;
  return withRoles(
    claim,
    entries.map((entry, index) => (index === chosen ? [entry[0], value] : entry)),
  );
}

function withOneCitation(
  claim: Claim,
  numbers: Numbers,
  change: (citation: Citation) => Partial<Citation> | undefined,
): Claim | undefined {
  const chosen = numbers.below(claim.citations.length);
  const citation = claim.citations[chosen];
  const changed = citation === undefined ? undefined : change(citation);
  if (citation === undefined || changed === undefined) return undefined;
  const lied = { ...citation, ...changed };
  if (JSON.stringify(lied) === JSON.stringify(citation)) return undefined;
  return { ...claim, citations: claim.citations.map((one, index) => (index === chosen ? lied : one)) };
}

const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ['a', 'а'],
  ['e', 'е'],
  ['o', 'о'],
  ['0', 'O'],
  ['1', 'l'],
]);

function lookalike(value: string): string | undefined {
  for (const [at, char] of [...value].entries()) {
    const other = LOOKALIKES.get(char);
    if (other !== undefined) return [...value].with(at, other).join('');
  }
  return undefined;
}

/** Words that turn a sentence round; each way. */
const TURNS: readonly (readonly [string, string])[] = [
  ['failed to sign in', 'signed in'],
  [' without success', ''],
  ['was blocked', 'was let through'],
  ['let it through', 'was blocked'],
  ['granted rights', 'was refused rights'],
  ['fired', 'did not fire'],
  ['started', 'tried to start'],
  ['called', 'was refused'],
  ['was first seen', 'was last seen'],
  ['is missing', 'is complete'],
  ['No ', 'One '],
];

export const OTHER_MUTATORS: readonly OtherMutator[] = [
  {
    class: 'role_swap',
    name: 'every role takes the next one’s value',
    lie: claim => {
      const entries = Object.entries(claim.roles);
      const values = entries.map(([, value]) => value);
      return withRoles(
        claim,
        entries.map(([role], index) => [role, values[(index + 1) % values.length] ?? '']),
      );
    },
  },
  {
    class: 'role_swap',
    name: 'a value goes by the name of another role',
    lie: (claim, _, numbers) => {
      const entries = Object.entries(claim.roles);
      const chosen = numbers.below(entries.length);
      const name = ['actor', 'target', 'host', 'identity', 'resource'][numbers.below(5)] ?? 'actor';
      if (Object.hasOwn(claim.roles, name)) return undefined;
      return withRoles(
        claim,
        entries.map(([role, value], index) => [index === chosen ? name : role, value]),
      );
    },
  },
  {
    class: 'wrong_entity',
    name: 'anybody else who stands in the alerts',
    lie: (claim, alerts, numbers) => {
      const labels = alerts[numbers.below(alerts.length)]?.entities.map(({ label }) => label) ?? [];
      const label = labels[numbers.below(labels.length)];
      return withOneRole(claim, numbers, value => (label === value ? undefined : label));
    },
  },
  {
    class: 'wrong_entity',
    name: 'a name that looks alike',
    lie: (claim, _, numbers) => withOneRole(claim, numbers, lookalike),
  },
  {
    class: 'wrong_entity',
    name: 'a name cut short',
    lie: (claim, _, numbers) =>
      withOneRole(claim, numbers, value => (value.length < 2 ? undefined : value.slice(0, -1))),
  },
  {
    class: 'time_shift',
    name: 'any other moment',
    lie: (claim, _, numbers) => {
      const shift = (numbers.below(2) === 0 ? -1 : 1) * (1 + numbers.below(90_000_000));
      if (claim.at === undefined) return undefined;
      return {
        ...claim,
        at: time(claim.at + shift),
        until: claim.until === undefined ? undefined : time(claim.until + shift),
      };
    },
  },
  {
    class: 'time_shift',
    name: 'begin and end change places',
    lie: claim => (claim.at === claim.until ? undefined : { ...claim, at: claim.until, until: claim.at }),
  },
  {
    class: 'time_shift',
    name: 'no time is stated',
    lie: claim => (claim.at === undefined ? undefined : { ...claim, at: undefined, until: undefined }),
  },
  {
    class: 'time_shift',
    name: 'a time zone off',
    lie: claim => (claim.at === undefined ? undefined : { ...claim, at: time(claim.at + 7_200_000) }),
  },
  {
    class: 'count_change',
    name: 'some other number',
    lie: (claim, _, numbers) => ({ ...claim, count: claim.count + 1 + numbers.below(500) }),
  },
  {
    class: 'count_change',
    name: 'a digit lost',
    lie: claim => (claim.count < 10 ? undefined : { ...claim, count: Math.floor(claim.count / 10) }),
  },
  { class: 'count_change', name: 'less than nothing', lie: claim => ({ ...claim, count: -1 - claim.count }) },
  {
    class: 'predicate_change',
    name: 'any other thing that could have happened',
    lie: (claim, _, numbers) => {
      const predicate = PREDICATES[numbers.below(PREDICATES.length)] ?? 'blocked';
      return predicate === claim.predicate ? undefined : { ...claim, predicate };
    },
  },
  {
    class: 'predicate_change',
    name: 'an id of another predicate',
    lie: (claim, _, numbers) => {
      const predicate = PREDICATES[numbers.below(PREDICATES.length)] ?? 'blocked';
      const id = `${predicate}${claim.id.slice(claim.id.indexOf('.'))}`;
      return predicate === claim.predicate ? undefined : { ...claim, id, predicate };
    },
  },
  {
    class: 'outcome_flip',
    name: 'the sentence turned round',
    lie: claim => {
      const turn = TURNS.find(([from]) => claim.text.includes(from));
      return turn === undefined ? undefined : { ...claim, text: claim.text.replace(turn[0], turn[1]) };
    },
  },
  {
    class: 'outcome_flip',
    name: 'success and failure',
    lie: claim => {
      const { outcome, ...rest } = claim;
      return outcome === undefined ? { ...claim, outcome: 'failure' } : rest;
    },
  },
  {
    class: 'outcome_flip',
    name: 'a severity in the sentence',
    lie: claim => ({ ...claim, text: `${claim.text} (severity low)` }),
  },
  {
    class: 'wrong_citation',
    name: 'any other record',
    lie: (claim, alerts, numbers) =>
      withOneCitation(claim, numbers, () => {
        const alert = alerts[numbers.below(alerts.length)];
        return alert === undefined ? undefined : { evidence: alert.evidence };
      }),
  },
  {
    class: 'wrong_citation',
    name: 'any other field',
    lie: (claim, alerts, numbers) =>
      withOneCitation(claim, numbers, () => {
        const pointers = Object.values(alerts[numbers.below(alerts.length)]?.pointers ?? {});
        const pointer = pointers[numbers.below(pointers.length)];
        return pointer === undefined ? undefined : { pointer };
      }),
  },
  {
    class: 'wrong_citation',
    name: 'the value of another citation',
    lie: (claim, _, numbers) =>
      withOneCitation(claim, numbers, () => {
        const value = claim.citations[numbers.below(claim.citations.length)]?.value;
        return value === undefined ? undefined : { value };
      }),
  },
  {
    class: 'wrong_citation',
    name: 'the whole record in place of a field',
    lie: (claim, _, numbers) => withOneCitation(claim, numbers, () => ({ pointer: '' })),
  },
  {
    class: 'wrong_citation',
    name: 'evidence that there is not',
    lie: (claim, _, numbers) => withOneCitation(claim, numbers, () => ({ evidence: 'evd_999999' })),
  },
  {
    class: 'absence',
    name: 'nobody did what somebody did',
    lie: (claim, alerts) => {
      const actor = claim.roles['actor'];
      const alert = alerts[0];
      if (actor === undefined || alert === undefined || claim.at === undefined) return undefined;
      return {
        ...claim,
        id: `not_observed.${claim.id}`,
        predicate: 'not_observed',
        roles: { predicate: claim.predicate, what: claim.predicate, role: 'actor', value: actor },
        until: claim.until ?? claim.at,
        count: 0,
        citations: [],
        basis: { kind: 'query', digest: '0'.repeat(64), coverage: 100 },
      };
    },
  },
  {
    class: 'absence',
    name: 'what was seen was not',
    lie: claim => (claim.count === 0 ? undefined : { ...claim, count: 0, text: `No ${claim.text}` }),
  },
  {
    class: 'absence',
    name: 'it rests on a computation that we did not make',
    lie: claim => ({ ...claim, basis: { kind: 'coverage', digest: 'f'.repeat(64) } }),
  },
  {
    class: 'absence',
    name: 'an absence over a longer time than was searched',
    lie: claim =>
      claim.predicate === 'not_observed' && claim.at !== undefined
        ? { ...claim, at: time(claim.at - 86_400_000) }
        : undefined,
  },
];
