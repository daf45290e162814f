import { type RouteDoc, route } from './route.ts';

/** The part of the table of routes by which people and programs decide: who they are here, policy, proposals, and what follows. */
export const DECIDING_ROUTES: readonly RouteDoc[] = [
  route('get', '/api/v1/agents', 'read', 'Programs that may read and propose, and who answers for each', {
    gives: 'AgentRow',
  }),
  route('post', '/api/v1/agents', 'person', 'Admit one; its token is told this once', {
    takes: 'AgentRequest',
    gives: 'AgentAdmitted',
  }),
  route('post', '/api/v1/agents/:id/end', 'person', 'End its token at once', { gives: 'AgentRow' }),
  route('post', '/mcp', 'agent', 'Model Context Protocol: read, search, propose; nothing that decides'),
  route('get', '/mcp', 'agent', 'Answers 405: the server tells nothing by itself'),
  route(
    'post',
    '/gateway/:upstream',
    'agent',
    'Model Context Protocol of another server, behind the gate: reads pass, effects become proposals',
  ),
  route('get', '/gateway/:upstream', 'agent', 'Answers 405: the gate tells nothing by itself'),
  ...(['get', 'post', 'put', 'patch', 'delete'] as const).map(method =>
    route(
      method,
      '/gateway/:upstream/api/*',
      'agent',
      'A route of a plain HTTP interface, behind the gate: reads pass, effects answer 202 with the address of a proposal',
    ),
  ),
  route('get', '/gateway/:upstream/proposals/:id', 'agent', 'What became of a call that people decide'),
  route(
    'get',
    '/api/v1/gateway',
    'read',
    'The servers behind the gate, their tools, what is pinned of them and what was put aside',
    { gives: 'UpstreamView' },
  ),
  route(
    'get',
    '/api/v1/trails',
    'read',
    'What targets’ own logs say was done with our credentials, and what nobody signed',
    {
      gives: 'TrailsView',
    },
  ),
  route(
    'post',
    '/api/v1/trails/:system/:number/seen',
    'person',
    'Write down what something was that was found in a target’s own log: {why}',
    { takes: 'TrailLookedAt', gives: 'TrailsView' },
  ),
  route('get', '/api/v1/powers', 'read', 'Every connected system: how it does, rights, credential, budget', {
    gives: 'PowersView',
  }),
  route(
    'get',
    '/api/v1/powers/:responder/:system',
    'read',
    'Every right of one connected system, and what can be done there',
    {
      gives: 'PowerDetailView',
    },
  ),
  route('get', '/api/v1/machines', 'read', 'Every machine identity: who answers for it, what it can do, until when', {
    gives: 'MachineRow',
  }),
  route('post', '/api/v1/machines/begin', 'person', 'What is signed to answer for one: {identity, days, from}', {
    gives: 'CustodyBegun',
  }),
  route('post', '/api/v1/machines/finish', 'person', 'Make it count, signed: {nonce, signature}', {
    gives: 'MachineRow',
  }),
  route(
    'get',
    '/api/v1/person-changes',
    'read',
    'Resets of passkeys, changes of roles and removals: what waits for a second signature, and what counts',
    { gives: 'PersonChangeView' },
  ),
  route(
    'post',
    '/api/v1/person-changes/begin',
    'person',
    'What the first of two signs about somebody else: {kind, person, roles, linkPublicKey}',
    { gives: 'PersonChangeBegun' },
  ),
  route('post', '/api/v1/person-changes/:id/begin', 'person', 'What the second signs', { gives: 'PersonChangeBegun' }),
  route(
    'post',
    '/api/v1/person-changes/:id/sign',
    'person',
    'Sign it: {signature}; with the second signature it counts',
    { gives: 'PersonChangeView' },
  ),
  route('get', '/api/v1/delegations', 'read', 'Who signs in whose stead', { gives: 'DelegationView' }),
  route(
    'post',
    '/api/v1/delegations/begin',
    'person',
    'What is signed to let somebody sign in one’s own seats: {to, days}',
    { gives: 'DelegationBegun' },
  ),
  route('post', '/api/v1/delegations/finish', 'person', 'Make it count, signed: {nonce, signature}', {
    gives: 'DelegationView',
  }),
  route('post', '/api/v1/delegations/:id/end', 'person', 'End it at once', { gives: 'DelegationView' }),
  route('get', '/api/v1/playbooks', 'read', 'Playbooks that stand, stood or are proposed', { gives: 'PlaybookRow[]' }),
  route(
    'post',
    '/api/v1/playbooks/check',
    'read',
    'Whether a playbook loads, with every path on which nobody is asked',
    { gives: 'PlaybookCheck' },
  ),
  route(
    'post',
    '/api/v1/playbooks/dry-run',
    'read',
    'What a playbook would have done with stored incidents. Nothing is asked of anybody, and nothing is kept',
    { takes: 'DryRunRequest', gives: 'DryRunAnswer' },
  ),
  route('get', '/api/v1/playbooks/runs', 'read', 'The newest runs', { gives: 'RunRow[]' }),
  route('post', '/api/v1/playbooks/runs', 'person', 'Start the version of a playbook that was seen, on an incident', {
    takes: 'RunRequest',
    gives: 'RunView',
  }),
  route(
    'post',
    '/api/v1/playbooks/runs/:id/stop',
    'person',
    'End a run; what it asks and nobody decided is withdrawn',
    {
      gives: 'RunView',
    },
  ),
  route('get', '/api/v1/playbooks/files/:name', 'read', 'One playbook: versions, analysis, picture, source, runs', {
    query: ['version'],
    gives: 'PlaybookView',
  }),
  route('get', '/api/v1/playbooks/runs/:id', 'read', 'A run, step by step', { gives: 'RunView' }),
  route('get', '/api/v1/suppressions', 'read', 'Which rules are set aside where, until when, and what that hid'),
  route('get', '/api/v1/policy', 'read', 'The rules that are in force, and every change of them', {
    gives: 'PolicyView',
  }),
  route('post', '/api/v1/policy/check', 'read', 'What is wrong with a policy file, or what it would change: {text}', {
    gives: 'PolicyCheck',
  }),
  route('get', '/api/v1/proposals', 'read', 'Proposals', {
    query: ['state', 'cursor', 'limit'],
    gives: 'Page<ProposalRow>',
  }),
  route('post', '/api/v1/proposals', 'person', 'Propose an option or an undo', {
    takes: 'ProposalRequest',
    gives: 'ProposalView',
  }),
  route(
    'post',
    '/api/v1/proposals/batches/begin',
    'person',
    'What a reviewer signs once for several like proposals, and which of them has to be opened',
    { takes: 'BatchBegin', gives: 'BatchBegun' },
  ),
  route('post', '/api/v1/proposals/batches/finish', 'person', 'One signature as a review of each', {
    takes: 'BatchFinish',
  }),
  route(
    'get',
    '/api/v1/proposals/attention',
    'read',
    'How much attention proposals ask for, and whom that keeps waiting',
    { gives: 'AttentionBudget' },
  ),
  route('get', '/api/v1/proposals/:id', 'read', 'One proposal', { gives: 'ProposalView' }),
  route('post', '/api/v1/proposals/:id/revise', 'person', 'Supersede it by another option', {
    takes: 'ReviseRequest',
    gives: 'ProposalView',
  }),
  route('post', '/api/v1/proposals/:id/withdraw', 'person', 'Withdraw it: {reason}', { gives: 'ProposalView' }),
  route(
    'post',
    '/api/v1/proposals/:id/evidence-opened',
    'person',
    'Say that the reviewer opened evidence: {evidence}',
    { gives: 'ProposalView' },
  ),
  route('get', '/api/v1/proposals/:id/comments', 'read', 'What people say of it, the oldest first', {
    gives: 'CommentList',
  }),
  route('post', '/api/v1/proposals/:id/comments', 'person', 'Say something of it, which decides nothing', {
    takes: 'CommentWrite',
    gives: 'CommentList',
  }),
  route(
    'get',
    '/api/v1/reviews/:id/as-signed',
    'read',
    'What one person had before them when they signed, as it is kept, with what is needed to check it',
    { gives: 'AsSignedView' },
  ),
  route(
    'get',
    '/api/v1/tasks',
    'person',
    'What is asked of whoever asks here, and what they asked of others; open ones first',
    { gives: 'TaskList' },
  ),
  route(
    'post',
    '/api/v1/tasks/:id/settle',
    'person',
    'Answer one with records, say why they cannot be got, or take it back',
    { takes: 'TaskSettle', gives: 'TaskList' },
  ),
  route('get', '/api/v1/break-glass', 'read', 'Acts that one person started alone, the reviews that are owed first', {
    gives: 'GlassList',
  }),
  route('get', '/api/v1/leases', 'read', 'Ended leases for which no release could be proposed', { gives: 'LeaseList' }),
  route('get', '/api/v1/second-looks', 'read', 'Acts that chance chose for somebody else to look at again', {
    gives: 'SecondLookList',
  }),
  route(
    'post',
    '/api/v1/proposals/:id/finding/begin',
    'person',
    'What a person signs who found out what became of an act in doubt, or whether an act that is looked at again was right: {finds, reason}',
  ),
  route('post', '/api/v1/proposals/:id/finding/finish', 'person', 'A signed finding: {nonce, signature}', {
    gives: 'ProposalView',
  }),
  route('post', '/api/v1/proposals/:id/reviews/begin', 'person', 'What a reviewer signs', {
    takes: 'ReviewBegin',
    gives: 'ReviewBegun',
  }),
  route('post', '/api/v1/proposals/:id/reviews/finish', 'person', 'A signed review', {
    takes: 'ReviewFinish',
    gives: 'ProposalView',
  }),
];
