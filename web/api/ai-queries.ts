import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Page } from '../../src/model/api.ts';
import type { AiPreview, AiRecordView, AiView, AssistClaims, AssistView } from '../../src/model/api-ai.ts';
import type { AiRecord } from '../../src/model/assist.ts';
import { queryText, request } from './client.ts';

export const aiQuery = queryOptions({
  queryKey: ['ai'],
  queryFn: () => request<AiView>('GET', '/api/v1/ai'),
});

export const aiRecordsQuery = (incident: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['ai', 'records', incident],
    queryFn: ({ pageParam }) =>
      request<Page<AiRecord>>('GET', `/api/v1/ai/records${queryText({ incident, cursor: pageParam, limit: 50 })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next,
  });

export const aiRecordQuery = (id: string) =>
  queryOptions({
    queryKey: ['ai', 'record', id],
    queryFn: () => request<AiRecordView>('GET', `/api/v1/ai/records/${id}`),
  });

const RUNNING_EVERY_MS = 1_000;

/** What a model adds to an incident. Reading asks nobody; while one is asked, it is looked at again. */
export const assistQuery = (id: string) =>
  queryOptions({
    queryKey: ['assist', id],
    queryFn: () => request<AssistView & AssistClaims>('GET', `/api/v1/incidents/${id}/assist`),
    refetchInterval: query => (query.state.data?.state === 'running' ? RUNNING_EVERY_MS : false),
  });

export const previewQuery = (incident: string, provider: string | undefined, question: string | undefined) =>
  queryOptions({
    queryKey: ['ai', 'preview', incident, provider, question],
    queryFn: () => request<AiPreview>('GET', `/api/v1/ai/preview${queryText({ incident, provider, question })}`),
  });
