import { infiniteQueryOptions, MutationCache, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import type { AsSignedView } from '../../src/audit/verify/as-signed.ts';
import type { AgentRow } from '../../src/model/agent.ts';
import type {
  AlertRow,
  AskAnswer,
  AskForms,
  AskOffers,
  AskRequest,
  AttentionBudget,
  CommentList,
  DelegationView,
  EnrichmentHealth,
  EnrichmentView,
  EvidenceView,
  GlassList,
  Handover,
  IncidentDetail,
  IncidentPage,
  IncidentTimeline,
  JoiningView,
  LeaseList,
  LogEntryRow,
  LogStatus,
  Page,
  PersonChangeView,
  PersonRow,
  PlaybookRow,
  PlaybookView,
  ProposalRow,
  ProposalView,
  QuarantineRow,
  RunView,
  SearchResult,
  SecondLookList,
  Since,
  SourceRow,
  StandingStream,
  TaskList,
} from '../../src/model/api.ts';
import type { PolicyView } from '../../src/model/api-policy.ts';
import type { UpstreamView } from '../../src/model/gateway.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { NoticesView, TellMe } from '../../src/model/notice.ts';
import type { RelianceView, ShownAnswer, ShownRequest } from '../../src/model/reliance.ts';
import type { SuppressionRow } from '../../src/model/suppression.ts';
import { fetchMe, queryText, RequestFailed, request } from './client.ts';

const RETRIES_MAX = 2;
const RETRY_AFTER_MS = 600;

/** One cache for all pages. What changed is told by server-sent events, so nothing is polled but `me`. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: lookWhoIsAsking }),
  mutationCache: new MutationCache({ onError: lookWhoIsAsking }),
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      refetchOnWindowFocus: true,
      retryDelay: RETRY_AFTER_MS,
      retry: (count, error) =>
        count < RETRIES_MAX && !(error instanceof RequestFailed && error.status >= 400 && error.status < 500),
    },
  },
});

/** A session that ended is noticed at once, and the frame goes to the sign-in. */
function lookWhoIsAsking(error: unknown): void {
  if (error instanceof RequestFailed && error.status === 401) void queryClient.invalidateQueries({ queryKey: ['me'] });
}

/** What the queue asks for. It is the page's search part, so every view has an address. */
export interface QueueFilter {
  readonly severity?: string | undefined;
  readonly source?: string | undefined;
  readonly owner?: string | undefined;
  readonly coverage?: string | undefined;
  /** Absent: what is open. */
  readonly state?: string | undefined;
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
}

const PAGE_ROWS = 200;

const ME_EVERY_MS = 30_000;
/** While something is not well: whoever looks at the notice waits for it to go. */
const ME_UNWELL_EVERY_MS = 3_000;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: fetchMe,
  refetchInterval: query =>
    query.state.data?.health.some(({ status }) => status !== 'ok') ? ME_UNWELL_EVERY_MS : ME_EVERY_MS,
});

