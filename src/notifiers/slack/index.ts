import type { Notifier, Telling } from '../../ports/notifier.ts';
import { hookTrouble, post } from '../shared/post.ts';
import { moreText, NO_AUTHORITY_TEXT, REPEAT_TEXT, withName } from '../shared/words.ts';

/**
 * Slack's incoming hook, and those of others that take the same (Mattermost, Rocket.Chat). A hook only goes out: nobody
 * in the chat can answer us, so nothing said there is a review.
 */
export const slack: Notifier = {
  kind: 'slack',
  title: 'Slack-compatible hook',
  check: ({ config, credential }) => hookTrouble(credential, config.mayBePrivate),
  tell: (channel, telling, signal) =>
    post(channel, { url: new URL(channel.credential), headers: {}, body: slackBody(telling) }, signal),
};

/** Nothing is unfurled (a preview would fetch our page), no markup is read, nobody is mentioned. */
export function slackBody(telling: Telling): string {
  const { notice } = telling;
  const lines = [
    escapeSlack(notice.subject),
    ...(telling.isRepeat ? [escapeSlack(REPEAT_TEXT)] : []),
    ...notice.items.map(item => `• ${escapeSlack(withName(item.text, item.name))} <${item.link}>`),
    escapeSlack(moreText(telling)),
    ...(notice.items.some(item => item.link === notice.link) ? [] : [`<${notice.link}>`]),
    escapeSlack(NO_AUTHORITY_TEXT),
  ];
  return JSON.stringify({
    text: lines.filter(line => line !== '').join('\n'),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    link_names: false,
    parse: 'none',
  });
}

/** The three characters that Slack gives a meaning; with them gone no text is a link, a mention or a command. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
