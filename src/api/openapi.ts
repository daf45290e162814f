import { FAILURES } from '../model/failure.ts';
import type { RouteCaller, RouteDoc } from './route.ts';
import { ROUTES } from './route-list.ts';

const SECURITY = {
  anyone: [],
  read: [{ session: [] }, { token: [] }],
  person: [{ session: [] }],
  source: [{ sourceToken: [] }, { sourceHmac: [] }],
  agent: [{ agentToken: [] }],
} as const satisfies Record<RouteCaller, readonly { readonly [scheme: string]: readonly string[] }[]>;

/** OpenAPI 3.1 of {@link ROUTES}. */
export function openApi(version: string): object {
  const paths = new Map<string, Record<string, object>>();
  for (const route of ROUTES) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}');
    paths.set(path, { ...paths.get(path), [route.method]: operationOf(route, path) });
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Countersign', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'countersign_session',
          description: 'A change also needs the Origin of the page and its x-countersign-token.',
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token file of this installation: ingests and reads, never reviews.',
        },
        agentToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token of an agent that a person admitted: reads and proposes, never reviews.',
        },
        sourceToken: { type: 'http', scheme: 'bearer' },
        sourceHmac: {
          type: 'apiKey',
          in: 'header',
          name: 'x-countersign-signature',
          description:
            'sha256= and the HMAC over timestamp.id.body, with x-countersign-timestamp and x-countersign-delivery.',
        },
      },
      schemas: {
        ApiFailure: {
          type: 'object',
          required: ['code', 'shown', 'requestId'],
          properties: {
            code: { type: 'string', enum: Object.keys(FAILURES) },
            shown: { type: 'string' },
            requestId: { type: 'string' },
          },
        },
      },
    },
  };
}

function operationOf(route: RouteDoc, path: string): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = (route.query ?? []).map(name => ({ name, in: 'query', required: false, schema: { type: 'string' } }));
  return {
    summary: route.summary,
    security: SECURITY[route.caller],
    parameters: [...inPath, ...inQuery],
    ...(route.takes === undefined
      ? {}
      : { requestBody: { required: true, description: route.takes, content: contentOf(route.takes) } }),
    responses: {
      '2XX': { description: route.gives ?? 'Done', content: contentOf(route.gives ?? 'application/json') },
      default: {
        description: 'Refused',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiFailure' } } },
      },
    },
  };
}

function contentOf(name: string): object {
  return name.includes('/') ? { [name]: {} } : { 'application/json': { schema: { title: name } } };
}
