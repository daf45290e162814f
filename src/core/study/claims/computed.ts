import { digestOf } from '../../../base/canonical.ts';
import { MS_PER_DAY, type UnixMs, unixMsFrom } from '../../../base/time.ts';
import type { Citation, Predicate } from '../../../model/claim.ts';
import type { Seen } from './fact-index.ts';
import type { Asked, ClaimKind, ClaimWorld, Fact, Mutation, Told } from './kind.ts';
import { borrow, COMMON_MUTATIONS, saidAs, swap } from './mutations.ts';

/** Records that a computed claim cites from each end of what it counts. */
export const CITED_AT_EACH_END_MAX = 10;
/** Roles by which records are counted. */
export const COUNTED_BY = ['rule', 'host', 'actor', 'source_ip'] as const;

interface Computed {
  readonly template: string;
  readonly noun: string;
  readonly roles: readonly string[];
  readonly recompute: (asked: Asked, world: ClaimWorld) => Told | string;
  readonly mutations: readonly Mutation[];
}

/** A predicate that no single record states. What it says is worked out again from all records of the incident. */
export function computed(predicate: Predicate, { mutations, ...rest }: Computed): ClaimKind {
  return {
    predicate,
    from: 'computed',
    own: [],
    isAct: false,
    decisive: [],
    ...rest,
    mutations: [...COMMON_MUTATIONS, ...mutations],
  };
}

export function cite(fact: Fact, role: string): readonly Citation[] {
  return fact.roles
    .filter(bound => bound.role === role)
    .map(({ pointer, value }) => ({ evidence: fact.evidence, pointer, value }));
}

function ends(facts: readonly Fact[]): readonly Fact[] {
  return [
    ...facts.slice(0, CITED_AT_EACH_END_MAX),
    ...facts.slice(CITED_AT_EACH_END_MAX).slice(-CITED_AT_EACH_END_MAX),
  ];
}

function spanOf(facts: readonly Fact[]): Pick<Told, 'at' | 'until'> {
  let at: UnixMs | undefined;
  let until: UnixMs | undefined;
  for (const fact of facts) {
    if (fact.at === undefined) continue;
    if (at === undefined || fact.at < at) at = fact.at;
    if (until === undefined || fact.at > until) until = fact.at;
  }
  return { at, until };
}

function countIs({ roles: asked }: Asked, world: ClaimWorld): Told | string {
  const roles = COUNTED_BY.flatMap(role => {
    const value = Object.hasOwn(asked, role) ? asked[role] : undefined;
    return value === undefined ? [] : [[role, value] as const];
  });
  const [first] = roles;
  if (first === undefined) return 'it does not say what was counted';
  const facts = world
    .index()
    .with(...first)
    .filter(fact => roles.every(([role, value]) => cite(fact, role).some(one => one.value === value)));
  const [earliest] = facts;
  if (earliest === undefined) return 'no record of this incident is of that kind';
  return {
    id: `count_is.${earliest.alert}.${roles.map(([role]) => role).join('.')}`,
    predicate: 'count_is',
    roles: Object.fromEntries(roles),
    ...spanOf(facts),
    count: facts.length,
    citations: ends(facts).flatMap(fact => roles.flatMap(([role]) => cite(fact, role))),
  };
}

function seen(predicate: 'first_seen' | 'last_seen'): (asked: Asked, world: ClaimWorld) => Told | string {
  return ({ roles }, world) => {
    const span = world.index().spanOf(roles['kind'] ?? '', roles['entity'] ?? '');
    if (span === undefined) return 'no record of this incident that says when names this';
    const { alert, hit, at } = predicate === 'first_seen' ? span.first : span.last;
    return {
      id: `${predicate}.${alert.id}.${alert.entities.indexOf(hit)}`,
      predicate,
      roles: { entity: hit.label, kind: hit.kind },
      at,
      until: undefined,
      count: 1,
      citations: [citeSeen({ alert, hit })],
    };
  };
}

