import type { Alert, EntityHit } from '../../model/alert.ts';
import type { Citation, Claim, Predicate } from '../../model/claim.ts';
import { streamText } from '../../model/coverage.ts';
import { digest, type Evidence } from './second-evidence.ts';
import type { Said } from './second-reading.ts';
import type { SecondInput } from './second-verifier.ts';

/** What claims that no single record states are worked out of, a second time. */
export interface Computing extends SecondInput {
  readonly said: readonly Said[];
  readonly byEvidence: ReadonlyMap<string, Said>;
  readonly evidence: Evidence;
  readonly runOf: (id: string) => readonly Said[] | undefined;
  readonly statement: (run: readonly Said[]) => { readonly told: Expected };
}

type Expected = Omit<Claim, 'text' | 'verdict'>;
type Work = (claim: Claim, of: Computing) => Expected | string;

const DAY = 86_400_000;
const time = (value: number): NonNullable<Claim['at']> => value as NonNullable<Claim['at']>;

const fills = (one: Said, role: string, value: string | undefined): boolean =>
  value !== undefined && one.roles.get(role)?.value === value;

const citing = (one: Said, role: string): Citation => {
  const { value = '', pointer = '' } = one.roles.get(role) ?? {};
  return { evidence: one.alert.evidence, pointer, value };
};

const endsOf = (all: readonly Said[]): readonly Said[] =>
  all.length > 20 ? [...all.slice(0, 10), ...all.slice(-10)] : all;

function timesOf(all: readonly Said[]): Pick<Expected, 'at' | 'until'> {
  const times = all.flatMap(({ alert: { occurredAt } }) => occurredAt ?? []).sort((a, b) => a - b);
  return { at: times[0], until: times.at(-1) };
}

const countIs: Work = ({ roles }, { said }) => {
  const by = ['rule', 'host', 'actor', 'source_ip'].filter(role => roles[role] !== undefined);
  const all = by.length === 0 ? [] : said.filter(one => by.every(role => fills(one, role, roles[role])));
  if (all[0] === undefined) return 'nothing to count';
  return {
    id: ['count_is', all[0].alert.id, ...by].join('.'),
    predicate: 'count_is',
    roles: Object.fromEntries(by.map(role => [role, roles[role] ?? ''])),
    ...timesOf(all),
    count: all.length,
    citations: endsOf(all).flatMap(one => by.map(role => citing(one, role))),
  };
};

interface Sight {
  readonly alert: Alert;
  readonly hit: EntityHit;
  readonly at: number;
}

/** Every entity of every alert whose own time can be meant, by that time. */
function sights({ said }: Computing, kind: string | undefined): readonly Sight[] {
  return said.flatMap(({ alert }) => {
    const { occurredAt: at, receivedAt } = alert;
    if (at === undefined || at < Date.UTC(2000, 0, 1) || at - receivedAt > DAY) return [];
    return alert.entities.filter(hit => hit.kind === kind && hit.label !== '').map(hit => ({ alert, hit, at }));
  });
}

const extremeSight =
  (predicate: 'first_seen' | 'last_seen'): Work =>
  ({ roles }, of) => {
    const all = sights(of, roles['kind']);
    const name = roles['entity']?.toLowerCase();
    const same = all.filter(({ hit }) => hit.label.toLowerCase() === name);
    const sorted = same.toSorted((a, b) => a.at - b.at);
    const edge = predicate === 'first_seen' ? sorted[0]?.at : sorted.at(-1)?.at;
    // Of several at that moment the first is cited; of one alert the field that stands first.
    const one = same.find(({ at }) => at === edge);
    if (one === undefined) return 'nobody saw it';
    const { alert, hit } = one;
    return {
      id: `${predicate}.${alert.id}.${alert.entities.indexOf(hit)}`,
      predicate,
      roles: { entity: hit.label, kind: hit.kind },
      at: time(one.at),
      until: undefined,
      count: 1,
      citations: [{ evidence: alert.evidence, pointer: hit.pointer, value: hit.label }],
    };
  };

