import { inertLine } from '../../../base/inert.ts';

/** A value longer than this is cut, and says so. */
const CODE_CHARS_MAX = 4_000;

/**
 * Text whose writer may be an attacker, for a line of Markdown: a code span (CommonMark 6.1). In it nothing is markup, a
 * link, an image, a mention or HTML, in CommonMark and in GitHub's dialect; no text can end it before its end, and no
 * character of it is unseen. It stands behind other text of its line, and in no table.
 */
export function markdownCode(text: string): string {
  const line = inertLine(text);
  const shown = line.length > CODE_CHARS_MAX ? `${line.slice(0, CODE_CHARS_MAX).toWellFormed()}…` : line;
  if (shown.trim() === '') return '(empty)';
  const longest = [...shown.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${shown} ${fence}`;
}
