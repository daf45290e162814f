import type { Id } from '../../base/id.ts';
import { MS_PER_DAY, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Severity } from '../../model/alert.ts';
import type { Handover, HandoverLine, HandoverPart, HandoverPlace, HandoverSection } from '../../model/api-handover.ts';
import type { ProposalRow } from '../../model/api-proposals.ts';
import { type StreamCoverage, streamText } from '../../model/coverage.ts';
import { durationText } from './duration-text.ts';
import { decidedLine } from './handover-decided.ts';

/** Some of many, and how many there are. */
export interface Some<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** An incident as a line names it. */
export interface IncidentBrief {
  readonly id: Id<'incident'>;
  readonly title: string;
  readonly severity: Severity;
  readonly alertCount: number;
  /** A name; empty where nobody owns it. */
  readonly owner: string;
  readonly coverageText: string;
}

/** What people and the executor did. */
export type Decided =
  | {
      readonly kind: 'review';
      readonly by: string;
      readonly verdict: string;
      readonly at: UnixMs;
      readonly proposal: ProposalRow;
    }
  | {
      readonly kind: 'outcome';
      readonly outcome: string;
      readonly because: string;
      readonly at: UnixMs;
      readonly proposal: ProposalRow;
    }
  | {
      readonly kind: 'withdrawn';
      readonly by: string;
      readonly reason: string;
      readonly at: UnixMs;
      readonly proposal: ProposalRow;
    }
  | { readonly kind: 'expired'; readonly at: UnixMs; readonly proposal: ProposalRow }
  | {
      readonly kind: 'kill_switch';
      readonly isOn: boolean;
      readonly by: string;
      readonly reason: string;
      readonly at: UnixMs;
    };

