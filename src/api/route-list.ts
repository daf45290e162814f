import { type RouteDoc, route } from './route.ts';
import { DECIDING_ROUTES } from './routes-decide.ts';

/**
 * Every route, kept by hand; a test compares it with what is registered. The shapes of bodies are the types of
 * src/model/api.ts, which the page is compiled against. One table, to be read from top to bottom, against what is
 * registered and against what a stranger's client calls.
 */
export const ROUTES: readonly RouteDoc[] = [
  route('get', '/healthz', 'anyone', 'The process lives'),
  route('get', '/readyz', 'anyone', 'Everything that matters is up; 503 while it is not'),
  route('get', '/openapi.json', 'anyone', 'This document'),
  route('get', '/metrics', 'read', 'Figures in the text format of Prometheus', { gives: 'text/plain' }),
  route('get', '/api/v1/me', 'anyone', 'Who is asking, and how the installation is', { gives: 'Me' }),
  route('post', '/api/v1/enrol/begin', 'anyone', 'Open an enrolment link', {
    takes: 'EnrolBegin',
    gives: 'EnrolBegun',
  }),
  route('post', '/api/v1/enrol/finish', 'anyone', 'Enrol with a credential that the link signed', {
    takes: 'EnrolFinish',
  }),
  route('post', '/api/v1/session/begin', 'anyone', 'What a passkey signs at sign-in', {
    takes: 'SessionBegin',
    gives: 'SessionBegun',
  }),
  route('post', '/api/v1/session/finish', 'anyone', 'Sign in', { takes: 'SessionFinish', gives: 'Me' }),
  route('post', '/api/v1/session/end', 'anyone', 'Sign out'),
  route('get', '/api/v1/people', 'read', 'Everybody who is enrolled or invited', { gives: 'PersonRow[]' }),
  route('post', '/api/v1/invitations/begin', 'person', 'What an administrator signs to invite somebody', {
    gives: 'InvitationBegun',
  }),
  route('post', '/api/v1/invitations/finish', 'person', 'Invite, signed'),
  route('get', '/api/v1/incidents', 'read', 'The queue', {
    query: ['severity', 'source', 'owner', 'coverage', 'q', 'sort', 'cursor', 'limit'],
    gives: 'IncidentPage',
  }),
  route('get', '/api/v1/incidents/:id', 'read', 'One incident: coverage, summary, options', {
    gives: 'IncidentDetail',
  }),
  route('get', '/api/v1/incidents/:id/alerts', 'read', 'Its alerts with their join reasons', {
    query: ['cursor', 'limit'],
    gives: 'Page<AlertRow>',
  }),
  route('get', '/api/v1/incidents/:id/timeline', 'read', 'Its timeline with gaps', { gives: 'IncidentTimeline' }),
  route('get', '/api/v1/incidents/:id/since', 'person', 'What changed since whoever asks last looked at it', {
    gives: 'Since',
  }),
  route('post', '/api/v1/incidents/:id/looked', 'person', 'Whoever asks saw it as it stands'),
  route(
    'get',
    '/api/v1/incidents/:id/ask',
    'read',
    'What can be asked of it: its names, and questions made from them',
    { gives: 'AskOffers' },
  ),
  route(
    'post',
    '/api/v1/incidents/:id/ask',
    'read',
    'Ask it a question in words or a query; the answer says which query it is of. Nothing is changed or kept',
    { takes: 'AskRequest', gives: 'AskAnswer' },
  ),
  route(
    'post',
    '/api/v1/incidents/:id/ask/reading',
    'person',
    'How a model reads a question: a query that is shown and not run; the call is a record',
    { takes: 'AskRequest', gives: 'ModelReading' },
  ),
  route('get', '/api/v1/ask/forms', 'read', 'The forms of queries and the closed lists that they are made of', {
    gives: 'AskForms',
  }),
  route(
    'get',
    '/api/v1/incidents/:id/report.md',
    'read',
    'What its page shows, as Markdown in which nothing of a record is markup or a link',
    { gives: 'text/markdown' },
  ),
  route('get', '/api/v1/incidents/:id/timeline.csv', 'read', 'Its timeline, a line an alert; no cell is a formula', {
    gives: 'text/csv',
  }),
  route(
    'get',
    '/api/v1/incidents/:id/enrichment',
    'read',
    'What is known of its values beside the alerts, and what look-ups could be asked',
    { gives: 'EnrichmentView' },
  ),
  route('post', '/api/v1/incidents/:id/tlp', 'read', 'Mark how far it may go: {tlp}'),
  route('post', '/api/v1/incidents/:id/look-up', 'person', 'Ask one look-up about what may be sent to it: {name}'),
  route('get', '/api/v1/incidents/:id/assist', 'read', 'What a model adds to it, or why none does; asks nobody', {
    gives: 'AssistView',
  }),
  route('post', '/api/v1/incidents/:id/assist', 'person', 'Ask a model about it, anew', { gives: 'AssistView' }),
  route('post', '/api/v1/evidence/:id/mark', 'person', 'Have a model mark what one text of a record does: {pointer}', {
    gives: 'MarkedView',
  }),
  route('get', '/api/v1/ai', 'read', 'Providers, budgets, prompts, and what was asked', { gives: 'AiView' }),
  route('put', '/api/v1/ai/settings', 'person', 'Settle chain, residency and budgets', { takes: 'AiSettings' }),
  route('post', '/api/v1/ai/providers/open', 'person', 'Start the ai process, and get what keys are sealed with', {
    gives: 'ProviderKey',
  }),
  route('put', '/api/v1/ai/providers/:name', 'person', 'Set a provider; its key comes sealed to the ai process', {
    takes: 'ProviderPut',
  }),
  route('post', '/api/v1/ai/providers/:name/remove', 'person', 'Forget a provider'),
  route('post', '/api/v1/ai/providers/:name/test', 'person', 'Ask a provider something that holds nothing of ours', {
    gives: 'ProviderTest',
  }),
  route('get', '/api/v1/ai/preview', 'read', 'The exact bytes that would be sent about an incident, or of one text', {
    query: ['incident', 'evidence', 'pointer', 'provider'],
    gives: 'AiPreview',
  }),
  route(
    'post',
    '/api/v1/ai/preview/acknowledge',
    'person',
    'Say that one has looked at what a provider would be sent',
    { takes: 'AiPreviewAcknowledge' },
  ),
  route('get', '/api/v1/ai/records', 'read', 'Calls of models, newest first', {
    query: ['incident', 'cursor', 'limit'],
    gives: 'Page<AiRecord>',
  }),
  route(
    'get',
    '/api/v1/ai/records/:id',
    'read',
    'One call: packet, answer, verdicts, what was shown, and whether it replays',
    { gives: 'AiRecordView' },
  ),
  route('get', '/api/v1/ai/replay', 'read', 'Works out records again and compares the bytes', {
    query: ['cursor', 'limit'],
  }),
  route('get', '/api/v1/enrichment', 'read', 'Data sets and look-ups: dates, sizes, quota that is left, last failure', {
    gives: 'EnrichmentHealth',
  }),
  route('post', '/api/v1/incidents/:id/merge', 'read', 'Merge another incident into it: {from, because}'),
  route('post', '/api/v1/incidents/:id/split', 'read', 'Split alerts off into a new one: {alerts}'),
  route('post', '/api/v1/incidents/:id/detach', 'read', 'Detach one alert into a new one: {alert}'),
  route('post', '/api/v1/incidents/:id/undo', 'read', 'Undo a merge, split, detach or undo: {event}'),
  route('post', '/api/v1/incidents/:id/own', 'read', 'Set its owner: {owner}, `me` or empty'),
  route('post', '/api/v1/incidents/:id/note', 'read', 'Add a note: {text}'),
  route('get', '/api/v1/evidence/:id', 'read', 'One raw record', { gives: 'EvidenceView' }),
  route('get', '/api/v1/search', 'read', 'Search alerts and evidence', {
    query: ['q', 'limit'],
    gives: 'SearchResult',
  }),
  route(
    'get',
    '/api/v1/handover',
    'read',
    'What whoever takes over has to know: the last eight hours, or a span of at most 31 days',
    { query: ['from', 'to'], gives: 'Handover' },
  ),
  route('get', '/api/v1/sources', 'read', 'Sources and what came from them', { gives: 'SourceRow[]' }),
  route(
    'post',
    '/api/v1/sources',
    'person',
    'Configure a pushing source: {id, kind, fieldMap, scheme, oldSecrets, keepSecrets?}; new secrets are shown once',
  ),
  route(
    'post',
    '/api/v1/sources/preview',
    'person',
    'What would be made of sample records: {records: {text} | {newest}, kind, fieldMap}; nothing is kept',
    { gives: 'SourcePreview' },
  ),
  route(
    'post',
    '/api/v1/sources/:id/preview',
    'person',
    'What {kind, fieldMap} would change in the newest records of a source; nothing is changed',
    { gives: 'SourceDryRun' },
  ),
  route('get', '/api/v1/joining', 'read', 'By what alerts are joined, and what joins nothing', {
    gives: 'JoiningView',
  }),
  route(
    'post',
    '/api/v1/fingerprints/:source/preview',
    'person',
    'Try on stored alerts what would make duplicates of a source',
    { takes: 'FingerprintChange', gives: 'FingerprintTrial' },
  ),
  route(
    'post',
    '/api/v1/fingerprints/:source',
    'person',
    'Change what makes duplicates of a source, once it was tried',
    { takes: 'FingerprintChange' },
  ),
  route('get', '/api/v1/quarantine', 'read', 'Records that were set aside', {
    query: ['cursor', 'limit'],
    gives: 'Page<QuarantineRow>',
  }),
  route('get', '/api/v1/coverage', 'read', 'Every stream and its gaps'),
  route('get', '/api/v1/inventory', 'read', 'The inventory that stands', { gives: 'Inventory' }),
  route('post', '/api/v1/inventory/begin', 'person', 'Read a YAML or CSV inventory: {text}'),
  route('post', '/api/v1/inventory/finish', 'person', 'Make it stand, signed'),
  ...DECIDING_ROUTES,
  route('get', '/api/v1/tell-me', 'person', 'What whoever asks is told of, and where', { gives: 'TellMe' }),
  route('put', '/api/v1/tell-me', 'person', 'Settle what one is told of: {kinds, quiet}', { gives: 'TellMe' }),
  route(
    'post',
    '/api/v1/tell-me/address',
    'person',
    'Name an address of one’s own, or none: {address}; a mail asks whether it is',
    { gives: 'TellMe' },
  ),
  route('post', '/api/v1/tell-me/confirm', 'person', 'Say that the mail arrived: {code}', { gives: 'TellMe' }),
  route('get', '/api/v1/notices', 'read', 'Channels of notices, what waits and what was given up', {
    gives: 'NoticesView',
  }),
  route('post', '/api/v1/notices/channels/:name/test', 'person', 'Send a test by a channel'),
  route(
    'get',
    '/api/v1/reliance',
    'person',
    'Your own figures of reviewing, what may be said of the team, and the load ahead',
    { gives: 'RelianceView' },
  ),
  route(
    'post',
    '/api/v1/reliance/shown',
    'person',
    'Say that a proposal is on screen; the answer says whether the page asks for your judgement first',
    { takes: 'ShownRequest', gives: 'ShownAnswer' },
  ),
  route(
    'post',
    '/api/v1/reliance/pre-judgement',
    'person',
    'What you think before the recommendation is shown, where you were asked',
    { takes: 'PreJudgementRequest' },
  ),
  route(
    'post',
    '/api/v1/reliance/dwell',
    'person',
    'How long parts of the page were on screen, for a review that you gave',
    { takes: 'DwellRequest' },
  ),
  route(
    'post',
    '/api/v1/reliance/judgement',
    'person',
    'Whether it should have been done, afterwards, by somebody who had no part in it',
    { takes: 'JudgementRequest' },
  ),
  route(
    'get',
    '/api/v1/acts',
    'read',
    'What was concluded about acts: OCSF Remediation Activity, in the order of the log',
    {
      query: ['after', 'limit'],
      gives: 'application/x-ndjson',
    },
  ),
  route('get', '/api/v1/log', 'read', 'Where the log stands', { gives: 'LogStatus' }),
  route('get', '/api/v1/log/entries', 'read', 'Entries, newest first', {
    query: ['before', 'limit', 'type', 'proposal'],
    gives: 'LogEntryRow[]',
  }),
  route('get', '/api/v1/log/proof/:index', 'read', 'The C2SP tlog-proof of an entry', { gives: 'text/plain' }),
  route('get', '/api/v1/kill-switch', 'read', 'Whether acts are stopped'),
  route('post', '/api/v1/kill-switch/stop', 'read', 'Stop every act: {reason}'),
  route('post', '/api/v1/kill-switch/release/begin', 'person', 'What an administrator signs to let acts go on'),
  route('post', '/api/v1/kill-switch/release/finish', 'person', 'Let acts go on, signed'),
  route('get', '/api/v1/events', 'read', 'News as server-sent events', { gives: 'text/event-stream' }),
  route('post', '/api/v1/ingest', 'read', 'Records of a file, streamed', {
    query: ['source', 'map', 'layout'],
    takes: 'application/octet-stream',
  }),
  route('get', '/ingest/:source', 'source', "Answers the challenge of a hook, to whoever has the source's token"),
  route('post', '/ingest/:source', 'source', 'A delivery of a source, with its token or HMAC', {
    takes: 'application/octet-stream',
  }),
  route('get', '/log/checkpoint', 'read', 'The signed checkpoint (C2SP tlog-tiles)', { gives: 'text/plain' }),
  route('get', '/log/tile/*', 'read', 'Tiles and entry bundles (C2SP tlog-tiles)', {
    gives: 'application/octet-stream',
  }),
];
