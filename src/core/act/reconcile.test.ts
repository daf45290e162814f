import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import type { TrailEntry } from '../../ports/responder.ts';
import { CLOCKS_APART_MS_MAX, matchTrail, notShownThere, type OwnAct } from './reconcile.ts';

const T0 = unixMsFrom(1_800_000_000_000);

const act = (n: number, changed: Partial<OwnAct> = {}): OwnAct => ({
  execution: `exe_${n}`,
  operation: 'lock',
  target: 'jo',
  key: `key-${n}`,
  begunAt: T0,
  endedAt: unixMsFrom(T0 + 1_000),
  isApplied: true,
  ...changed,
});

const entry = (id: string, changed: Partial<TrailEntry> = {}): TrailEntry => ({
  id,
  at: unixMsFrom(T0 + 500),
  target: 'jo',
  operation: 'lock',
  key: '',
  text: '',
  from: '',
  ...changed,
});

const unexplained = (...args: Parameters<typeof matchTrail>) =>
  matchTrail(...args)
    .filter(({ execution }) => execution === undefined)
    .map(({ entry: { id } }) => id);

describe('what a target says was done with our credential', () => {
  test('is ours where it is the act that was signed, by key or by operation, target and time', () => {
    expect(unexplained([entry('1')], [act(1)], new Set())).toEqual([]);
    expect(unexplained([entry('1', { key: 'key-1', at: T0 })], [act(1)], new Set())).toEqual([]);
  });

  test('is nobody’s where anything of it is otherwise', () => {
    const others: readonly Partial<TrailEntry>[] = [
      { target: 'kim' },
      { target: '' },
      { operation: 'unlock' },
      { operation: '' },
      { at: unixMsFrom(T0 - CLOCKS_APART_MS_MAX - 1) },
      { at: unixMsFrom(T0 + 60_000 + CLOCKS_APART_MS_MAX + 1) },
      { key: 'key-2' },
      { key: 'key-1', target: 'kim' },
      { key: 'key-1', operation: 'unlock' },
    ];
    for (const changed of others) expect(unexplained([entry('1', changed)], [act(1)], new Set())).toEqual(['1']);
  });

  test('is one too many where somebody did the same beside us, in the same look or in a later one', () => {
    const later = entry('2', { at: unixMsFrom(T0 + 600) });
    expect(unexplained([later, entry('1')], [act(1)], new Set())).toEqual(['2']);
    expect(unexplained([later], [act(1)], new Set(['exe_1']))).toEqual(['2']);
  });

  test('may be several lines of one act where the target keeps our key', () => {
    const lines = [entry('1', { key: 'key-1' }), entry('2', { key: 'key-1' })];
    expect(unexplained(lines, [act(1)], new Set(['exe_1']))).toEqual([]);
  });

  test('never leaves fewer unexplained than there are more entries than acts', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(6), (entries, acts) => {
        const found = unexplained(
          Array.from({ length: entries }, (_, n) => entry(String(n))),
          Array.from({ length: acts }, (_, n) => act(n)),
          new Set(),
        );
        expect(found).toHaveLength(Math.max(0, entries - acts));
      }),
    );
  });
});

describe('an act that the target’s own log does not have', () => {
  const trail = { begunAt: T0 - CLOCKS_APART_MS_MAX - 1, readAt: T0 + 1_000 + 300_001 };

  test('is told once the log has had its time', () => {
    expect(notShownThere([act(1)], new Set(), trail)).toHaveLength(1);
    expect(notShownThere([act(1)], new Set(), { ...trail, readAt: T0 + 300_000 })).toEqual([]);
  });

  test('is none where it was seen, where nothing was done, where no answer came, or where the log was not read yet', () => {
    expect(notShownThere([act(1)], new Set(['exe_1']), trail)).toEqual([]);
    expect(notShownThere([act(1, { isApplied: false })], new Set(), trail)).toEqual([]);
    expect(notShownThere([act(1, { endedAt: undefined })], new Set(), trail)).toEqual([]);
    expect(notShownThere([act(1)], new Set(), { ...trail, begunAt: T0 })).toEqual([]);
  });
});
