import type { UnixMs } from '../../base/time.ts';
import { type Alert, entityKey } from '../../model/alert.ts';
import {
  BINDINGS_LISTED_MAX,
  type Binding,
  type BindingKind,
  type EntityResolution,
  type ResolutionVerdict,
} from '../../model/binding.ts';
import type { Citation, Claim, Predicate } from '../../model/claim.ts';
import { entityKeysOf } from './entity-keys.ts';
import { UNCHECKED } from './facts.ts';
import { minuteText, renderClaim } from './render-claim.ts';
import { type Bound, bindingsOf, createResolver, howText, type Resolver, type Sought } from './resolve.ts';
import { type Sighting, sightingsIn } from './sightings.ts';
import type { ReadField } from './verify-claim.ts';

/** A binding with the claim that states it. */
export interface Identified {
  readonly binding: Binding;
  readonly claim: Claim;
}

/** Bindings that one incident is studied with; beyond it the latest. */
const IDENTIFIED_MAX = 2_000;

/** What a binding of each kind says, and which role its subject and its object take in it. */
const SAYS: { readonly [K in BindingKind]: readonly [Predicate, string, string] } = {
  lease: ['address_leased', 'address', 'host'],
  own_address: ['address_reported', 'address', 'host'],
  behind: ['seen_from', 'address', 'host'],
  sign_in: ['signed_in_from', 'address', 'user'],
  logon: ['signed_in_on', 'host', 'user'],
  dns: ['name_answered', 'domain', 'address'],
};

/** What an alert and its record say of who held what: `sightingsIn`, which may be remembered, for both never change. */
export type SightingsOf = (alert: Alert) => readonly Sighting[];

/**
 * Who held which address, account or name, of those that stand in the alerts, as far as these alerts and those around
 * them say: each a claim with its citations, `failed` until it was recomputed. Only subjects of the incident's own
 * alerts are told. The same alerts in any order give the same.
 */
export function identify(
  alerts: readonly Alert[],
  around: readonly Alert[],
  read: ReadField,
  sightingsOf: SightingsOf = alert => sightingsIn(alert, read),
): readonly Identified[] {
  const all = new Map([...around, ...alerts].map(alert => [alert.id, alert]));
  const sightings = [...all.values()].flatMap(sightingsOf);
  if (sightings.length === 0) return [];
  const own = new Set<string>();
  for (const alert of alerts) for (const key of entityKeysOf(alert)) own.add(key);
  const bound = bindingsOf(sightings.filter(({ subject }) => own.has(subject)));
  const latest =
    bound.length <= IDENTIFIED_MAX
      ? bound
      : bound.toSorted((a, b) => a.binding.lastSeen - b.binding.lastSeen).slice(-IDENTIFIED_MAX);
  return latest.map(one => ({ binding: one.binding, claim: claimOf(one) }));
}

function claimOf({ binding, sightings }: Bound): Claim {
  const [first] = sightings;
  const last = sightings.at(-1);
  const [predicate, subjectRole, objectRole] = SAYS[binding.kind];
  const told = {
    predicate,
    roles: { [subjectRole]: first?.subjectLabel ?? '', [objectRole]: first?.objectLabel ?? '' },
    at: binding.from,
    until: binding.until ?? (binding.lastSeen > binding.from ? binding.lastSeen : undefined),
    count: binding.count,
  };
  const citations: Citation[] = [...(first?.citations ?? [])];
  // The last record says until when, and may name its holder otherwise.
  if (last !== undefined && last !== first) citations.push(...last.citations);
  return { id: binding.claim, ...told, citations, text: renderClaim(told), verdict: UNCHECKED };
}

/** What one may ask of an entity, first what it was. */
const SOUGHT: ReadonlyMap<string, readonly Sought[]> = new Map([
  ['ip', ['host', 'user']],
  ['host', ['user']],
  ['domain', ['ip']],
]);
/** Moments of one entity at which it is resolved; of more an even share. */
const MOMENTS_MAX = 200;
const NAMED_MAX = 3;
const RANK: readonly ResolutionVerdict[] = ['none', 'one', 'stale', 'ambiguous', 'shared'];

/**
 * Who held an entity over its time in the incident, with how unequivocal that was at the moments at which it stands in
 * the alerts: the least sure of them counts. Undefined where no record says anything of it.
 */
