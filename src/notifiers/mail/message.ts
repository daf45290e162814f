import type { Telling } from '../../ports/notifier.ts';
import { moreText, NO_AUTHORITY_TEXT, REPEAT_TEXT, withName } from '../shared/words.ts';

/** An address as we take it: nothing that a header or a command of SMTP would read otherwise. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}$/;
const ADDRESS_CHARACTERS_MAX = 254;

export function isAddress(text: string): boolean {
  return text.length <= ADDRESS_CHARACTERS_MAX && ADDRESS.test(text);
}

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A notice as a mail: text and the same as plain HTML. No picture, no style from elsewhere, no link but ours. */
export function mailText(telling: Telling): MailText {
  const { notice } = telling;
  const more = moreText(telling);
  const isListed = notice.items.some(item => item.link === notice.link);
  const text = [
    ...(telling.isRepeat ? [REPEAT_TEXT, ''] : []),
    ...notice.items.flatMap(item => [withName(item.text, item.name), item.link, '']),
    ...(more === '' ? [] : [more, '']),
    ...(isListed ? [] : [notice.link, '']),
    NO_AUTHORITY_TEXT,
  ].join('\n');
  const items = notice.items.map(
    item => `<li>${escapeHtml(withName(item.text, item.name))}<br>${anchor(item.link)}</li>`,
  );
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Countersign</title></head><body>',
    telling.isRepeat ? `<p>${escapeHtml(REPEAT_TEXT)}</p>` : '',
    `<ul>${items.join('')}</ul>`,
    more === '' ? '' : `<p>${escapeHtml(more)}</p>`,
    isListed ? '' : `<p>${anchor(notice.link)}</p>`,
    `<p>${escapeHtml(NO_AUTHORITY_TEXT)}</p></body></html>`,
  ].join('');
  return { subject: notice.subject, text, html };
}

const anchor = (link: string): string => `<a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`;

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
