import { oncePer } from '../../base/once.ts';
import { MS_PER_HOUR, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { type Alert, activityTime } from '../../model/alert.ts';
import type { Gap } from '../../model/claim.ts';
import {
  type Coverage,
  EVERY_STREAM,
  type Expectation,
  type JudgedStream,
  type Quiet,
  type StreamCoverage,
  type StreamStatus,
} from '../../model/coverage.ts';
import type { Inventory } from '../../model/inventory.ts';
import { TELEMETRY_TEXT } from '../../model/telemetry.ts';
import { expectationsOf, type InvolvedEntity, involvedOf } from './expectation.ts';

/** What coverage is asked about: these hosts and products, in this window. */
export interface CoverageQuestion {
  /** Lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly products: ReadonlySet<string>;
  /** What else is involved, of a class of which we expect telemetry: by its key. Hosts stand in `hosts`. */
  readonly entities?: ReadonlyMap<string, InvolvedEntity>;
  readonly from: UnixMs;
  readonly to: UnixMs;
}

/** What was expected before and after says something about an incident, too. */
const MARGIN_MS = MS_PER_HOUR;

const GAPS: ReadonlySet<StreamStatus> = new Set(['silent', 'degraded', 'late', 'never']);

/** The host whose agent raised an alert: as the record names it, else the sensor, else what it is about. Lower case. */
export function hostOfAlert(alert: Pick<Alert, 'fields' | 'entities'>): string | undefined {
  const of = (role: string): string | undefined =>
    alert.entities.find(entity => entity.kind === 'host' && entity.role === role)?.value;
  return (alert.fields.host ?? of('observer') ?? of('target') ?? of('actor') ?? of('related'))?.toLowerCase();
}

/** The question that an incident asks: its hosts, its products and its time. At least one alert. */
export function coverageQuestionOf(alerts: readonly Alert[]): CoverageQuestion {
  const hosts = new Set<string>();
  const products = new Set<string>();
  const entities = new Map<string, InvolvedEntity>();
  let [from, to] = [Number.MAX_SAFE_INTEGER, 0];
  for (const alert of alerts) {
    products.add(alert.product);
    const own = hostOfAlert(alert);
    if (own !== undefined) hosts.add(own);
    for (const entity of alert.entities) {
      if (entity.kind === 'host') hosts.add(entity.value.toLowerCase());
      const involved = involvedOf(entity);
      if (involved !== undefined) entities.set(involved.key, involved);
    }
    from = Math.min(from, activityTime(alert));
    to = Math.max(to, alert.endedAt ?? activityTime(alert));
  }
  return { hosts, products, entities, from: unixMsFrom(from), to: unixMsFrom(to) };
}

/**
 * Which streams were expected for these hosts in this window, and what of them was heard.
 *
 * A stream is expected where it belongs to a host of the incident, or to none and the incident has its product. A host
 * that the inventory lists and nobody ever heard is a gap (`never`); one that neither knows is not expected anywhere,
 * which the inventory's absence says elsewhere. `complete` only where something was heard and nothing is amiss; what is
 * too sparse to judge is listed and counts neither way, and where there is nothing else the verdict is `unknown`.
 *
 * That is for what may be quiet. A stream that was heard before the incident and is quiet in it as it never was counts as
 * silent, and so does one of no host that an entity of the incident should be told by, where nothing else tells: else a
 * sensor that was switched off would stand the better, the less was heard of it before.
 */
export function coverageFor(
  question: CoverageQuestion,
  streams: readonly JudgedStream[],
  inventory: Inventory | undefined,
): { readonly coverage: Coverage; readonly gaps: readonly Gap[] } {
  const [from, to] = [question.from - MARGIN_MS, question.to + MARGIN_MS];
  const byStream = new Map<string, StreamCoverage[]>();
  const unheard = unheardIn(streams, question, [from, to]);
  const expectations = expectationsOf(
    withOtherNames(question, inventory),
    [...streams, ...unheard.unusual],
    unheard.sparse,
    inventory,
    [from, to],
  );
  const expected = new Set(expectations.filter(one => one.status === 'silent').flatMap(one => one.streams));
  const never = neverHeard(question, streams, inventory);
  const missed = missedOf(expectations);
  const sparse = unheard.sparse.filter(one => expected.has(one.stream));
  for (const one of [
    ...concerning(question, streams, missed),
    ...concerning(question, [...unheard.unusual, ...sparse], missed),
    ...concerning(question, never, missed),
  ]) {
    if (one.from > to || one.to < from) continue;
    const known = byStream.get(one.stream);
    if (known === undefined) byStream.set(one.stream, [one]);
    else known.push(one);
  }
  const told: StreamCoverage[] = [];
  let heard = 0;
  for (const several of byStream.values()) {
    const amiss = several.filter(one => GAPS.has(one.status));
    told.push(...(amiss.length > 0 ? amiss : several.slice(0, 1)).map(asTold));
    if (amiss.length === 0 && several.some(one => one.status === 'heard')) heard++;
  }
  const critical = criticalHosts(inventory);
  const gaps = [
    ...told.filter(one => GAPS.has(one.status)).map(one => gapOf(one, question, critical)),
    ...neverOnboarded(expectations, told, question, critical),
  ];
  const verdict = gaps.length > 0 ? 'gaps' : heard > 0 ? 'complete' : 'unknown';
  return { coverage: { verdict, expected: byStream.size, heard, streams: told, expectations }, gaps };
}

/**
 * The quiets that can say something, by when they began, in columns: an installation has tens of thousands of streams, and
 * each study asks. Of a host the few records may be alerts, and none may be good news, so there a quiet has to be unusual; a
 * directory or a cloud always has something to tell.
 */
const quietsOf = oncePer((streams: readonly JudgedStream[]) => {
  const places = streams.flatMap(({ stream: name, quiets = [] }, stream) =>
    quiets.flatMap((quiet, at) => (quiet.isUnusual || hostOfStream(name) === '*' ? [{ stream, at, quiet }] : [])),
  );
  places.sort((a, b) => a.quiet.from - b.quiet.from);
  return {
    from: Float64Array.from(places, ({ quiet }) => quiet.from),
    to: Float64Array.from(places, ({ quiet }) => quiet.to),
    stream: Int32Array.from(places, ({ stream }) => stream),
    at: Int32Array.from(places, ({ at }) => at),
  };
});

/** The quiets that overlap a span, with their streams, in the order of these. */
function quietsWithin(
  streams: readonly JudgedStream[],
  span: { readonly from: number; readonly to: number },
): readonly { readonly stream: string; readonly quiet: Quiet }[] {
  const { from, to, stream, at } = quietsOf(streams);
  const found: number[] = [];
  for (let n = 0; n < from.length && (from[n] ?? 0) <= span.to; n++) if ((to[n] ?? 0) >= span.from) found.push(n);
  found.sort((a, b) => (stream[a] ?? 0) - (stream[b] ?? 0) || (at[a] ?? 0) - (at[b] ?? 0));
  return found.flatMap(n => {
    const one = streams[stream[n] ?? -1];
    const quiet = one?.quiets?.[at[n] ?? -1];
    return one === undefined || quiet === undefined ? [] : [{ stream: one.stream, quiet }];
  });
}

/** What was not heard while the incident happened, though it had been before: beyond its usual, and of what is too sparse. */
function unheardIn(
  streams: readonly JudgedStream[],
  question: CoverageQuestion,
  [from, to]: readonly [number, number],
): { readonly unusual: readonly StreamCoverage[]; readonly sparse: readonly StreamCoverage[] } {
  const [unusual, sparse]: [StreamCoverage[], StreamCoverage[]] = [[], []];
  for (const { stream, quiet } of quietsWithin(streams, question)) {
    // What was first heard in the incident is part of it: that it ended says nothing.
    if (quiet.first >= from) continue;
    const told: StreamCoverage = { stream, status: 'silent', from: quiet.from, to: quiet.to, because: quiet.because };
    if (quiet.isUnusual) unusual.push(told);
    else if (quiet.from <= from && quiet.to >= Math.min(to, endOf(streams))) sparse.push(told);
  }
  return { unusual, sparse };
}

/** Until when the streams were judged. */
const endOf = oncePer((streams: readonly StreamCoverage[]) => streams.reduce((end, one) => Math.max(end, one.to), 0));

/** Without what is only for judging. */
function asTold({ stream, status, from, to, because, cause }: StreamCoverage): StreamCoverage {
  return { stream, status, from, to, because, ...(cause === undefined ? {} : { cause }) };
}

interface Placed {
  readonly place: number;
  readonly one: StreamCoverage;
}

/** Streams by host, with their places in the list: one list is asked about many incidents. */
const byHost = oncePer((streams: readonly StreamCoverage[]): ReadonlyMap<string, readonly Placed[]> => {
  const hosts = new Map<string, Placed[]>();
  for (const [place, one] of streams.entries()) {
    const host = hostOfStream(one.stream);
    const known = hosts.get(host);
    if (known === undefined) hosts.set(host, [{ place, one }]);
    else known.push({ place, one });
  }
  return hosts;
});

/**
 * Streams of no host that an entity of the incident should be told by, and that were out: where a product said nothing
 * at all of an incident, nothing else asks for it.
 */
function missedOf(expectations: readonly Expectation[]): ReadonlySet<string> {
  const amiss = expectations.filter(({ status }) => GAPS.has(status) && status !== 'never');
  return new Set(amiss.flatMap(one => one.streams.filter(stream => hostOfStream(stream) === '*')));
}

/** With the keys that the inventory gives to somebody who is involved by another name: what they do shows there too. */
function withOtherNames(question: CoverageQuestion, inventory: Inventory | undefined): CoverageQuestion {
  const entities = new Map(question.entities);
  for (const { aliases } of inventory?.records ?? []) {
    if (!aliases.some(alias => question.entities?.has(alias) === true)) continue;
    for (const alias of aliases.filter(one => one.startsWith(KEY_ALIAS))) {
      const label = alias.slice(KEY_ALIAS.length);
      const isKnown = [...entities.keys()].some(key => key.toLowerCase() === alias.toLowerCase());
      if (!isKnown) entities.set(alias, { key: alias, label, entityClass: 'cloud_principal' });
    }
  }
  return { ...question, entities };
}

const KEY_ALIAS = 'access_key:';

/** The streams of these hosts, and those of no host that send these products, in the order of the list. */
function concerning(
  { hosts, products }: CoverageQuestion,
  streams: readonly StreamCoverage[],
  missed: ReadonlySet<string>,
): readonly StreamCoverage[] {
  const known = byHost(streams);
  const ofNoHost = (known.get('*') ?? []).filter(
    // What stopped everything concerns every incident.
    ({ one: { stream } }) =>
      stream === EVERY_STREAM || missed.has(stream) || products.has(stream.slice(stream.indexOf('|') + 1)),
  );
  return [...hosts]
    .filter(host => host !== '*')
    .flatMap(host => known.get(host) ?? [])
    .concat(ofNoHost)
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

/** Required: a stream of one of the incident's own hosts was out while it happened, and not only around it. */
function gapOf(
  { stream, status, from, to, because }: StreamCoverage,
  question: CoverageQuestion,
  critical: ReadonlySet<string>,
): Gap {
  const isDuring = from <= question.to && to >= question.from;
  const isOwn = !stream.startsWith('*|') || stream === EVERY_STREAM;
  const counts = status !== 'never' || critical.has(hostOfStream(stream));
  return { stream, from, to, isRequired: isOwn && counts && isDuring, because };
}

/**
 * Kinds of telemetry that a host in the inventory should have and never had. Of a host of high criticality the missing
 * endpoint telemetry is required: what was never looked at ranks with the worst that it could have shown.
 */
function neverOnboarded(
  expectations: readonly Expectation[],
  told: readonly StreamCoverage[],
  { from, to }: CoverageQuestion,
  critical: ReadonlySet<string>,
): readonly Gap[] {
  const silentWhole = new Set(told.filter(one => one.status === 'never').map(one => hostOfStream(one.stream)));
  return expectations.flatMap(one => {
    const host = one.entity.toLowerCase();
    if (one.status !== 'never' || !critical.has(host) || silentWhole.has(host) || one.kind !== 'endpoint') return [];
    return [{ stream: `${host}|${TELEMETRY_TEXT[one.kind]}`, from, to, isRequired: true, because: one.because }];
  });
}

/** Hosts of high or critical worth, by every name that the inventory gives them. Lower case. */
function criticalHosts(inventory: Inventory | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const record of inventory?.records ?? []) {
    if (record.kind !== 'host' || (record.criticality !== 'high' && record.criticality !== 'critical')) continue;
    names.add(record.name.toLowerCase());
    for (const alias of record.aliases)
      if (alias.startsWith('host:')) names.add(alias.slice('host:'.length).toLowerCase());
  }
  return names;
}

const hostOfStream = (stream: string): string => stream.slice(0, stream.indexOf('|')).toLowerCase();

/** Hosts of the incident that the inventory lists and that nothing was ever heard of. */
function neverHeard(
  { hosts, from, to }: CoverageQuestion,
  streams: readonly StreamCoverage[],
  inventory: Inventory | undefined,
): readonly StreamCoverage[] {
  const sending = byHost(streams);
  const listed = new Set<string>();
  for (const record of inventory?.records ?? []) {
    if (record.kind !== 'host') continue;
    listed.add(record.name.toLowerCase());
    for (const alias of record.aliases)
      if (alias.startsWith('host:')) listed.add(alias.slice('host:'.length).toLowerCase());
  }
  return [...hosts]
    .filter(host => listed.has(host) && !sending.has(host))
    .sort()
    .map(host => ({
      stream: `${host}|any product`,
      status: 'never',
      from,
      to,
      because: 'the inventory lists this host, and no record of it was ever heard',
    }));
}