export function resolutionOf(
  entity: { readonly key: string; readonly kind: string; readonly label: string },
  moments: readonly UnixMs[],
  resolver: Resolver,
): EntityResolution | undefined {
  const [from, to] = [moments[0], moments.at(-1)];
  if (from === undefined || to === undefined) return undefined;
  const parts = (SOUGHT.get(entity.kind) ?? []).flatMap(sought => {
    const bindings = resolver.within(entity.key, sought, from, to);
    if (bindings.length === 0) return [];
    const step = Math.max(1, Math.ceil(moments.length / MOMENTS_MAX));
    const verdicts = moments
      .filter((_, index) => index % step === 0 || index === moments.length - 1)
      .map(moment => resolver.at(entity.key, sought, moment));
    const worst = verdicts.reduce((a, b) => (RANK.indexOf(b.verdict) > RANK.indexOf(a.verdict) ? b : a));
    return [{ sought, bindings, worst }];
  });
  const [main] = parts;
  if (main === undefined) return undefined;
  const bindings = parts.flatMap(part => part.bindings).sort((a, b) => a.from - b.from);
  return {
    verdict: main.worst.verdict,
    text: parts.map(part => partText(entity, part.sought, part.bindings, part.worst)).join('; '),
    bindings: bindings.slice(0, BINDINGS_LISTED_MAX),
    omitted: Math.max(0, bindings.length - BINDINGS_LISTED_MAX),
  };
}

function partText(
  { label }: { readonly label: string },
  sought: Sought,
  bindings: readonly Binding[],
  worst: { readonly verdict: ResolutionVerdict; readonly text: string },
): string {
  if (worst.verdict === 'shared') return `${label} was ${worst.text}`;
  const [first] = bindings;
  const spans = bindings
    .slice(0, NAMED_MAX)
    .map(one => `${one.objectLabel} ${spanText(one, first)} (${howText(one.kind)})`);
  const more = bindings.length > spans.length ? `, and ${bindings.length - spans.length} more` : '';
  const doubt =
    worst.verdict === 'ambiguous' && sought !== 'ip' ? '; at some of its alerts it may have been either' : '';
  const told = { host: `${label} was`, user: `signed in at ${label}:`, ip: `${label} led to` };
  return `${told[sought]} ${spans.join(sought === 'host' ? ', then ' : ', ')}${more}${doubt}`;
}

/** `from 2026-03-02 09:02 to 17:40`; the day only where it is another one than the first's. */
function spanText({ from, until, lastSeen, end }: Binding, first: Binding | undefined): string {
  const day = minuteText(first?.from ?? from).slice(0, 10);
  const short = (time: UnixMs, isFirst: boolean): string => {
    const text = minuteText(time);
    return !isFirst && text.startsWith(day) ? text.slice(11) : text;
  };
  const begin = short(from, first === undefined || from === first.from);
  if (until !== undefined) return `from ${begin} to ${short(until, false)}${end === 'next' ? ' at the latest' : ''}`;
  return lastSeen > from ? `from ${begin}, last at ${short(lastSeen, false)}` : `at ${begin}`;
}

/** At most so many addresses of one alert are resolved in its line. */
const WHO_MAX = 2;

/** Who held the addresses of an alert when it happened, for its line in the timeline. Empty where no record says. */
export function whoIn(alert: Pick<Alert, 'entities'>, time: UnixMs, resolver: Resolver): readonly string[] {
  const addresses = new Map(
    alert.entities
      .filter(({ kind, role }) => kind === 'ip' && (role === 'actor' || role === 'target'))
      .map(hit => [entityKey(hit), hit.label]),
  );
  return [...addresses]
    .flatMap(([key, label]) => {
      const { verdict, text } = resolver.at(key, 'host', time);
      return verdict === 'none' ? [] : [`${label}: ${text}`];
    })
    .slice(0, WHO_MAX);
}

/** Bindings whose claim was recomputed from the raw records; the others support nothing. */
export function soundResolver(identified: readonly Identified[], isSound: (claim: Claim) => boolean): Resolver {
  return createResolver(identified.filter(({ claim }) => isSound(claim)).map(({ binding }) => binding));
}
