import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type {
  Binding,
  BindingEnd,
  BindingKind,
  BindingSureness,
  Holder,
  Resolution,
  ResolutionVerdict,
} from '../../model/binding.ts';
import { durationText } from './duration-text.ts';
import type { Sighting } from './sightings.ts';

/** What a kind of binding means over time. */
interface Rule {
  /** One holder at a time: the next one ends the one before. */
  readonly isExclusive: boolean;
  /** So long after a record that says so it is taken to hold, where no end is known. */
  readonly freshMs: number;
  /** So long after it is still shown, as what was so once. */
  readonly staleMs: number;
  /** How a person reads it. */
  readonly how: string;
}

const BINDING_RULES: { readonly [K in BindingKind]: Rule } = {
  lease: { isExclusive: true, freshMs: MS_PER_HOUR, staleMs: 7 * MS_PER_DAY, how: 'DHCP' },
  own_address: { isExclusive: true, freshMs: MS_PER_HOUR, staleMs: 7 * MS_PER_DAY, how: 'its own sensor' },
  behind: { isExclusive: false, freshMs: MS_PER_HOUR, staleMs: MS_PER_DAY, how: 'seen from it' },
  sign_in: { isExclusive: false, freshMs: MS_PER_HOUR, staleMs: MS_PER_DAY, how: 'sign-in' },
  logon: { isExclusive: false, freshMs: MS_PER_HOUR, staleMs: MS_PER_DAY, how: 'sign-in' },
  dns: { isExclusive: false, freshMs: MS_PER_HOUR, staleMs: MS_PER_DAY, how: 'DNS' },
};

/** Two clocks may differ by so much: at the edge of a binding the one beside it is a candidate too. */
export const EDGE_MS = MS_PER_MINUTE;
/** Records of two holders that lie no farther apart do not tell a change of hands from an address that both have. */
const CONTENDED_MS = 10 * MS_PER_MINUTE;
/** Hosts at one address at once from which on it tells nothing: a gateway, a proxy, a name that is one of many. */
const SHARED_HOSTS = 3;
const SHARED_USERS = 5;
/** What is kept of one subject: its latest sightings. */
const SIGHTINGS_PER_SUBJECT_MAX = 2_000;
const HOLDERS_NAMED = 3;

/** What an entity can be resolved to. */
export type Sought = 'host' | 'user' | 'ip';

const SOUGHT_BY_KIND: { readonly [K in BindingKind]: Sought } = {
  lease: 'host',
  own_address: 'host',
  behind: 'host',
  sign_in: 'user',
  logon: 'user',
  dns: 'ip',
};

/** A binding with the sightings that make it, by time; never empty. */
export interface Bound {
  readonly binding: Binding;
  readonly sightings: readonly Sighting[];
}

/**
 * The bindings that sightings make, by subject, then time. Unbroken spans of one holder are one binding. A binding of
 * an exclusive kind ends where a later record gives its subject to another, unless its own end is stated; two that
 * overlap stay two, and make its resolution ambiguous. The order of the sightings does not matter.
 */
export function bindingsOf(sightings: readonly Sighting[]): readonly Bound[] {
  const bySubject = new Map<string, Sighting[]>();
  for (const one of sightings) {
    const known = bySubject.get(one.subject);
    if (known === undefined) bySubject.set(one.subject, [one]);
    else known.push(one);
  }
  return [...bySubject]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([, own]) => bindingsOfSubject(own.sort(bySighting).slice(-SIGHTINGS_PER_SUBJECT_MAX)));
}

function bySighting(a: Sighting, b: Sighting): number {
  return a.at - b.at || compare(a.alert, b.alert) || compare(a.kind, b.kind) || compare(a.object, b.object);
}

