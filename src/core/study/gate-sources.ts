import type { Alert } from '../../model/alert.ts';
import type { Gap } from '../../model/claim.ts';
import { type Coverage, EVERY_STREAM, type StreamStatus, streamText } from '../../model/coverage.ts';
import { TELEMETRY_TEXT, type TelemetryKind, telemetryOf } from '../../model/telemetry.ts';
import { hostOfAlert } from './coverage-for.ts';
import { withArticle } from './enrich/address.ts';
import type { Subject } from './subjects.ts';

/** One source of those that an option rests on. */
export interface SourceStanding {
  /** As people say it: `Wazuh on app-07`. */
  readonly source: string;
  /** `apart`: too sparse to judge, never onboarded, or told by another sensor of its kind. It counts neither way. */
  readonly standing: 'present' | 'absent' | 'apart';
  readonly because: string;
}

/** What the sources of an option are read from. */
export interface SourcesInput {
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
}

const AMISS: ReadonlySet<StreamStatus> = new Set(['silent', 'degraded', 'late']);

/** Where a technique shows, by the beginning of its id: on the machine, on the wire, with whoever signs people in. */
const SHOWS_IN: readonly (readonly [start: string, kind: TelemetryKind])[] = [
  ['T1003', 'endpoint'],
  ['T1021', 'authentication'],
  ['T1041', 'network'],
  ['T1046', 'network'],
  ['T1048', 'network'],
  ['T1053', 'endpoint'],
  ['T1055', 'endpoint'],
  ['T1059', 'endpoint'],
  ['T1071', 'network'],
  ['T1078', 'authentication'],
  ['T1110', 'authentication'],
  ['T1204', 'endpoint'],
  ['T1486', 'endpoint'],
  ['T1543', 'endpoint'],
  ['T1547', 'endpoint'],
  ['T1550', 'authentication'],
  ['T1552', 'endpoint'],
  ['T1555', 'endpoint'],
  ['T1558', 'authentication'],
  ['T1562', 'endpoint'],
  ['T1566', 'mail'],
  ['T1567', 'network'],
];

/**
 * The sources that an option rests on by the alerts that it cites, and how each stood while they happened:
 * - each stream that told one of its claims. That it is too sparse to judge takes nothing from a record that is there.
 * - each other stream of a host on which a claim stands. One that was silent is absent, unless the option cites another
 *   sensor of the same kind on the same host: that raises the tier as a gap, and takes no support away.
 * - each kind of telemetry that the target should have by its class, and each in which the techniques of the claims show.
 */
