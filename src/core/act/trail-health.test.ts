import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { TRAIL_SILENT_MS, type TrailLooks, trailHealth } from './trail-health.ts';

const NOW = unixMsFrom(1_800_000_000_000);
const ORDERS = { system: 'orders-db', responder: 'postgres-role', kept: 'a table' };
const looks = (changed: Partial<TrailLooks> = {}): TrailLooks => ({
  triedAt: NOW - 3_600_000,
  begunAt: NOW - 3_600_000,
  readAt: NOW - 60_000,
  failure: '',
  because: '',
  lastUnknownAt: undefined,
  unknownChanges: 0,
  notShown: 0,
  cutAt: undefined,
  ...changed,
});
const state = (changed: Partial<TrailLooks> | undefined, kept = 'a table') =>
  trailHealth({ ...ORDERS, kept }, changed === undefined ? undefined : looks(changed), NOW).state;

describe('what is known of a target’s own log', () => {
  test('is that there is none, where its responder knows of none or the target keeps none', () => {
    expect(state(undefined, '')).toBe('none');
    expect(state({ failure: 'responder.no_trail', begunAt: undefined, readAt: undefined })).toBe('none');
  });

  test('is a silence where a log that was read is said not to be there any more', () => {
    expect(state({ failure: 'responder.no_trail', readAt: NOW - TRAIL_SILENT_MS - 1 })).toBe('silent');
  });

  test('is never that it was read, once nobody read it for longer than a look may fail', () => {
    expect(state({})).toBe('read');
    expect(state({ readAt: NOW - TRAIL_SILENT_MS })).toBe('read');
    expect(state({ readAt: NOW - TRAIL_SILENT_MS - 1 })).toBe('silent');
    // Also where no look succeeded yet, or nobody looks at all.
    expect(state({ readAt: undefined, begunAt: undefined, triedAt: NOW - TRAIL_SILENT_MS - 1 })).toBe('silent');
    expect(state({ readAt: undefined, begunAt: undefined, triedAt: NOW - 1_000 })).toBe('awaited');
    expect(state(undefined)).toBe('awaited');
  });
});
