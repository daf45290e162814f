import { MS_PER_DAY, rfc3339, type UnixMs } from '../../../base/time.ts';
import { type EntityHit, entityKey } from '../../../model/alert.ts';
import type { EnrichmentFact, EnrichmentKind, FactStatus, Sightings } from '../../../model/enrichment.ts';
import { classifyAddress, parseAddress, withArticle } from './address.ts';
import { ATTACK_RELEASED, ATTACK_VERSION } from './attack-table.ts';
import type { CloudRanges } from './cloud-ranges.ts';
import { internationalised, type PublicSuffixes } from './domain.ts';
import { isTechniqueId, techniqueOf } from './technique.ts';

/** A data set at hand, or the reason why it is not. */
export type Loaded<T> =
  | { readonly ok: true; readonly data: T; readonly source: string; readonly asOf: UnixMs | undefined }
  | { readonly ok: false; readonly source: string; readonly because: string };

/** Everything that facts are read from without asking anybody. */
export interface EnrichmentData {
  readonly country: Loaded<(address: string) => string | undefined>;
  readonly suffixes: Loaded<PublicSuffixes>;
  /** Those that an operator put there. Empty: nothing is said of clouds. */
  readonly clouds: readonly Loaded<CloudRanges>[];
}

/** Addresses move between countries and clouds within months; the list of suffixes and the names of techniques seldom change. */
export const STALE_AFTER_DAYS = { country: 180, cloud: 180, suffixes: 540, attack: 730 } as const;

/** As far as a name of a country goes, two letters of ISO 3166 are what the data has. */
const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });
const HASHES: ReadonlyMap<number, string> = new Map([
  [32, 'MD5'],
  [40, 'SHA-1'],
  [56, 'SHA-224'],
  [64, 'SHA-256'],
  [96, 'SHA-384'],
  [128, 'SHA-512'],
]);
/** Collisions are made at will: two different files may share it. */
const WEAK_HASHES = new Set(['MD5', 'SHA-1']);

type Entity = Pick<EntityHit, 'kind' | 'value'>;

/** What is known of an entity without asking anybody, each with its source and date. Total: no value breaks it. */
export function offlineFacts(entity: Entity, data: EnrichmentData, now: UnixMs): readonly EnrichmentFact[] {
  const about = entityKey(entity);
  switch (entity.kind) {
    case 'ip':
      return addressFacts(about, entity.value, data, now);
    case 'domain':
    case 'host':
      return entity.value.includes('.') ? hostFacts(about, entity.value, data, now) : [];
    case 'url': {
      const host = hostOf(entity.value);
      return host === undefined ? [] : hostFacts(about, host, data, now);
    }
    case 'mailbox': {
      const at = entity.value.lastIndexOf('@');
      return at < 0 ? [] : hostFacts(about, entity.value.slice(at + 1), data, now);
    }
    case 'hash':
      return hashFacts(about, entity.value);
    default:
      return [];
  }
}

/** The name and tactics of a technique; `partial` for an id that the version at hand does not have. Undefined for no id. */
export function techniqueFact(id: string, now: UnixMs): EnrichmentFact | undefined {
  if (!isTechniqueId(id)) return undefined;
  const about = `technique:${id.trim().toUpperCase()}`;
  const source = `MITRE ATT&CK Enterprise ${ATTACK_VERSION}`;
  const released = Date.parse(ATTACK_RELEASED) as UnixMs;
  const found = techniqueOf(id);
  if (found === undefined)
    return {
      about,
      kind: 'technique',
      value: '',
      source,
      asOf: ATTACK_RELEASED,
      status: 'partial',
      because: `version ${ATTACK_VERSION} has no technique of this id: it was revoked, is newer, or is of another matrix`,
    };
  return {
    about,
    kind: 'technique',
    value: `${found.name} (${found.tactics.map(tactic => tactic.replaceAll('-', ' ')).join(', ')})`,
    source,
    asOf: ATTACK_RELEASED,
    ...aged(released, STALE_AFTER_DAYS.attack, now),
  };
}