export function sourcesOf(
  subject: Pick<Subject, 'record' | 'keys'> | undefined,
  cited: readonly Alert[],
  input: SourcesInput,
): readonly SourceStanding[] {
  const own = new Set(cited.map(streamOf));
  const hosts = new Set(cited.flatMap(alert => hostOfAlert(alert) ?? []));
  const found = new Map<string, SourceStanding>();
  const add = (source: string, standing: SourceStanding['standing'], because: string): void => {
    const known = found.get(source);
    // Of two findings on one source the worse speaks.
    if (known === undefined || (known.standing !== 'absent' && standing === 'absent'))
      found.set(source, { source, standing, because });
  };
  for (const stream of own) {
    const finding = findingOn(stream, input, cited);
    add(streamText(stream), finding === undefined ? 'present' : 'absent', finding ?? 'its records are cited');
  }
  for (const { stream, status, because } of input.coverage.streams) {
    const host = hostPart(stream);
    if (own.has(stream) || !(hosts.has(host) || stream === EVERY_STREAM)) continue;
    const isOut = isDuring(stream, input, cited) && AMISS.has(status);
    const isTold = isOut && stream !== EVERY_STREAM && hasTwin(stream, own);
    const standing = isTold || status === 'cannot_tell' || status === 'never' ? 'apart' : isOut ? 'absent' : 'present';
    add(streamText(stream), standing, isTold ? `${because}; another sensor of its kind on ${host} is cited` : because);
  }
  for (const gap of input.gaps) {
    const isHere = hosts.has(hostPart(gap.stream)) || gap.stream === EVERY_STREAM;
    if (gap.isRequired && isHere && !own.has(gap.stream) && !hasTwin(gap.stream, own))
      add(streamText(gap.stream), 'absent', gap.because);
  }
  for (const one of ofClass(subject, cited, hosts, input)) add(one.source, one.standing, one.because);
  return [...found.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

/** The stream that something is told best by, and the sources that it rests on then. */
export interface BestStream {
  readonly stream: string;
  readonly sources: readonly SourceStanding[];
}

/**
 * The one stream that tells best of what stands in all these alerts, with its sources: of each stream its own standing, and
 * that of everything else on its hosts, whatever the others say. One stream that was whole is enough to know that an
 * address was there. With a source less there are fewer streams to choose from, and none of them stands better; were they
 * weighed together, a source would take the gaps of its host along, and what is left would look more complete than before.
 */
export function bestStreamOf(alerts: readonly Alert[], input: SourcesInput): BestStream {
  const byStream = new Map<string, Map<string, Alert>>();
  for (const alert of alerts) {
    const stream = streamOf(alert);
    const kept = byStream.get(stream) ?? new Map<string, Alert>();
    byStream.set(stream, kept);
    // What is read off them is when they began and ended and which techniques they show, and there may be a million of them.
    if (timeOf(alert) <= timeOf(kept.get('first') ?? alert)) kept.set('first', alert);
    if (timeOf(alert) >= timeOf(kept.get('last') ?? alert)) kept.set('last', alert);
    for (const technique of alert.techniques) if (!kept.has(technique)) kept.set(technique, alert);
  }
  const standings = [...byStream]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([stream, kept]): BestStream => ({ stream, sources: sourcesOf(undefined, [...new Set(kept.values())], input) }),
    );
  const [first = NO_STREAM, ...rest] = standings;
  return rest.reduce((best, one) => (shareThere(one.sources) > shareThere(best.sources) ? one : best), first);
}

const NO_STREAM: BestStream = { stream: '', sources: [] };

const timeOf = ({ occurredAt, receivedAt }: Alert): number => occurredAt ?? receivedAt;

/** Of the sources that can be judged the share that was there; 0 where none can. */
export function shareThere(sources: readonly SourceStanding[]): number {
  const judged = sources.filter(({ standing }) => standing !== 'apart');
  return judged.length === 0 ? 0 : judged.filter(({ standing }) => standing === 'present').length / judged.length;
}

/** As coverage names streams: a product that speaks for no machine is one stream for all. */
export function streamOf(alert: Alert): string {
  return `${hostOfAlert(alert) ?? '*'}|${alert.product}`;
}

const hostPart = (stream: string): string => stream.slice(0, stream.indexOf('|')).toLowerCase();
const productPart = (stream: string): string => stream.slice(stream.indexOf('|') + 1);

/** Why a stream counts as not there while the claims happened; undefined where it was. */
function findingOn(stream: string, { coverage, gaps }: SourcesInput, cited: readonly Alert[]): string | undefined {
  const amiss = coverage.streams.find(one => one.stream === stream && AMISS.has(one.status));
  if (amiss !== undefined && isDuring(stream, { coverage, gaps }, cited)) return amiss.because;
  return gaps.find(gap => gap.stream === stream && gap.isRequired)?.because;
}

/** Whether the stream was out between the first and the last of the incident's own moments, and not only around them. */
function isDuring(
  stream: string,
  { coverage, gaps }: Pick<SourcesInput, 'coverage' | 'gaps'>,
  cited: readonly Alert[],
): boolean {
  if (gaps.some(gap => gap.stream === stream && gap.isRequired)) return true;
  const times = cited.map(timeOf);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return coverage.streams.some(
    one => one.stream === stream && AMISS.has(one.status) && one.from <= to && one.to >= from,
  );
}

/** Whether a cited stream of the same host gives every kind of telemetry that this one gives. */
function hasTwin(stream: string, own: ReadonlySet<string>): boolean {
  const kinds = telemetryOf(productPart(stream));
  if (kinds === undefined) return false;
  const twins = [...own].filter(other => other !== stream && hostPart(other) === hostPart(stream));
  return kinds.every(kind => twins.some(other => telemetryOf(productPart(other))?.includes(kind) === true));
}

/** What the target's class and the claims' techniques let us expect. */
function ofClass(
  subject: Pick<Subject, 'record' | 'keys'> | undefined,
  cited: readonly Alert[],
  hosts: ReadonlySet<string>,
  { coverage }: SourcesInput,
): readonly SourceStanding[] {
  const names = subject === undefined ? new Set<string>() : namesOf(subject);
  const techniques = cited.flatMap(alert => alert.techniques);
  const shown = new Set(
    SHOWS_IN.filter(([start]) => techniques.some(id => id.startsWith(start))).map(([, kind]) => kind),
  );
  const own = new Set(cited.map(streamOf));
  return (coverage.expectations ?? []).flatMap(
    ({ entity, kind, status, streams, because }): readonly SourceStanding[] => {
      const isTarget = names.has(entity.toLowerCase());
      const isPlace = hosts.has(entity.toLowerCase()) && shown.has(kind);
      if (!isTarget && !isPlace) return [];
      const source = `${withArticle(TELEMETRY_TEXT[kind])} of ${isTarget && subject !== undefined ? subject.record.name : entity}`;
      // A record that is there was heard, however its kind stood otherwise.
      const isCited = isPlace && !isTarget && streams.some(stream => own.has(stream));
      const isOut = AMISS.has(status) && !isCited;
      return [{ source, standing: status === 'heard' ? 'present' : isOut ? 'absent' : 'apart', because }];
    },
  );
}

function namesOf({ record, keys }: Pick<Subject, 'record' | 'keys'>): ReadonlySet<string> {
  const aliases = [...record.aliases, ...keys].map(alias => alias.slice(alias.indexOf(':') + 1));
  return new Set([record.name, ...aliases].map(name => name.toLowerCase()));
}
