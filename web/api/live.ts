import { useSyncExternalStore } from 'react';
import type { LiveEvent } from '../../src/model/api.ts';
import { queryClient } from './queries.ts';

/** What the page knows of its line to the server. `news` counts what happened to incidents since the page opened. */
export interface Live {
  readonly line: 'connecting' | 'open' | 'lost';
  readonly news: number;
}

let live: Live = { line: 'connecting', news: 0 };
const listeners = new Set<() => void>();
let source: EventSource | undefined;

function set(next: Partial<Live>): void {
  live = { ...live, ...next };
  for (const listener of listeners) listener();
}

const KINDS = ['incidents', 'incident', 'proposal', 'log', 'kill_switch', 'coverage'] as const;

/** Opens the line once; the browser itself reconnects. After a break everything on screen is asked for again. */
export function openLive(): void {
  if (source !== undefined) return;
  source = new EventSource('/api/v1/events');
  let wasLost = false;
  source.onopen = () => {
    set({ line: 'open' });
    if (wasLost) void queryClient.invalidateQueries({ predicate: query => query.queryKey[0] !== 'incidents' });
    wasLost = false;
  };
  source.onerror = () => {
    wasLost = true;
    set({ line: 'lost' });
    // Closed for good (signed out, refused): a later sign-in opens a new one.
    if (source?.readyState === EventSource.CLOSED) source = undefined;
  };
  const hear = (message: MessageEvent<string>) => {
    const event = parse(message.data);
    if (event !== undefined) apply(event);
  };
  source.onmessage = hear;
  for (const kind of KINDS) source.addEventListener(kind, hear as EventListener);
}

export function closeLive(): void {
  source?.close();
  source = undefined;
}

function parse(text: string): LiveEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isEvent =
      typeof value === 'object' && value !== null && 'kind' in value && KINDS.some(kind => kind === value.kind);
    return isEvent ? (value as LiveEvent) : undefined;
  } catch {
    return undefined;
  }
}

function apply(event: LiveEvent): void {
  switch (event.kind) {
    case 'incidents':
      set({ news: live.news + Math.max(1, event.changed) });
      void queryClient.invalidateQueries({ queryKey: ['me'] });
      return;
    case 'incident':
      set({ news: live.news + 1 });
      void queryClient.invalidateQueries({ queryKey: ['incident', event.id] });
      return;
    case 'proposal':
      void queryClient.invalidateQueries({ queryKey: ['proposal', event.id] });
      void queryClient.invalidateQueries({ queryKey: ['proposals'] });
      void queryClient.invalidateQueries({ queryKey: ['policy'] });
      void queryClient.invalidateQueries({ queryKey: ['playbooks'] });
      void queryClient.invalidateQueries({ queryKey: ['me'] });
      return;
    case 'log':
      void queryClient.invalidateQueries({ queryKey: ['log'] });
      return;
    case 'kill_switch':
    case 'coverage':
      void queryClient.invalidateQueries({ queryKey: ['me'] });
      void queryClient.invalidateQueries({ queryKey: ['coverage'] });
      return;
  }
}

export function useLive(): Live {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
}
