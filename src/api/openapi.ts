import { FAILURES } from '../model/failure.ts';

/** Who may call a route. `anyone`: also without a session; `person`: no token will do. */
type Caller = 'anyone' | 'read' | 'person' | 'source';

interface RouteDoc {
  readonly method: 'get' | 'post';
  /** As Hono writes it. */
  readonly path: string;
  readonly summary: string;
  readonly caller: Caller;
  readonly query?: readonly string[];
  /** Name of the type in src/model/api.ts, or a media type. */
  readonly takes?: string;
  readonly gives?: string;
}

/**
 * Every route, kept by hand; a test compares it with what is registered. The shapes of bodies are the types of
 * src/model/api.ts, which the page is compiled against.
 */
export const ROUTES: readonly RouteDoc[] = [
  { method: 'get', path: '/healthz', summary: 'The process lives', caller: 'anyone' },
  { method: 'get', path: '/readyz', summary: 'Everything that matters is up; 503 while it is not', caller: 'anyone' },
  { method: 'get', path: '/openapi.json', summary: 'This document', caller: 'anyone' },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Figures in the text format of Prometheus',
    caller: 'read',
    gives: 'text/plain',
  },
  {
    method: 'get',
    path: '/api/v1/me',
    summary: 'Who is asking, and how the installation is',
    caller: 'anyone',
    gives: 'Me',
  },
  {
    method: 'post',
    path: '/api/v1/enrol/begin',
    summary: 'Open an enrolment link',
    caller: 'anyone',
    takes: 'EnrolBegin',
    gives: 'EnrolBegun',
  },
  {
    method: 'post',
    path: '/api/v1/enrol/finish',
    summary: 'Enrol with a credential that the link signed',
    caller: 'anyone',
    takes: 'EnrolFinish',
  },
  {
    method: 'post',
    path: '/api/v1/session/begin',
    summary: 'What a passkey signs at sign-in',
    caller: 'anyone',
    takes: 'SessionBegin',
    gives: 'SessionBegun',
  },
  {
    method: 'post',
    path: '/api/v1/session/finish',
    summary: 'Sign in',
    caller: 'anyone',
    takes: 'SessionFinish',
    gives: 'Me',
  },
  { method: 'post', path: '/api/v1/session/end', summary: 'Sign out', caller: 'anyone' },
  {
    method: 'get',
    path: '/api/v1/people',
    summary: 'Everybody who is enrolled or invited',
    caller: 'read',
    gives: 'PersonRow[]',
  },
  {
    method: 'post',
    path: '/api/v1/invitations/begin',
    summary: 'What an administrator signs to invite somebody',
    caller: 'person',
    gives: 'InvitationBegun',
  },
  { method: 'post', path: '/api/v1/invitations/finish', summary: 'Invite, signed', caller: 'person' },
  {
    method: 'get',
    path: '/api/v1/incidents',
    summary: 'The queue',
    caller: 'read',
    query: ['severity', 'source', 'owner', 'coverage', 'q', 'sort', 'cursor', 'limit'],
    gives: 'IncidentPage',
  },
  {
    method: 'get',
    path: '/api/v1/incidents/:id',
    summary: 'One incident: coverage, summary, options',
    caller: 'read',
    gives: 'IncidentDetail',
  },
  {
    method: 'get',
    path: '/api/v1/incidents/:id/alerts',
    summary: 'Its alerts with their join reasons',
    caller: 'read',
    query: ['cursor', 'limit'],
    gives: 'Page<AlertRow>',
  },
  {
    method: 'get',
    path: '/api/v1/incidents/:id/timeline',
    summary: 'Its timeline with gaps',
    caller: 'read',
    gives: 'IncidentTimeline',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/:id/merge',
    summary: 'Merge another incident into it: {from, because}',
    caller: 'read',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/:id/split',
    summary: 'Split alerts off into a new one: {alerts}',
    caller: 'read',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/:id/detach',
    summary: 'Detach one alert into a new one: {alert}',
    caller: 'read',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/:id/undo',
    summary: 'Undo a merge, split, detach or undo: {event}',
    caller: 'read',
  },
  {
    method: 'post',
    path: '/api/v1/incidents/:id/own',
    summary: 'Set its owner: {owner}, `me` or empty',
    caller: 'read',
  },
  { method: 'post', path: '/api/v1/incidents/:id/note', summary: 'Add a note: {text}', caller: 'read' },
  { method: 'get', path: '/api/v1/evidence/:id', summary: 'One raw record', caller: 'read', gives: 'EvidenceView' },
  {
    method: 'get',
    path: '/api/v1/search',
    summary: 'Search alerts and evidence',
    caller: 'read',
    query: ['q', 'limit'],
    gives: 'SearchResult',
  },
  {
    method: 'get',
    path: '/api/v1/sources',
    summary: 'Sources and what came from them',
    caller: 'read',
    gives: 'SourceRow[]',
  },
  {
    method: 'post',
    path: '/api/v1/sources',
    summary: 'Configure a pushing source: {id, kind, fieldMap}; its secrets are shown once',
    caller: 'person',
  },
  {
    method: 'get',
    path: '/api/v1/quarantine',
    summary: 'Records that were set aside',
    caller: 'read',
    query: ['cursor', 'limit'],
    gives: 'Page<QuarantineRow>',
  },
  { method: 'get', path: '/api/v1/coverage', summary: 'Every stream and its gaps', caller: 'read' },
  {
    method: 'get',
    path: '/api/v1/inventory',
    summary: 'The inventory that stands',
    caller: 'read',
    gives: 'Inventory',
  },
  {
    method: 'post',
    path: '/api/v1/inventory/begin',
    summary: 'Read a YAML or CSV inventory: {text}',
    caller: 'person',
  },
  { method: 'post', path: '/api/v1/inventory/finish', summary: 'Make it stand, signed', caller: 'person' },
  {
    method: 'get',
    path: '/api/v1/proposals',
    summary: 'Proposals',
    caller: 'read',
    query: ['state', 'cursor', 'limit'],
    gives: 'Page<ProposalRow>',
  },
  {
    method: 'post',
    path: '/api/v1/proposals',
    summary: 'Propose an option or an undo',
    caller: 'person',
    takes: 'ProposalRequest',
    gives: 'ProposalView',
  },
  { method: 'get', path: '/api/v1/proposals/:id', summary: 'One proposal', caller: 'read', gives: 'ProposalView' },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/revise',
    summary: 'Supersede it by another option',
    caller: 'person',
    takes: 'ReviseRequest',
    gives: 'ProposalView',
  },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/withdraw',
    summary: 'Withdraw it: {reason}',
    caller: 'person',
    gives: 'ProposalView',
  },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/evidence-opened',
    summary: 'Say that the reviewer opened evidence: {evidence}',
    caller: 'person',
    gives: 'ProposalView',
  },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/finding/begin',
    summary: 'What a person signs who found out what became of an act in doubt: {finds, reason}',
    caller: 'person',
  },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/finding/finish',
    summary: 'A signed finding: {nonce, signature}',
    caller: 'person',
    gives: 'ProposalView',
  },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/reviews/begin',
    summary: 'What a reviewer signs',
    caller: 'person',
    takes: 'ReviewBegin',
    gives: 'ReviewBegun',
  },
  {
    method: 'post',
    path: '/api/v1/proposals/:id/reviews/finish',
    summary: 'A signed review',
    caller: 'person',
    takes: 'ReviewFinish',
    gives: 'ProposalView',
  },
  { method: 'get', path: '/api/v1/log', summary: 'Where the log stands', caller: 'read', gives: 'LogStatus' },
  {
    method: 'get',
    path: '/api/v1/log/entries',
    summary: 'Entries, newest first',
    caller: 'read',
    query: ['before', 'limit', 'type', 'proposal'],
    gives: 'LogEntryRow[]',
  },
  {
    method: 'get',
    path: '/api/v1/log/proof/:index',
    summary: 'The C2SP tlog-proof of an entry',
    caller: 'read',
    gives: 'text/plain',
  },
  { method: 'get', path: '/api/v1/kill-switch', summary: 'Whether acts are stopped', caller: 'read' },
  { method: 'post', path: '/api/v1/kill-switch/stop', summary: 'Stop every act: {reason}', caller: 'read' },
  {
    method: 'post',
    path: '/api/v1/kill-switch/release/begin',
    summary: 'What an administrator signs to let acts go on',
    caller: 'person',
  },
  { method: 'post', path: '/api/v1/kill-switch/release/finish', summary: 'Let acts go on, signed', caller: 'person' },
  {
    method: 'get',
    path: '/api/v1/events',
    summary: 'News as server-sent events',
    caller: 'read',
    gives: 'text/event-stream',
  },
  {
    method: 'post',
    path: '/api/v1/ingest',
    summary: 'Records of a file, streamed',
    caller: 'read',
    query: ['source', 'map'],
    takes: 'application/octet-stream',
  },
  {
    method: 'post',
    path: '/ingest/:source',
    summary: 'A delivery of a source, with its token or HMAC',
    caller: 'source',
    takes: 'application/octet-stream',
  },
  {
    method: 'get',
    path: '/log/checkpoint',
    summary: 'The signed checkpoint (C2SP tlog-tiles)',
    caller: 'read',
    gives: 'text/plain',
  },
  {
    method: 'get',
    path: '/log/tile/*',
    summary: 'Tiles and entry bundles (C2SP tlog-tiles)',
    caller: 'read',
    gives: 'application/octet-stream',
  },
];

const SECURITY = {
  anyone: [],
  read: [{ session: [] }, { token: [] }],
  person: [{ session: [] }],
  source: [{ sourceToken: [] }, { sourceHmac: [] }],
} as const satisfies Record<Caller, readonly { readonly [scheme: string]: readonly string[] }[]>;

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