const before: Work = ({ id }, of) => {
  const ends = id.slice('before.'.length).split('~');
  const told = ends.map(one => {
    const run = of.runOf(one);
    return run === undefined ? undefined : of.statement(run).told;
  });
  const [a, b] = told;
  if (a === undefined || b === undefined || a.id !== ends[0] || b.id !== ends[1]) return 'one of the two is not told';
  if (a.at === undefined || b.at === undefined || !(a.at < b.at)) return 'not in this order';
  const named = [a, b].map(one => one.roles['operation'] ?? one.roles['rule']);
  const citations = [a, b].map((one, index) => one.citations.find(({ value }) => value === named[index]));
  const [first, second] = citations;
  if (first === undefined || second === undefined) return 'one of the two has no name';
  for (const [citation, one] of [[first, a] as const, [second, b] as const])
    if (of.byEvidence.get(citation.evidence)?.alert.occurredAt !== one.at) return 'the cited record is not its first';
  return {
    id,
    predicate: 'before',
    roles: { earlier: named[0] ?? '', later: named[1] ?? '' },
    at: a.at,
    until: b.at,
    count: 2,
    citations: [first, second],
  };
};

const techniqueOf: Work = (claim, of) => {
  const { rule, technique = '' } = claim.roles;
  const all = of.said.filter(one => fills(one, 'rule', rule) && one.alert.techniques.includes(technique));
  const place = claim.citations.at(-1);
  if (all[0] === undefined || place === undefined) return 'no such technique';
  if (place.value.toUpperCase() !== technique.toUpperCase() || place.evidence !== all[0].alert.evidence)
    return 'the technique is cited elsewhere';
  return {
    id: `technique_of.${all[0].alert.id}.${technique}`,
    predicate: 'technique_of',
    roles: { rule: rule ?? '', technique },
    ...timesOf(all),
    count: all.length,
    citations: [citing(all[0], 'rule'), place],
  };
};

const sameAs: Work = (claim, of) => {
  const { kind, entity, same, vendor_id: id = '' } = claim.roles;
  if (id.length < 8 || (id.startsWith('S-1-') && !id.startsWith('S-1-5-21-'))) return 'an id of many';
  const all = sights(of, kind).filter(({ hit }) => hit.vendorId === id);
  const firsts = all.filter((one, index) => all.findIndex(({ hit }) => hit.value === one.hit.value) === index);
  const [a, b] = [firsts.find(({ hit }) => hit.label === entity), firsts.find(({ hit }) => hit.label === same)];
  if (a === undefined || b === undefined || a.hit.label === b.hit.label) return 'not of one id';
  const [own, ownId, other, otherId] = claim.citations;
  const places = [ownId, otherId];
  if (places.some(one => one?.value.toLowerCase() !== id.toLowerCase())) return 'the id is not cited';
  if (ownId?.evidence !== a.alert.evidence || otherId?.evidence !== b.alert.evidence)
    return 'the id is cited elsewhere';
  const times = [a.at, b.at].sort((x, y) => x - y);
  return {
    id: `same_as.${a.alert.id}${a.hit.pointer}~${b.alert.id}${b.hit.pointer}`,
    predicate: 'same_as',
    roles: { kind: kind ?? '', entity: a.hit.label, same: b.hit.label, vendor_id: id },
    at: time(times[0] ?? 0),
    until: time(times[1] ?? 0),
    count: 2,
    citations: [
      {
        evidence: a.alert.evidence,
        pointer: own?.pointer === a.hit.pointer ? own.pointer : a.hit.pointer,
        value: a.hit.label,
      },
      ownId,
      {
        evidence: b.alert.evidence,
        pointer: other?.pointer === b.hit.pointer ? other.pointer : b.hit.pointer,
        value: b.hit.label,
      },
      otherId,
    ],
  };
};