/** What {@link prevalenceFact} says of a value that is new here. */
export const FIRST_SEEN_TODAY = 'first seen in our history within the last day';

/** How common a value is in our own history, as a sentence. `isComplete` is false while the counting is behind. */
export function prevalenceFact(
  about: string,
  seen: Sightings | undefined,
  allAlerts: number,
  isComplete: boolean,
  now: UnixMs,
): EnrichmentFact {
  const base = { about, kind: 'prevalence' as EnrichmentKind, source: 'our own history', asOf: rfc3339(now) };
  const late = isComplete ? '' : 'the counting is behind intake, so it may be more';
  if (seen === undefined)
    return {
      ...base,
      value: isComplete ? `in none of ${count(allAlerts)} alerts` : '',
      status: isComplete ? 'ok' : 'partial',
      because: isComplete ? '' : 'not counted yet: the counting is behind intake',
    };
  const atLeast = seen.isBounded ? 'at least ' : '';
  const since =
    now - seen.firstSeen < MS_PER_DAY && seen.firstSeen <= now
      ? FIRST_SEEN_TODAY
      : `first seen ${rfc3339(seen.firstSeen).slice(0, 10)}`;
  const hosts = seen.hosts === 0 ? '' : `, ${atLeast}${some(seen.hosts, 'host')}`;
  return {
    ...base,
    value: `in ${count(seen.alerts)} of ${some(allAlerts, 'alert')}, ${atLeast}${some(seen.incidents, 'incident')}${hosts}; ${since}, last ${rfc3339(seen.lastSeen).slice(0, 10)}`,
    status: isComplete ? 'ok' : 'partial',
    because: late,
  };
}

const count = (many: number): string => many.toLocaleString('en');
const some = (many: number, what: string): string => `${count(many)} ${what}${many === 1 ? '' : 's'}`;

/** `ok` or `stale`, by the age of the data. Data without a date is `partial`: nobody can tell how old it is. */
function aged(
  asOf: UnixMs | undefined,
  days: number,
  now: UnixMs,
): { readonly status: FactStatus; readonly because: string } {
  if (asOf === undefined) return { status: 'partial', because: 'the data carries no date, so its age cannot be told' };
  const age = Math.floor((now - asOf) / MS_PER_DAY);
  return age > days
    ? { status: 'stale', because: `the data is ${age} days old, and counts as stale after ${days}` }
    : { status: 'ok', because: '' };
}

