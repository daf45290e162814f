import { queryOptions } from '@tanstack/react-query';
import type { PowerDetailView, PowersView } from '../../src/model/api-powers.ts';
import type { MachineRow } from '../../src/model/machine.ts';
import type { TrailsView } from '../../src/model/trail.ts';
import { request } from './client.ts';

const POWERS_EVERY_MS = 15_000;

export const powersQuery = queryOptions({
  queryKey: ['powers'],
  queryFn: () => request<PowersView>('GET', '/api/v1/powers'),
  // What the executor tells of itself is news to nobody's line: a page that stays open asks now and then.
  refetchInterval: POWERS_EVERY_MS,
});

export const powerQuery = (responder: string, system: string) =>
  queryOptions({
    queryKey: ['powers', responder, system],
    queryFn: () =>
      request<PowerDetailView>('GET', `/api/v1/powers/${encodeURIComponent(responder)}/${encodeURIComponent(system)}`),
    refetchInterval: POWERS_EVERY_MS,
  });

export const machinesQuery = queryOptions({
  queryKey: ['machines'],
  queryFn: () => request<readonly MachineRow[]>('GET', '/api/v1/machines'),
});

const TRAILS_MS = 60_000;

export const trailsQuery = queryOptions({
  queryKey: ['trails'],
  queryFn: () => request<TrailsView>('GET', '/api/v1/trails'),
  refetchInterval: TRAILS_MS,
});
