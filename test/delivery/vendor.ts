import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One record of a product, in the order in which the product made it. */
export interface Made {
  readonly at: number;
  readonly body: { readonly [key: string]: unknown };
}

/** A question as the product saw it. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body: unknown;
}

/** A product on loopback that answers as its vendor's documentation says. */
export interface Vendor {
  readonly url: string;
  readonly asked: Asked[];
  /** Answers before the product does; undefined lets the product answer. */
  interfere: (asked: Asked) => Answer | 'hang' | 'cut' | undefined;
  close(): Promise<void>;
}

export async function startVendor(answer: (asked: Asked, origin: string) => Answer): Promise<Vendor> {
  const asked: Asked[] = [];
  const vendor = { interfere: (_: Asked): Answer | 'hang' | 'cut' | undefined => undefined };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const one: Asked = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', origin),
        headers: request.headers,
        body,
      };
      asked.push(one);
      const answered = vendor.interfere(one) ?? answer(one, origin);
      if (answered === 'hang') return;
      if (answered === 'cut') {
        response.socket?.destroy();
        return;
      }
      response.writeHead(answered.status ?? 200, { 'content-type': 'application/json', ...answered.headers });
      response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body));
    });
  };
  const server: Server = createServer(serve);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return Object.assign(vendor, {
    url: origin,
    asked,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

const iso = (at: number) => new Date(at).toISOString();

/** Okta: in order of persistence, `Link: rel="next"` always, its cursor a place in that order. */
export function oktaLog(events: readonly Made[], pageSize: () => number, known: { isForgotten: boolean }) {
  return (asked: Asked, origin: string): Answer => {
    if (asked.url.pathname !== '/api/v1/logs') return { status: 404, body: { errorCode: 'E0000007' } };
    if (asked.headers.authorization !== 'SSWS good-token') return { status: 401, body: { errorCode: 'E0000011' } };
    const after = asked.url.searchParams.get('after');
    if (after !== null && known.isForgotten) {
      known.isForgotten = false;
      return { status: 400, body: { errorCode: 'E0000001', errorSummary: 'Api validation failed: after' } };
    }
    const since = Date.parse(asked.url.searchParams.get('since') ?? '');
    const matching = events.flatMap((event, place) =>
      (after === null ? event.at >= since : place >= Number(after)) ? [{ event, place }] : [],
    );
    const page = matching.slice(0, pageSize());
    const last = page.at(-1);
    const next = last === undefined ? (after ?? String(events.length)) : String(last.place + 1);
    return {
      headers: {
        link: `<${origin}/api/v1/logs?limit=2>; rel="self", <${origin}/api/v1/logs?after=${next}&sortOrder=ASCENDING>; rel="next"`,
      },
      body: page.map(({ event }) => event.body),
    };
  };
}

export function oktaEvent(id: number, at: number): Made {
  return {
    at,
    body: {
      uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
      published: iso(at),
      eventType: 'user.session.start',
      version: '0',
      severity: 'INFO',
      displayMessage: 'User login to Okta',
      actor: { id: `00u${id}`, type: 'User', alternateId: `user${id}@example.com`, displayName: `User ${id}` },
      client: { ipAddress: '192.0.2.7' },
      outcome: { result: 'FAILURE', reason: 'INVALID_CREDENTIALS' },
      target: [],
    },
  };
}

/** Graph: `$filter=… ge`, newest first, `@odata.nextLink` with a `$skiptoken`, a token from another path. */
export function graphAlerts(alerts: Made[], pageSize: number, hasLinks: () => boolean) {
  return (asked: Asked, origin: string): Answer => {
    if (asked.url.pathname === '/tenant-1/oauth2/v2.0/token') {
      const form = new URLSearchParams(asked.body);
      const isGood = form.get('client_secret') === 'good-token' && form.get('grant_type') === 'client_credentials';
      return isGood
        ? { body: { token_type: 'Bearer', expires_in: 3599, access_token: 'graph-token' } }
        : { status: 401, body: { error: 'invalid_client' } };
    }
    if (asked.headers.authorization !== 'Bearer graph-token') return { status: 401, body: { error: {} } };
    const filter = /^lastUpdateDateTime ge (\S+)$/.exec(asked.url.searchParams.get('$filter') ?? '');
    if (asked.url.pathname !== '/v1.0/security/alerts_v2' || filter === null)
      return { status: 400, body: { error: {} } };
    const matching = alerts.filter(one => one.at >= Date.parse(filter[1] ?? '')).sort((a, b) => b.at - a.at);
    const skip = Number(asked.url.searchParams.get('$skiptoken') ?? asked.url.searchParams.get('$skip') ?? '0');
    const size = hasLinks() ? pageSize : Number(asked.url.searchParams.get('$top'));
    const page = matching.slice(skip, skip + size);
    const next = new URL(asked.url, origin);
    next.searchParams.set('$skiptoken', String(skip + size));
    const link = hasLinks() && skip + size < matching.length ? { '@odata.nextLink': next.href } : {};
    return {
      body: {
        '@odata.context': `${origin}/v1.0/$metadata#security/alerts_v2`,
        value: page.map(one => one.body),
        ...link,
      },
    };
  };
}

export function graphAlert(id: number, at: number, extra: object = {}): Made {
  return {
    at,
    body: {
      '@odata.type': '#microsoft.graph.security.alert',
      id: `da${id}_1`,
      providerAlertId: `da${id}_1`,
      title: `Suspicious sign-in ${id}`,
      severity: 'medium',
      status: 'new',
      serviceSource: 'microsoftDefenderForEndpoint',
      createdDateTime: iso(at),
      lastUpdateDateTime: iso(at),
      firstActivityDateTime: iso(at),
      evidence: [],
      ...extra,
    },
  };
}

/** A product with pages, by `Link` (GitHub), by a text in the answer, by `after` (CrowdStrike) or by `search_after`. */
export function paged(records: readonly Made[], pageSize: number) {
  return (from: number, place: number) => {
    const matching = records.filter(one => one.at >= from).sort((a, b) => a.at - b.at);
    const page = matching.slice(place, place + pageSize);
    return { page, next: place + pageSize < matching.length ? place + pageSize : undefined };
  };
}