function addressFacts(about: string, value: string, data: EnrichmentData, now: UnixMs): readonly EnrichmentFact[] {
  const is = classifyAddress(value);
  if (is === undefined) return [];
  const facts: EnrichmentFact[] = [
    {
      about,
      kind: 'address_class',
      value: withArticle(is.text),
      source: `${is.rfc}, IANA registries`,
      asOf: '',
      status: 'ok',
      because: is.name === 'global' ? 'it stands in no special-purpose block' : '',
    },
  ];
  // What stands in a special block is nobody's on the internet: no country and no cloud is asked for.
  if (is.name !== 'global') return facts;
  const bare = parseAddress(value)?.address.toString() ?? value;
  facts.push(countryFact(about, bare, data.country, now));
  for (const cloud of data.clouds) {
    const fact = cloudFact(about, bare, cloud, now);
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

function countryFact(about: string, address: string, country: EnrichmentData['country'], now: UnixMs): EnrichmentFact {
  const base = { about, kind: 'country' as const, source: country.source };
  if (!country.ok) return { ...base, value: '', asOf: '', status: 'failed', because: country.because };
  const asOf = country.asOf === undefined ? '' : rfc3339(country.asOf);
  const code = country.data(address);
  if (code === undefined || !/^[A-Z]{2}$/.test(code))
    return { ...base, value: 'no country known', asOf, status: 'partial', because: 'the data has no country for it' };
  const state = aged(country.asOf, STALE_AFTER_DAYS.country, now);
  const origin = 'where its network is announced from, which need not be where the machine stands';
  return {
    ...base,
    value: `${regionNames.of(code) ?? code} (${code})`,
    asOf,
    status: state.status,
    because: state.because === '' ? origin : `${state.because}; ${origin}`,
  };
}

const PROVIDERS = { aws: 'Amazon Web Services', azure: 'Microsoft Azure', gcp: 'Google Cloud' } as const;

function cloudFact(
  about: string,
  address: string,
  cloud: Loaded<CloudRanges>,
  now: UnixMs,
): EnrichmentFact | undefined {
  const base = { about, kind: 'cloud' as const, source: cloud.source };
  if (!cloud.ok) return { ...base, value: '', asOf: '', status: 'failed', because: cloud.because };
  const label = cloud.data.find(address);
  if (label === undefined) return undefined;
  const state = aged(cloud.asOf, STALE_AFTER_DAYS.cloud, now);
  const place = [label.service, label.region].filter(part => part !== '').join(', ');
  return {
    ...base,
    value: `${PROVIDERS[cloud.data.provider]}${place === '' ? '' : ` (${place})`}`,
    asOf: cloud.asOf === undefined ? '' : rfc3339(cloud.asOf),
    status: state.status,
    because: state.because,
  };
}

function hostFacts(about: string, host: string, data: EnrichmentData, now: UnixMs): readonly EnrichmentFact[] {
  const bare = host.replace(/^\[|\]$/g, '');
  if (parseAddress(bare) !== undefined) return addressFacts(about, bare, data, now);
  const facts = [suffixFact(about, bare.toLowerCase().replace(/\.$/, ''), data.suffixes, now)];
  const name = internationalised(bare);
  if (name !== undefined) {
    const mixed = name.mixed.map(({ label, scripts }) => `"${label}" mixes ${scripts.join(' and ')}`);
    facts.push({
      about,
      kind: 'internationalised',
      value: name.mixed.length > 0 ? `reads as ${name.unicode}: mixed scripts` : `reads as ${name.unicode}`,
      source: 'RFC 3492, Unicode scripts (UTS 39)',
      asOf: '',
      status: name.broken.length > 0 ? 'partial' : 'ok',
      because: [...mixed, ...name.broken.map(label => `"${label}" is no valid Punycode`)].join('; '),
    });
  }
  return facts;
}

function suffixFact(about: string, host: string, suffixes: EnrichmentData['suffixes'], now: UnixMs): EnrichmentFact {
  const base = { about, kind: 'registrable_domain' as const, source: suffixes.source };
  if (!suffixes.ok) return { ...base, value: '', asOf: '', status: 'failed', because: suffixes.because };
  const asOf = suffixes.asOf === undefined ? '' : rfc3339(suffixes.asOf);
  const answer = suffixes.data(host);
  const state = aged(suffixes.asOf, STALE_AFTER_DAYS.suffixes, now);
  if (answer.kind === 'none')
    return { ...base, value: 'no public suffix: a name of some inner network', asOf, ...state };
  if (answer.registrable === undefined) return { ...base, value: `itself a public suffix`, asOf, ...state };
  const below = answer.kind === 'private' ? ', which a company hands out names below' : '';
  return { ...base, value: `${answer.registrable}, below .${answer.suffix ?? ''}${below}`, asOf, ...state };
}

function hashFacts(about: string, value: string): readonly EnrichmentFact[] {
  const kind = /^[0-9a-f]+$/i.test(value) ? HASHES.get(value.length) : undefined;
  if (kind === undefined) return [];
  return [
    {
      about,
      kind: 'hash_kind',
      value: kind,
      source: 'its length',
      asOf: '',
      status: 'ok',
      because: WEAK_HASHES.has(kind) ? 'collisions can be made: it does not prove that two files are the same' : '',
    },
  ];
}

/** The host of a URL as it stands in it, without port and user; undefined where there is none. */
export function hostOf(url: string): string | undefined {
  const match = /^[a-z][a-z0-9+.-]{0,31}:\/\/(?:[^/?#@\s]{0,1024}@)?(\[[0-9a-f:.%]{2,64}\]|[^/?#:\s@]{1,253})/i.exec(
    url,
  );
  return match?.[1];
}