/** One holder's unbroken span while it is put together. */
interface Run {
  readonly kind: BindingKind;
  readonly holder: string;
  readonly sightings: Sighting[];
  readonly from: UnixMs;
  last: UnixMs;
  /** As far as a record itself says. */
  stated: UnixMs | undefined;
  end: BindingEnd;
  until: UnixMs | undefined;
}

function bindingsOfSubject(sightings: readonly Sighting[]): readonly Bound[] {
  const holderOf = sameHolders(sightings);
  const takes = sightings
    .filter(one => BINDING_RULES[one.kind].isExclusive && !one.isEnd)
    .map(one => ({ one, holder: holderOf(one.object) }));
  const open = new Map<string, Run>();
  const runs: Run[] = [];
  for (const one of sightings) {
    const holder = holderOf(one.object);
    const key = `${one.kind} ${holder}`;
    const run = open.get(key);
    if (one.isEnd) {
      // An end whose beginning nobody recorded binds nothing: since when it held is not known.
      if (run === undefined) continue;
      run.sightings.push(one);
      run.until = one.at;
      run.end = 'recorded';
      open.delete(key);
    } else if (run !== undefined && goesOn(run, one, takes)) {
      run.sightings.push(one);
      run.last = one.at;
      run.stated = latest(run.stated, one.until);
    } else {
      const begun = begin(one, holder);
      open.set(key, begun);
      runs.push(begun);
    }
  }
  for (const run of runs) if (run.end === 'unknown') endOf(run, runs);
  return runs.map(run => ({ binding: bindingOf(run), sightings: run.sightings }));
}

function begin(one: Sighting, holder: string): Run {
  return {
    kind: one.kind,
    holder,
    sightings: [one],
    from: one.at,
    last: one.at,
    stated: one.until,
    end: 'unknown',
    until: undefined,
  };
}

function latest(a: UnixMs | undefined, b: UnixMs | undefined): UnixMs | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

interface Take {
  readonly one: Sighting;
  readonly holder: string;
}

/** Whether a further record of the same holder continues a run: it follows soon, or nobody else held it meanwhile. */
function goesOn(run: Run, one: Sighting, takes: readonly Take[]): boolean {
  const { freshMs, staleMs, isExclusive } = BINDING_RULES[run.kind];
  if (one.at <= Math.max(run.stated ?? 0, run.last + freshMs)) return true;
  if (one.at > run.last + staleMs) return false;
  return (
    !isExclusive || !takes.some(take => take.holder !== run.holder && take.one.at > run.last && take.one.at < one.at)
  );
}

/**
 * Ends a run where a lease runs out, or where the run of another holder begins after its last record. Of what a lease
 * states only a later lease takes something away. Two that are said of almost the same time both stand, unless a
 * server itself gave the address on: that is shared or changing, and cannot be told apart.
 */
function endOf(run: Run, runs: readonly Run[]): void {
  if (run.stated !== undefined) [run.until, run.end] = [run.stated, 'lease'];
  if (!BINDING_RULES[run.kind].isExclusive) return;
  for (const next of runs) {
    if (next.holder === run.holder || !BINDING_RULES[next.kind].isExclusive || next.from <= run.last) continue;
    if (run.stated !== undefined && next.kind !== 'lease') continue;
    const isHandedOn = run.kind === 'lease' && next.kind === 'lease';
    if (!isHandedOn && next.from - run.last <= CONTENDED_MS) continue;
    if (run.until === undefined || next.from < run.until) [run.until, run.end] = [next.from, 'next'];
  }
}

/**
 * One holder under two names: `ws-12` is `ws-12.example.com` where the subject has only that one of the name. Two
 * domains stay two holders, for they may be two machines or two people.
 */
function sameHolders(sightings: readonly Sighting[]): (object: string) => string {
  const wholes = new Map<string, Set<string>>();
  for (const { object } of sightings) {
    const bare = bareOf(object);
    if (bare !== object) wholes.set(bare, (wholes.get(bare) ?? new Set()).add(object));
  }
  return object => {
    const [only, ...others] = wholes.get(object) ?? [];
    return only !== undefined && others.length === 0 ? only : object;
  };
}

