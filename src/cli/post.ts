import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

/** Where records go, and the token that lets them in. */
export interface IngestTarget {
  readonly url: string;
  readonly token: string;
}

/** One request. The rest of the body is not sent once it is answered. */
export function post(
  url: URL,
  token: string,
  body: Readable,
  isCompressed: boolean,
): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
    };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(url, { method: 'POST', headers }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        // Refused before all was read: the rest is not sent.
        body.unpipe(sent);
        body.destroy();
        resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] });
      });
    });
    sent.on('error', reject);
    body.on('error', reject);
    body.pipe(sent);
  });
}

/** The sentence of a refusal. */
export function shownIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'shown' in value && typeof value.shown === 'string'
      ? value.shown
      : undefined;
  } catch {
    return undefined;
  }
}