const baselineDeviation: Work = ({ roles }, { said, history }) => {
  const all = said.filter(one => fills(one, 'rule', roles['rule']));
  const rule = all[0]?.alert.rule;
  const most = rule === undefined ? undefined : history?.dailyMaxOf(rule);
  if (rule === undefined || history === undefined || most === undefined) return 'no history';
  const timed = all.filter(({ alert }) => alert.occurredAt !== undefined);
  const dayOf = ({ alert }: Said): number => Math.floor((alert.occurredAt ?? 0) / DAY);
  let best: readonly Said[] = [];
  for (const day of [...new Set(timed.map(dayOf))].sort((a, b) => a - b)) {
    const own = timed.filter(one => dayOf(one) === day);
    if (own.length > best.length) best = own;
  }
  const [first] = best;
  if (first === undefined || best.length <= most) return 'no more than usual';
  return {
    id: `baseline_deviation.${first.alert.id}`,
    predicate: 'baseline_deviation',
    roles: { rule: roles['rule'] ?? '', stat: 'most in a day', days: String(history.days), baseline: String(most) },
    at: time(dayOf(first) * DAY),
    until: time((dayOf(first) + 1) * DAY),
    count: best.length,
    citations: endsOf(best).map(one => citing(one, 'rule')),
    basis: {
      kind: 'history',
      digest: digest('countersign/history/v1', { rule, days: String(history.days), most: String(most) }),
    },
  };
};

const coverageGap: Work = ({ id }, { gaps }) => {
  const gap = gaps.find(({ from, stream }) => id === `coverage_gap.${from}.${stream}`);
  if (gap === undefined) return 'no such gap';
  const { stream, from, to, because, isRequired } = gap;
  return {
    id,
    predicate: 'coverage_gap',
    roles: { stream: streamText(stream), because, required: isRequired ? 'yes' : 'no' },
    at: from,
    until: to,
    count: 1,
    citations: [],
    basis: {
      kind: 'coverage',
      digest: digest('countersign/coverage/v1', {
        stream,
        from: String(from),
        to: String(to),
        because,
        required: isRequired,
      }),
    },
  };
};

const LOOKED_FOR: ReadonlyMap<string, string> = new Map([
  ['auth_succeeded', 'sign-in'],
  ['credential_created', 'new credential'],
  ['role_assigned', 'grant of rights'],
  ['mfa_changed', 'change of a sign-in factor'],
  ['consent_granted', 'grant of consent'],
  ['storage_accessed', 'access to storage'],
]);

const notObserved: Work = ({ roles, at, until }, { said, coverage, gaps }) => {
  const { predicate = '', role = '', value = '' } = roles;
  const what = LOOKED_FOR.get(predicate);
  if (what === undefined || at === undefined || until === undefined || at > until) return 'no question';
  const isThere = said.some(({ what: happened, alert: { occurredAt, endedAt }, ...one }) => {
    if (happened !== predicate || one.roles.get(role)?.value !== value) return false;
    return occurredAt === undefined || (occurredAt <= until && (endedAt ?? occurredAt) >= at);
  });
  if (isThere) return 'it was seen';
  const share =
    coverage === undefined || coverage.expected < 1 ? 0 : Math.floor((coverage.heard * 100) / coverage.expected);
  const isSure =
    coverage !== undefined &&
    coverage.verdict !== 'unknown' &&
    share >= 80 &&
    gaps.every(({ from, to }) => to <= at || from >= until);
  const asked = digest('countersign/query/v1', { predicate, role, value, from: String(at), to: String(until) });
  return {
    id: `not_observed.${asked}`,
    predicate: 'not_observed',
    roles: {
      predicate,
      what,
      role,
      value,
      ...(isSure ? { sure: 'although the telemetry that would show it was heard' } : {}),
    },
    at,
    until,
    count: 0,
    citations: [],
    basis: { kind: 'query', digest: asked, coverage: share },
  };
};

export const COMPUTING: { readonly [P in Predicate]?: Work } = {
  count_is: countIs,
  first_seen: extremeSight('first_seen'),
  last_seen: extremeSight('last_seen'),
  before,
  technique_of: techniqueOf,
  same_as: sameAs,
  baseline_deviation: baselineDeviation,
  coverage_gap: coverageGap,
  not_observed: notObserved,
};