/** `host:ws-12` of `host:ws-12.example.com`; `user:dana` of `user:dana@example.com` and of `user:corp\dana`. */
function bareOf(key: string): string {
  const at = key.indexOf(':');
  const [kind, value] = [key.slice(0, at), key.slice(at + 1)];
  if (kind === 'host') return /^[\d.]+$/.test(value) ? key : `host:${value.split('.', 1)[0]}`;
  if (kind !== 'user') return key;
  return `user:${value.slice(value.lastIndexOf('\\') + 1).split('@', 1)[0]}`;
}

function bindingOf(run: Run): Binding {
  const [first] = run.sightings;
  const last = run.sightings.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a run has a first sighting');
  const named = run.sightings.reduce((a, b) =>
    b.objectLabel.length > a.objectLabel.length ||
    (b.objectLabel.length === a.objectLabel.length && b.objectLabel < a.objectLabel)
      ? b
      : a,
  );
  return {
    kind: run.kind,
    subject: first.subject,
    subjectLabel: first.subjectLabel,
    object: run.holder,
    objectLabel: named.objectLabel,
    from: first.at,
    lastSeen: run.last,
    until: run.until,
    end: run.end,
    count: run.sightings.length,
    saidBy: [...new Set([first, last].flatMap(one => one.citations.map(citation => citation.evidence)))],
    claim: bindingClaimId(run.kind, first),
  };
}

/** Unique within the sightings of an incident and its surroundings, and the same whenever they are. */
function bindingClaimId(kind: BindingKind, first: Sighting): string {
  return `${kind}.${first.alert}.${first.subject}.${first.object}`;
}

/** Resolves against one set of bindings. */
export interface Resolver {
  /**
   * Who held the subject at that moment. Never picks: every candidate is returned with its span and why, surest first,
   * and the verdict says whether one can rest on it.
   */
  at(subject: string, sought: Sought, time: UnixMs): Resolution;
  /** The bindings that touch a span, by time. */
  within(subject: string, sought: Sought, from: UnixMs, to: UnixMs): readonly Binding[];
}

export function createResolver(bindings: readonly Binding[]): Resolver {
  const bySubject = new Map<string, Binding[]>();
  for (const binding of bindings) {
    const key = `${SOUGHT_BY_KIND[binding.kind]} ${binding.subject}`;
    const known = bySubject.get(key);
    if (known === undefined) bySubject.set(key, [binding]);
    else known.push(binding);
  }
  return {
    at: (subject, sought, time) => resolveAt(bySubject.get(`${sought} ${subject}`) ?? [], sought, time),
    within: (subject, sought, from, to) => bindingsWithin(bySubject.get(`${sought} ${subject}`) ?? [], from, to),
  };
}

function resolveAt(bindings: readonly Binding[], sought: Sought, time: UnixMs): Resolution {
  const byHolder = new Map<string, Holder>();
  for (const binding of bindings) {
    const sure = surenessAt(binding, time);
    if (sure === undefined) continue;
    const holder: Holder = { binding, sure, because: becauseOf(binding, sure, time) };
    const known = byHolder.get(binding.object);
    if (known === undefined || isSurer(holder, known)) byHolder.set(binding.object, holder);
  }
  const holders = [...byHolder.values()].sort(
    (a, b) =>
      SURENESS.indexOf(a.sure) - SURENESS.indexOf(b.sure) ||
      b.binding.lastSeen - a.binding.lastSeen ||
      compare(a.binding.object, b.binding.object),
  );
  const verdict = verdictOf(holders, sought);
  return { verdict, holders, text: resolutionText(verdict, holders, sought) };
}

const SURENESS: readonly BindingSureness[] = ['fresh', 'edge', 'stale'];