function citeSeen({ alert, hit }: Pick<Seen, 'alert' | 'hit'>): Citation {
  return { evidence: alert.evidence, pointer: hit.pointer, value: hit.label };
}

/** What a record calls what happened: its operation, or else its rule. */
const NAMED_BY = ['operation', 'rule'] as const;

function before({ id }: Asked, world: ClaimWorld): Told | string {
  const [a = '', b = ''] = id.replace(/^before\./, '').split('~');
  const [earlier, later] = [world.told(a), world.told(b)];
  if (earlier?.at === undefined || later?.at === undefined) return 'one of the two is not told with a time here';
  if (earlier.at >= later.at) return 'by the records it did not come before the other';
  const cited: Citation[] = [];
  const names: string[] = [];
  const clocks: string[] = [];
  for (const told of [earlier, later]) {
    const role = NAMED_BY.find(one => told.roles[one] !== undefined);
    const value = role === undefined ? undefined : told.roles[role];
    const citation = told.citations.find(one => one.value === value);
    const alert = citation === undefined ? undefined : world.index().alertOf(citation);
    if (value === undefined || citation === undefined || alert === undefined) return 'one of the two has no name';
    if (alert.occurredAt !== told.at) return 'the record that would be cited is not where it began';
    names.push(value);
    cited.push(citation);
    clocks.push(alert.product);
  }
  const [first = '', second = ''] = clocks;
  const doubt = world.judge?.doubt({ clock: first, time: earlier.at }, { clock: second, time: later.at });
  if (doubt !== undefined) return `their clocks differ: ${doubt.text}`;
  const [said = '', then = ''] = names;
  return {
    id: `before.${a}~${b}`,
    predicate: 'before',
    roles: { earlier: said, later: then },
    at: earlier.at,
    until: later.at,
    count: 2,
    citations: cited,
  };
}

function techniqueOf({ roles }: Asked, world: ClaimWorld): Told | string {
  const technique = roles['technique'] ?? '';
  const rule = roles['rule'] ?? '';
  const facts = world
    .index()
    .with('rule', rule)
    .filter(fact => world.index().alertOf(fact)?.techniques.includes(technique) === true);
  const [first] = facts;
  if (first === undefined) return 'no record of this rule names this technique';
  const place = world.locate?.(first.evidence, technique);
  if (place === undefined) return 'the technique does not stand in the raw record';
  return {
    id: `technique_of.${first.alert}.${technique}`,
    predicate: 'technique_of',
    roles: { technique, rule },
    ...spanOf(facts),
    count: facts.length,
    citations: [...cite(first, 'rule'), { evidence: first.evidence, ...place }],
  };
}

/** Ids that every machine has are nobody's; of Windows only those of a domain or a machine's own accounts tell. */
const TELLING_ID = /^(?!S-1-(?!5-21-)).{8,}$/s;

function sameAs({ roles }: Asked, world: ClaimWorld): Told | string {
  const [kind, vendorId] = [roles['kind'] ?? '', roles['vendor_id'] ?? ''];
  if (!TELLING_ID.test(vendorId)) return 'an id that many have says nothing';
  const names = world.index().namesOf(kind, vendorId);
  const [a, b] = [
    names.find(one => one.hit.label === roles['entity']),
    names.find(one => one.hit.label === roles['same']),
  ];
  if (a === undefined || b === undefined || a.hit.label === b.hit.label)
    return 'no two names are recorded under this id';
  const cited: Citation[] = [];
  for (const one of [a, b]) {
    const place = world.locate?.(one.alert.evidence, vendorId);
    if (place === undefined) return 'the id does not stand in the raw record';
    cited.push(citeSeen(one), { evidence: one.alert.evidence, ...place });
  }
  return {
    id: `same_as.${a.alert.id}${a.hit.pointer}~${b.alert.id}${b.hit.pointer}`,
    predicate: 'same_as',
    roles: { entity: a.hit.label, same: b.hit.label, kind, vendor_id: vendorId },
    at: a.at < b.at ? a.at : b.at,
    until: a.at < b.at ? b.at : a.at,
    count: 2,
    citations: cited,
  };
}

