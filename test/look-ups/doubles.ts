import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** What a double was asked, as it came in. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Double {
  readonly url: string;
  readonly asked: Asked[];
  /** Answers instead of the double for as long as it is set. */
  instead: ((request: Asked, response: ServerResponse) => void) | undefined;
  close(): Promise<void>;
}

type Answers = (request: Asked, response: ServerResponse) => void;

/** A real server on loopback that speaks one protocol as its documentation says, or misbehaves as a test says. */
export async function startDouble(
  answers: Answers,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Double> {
  const asked: Asked[] = [];
  const double: { instead: Double['instead'] } = { instead: undefined };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      asked.push(one);
      (double.instead ?? answers)(one, response);
    });
  };
  const server: Server = tls === undefined ? createServer(onRequest) : (createTlsServer(tls, onRequest) as Server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(double, {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: { readonly [name: string]: string } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export const VT_KEY = 'vt-key-of-the-test';
export const MISP_KEY = 'misp-key-of-the-test';
export const TAXII_KEY = 'taxii-password-of-the-test';
export const COLLECTION = '91a7b528-80eb-42ed-a74d-c6fbd5a26116';

/** VirusTotal v3: `known` by id (address, domain, hash, base64url of a URL). */
export function virusTotalDouble(known: ReadonlyMap<string, object>): Answers {
  return ({ path, headers }, response) => {
    if (headers['x-apikey'] !== VT_KEY)
      return json(response, 401, { error: { code: 'WrongCredentialsError', message: 'Wrong API key' } });
    const [, , , collection = '', id = ''] = path.split('/');
    const attributes = known.get(decodeURIComponent(id));
    if (!['ip_addresses', 'domains', 'files', 'urls'].includes(collection) || attributes === undefined)
      return json(response, 404, { error: { code: 'NotFoundError', message: `"${id}" not found` } });
    return json(response, 200, { data: { id, type: collection.replace(/s$/, ''), attributes } });
  };
}

/** MISP's `/attributes/restSearch`: every attribute whose value holds what was asked for, as its search does. */
export function mispDouble(attributes: readonly { readonly value: string; readonly type: string }[]): Answers {
  return ({ method, path, headers, body }, response) => {
    if (headers.authorization !== MISP_KEY)
      return json(response, 403, { name: 'Authentication failed.', message: 'Authentication failed.', url: path });
    if (method !== 'POST' || path !== '/attributes/restSearch') return json(response, 404, { name: 'Not Found' });
    const asked = JSON.parse(body) as { value: string; type: { OR: readonly string[] } };
    const found = attributes.filter(({ value, type }) => value.includes(asked.value) && asked.type.OR.includes(type));
    return json(response, 200, { response: { Attribute: found } });
  };
}

/** A TAXII 2.1 collection: `objects` in the order of being added, each with its date; pages of `pageMax`. */
export function taxiiDouble(
  objects: readonly { readonly added: string; readonly object: object }[],
  pageMax: number,
): Answers {
  return ({ path, headers }, response) => {
    const url = new URL(path, 'http://taxii.test');
    const type = { 'content-type': 'application/taxii+json;version=2.1' };
    if (headers.authorization !== `Basic ${Buffer.from(`analyst:${TAXII_KEY}`).toString('base64')}`)
      return json(response, 401, { title: 'Unauthorized' }, { ...type, 'www-authenticate': 'Basic realm="taxii"' });
    if (headers.accept !== 'application/taxii+json;version=2.1')
      return json(response, 406, { title: 'Not Acceptable' }, type);
    if (url.pathname !== `/api/collections/${COLLECTION}/objects/`)
      return json(response, 404, { title: 'Not found' }, type);
    const after = url.searchParams.get('added_after') ?? '';
    const matching = objects.filter(
      ({ added, object }) =>
        added > after &&
        (!url.searchParams.has('match[type]') ||
          ('type' in object && object.type === url.searchParams.get('match[type]'))),
    );
    const from = Number(url.searchParams.get('next') ?? 0);
    const page = matching.slice(from, from + pageMax);
    if (page.length === 0) return json(response, 200, {}, type);
    const more = from + pageMax < matching.length;
    return json(
      response,
      200,
      { more, ...(more ? { next: String(from + pageMax) } : {}), objects: page.map(({ object }) => object) },
      {
        ...type,
        'x-taxii-date-added-first': page[0]?.added ?? '',
        'x-taxii-date-added-last': page.at(-1)?.added ?? '',
      },
    );
  };
}