/** How much came in over a span. */
export interface CameIn {
  readonly records: number;
  readonly kept: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/** A rule among the alerts that were looked at. */
export interface NoisyRule {
  readonly rule: string;
  readonly title: string;
  readonly alerts: number;
  /** Of these those that repeat another one. */
  readonly repeats: number;
  readonly incident: Id<'incident'>;
}

export interface Rules {
  readonly rows: readonly NoisyRule[];
  /** Alerts that were looked at: the newest of the span, up to a bound. */
  readonly looked: number;
  readonly repeats: number;
  readonly isCut: boolean;
}

export interface OpenedIncidents {
  /** The gravest first. */
  readonly rows: readonly IncidentBrief[];
  readonly bySeverity: ReadonlyMap<Severity, number>;
  /** There are more than were counted. */
  readonly isCut: boolean;
}

export interface ChangedIncident extends IncidentBrief {
  readonly joined: number;
  readonly owned: number;
  readonly notes: number;
  /** Merged, split, detached or undone. */
  readonly moved: number;
}

/** Everything that a handover is written from. */
export interface HandoverFacts {
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly now: UnixMs;
  /** Streams with a gap now. */
  readonly silent: readonly StreamCoverage[];
  /** Those that run out first come first. */
  readonly reviews: Some<ProposalRow>;
  readonly doubt: Some<ProposalRow>;
  /** The gravest first. */
  readonly unowned: Some<IncidentBrief>;
  readonly news: Some<{
    readonly incident: Id<'incident'>;
    readonly title: string;
    readonly stream: string;
    readonly records: number;
    readonly arrivedAt: UnixMs;
  }>;
  /** By time. */
  readonly decided: Some<Decided>;
  readonly opened: OpenedIncidents;
  readonly changed: Some<ChangedIncident> & { readonly isCut: boolean };
  readonly cameIn: CameIn;
  readonly quarantine: readonly { readonly source: string; readonly code: string; readonly records: number }[];
  readonly rules: Rules;
  /** Of the span before, as long as this one; where there is one, what is counted is compared with it. */
  readonly before: { readonly opened: OpenedIncidents; readonly cameIn: CameIn; readonly rules: Rules } | undefined;
}

/** Streams that are named one by one. */
const SILENT_MAX = 12;

export const words = (text: string): HandoverPart => ({ words: text });
export const value = (text: string): HandoverPart => ({ value: text });

/**
 * What somebody who takes over has to know: what cannot be seen now, what waits for a person, what was decided and done
 * and by whom, what is new and what changed. Every line is a template over facts and leads to what it is about. Nobody is
 * counted or ranked.
 */
export function handoverOf(facts: HandoverFacts): Handover {
  const { from, to, now } = facts;
  return {
    from: rfc3339(from),
    to: rfc3339(to),
    writtenAt: rfc3339(now),
    sections: [
      silentSection(facts),
      section(
        'reviews',
        'Waiting for a review',
        some(facts.reviews, row => reviewLine(row, now)),
        'Nothing waits for a review.',
      ),
      section('doubt', 'Acts in doubt', some(facts.doubt, doubtLine), 'No act is in doubt.'),
      section(
        'unowned',
        'Grave incidents that nobody owns',
        some(facts.unowned, briefLine),
        'Somebody owns every grave incident.',
      ),
      section('news', 'Arrived after somebody judged without it', some(facts.news, newsLine), 'Nothing arrived late.'),
      section(
        'decided',
        'Decided, done and undone',
        some(facts.decided, decidedLine),
        'Nobody decided anything, and nothing was done.',
      ),
      openedSection(facts),
      section('changed', 'Open before, and changed', changedLines(facts), 'Nothing that was open before changed.'),
      section('intake', 'What came in', { lines: intakeLines(facts), more: 0 }, ''),
      section('rules', 'Noisiest rules', { lines: ruleLines(facts), more: 0 }, 'No alert was kept.'),
    ],
  };
}

interface Lines {
  readonly lines: readonly HandoverLine[];
  readonly more: number;
}

function section(id: HandoverSection['id'], title: string, { lines, more }: Lines, empty: string): HandoverSection {
  return { id, title, lines, more, empty };
}

function some<T>({ rows, total }: Some<T>, line: (row: T) => HandoverLine): Lines {
  return { lines: rows.map(line), more: Math.max(0, total - rows.length) };
}

const HEALTH: HandoverPlace = { kind: 'health' };

function silentSection({ silent }: HandoverFacts): HandoverSection {
  const lines = silent.slice(0, SILENT_MAX).map(
    ({ stream, because, from }): HandoverLine => ({
      text: [value(streamText(stream)), words(': '), value(because)],
      to: HEALTH,
      at: rfc3339(from),
      isGap: true,
    }),
  );
  const more = Math.max(0, silent.length - SILENT_MAX);
  return section('silent', 'Telemetry missing now', { lines, more }, 'Every stream that can be judged is heard.');
}

function reviewLine(row: ProposalRow, now: UnixMs): HandoverLine {
  const left = Date.parse(row.reviewBy) - now;
  const expires = left > 0 ? `expires in ${durationText(left)}` : 'expired';
  const blocked = row.blockedBy === '' ? '' : `${row.blockedBy}; `;
  return {
    text: [value(row.sentence), words(` (${row.tier}): ${blocked}${expires}`)],
    to: { kind: 'proposal', id: row.id },
    ...(left < MS_PER_DAY / 6 ? { isGap: true as const } : {}),
  };
}

function doubtLine(row: ProposalRow): HandoverLine {
  const what = row.state === 'in_doubt' ? 'whether it took effect is not known' : row.state.replaceAll('_', ' ');
  return {
    text: [value(row.sentence), words(` (${row.tier}): ${what}; somebody has to look`)],
    to: { kind: 'proposal', id: row.id },
    isGap: true,
  };
}

/** `"title": 12 alerts, owned by Ada; Wazuh on app-07 out for 40 min`. */
export function briefLine(brief: IncidentBrief): HandoverLine {
  const { id, title, severity, alertCount, owner, coverageText } = brief;
  return {
    text: [
      value(title),
      words(`: ${count(alertCount, 'alert')}, `),
      ...(owner === '' ? [words('nobody owns it')] : [words('owned by '), value(owner)]),
      ...(coverageText === '' ? [] : [words('; '), value(coverageText)]),
    ],
    to: { kind: 'incident', id },
    severity,
  };
}

function newsLine(news: HandoverFacts['news']['rows'][number]): HandoverLine {
  return {
    text: [
      value(news.title),
      words(`: ${count(news.records, 'record')} of `),
      value(streamText(news.stream)),
      words(' came late'),
    ],
    to: { kind: 'incident', id: news.incident },
    at: rfc3339(news.arrivedAt),
  };
}

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'unknown', 'low', 'informational'];

