import type { Secret } from '../../../ports/responder.ts';
import { NoAnswer } from '../wire-text.ts';
import type { HttpAnswer } from './ask-http.ts';
import { denied, type HttpRequest, jsonOf, look, send } from './vendor-http.ts';

/** What is said to one API with one credential. Paths start with a slash and stay below the address that was set. */
export interface VendorClient {
  /** The JSON at a path; undefined where there is nothing. Rejects with Denied for any other answer. */
  get(path: string): Promise<unknown>;
  /** {@link get}, with the product's own mark of that version (`ETag`); empty where it gives none. */
  getTagged(path: string): Promise<{ readonly body: unknown; readonly tag: string } | undefined>;
  /** All entries of a list that is told in pages. Rejects where it has no end. */
  list(path: string, page: Paging): Promise<readonly unknown[]>;
  /** One change, sent once; with `ifTag`, for that version alone. Rejects with Denied where the product says no. */
  change(method: HttpRequest['method'], path: string, body?: object, ifTag?: string): Promise<HttpAnswer>;
}

/** How a product tells a list in pages. */
export interface Paging {
  /** The entries of a page. */
  entries(body: unknown): readonly unknown[];
  /** The path of the next page; undefined after the last. `base` is the address that a link has to be below. */
  next(answered: HttpAnswer, body: unknown, base: string): string | undefined;
}

/** More pages than this have no end that is waited for. */
const PAGES_MAX = 20;

/** Headers that prove who asks. Whatever it asks for first (a token) it asks for itself, and rejects where it gets none. */
export type Authorize = (request: HttpRequest) => Promise<{ readonly [name: string]: string }>;

export interface ClientOptions {
  /** The address that everything stays below, without a slash at its end. */
  readonly base: string;
  readonly timeoutMs: number;
  readonly authorize: Authorize;
  readonly headers: { readonly [name: string]: string };
}

export function vendorClient({ base, timeoutMs, authorize, headers }: ClientOptions): VendorClient {
  const signed = async (request: HttpRequest): Promise<HttpRequest> => ({
    ...request,
    headers: { ...request.headers, ...(await authorize(request)) },
  });
  const page = async (path: string): Promise<HttpAnswer | undefined> => {
    const answered = await look(await signed({ method: 'GET', url: base + path, headers }), timeoutMs);
    if (answered.status === 404) return undefined;
    if (answered.status !== 200) throw denied(answered);
    return answered;
  };
  return {
    async get(path) {
      const answered = await page(path);
      return answered === undefined ? undefined : bodyOf(answered);
    },
    async getTagged(path) {
      const answered = await page(path);
      return answered === undefined ? undefined : { body: bodyOf(answered), tag: answered.headers.etag ?? '' };
    },
    async list(path, { entries, next }) {
      const all: unknown[] = [];
      let at: string | undefined = path;
      for (let count = 0; at !== undefined; count++) {
        if (count === PAGES_MAX) throw new NoAnswer('the list is too long');
        const answered: HttpAnswer | undefined = await page(at);
        if (answered === undefined) return all;
        const body = bodyOf(answered);
        all.push(...entries(body));
        at = next(answered, body, base);
      }
      return all;
    },
    async change(method, path, body, ifTag) {
      const answered = await send(
        await signed({
          method,
          url: base + path,
          headers: {
            ...headers,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(ifTag === undefined ? {} : { 'if-match': ifTag }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
        timeoutMs,
      );
      if (answered.status < 200 || answered.status > 299) throw denied(answered);
      return answered;
    },
  };
}

function bodyOf({ text }: HttpAnswer): unknown {
  const body = jsonOf(text);
  if (body === undefined) throw new NoAnswer('the answer is not JSON');
  return body;
}

/** The next page as a `Link` header names it (RFC 8288), where it leads to the same API. */
export function linkedPage({ headers }: HttpAnswer, _body: unknown, base: string): string | undefined {
  const [, url] = /<([^>]+)>\s*;\s*rel="?next"?/.exec([headers['link']].flat().join()) ?? [];
  return url === undefined ? undefined : pathBelow(base, url);
}

/** A link as a path below the address that was set. One that leads elsewhere is not followed: our credential would go with it. */
export function pathBelow(base: string, url: string): string {
  if (!url.startsWith(`${base}/`)) throw new NoAnswer('the answer leads elsewhere');
  return url.slice(base.length);
}

/** The credential as it is, in the scheme that the product names. */
export function bearer(secret: Secret, scheme = 'Bearer'): Authorize {
  return async () => ({ authorization: `${scheme} ${secret.reveal()}` });
}