export const incidentsQuery = (filter: QueueFilter) =>
  infiniteQueryOptions({
    queryKey: ['incidents', filter],
    queryFn: ({ pageParam }) =>
      request<IncidentPage>('GET', `/api/v1/incidents${queryText({ ...filter, cursor: pageParam, limit: PAGE_ROWS })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.next,
    // New rows are announced, never pushed in under the cursor.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });

/** The first page once more, beside the list on screen: what is new in it is announced. */
export const incidentsHeadQuery = (filter: QueueFilter, version: number) =>
  queryOptions({
    queryKey: ['incidents-head', filter, version],
    queryFn: () => request<IncidentPage>('GET', `/api/v1/incidents${queryText({ ...filter, limit: PAGE_ROWS })}`),
    enabled: version > 0,
  });

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id],
    queryFn: () => request<IncidentDetail>('GET', `/api/v1/incidents/${id}`),
  });

/** Asked once for each visit: what somebody is reading must not vanish because they have read it. */
export const sinceQuery = (id: string) =>
  queryOptions({
    queryKey: ['since', id],
    queryFn: () => request<Since>('GET', `/api/v1/incidents/${id}/since`),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: () => request<readonly AgentRow[]>('GET', '/api/v1/agents'),
});

export const upstreamsQuery = queryOptions({
  queryKey: ['upstreams'],
  queryFn: () => request<readonly UpstreamView[]>('GET', '/api/v1/gateway'),
});

export const delegationsQuery = queryOptions({
  queryKey: ['delegations'],
  queryFn: () => request<readonly DelegationView[]>('GET', '/api/v1/delegations'),
});

export const personChangesQuery = queryOptions({
  queryKey: ['person-changes'],
  queryFn: () => request<readonly PersonChangeView[]>('GET', '/api/v1/person-changes'),
});

export const suppressionsQuery = queryOptions({
  queryKey: ['suppressions'],
  queryFn: () => request<readonly SuppressionRow[]>('GET', '/api/v1/suppressions'),
});

export const playbooksQuery = queryOptions({
  queryKey: ['playbooks'],
  queryFn: () => request<readonly PlaybookRow[]>('GET', '/api/v1/playbooks'),
});

export function playbookQuery(name: string, version: string | undefined) {
  return queryOptions({
    queryKey: ['playbooks', name, version ?? ''],
    queryFn: () => request<PlaybookView>('GET', `/api/v1/playbooks/files/${name}${queryText({ version })}`),
  });
}

export function runQuery(id: RunView['id']) {
  return queryOptions({
    queryKey: ['playbooks', 'run', id],
    queryFn: () => request<RunView>('GET', `/api/v1/playbooks/runs/${id}`),
  });
}

export const policyQuery = queryOptions({
  queryKey: ['policy'],
  queryFn: () => request<PolicyView>('GET', '/api/v1/policy'),
});

export const askFormsQuery = queryOptions({
  queryKey: ['ask-forms'],
  queryFn: () => request<AskForms>('GET', '/api/v1/ask/forms'),
  staleTime: Number.POSITIVE_INFINITY,
});

export const askOffersQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'ask'],
    queryFn: () => request<AskOffers>('GET', `/api/v1/incidents/${id}/ask`),
  });

/** A question is sent as a body, so that it stands in no log of addresses. It changes nothing. */
export const askQuery = (id: string, asked: AskRequest | undefined) =>
  queryOptions({
    queryKey: ['incident', id, 'ask', asked],
    queryFn: () => request<AskAnswer>('POST', `/api/v1/incidents/${id}/ask`, asked),
    enabled: asked !== undefined,
  });

export const incidentAlertsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['incident', id, 'alerts'],
    queryFn: ({ pageParam }) =>
      request<Page<AlertRow>>(
        'GET',
        `/api/v1/incidents/${id}/alerts${queryText({ cursor: pageParam, limit: PAGE_ROWS })}`,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.next,
  });

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'timeline'],
    queryFn: () => request<IncidentTimeline>('GET', `/api/v1/incidents/${id}/timeline`),
  });

/** While answers are waited for. */
const ENRICHMENT_PENDING_MS = 1_000;

export const enrichmentQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'enrichment'],
    queryFn: () => request<EnrichmentView>('GET', `/api/v1/incidents/${id}/enrichment`),
    refetchInterval: query =>
      query.state.data?.lookUps.some(({ pending }) => pending > 0) === true ? ENRICHMENT_PENDING_MS : false,
  });

export const enrichmentHealthQuery = queryOptions({
  queryKey: ['enrichment'],
  queryFn: () => request<EnrichmentHealth>('GET', '/api/v1/enrichment'),
});

/** Evidence never changes under its id. */
export const evidenceQuery = (id: string) =>
  queryOptions({
    queryKey: ['evidence', id],
    queryFn: () => request<EvidenceView>('GET', `/api/v1/evidence/${id}`),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q],
    queryFn: () => request<SearchResult>('GET', `/api/v1/search${queryText({ q, limit: 20 })}`),
    enabled: q.length >= 2,
  });

export const attentionQuery = queryOptions({
  queryKey: ['proposals', 'attention'],
  queryFn: () => request<AttentionBudget>('GET', '/api/v1/proposals/attention'),
});

export const proposalsQuery = (state: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['proposals', state ?? 'all'],
    queryFn: ({ pageParam }) =>
      request<Page<ProposalRow>>('GET', `/api/v1/proposals${queryText({ state, cursor: pageParam })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: last => last.next,
  });

export const proposalQuery = (id: string) =>
  queryOptions({ queryKey: ['proposal', id], queryFn: () => request<ProposalView>('GET', `/api/v1/proposals/${id}`) });

/** Below the proposal's own key, so that news of it asks for this again, too. */
export const commentsQuery = (id: string) =>
  queryOptions({
    queryKey: ['proposal', id, 'comments'],
    queryFn: () => request<CommentList>('GET', `/api/v1/proposals/${id}/comments`),
  });

/** What one person had before them when they signed. Never kept: what the store says now is what is checked. */
export const asSignedQuery = (review: string) =>
  queryOptions({
    queryKey: ['as-signed', review],
    queryFn: () => request<AsSignedView>('GET', `/api/v1/reviews/${review}/as-signed`),
    staleTime: 0,
    gcTime: 0,
  });

/** What is asked of whoever is signed in, and what they asked. Below the proposals, so that news of one asks for it again. */
export const tasksQuery = queryOptions({
  queryKey: ['proposals', 'tasks'],
  queryFn: () => request<TaskList>('GET', '/api/v1/tasks'),
});

/** Tells that a proposal is on screen, once; the answer is whether the page asks something first. */
export const shownQuery = (at: ShownRequest) =>
  queryOptions({
    queryKey: ['shown', at.proposal, at.revision],
    queryFn: () => request<ShownAnswer>('POST', '/api/v1/reliance/shown', at),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const relianceQuery = queryOptions({
  queryKey: ['reliance'],
  queryFn: () => request<RelianceView>('GET', '/api/v1/reliance'),
});

/** Without a span it is of the last eight hours. What is on screen does not change while somebody reads it. */
export const handoverQuery = (span: { readonly from?: string | undefined; readonly to?: string | undefined }) =>
  queryOptions({
    queryKey: ['handover', span],
    queryFn: () => request<Handover>('GET', `/api/v1/handover${queryText(span)}`),
    refetchOnWindowFocus: false,
  });

export const logQuery = queryOptions({ queryKey: ['log'], queryFn: () => request<LogStatus>('GET', '/api/v1/log') });

const ENTRY_ROWS = 100;

/** Newest first; `next` is the index before which the following page ends. */
interface LogPage {
  readonly rows: readonly LogEntryRow[];
  readonly next: number | undefined;
}

export const logEntriesQuery = (filter: {
  readonly proposal?: string | undefined;
  readonly type?: string | undefined;
}) =>
  infiniteQueryOptions({
    queryKey: ['log', 'entries', filter],
    queryFn: ({ pageParam }) =>
      request<LogPage>('GET', `/api/v1/log/entries${queryText({ ...filter, before: pageParam, limit: ENTRY_ROWS })}`),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: last => last.next,
  });

/** A list, whether it came bare or as the rows of a page. */
async function rowsOf<T>(path: string): Promise<readonly T[]> {
  const answer = await request<Page<T> | readonly T[]>('GET', path);
  return 'rows' in answer ? answer.rows : answer;
}

export const peopleQuery = queryOptions({ queryKey: ['people'], queryFn: () => rowsOf<PersonRow>('/api/v1/people') });
export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: () => rowsOf<SourceRow>('/api/v1/sources'),
});
export const joiningQuery = queryOptions({
  queryKey: ['joining'],
  queryFn: () => request<JoiningView>('GET', '/api/v1/joining'),
});
export const quarantineQuery = queryOptions({
  queryKey: ['quarantine'],
  queryFn: () => rowsOf<QuarantineRow>('/api/v1/quarantine'),
});
export const coverageQuery = queryOptions({
  queryKey: ['coverage'],
  queryFn: () => request<{ readonly streams: readonly StandingStream[] }>('GET', '/api/v1/coverage'),
});
export const inventoryQuery = queryOptions({
  queryKey: ['inventory'],
  queryFn: () => request<Inventory>('GET', '/api/v1/inventory'),
});

export const tellMeQuery = queryOptions({
  queryKey: ['tell-me'],
  queryFn: () => request<TellMe>('GET', '/api/v1/tell-me'),
});

/** While something is on its way. */
const NOTICES_PENDING_MS = 1_500;

export const noticesQuery = queryOptions({
  queryKey: ['notices'],
  queryFn: () => request<NoticesView>('GET', '/api/v1/notices'),
  refetchInterval: query => ((query.state.data?.waiting ?? 0) > 0 ? NOTICES_PENDING_MS : false),
});

/** Acts that somebody else looks at again. */
export const secondLooksQuery = queryOptions({
  queryKey: ['second-looks'],
  queryFn: () => request<SecondLookList>('GET', '/api/v1/second-looks'),
});

/** Ended leases for which no release could be proposed. */
export const leasesQuery = queryOptions({
  queryKey: ['leases'],
  queryFn: () => request<LeaseList>('GET', '/api/v1/leases'),
});

/** Acts that one person started alone. */
export const glassQuery = queryOptions({
  queryKey: ['break-glass'],
  queryFn: () => request<GlassList>('GET', '/api/v1/break-glass'),
});