function isSurer(a: Holder, b: Holder): boolean {
  const bySureness = SURENESS.indexOf(a.sure) - SURENESS.indexOf(b.sure);
  return bySureness < 0 || (bySureness === 0 && a.binding.lastSeen > b.binding.lastSeen);
}

function surenessAt({ kind, from, lastSeen, until }: Binding, time: UnixMs): BindingSureness | undefined {
  const { freshMs, staleMs } = BINDING_RULES[kind];
  if (time < from) return from - time <= EDGE_MS ? 'edge' : undefined;
  if (until !== undefined && time >= until) return time - until <= EDGE_MS ? 'edge' : undefined;
  if (until !== undefined && until - time <= EDGE_MS) return time <= lastSeen + freshMs ? 'fresh' : 'edge';
  // A stated end vouches for the whole span; one that was only noticed later does not.
  if (time <= lastSeen + freshMs || (until !== undefined && isStated(kind))) return 'fresh';
  return time <= lastSeen + staleMs ? 'stale' : undefined;
}

function isStated(kind: BindingKind): boolean {
  return kind === 'lease' || kind === 'dns';
}

function becauseOf({ kind, from, lastSeen, until, end }: Binding, sure: BindingSureness, time: UnixMs): string {
  // Whoever asks for an address says what it is called.
  const how = kind === 'lease' ? `${BINDING_RULES.lease.how}, the name as its client gave it` : BINDING_RULES[kind].how;
  if (sure === 'edge') return `${how}: within ${durationText(EDGE_MS)} of where it ${time < from ? 'begins' : 'ends'}`;
  if (sure === 'stale')
    return `${how}: last said ${durationText(time - lastSeen)} before, and ${until === undefined ? 'no end is known' : 'another was said to have it only later'}`;
  return end === 'recorded' || end === 'lease'
    ? `${how}: ${ENDS[end]}`
    : `${how}: said within ${durationText(BINDING_RULES[kind].freshMs)}`;
}

const ENDS = { recorded: 'until its end was recorded', lease: 'for as long as the record says' } as const;

function verdictOf(holders: readonly Holder[], sought: Sought): ResolutionVerdict {
  if (holders.length === 0) return 'none';
  const [first] = holders;
  if (holders.length === 1) return first?.sure === 'stale' ? 'stale' : 'one';
  const isBehind = holders.every(({ binding }) => binding.kind === 'behind');
  const many = sought === 'user' ? SHARED_USERS : SHARED_HOSTS;
  return (sought !== 'ip' && holders.length >= many) || isBehind ? 'shared' : 'ambiguous';
}

function resolutionText(verdict: ResolutionVerdict, holders: readonly Holder[], sought: Sought): string {
  const named = holders.slice(0, HOLDERS_NAMED).map(({ binding, because }) => `${binding.objectLabel} (${because})`);
  const rest = holders.length - named.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  switch (verdict) {
    case 'none':
      return 'no record says';
    case 'one':
      return named[0] ?? '';
    case 'stale':
      return `perhaps ${named[0] ?? ''}`;
    case 'ambiguous':
      return sought === 'ip' ? `${named.join(', ')}${more}` : `cannot tell: ${named.join(' or ')}${more}`;
    case 'shared':
      return `shared by ${holders.length} ${sought === 'user' ? 'users' : 'hosts'}, tells nothing`;
  }
}

function bindingsWithin(bindings: readonly Binding[], from: UnixMs, to: UnixMs): readonly Binding[] {
  return bindings
    .filter(binding => {
      const end = binding.until ?? binding.lastSeen + BINDING_RULES[binding.kind].staleMs;
      return binding.from <= to + EDGE_MS && end >= from - EDGE_MS;
    })
    .sort((a, b) => a.from - b.from || compare(a.object, b.object) || compare(a.kind, b.kind));
}

/** How we know of a binding, in a word or two. */
export function howText(kind: BindingKind): string {
  return BINDING_RULES[kind].how;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