function openedSection({ opened, before }: HandoverFacts): HandoverSection {
  const told = SEVERITIES.flatMap(severity => {
    const many = opened.bySeverity.get(severity) ?? 0;
    return many === 0 ? [] : [`${many.toLocaleString('en')} ${severity}`];
  });
  const total = sum(opened.bySeverity.values());
  const lead: HandoverLine = {
    text: [
      words(
        `${opened.isCut ? 'More than ' : ''}${count(total, 'incident')}: ${told.join(', ')}${comparedWith(total, before === undefined ? undefined : sum(before.opened.bySeverity.values()), opened.isCut || before?.opened.isCut === true)}`,
      ),
    ],
    to: { kind: 'queue' },
  };
  const lines = total === 0 ? [] : [lead, ...opened.rows.map(briefLine)];
  const more = Math.max(0, total - opened.rows.length);
  return section('opened', 'Opened', { lines, more }, 'No incident was opened.');
}

function changedLines({ changed }: HandoverFacts): Lines {
  const lines = changed.rows.map((row): HandoverLine => {
    const what = [
      ...(row.joined > 0 ? [`${count(row.joined, 'alert')} more`] : []),
      ...(row.owned > 0 ? ['another owner'] : []),
      ...(row.moved > 0 ? ['alerts moved, merged or parted'] : []),
      ...(row.notes > 0 ? [count(row.notes, 'note')] : []),
    ].join(', ');
    const brief = briefLine(row);
    return { ...brief, text: [...brief.text, words(` · since: ${what}`)] };
  });
  const cut: HandoverLine = { text: [words('Only the newest changes of this span were read.')], to: { kind: 'queue' } };
  return { lines: changed.isCut ? [...lines, cut] : lines, more: Math.max(0, changed.total - changed.rows.length) };
}

function intakeLines({ cameIn, quarantine, rules, before }: HandoverFacts): readonly HandoverLine[] {
  const { records, kept, duplicate, quarantined } = cameIn;
  const repeats = rules.isCut
    ? `of the newest ${rules.looked.toLocaleString('en')} alerts ${percent(rules.repeats, rules.looked)} repeat another one and are folded into it`
    : `${rules.repeats.toLocaleString('en')} of ${rules.looked.toLocaleString('en')} alerts repeat another one and are folded into it`;
  return [
    {
      text: [
        words(
          `${count(records, 'record')}: ${kept.toLocaleString('en')} kept as alerts, ${duplicate.toLocaleString('en')} delivered before, ${quarantined.toLocaleString('en')} in quarantine${comparedWith(records, before?.cameIn.records, false)}`,
        ),
      ],
      to: HEALTH,
    },
    ...(rules.looked === 0 ? [] : [{ text: [words(repeats)], to: HEALTH }]),
    ...quarantine.map(
      ({ source, code, records: many }): HandoverLine => ({
        text: [words(`${count(many, 'record')} of `), value(source), words(` in quarantine: ${code}`)],
        to: HEALTH,
        isGap: true,
      }),
    ),
  ];
}

function ruleLines({ rules, before }: HandoverFacts): readonly HandoverLine[] {
  const then = new Map(before?.rules.rows.map(one => [one.rule, one.alerts]));
  return rules.rows.map(({ rule, title, alerts, repeats, incident }) => {
    const was = before === undefined || before.rules.looked === 0 ? undefined : (then.get(rule) ?? 0);
    const trend = was === undefined ? '' : `; the span before ${percent(was, before?.rules.looked ?? 1)}`;
    const among = rules.isCut ? `of the newest ${rules.looked.toLocaleString('en')} alerts` : 'of all alerts';
    return {
      text: [
        value(title),
        words(
          `: ${count(alerts, 'alert')}, ${percent(alerts, rules.looked)} ${among}${repeats > 0 ? `, ${repeats.toLocaleString('en')} of them repeats` : ''}${trend}`,
        ),
      ],
      to: { kind: 'incident', id: incident },
    };
  });
}

/** `; 1,204 the span before`. A number that is not whole is compared with nothing. */
function comparedWith(_now: number, before: number | undefined, isCut: boolean): string {
  return before === undefined || isCut ? '' : `; the span before ${before.toLocaleString('en')}`;
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const one of counts) total += one;
  return total;
}

function count(many: number, what: string): string {
  return `${many.toLocaleString('en')} ${many === 1 ? what : `${what}s`}`;
}

function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  return `${share > 0 && share < 1 ? 'under 1' : Math.round(share)} %`;
}

/** How long a span is, as its heading says it. */
export function spanName({ from, to }: Pick<Handover, 'from' | 'to'>): string {
  const ms = unixMsFrom(Date.parse(to) - Date.parse(from));
  return durationText(ms);
}
