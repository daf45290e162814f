import type { Telling } from '../../ports/notifier.ts';

/** Said where a notice may have arrived before, because its sending was cut off. */
export const REPEAT_TEXT =
  'You may have had this before: its sending was cut off, and whether it arrived is not known. It is sent at most once more.';

/** The last line of everything that people read. */
export const NO_AUTHORITY_TEXT =
  'A link here opens a page and decides nothing. No answer to this message is read, and nothing can be approved from here.';

/** The name behind a text, in quotation marks so that its end is seen. */
export function withName(text: string, name: string): string {
  return name === '' ? text : `${text} Name: "${name}".`;
}

export function moreText({ notice }: Telling): string {
  return notice.more === '0' ? '' : `And ${notice.more} more, which are on the page.`;
}
