import { createHmac } from 'node:crypto';
import type { Notifier } from '../../ports/notifier.ts';
import { hookTrouble, post } from '../shared/post.ts';

const SECRET_CHARACTERS_MIN = 32;

/**
 * Any hook, signed as deliveries to us are: HMAC-SHA-256 over timestamp, id and body. The id is the notice's own, also
 * where it comes twice, so that whoever keeps ids takes it once.
 */
export const webhook: Notifier = {
  kind: 'webhook',
  title: 'Signed webhook',
  check: ({ config, credential }) =>
    hookTrouble(config.url, config.mayBePrivate) ??
    (credential.length < SECRET_CHARACTERS_MIN
      ? `its secret has at least ${SECRET_CHARACTERS_MIN} characters.`
      : undefined),
  tell: (channel, { notice, isRepeat }, signal) => {
    const body = JSON.stringify({ ...notice, isRepeat: isRepeat ? 'yes' : 'no' });
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const headers = {
      'x-countersign-delivery': notice.id,
      'x-countersign-timestamp': timestamp,
      'x-countersign-signature': signatureOf(channel.credential, timestamp, notice.id, body),
    };
    return post(channel, { url: new URL(channel.config.url), headers, body }, signal);
  },
};

export function signatureOf(secret: string, timestamp: string, id: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${id}.`).update(body).digest('hex')}`;
}
