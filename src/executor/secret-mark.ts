import { createHmac } from 'node:crypto';

/** What a secret is known again by. Keyed by what this executor alone has, so that it tells nothing of the secret to anybody else. */
export function secretMark(key: string, secret: string): string {
  return createHmac('sha256', key).update(`countersign/secret-mark/v1\n${secret}`).digest('hex');
}
