import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Reply } from './double.ts';

/** A request of the query API as one that the contract can have. */
export function translated(url: URL, body: string): { readonly url: URL; readonly body: string } {
  const given = new URLSearchParams(body === '' ? url.search : body);
  const action = given.get('Action') ?? '';
  given.delete('Action');
  return body === ''
    ? { url: new URL(`/${action}?${given}`, url), body: '' }
    : { url: new URL(`/${action}`, url), body: JSON.stringify(Object.fromEntries(given)) };
}

function element(name: string, value: unknown): string {
  if (Array.isArray(value)) return `<${name}>${value.map(one => element('member', one)).join('')}</${name}>`;
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, one]) => element(key, one))
          .join('')
      : String(value).replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`);
  return `<${name}>${inside}</${name}>`;
}

/** An answer of the query API: XML, its result in an element that the action names. */
export function encoded({ status, body }: Reply, name: string): string {
  const action = name.split('/').at(-1) ?? '';
  const inside = status === 200 ? { [`${action}Result`]: body, ResponseMetadata: { RequestId: 'r' } } : body;
  return `<?xml version="1.0"?>\n${element(status === 200 ? `${action}Response` : 'ErrorResponse', inside)}`;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Whose key signed a request, by Signature Version 4 worked out anew; undefined where the signature is another, or the request
 * is not of this minute.
 */
export function signerOf(
  request: IncomingMessage,
  body: string,
  secrets: ReadonlyMap<string, string>,
): string | undefined {
  const text = request.headers.authorization ?? '';
  const found =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/iam\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w{64})$/.exec(
      text,
    );
  const [, id = '', day = '', region = '', names = '', signature] = found ?? [];
  const secret = secrets.get(id);
  const date = String(request.headers['x-amz-date'] ?? '');
  if (secret === undefined || !names.split(';').includes('host') || !isNow(date)) return undefined;
  const url = new URL(request.url ?? '/', 'http://double');
  const query = [...url.searchParams]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&');
  const headers = names.split(';').map(name => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const canonical = [request.method, url.pathname, query, headers.join(''), names, sha256(body)].join('\n');
  const scope = `${day}/${region}/iam/aws4_request`;
  const key = [region, 'iam', 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, day));
  const right = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return right === signature ? id : undefined;
}

function isNow(date: string): boolean {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  return Math.abs(Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) - Date.now()) < 300_000;
}
