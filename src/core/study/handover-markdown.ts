import type { Handover, HandoverLine, HandoverPlace } from '../../model/api-handover.ts';
import { markdownCode } from './report/markdown.ts';

/**
 * A handover as Markdown for a ticket or a chat. Whatever somebody else may have written stands in a code span, in which
 * nothing is markup, a link or a mention; the only links are ours, to `origin`.
 */
export function handoverMarkdown({ from, to, writtenAt, sections }: Handover, origin: string): string {
  const told = sections.flatMap(({ title, lines, more, empty }) => {
    if (lines.length === 0 && empty === '') return [];
    const listed = lines.length === 0 ? [empty] : lines.map(line => `- ${lineOf(line, origin)}`);
    return [`## ${title}`, '', ...listed, ...(more > 0 ? [`- and ${more.toLocaleString('en')} more`] : []), ''];
  });
  return [
    `# Handover, ${minute(from)} to ${minute(to)} UTC`,
    '',
    ...told,
    `Written by rules at ${minute(writtenAt)} UTC.`,
    '',
  ].join('\n');
}

function lineOf({ text, to, at, severity }: HandoverLine, origin: string): string {
  const when = at === undefined ? '' : `${minute(at)} UTC: `;
  const grave = severity === undefined ? '' : `**${severity}** `;
  const said = text.map(part => ('words' in part ? part.words : markdownCode(part.value))).join('');
  return `${grave}${when}${said} ([open](${origin}${pathOf(to)}))`;
}

/** Where a place stands among the pages. */
export function pathOf(place: HandoverPlace): string {
  switch (place.kind) {
    case 'incident':
      return `/incidents/${place.id}`;
    case 'proposal':
      return `/proposals/${place.id}`;
    case 'queue':
      return '/';
    default:
      return `/${place.kind}`;
  }
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