function baselineDeviation({ roles }: Asked, world: ClaimWorld): Told | string {
  const { history } = world;
  const rule = roles['rule'] ?? '';
  const facts = world.index().with('rule', rule);
  const [first] = facts;
  const known = first === undefined ? undefined : world.index().alertOf(first)?.rule;
  const most = known === undefined ? undefined : history?.dailyMaxOf(known);
  if (history === undefined || most === undefined) return 'how often this rule fires otherwise is not known';
  const days = new Map<number, Fact[]>();
  for (const fact of facts) {
    if (fact.at === undefined) continue;
    const day = Math.floor(fact.at / MS_PER_DAY);
    const own = days.get(day);
    if (own === undefined) days.set(day, [fact]);
    else own.push(fact);
  }
  const [busiest] = [...days].sort(([x, a], [y, b]) => b.length - a.length || x - y);
  if (busiest === undefined || busiest[1].length <= most) return 'it fired no more often than it does otherwise';
  const [day, own] = busiest;
  return {
    id: `baseline_deviation.${own[0]?.alert}`,
    predicate: 'baseline_deviation',
    roles: { rule, stat: 'most in a day', days: String(history.days), baseline: String(most) },
    at: unixMsFrom(day * MS_PER_DAY),
    until: unixMsFrom((day + 1) * MS_PER_DAY),
    count: own.length,
    citations: ends(own).flatMap(fact => cite(fact, 'rule')),
    basis: {
      kind: 'history',
      digest: digestOf('countersign/history/v1', { rule: known ?? '', days: String(history.days), most: String(most) }),
    },
  };
}

/** What is worked out over the records of an incident. */
export const COMPUTED: readonly ClaimKind[] = [
  computed('count_is', {
    template: '{count} alerts[ of "{rule}"][ on {host}][ of {actor}][ from {source_ip}]',
    noun: 'number of alerts',
    roles: [...COUNTED_BY, 'target'],
    recompute: countIs,
    mutations: [...COUNTED_BY.map(borrow), swap('rule', 'host'), saidAs('baseline_deviation', 'detection_fired')],
  }),
  computed('first_seen', {
    template: '{entity} was first seen in these alerts',
    noun: 'first time',
    roles: ['entity', 'kind'],
    recompute: seen('first_seen'),
    mutations: [borrow('entity'), swap('entity', 'kind'), saidAs('last_seen')],
  }),
  computed('last_seen', {
    template: '{entity} was last seen in these alerts',
    noun: 'last time',
    roles: ['entity', 'kind'],
    recompute: seen('last_seen'),
    mutations: [borrow('entity'), swap('entity', 'kind'), saidAs('first_seen')],
  }),
  computed('before', {
    template: '"{earlier}" began before "{later}"',
    noun: 'order',
    roles: ['earlier', 'later'],
    recompute: before,
    mutations: [swap('earlier', 'later'), borrow('earlier'), borrow('later'), saidAs('same_as')],
  }),
  computed('technique_of', {
    template: '"{rule}" names the technique {technique}',
    noun: 'technique',
    roles: ['rule', 'technique'],
    recompute: techniqueOf,
    mutations: [swap('rule', 'technique'), borrow('technique'), borrow('rule'), saidAs('ioc_matched')],
  }),
  computed('same_as', {
    template: '{entity} is the same as {same}: both are {vendor_id}',
    noun: 'identity of two names',
    roles: ['entity', 'same', 'kind', 'vendor_id'],
    recompute: sameAs,
    mutations: [swap('entity', 'vendor_id'), borrow('entity'), borrow('same'), saidAs('before')],
  }),
  computed('baseline_deviation', {
    template: '"{rule}" fired {count} alerts in a day; in the {days} days before, {baseline} at most',
    noun: 'deviation from what is usual',
    roles: ['rule', 'stat', 'days', 'baseline'],
    recompute: baselineDeviation,
    mutations: [swap('days', 'baseline'), borrow('rule'), borrow('baseline'), saidAs('count_is')],
  }),
];
