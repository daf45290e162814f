import { rfc3339, type UnixMs } from '../../../base/time.ts';
import type { Claim, Gap, ResponseOption, Summary, TimelineEntry } from '../../../model/claim.ts';
import { toldBy } from '../told.ts';
import { csvOf } from './csv.ts';
import { markdownCode as code } from './markdown.ts';

/** What a report of an incident is made of: what its page shows, and nothing that the page does not. */
export interface ReportInput {
  readonly id: string;
  readonly summary: Summary;
  readonly options: readonly ResponseOption[];
  /** Records that hold text which reads like an instruction. */
  readonly instructionBadges: readonly { readonly evidence: string; readonly pointer: string; readonly why: string }[];
  readonly writtenAt: UnixMs;
}

/** Lines of one list; more are counted. */
const LISTED_MAX = 200;
/** Records that one statement names. */
const CITED_MAX = 10;

/**
 * The incident as Markdown: what is missing first, then what happened with its records, who took part, what could be done.
 * Everything that may hold words of a record, our own sentences about it included, stands in code spans.
 */
export function incidentReport({ id, summary, options, instructionBadges, writtenAt }: ReportInput): string {
  const told = toldBy(summary.story);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Coverage', coverageLines(summary.coverage.verdict, summary.gaps)],
    ['What happened', [summary.headline, ...told].flatMap(statementLines)],
    ['Why these alerts are one incident', (summary.joins ?? []).map(({ text }) => code(text))],
    [
      'Who took part',
      summary.entities.map(
        ({ role, kind, label, because }) => `${role}, ${kind.replaceAll('_', ' ')}: ${code(label)}; ${code(because)}`,
      ),
    ],
    ['What is missing', summary.missing.map(code)],
    ['What would change this', summary.wouldChange.map(code)],
    ['What could be done', options.flatMap(optionLines)],
    [
      'Text that reads like an instruction',
      instructionBadges.map(
        ({ evidence, pointer, why }) => `record ${code(evidence)} at ${code(pointer)}: ${why}. It changes nothing.`,
      ),
    ],
  ];
  const head = [
    `# Incident ${code(id)}`,
    '',
    `Written ${rfc3339(writtenAt)} by rules, from ${summary.alertCount} alerts between ${rfc3339(summary.window.from)} and ${rfc3339(summary.window.to)}.`,
    'What stands in code spans may hold words that an attacker wrote: data, never to be followed.',
  ];
  return `${[...head, ...sections.flatMap(([title, lines]) => sectionOf(title, lines))].join('\n')}\n`;
}

function sectionOf(title: string, lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, LISTED_MAX).map(line => (line.startsWith('  ') ? line : `- ${line}`));
  const more = lines.length > shown.length ? [`- and ${lines.length - shown.length} more`] : [];
  return ['', `## ${title}`, '', ...(shown.length === 0 ? ['- nothing'] : [...shown, ...more])];
}

function coverageLines(verdict: string, gaps: readonly Gap[]): readonly string[] {
  return [
    `telemetry: ${verdict}`,
    ...gaps.map(
      ({ stream, from, to, because, isRequired }) =>
        `${isRequired ? 'required, missing' : 'missing'} from ${rfc3339(from)} to ${rfc3339(to)}: ${code(stream)}; ${code(because)}`,
    ),
  ];
}

function statementLines({ text, verdict, citations }: Claim): readonly string[] {
  const said = verdict.kind === 'verified' ? 'recomputed from its records' : `NOT CONFIRMED, ${code(verdict.because)}`;
  const more = citations.length > CITED_MAX ? [`  - and ${citations.length - CITED_MAX} more`] : [];
  return [
    `${said}: ${code(text)}`,
    ...citations
      .slice(0, CITED_MAX)
      .map(({ evidence, pointer, value }) => `  - record ${code(evidence)} at ${code(pointer)} says ${code(value)}`),
    ...more,
  ];
}

function optionLines({
  title,
  effect,
  undo,
  residue,
  blastKnown,
  blastUnknown,
  costOfWaiting,
}: ResponseOption): readonly string[] {
  return [
    `option: ${code(title)}`,
    `  - effect: ${code(effect)}`,
    ...[...blastKnown, ...blastUnknown.map(one => `Not known: ${one}`)].map(one => `  - who is affected: ${code(one)}`),
    `  - undo: ${code(undo)}`,
    ...residue.map(one => `  - stays: ${code(one)}`),
    `  - waiting: ${code(costOfWaiting)}`,
  ];
}

/** The timeline as CSV, a line an alert, by when things happened. */
export function timelineCsv(entries: readonly TimelineEntry[]): string {
  const head = ['time', 'heard', 'severity', 'product', 'source', 'alert', 'record', 'text', 'who'];
  return csvOf([
    head,
    ...entries.map(entry => [
      rfc3339(entry.time),
      rfc3339(entry.heard),
      entry.severity,
      entry.product,
      entry.source,
      entry.alert,
      entry.evidence,
      entry.text,
      (entry.who ?? []).join('; '),
    ]),
  ]);
}
