import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import type { TrailEntry } from '../../ports/responder.ts';
import { byOurClock, CLOCKS_APART_MS_MAX, matchTrail, notShownThere, type OwnAct } from './reconcile.ts';

const T0 = unixMsFrom(1_800_000_000_000);

const act = (n: number, changed: Partial<OwnAct> = {}): OwnAct => ({
  execution: `exe_${n}`,
  operation: 'lock',
  target: 'jo',
  key: `key-${n}`,
  begunAt: T0,
  endedAt: unixMsFrom(T0 + 1_000),
  did: 'change',
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
    // No answer came, so it may have arrived later.
    const late = entry('1', { at: unixMsFrom(T0 + 50_000 + CLOCKS_APART_MS_MAX) });
    expect(unexplained([late], [act(1, { endedAt: undefined })], new Set())).toEqual([]);
    expect(unexplained([late], [act(1)], new Set())).toEqual(['1']);
  });

  test('is nobody’s where anything of it is otherwise', () => {
    const others: readonly Partial<TrailEntry>[] = [
      { target: 'kim' },
      { target: '' },
      { operation: 'unlock' },
      { operation: '' },
      { at: unixMsFrom(T0 - CLOCKS_APART_MS_MAX - 1) },
      { at: unixMsFrom(T0 + 1_000 + CLOCKS_APART_MS_MAX + 1) },
      // Whoever knows a key of ours, from the log for one, cannot use it at any other time.
      { key: 'key-1', at: unixMsFrom(T0 + 1_000 + CLOCKS_APART_MS_MAX + 1) },
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

  test('is not explained by an act of ours that changed nothing', () => {
    expect(unexplained([entry('1')], [act(1, { did: 'nothing' })], new Set())).toEqual(['1']);
    expect(unexplained([entry('1')], [act(1, { did: 'perhaps' })], new Set())).toEqual([]);
  });

  test('says why nobody signed for it', () => {
    const because = (changed: Partial<TrailEntry>, taken: readonly string[] = []) =>
      matchTrail([entry('1', changed)], [act(1)], new Set(taken)).map(one =>
        one.execution === undefined ? one.because : 'explained',
      );
    expect(because({})).toEqual(['explained']);
    expect(because({ target: 'kim' })).toEqual(['no_act']);
    expect(because({ operation: '' })).toEqual(['not_ours']);
    expect(because({}, ['exe_1'])).toEqual(['one_too_many']);
    expect(because({ at: unixMsFrom(T0 + 3_600_000) })).toEqual(['other_time']);
  });

  test('is explained as far as it can be, whichever act is listed first', () => {
    const [early, late] = [act(1), act(2, { begunAt: unixMsFrom(T0 + 200_000), endedAt: unixMsFrom(T0 + 201_000) })];
    // Both fit the first entry, and only the later one fits the second.
    const entries = [entry('1', { at: unixMsFrom(T0 + 100_000) }), entry('2', { at: unixMsFrom(T0 + 250_000) })];
    for (const acts of [
      [early, late],
      [late, early],
    ])
      expect(unexplained(entries, acts, new Set())).toEqual([]);
  });

  test('is read by our clock where the target tells its own, however far that is off', () => {
    const ahead = entry('1', { at: unixMsFrom(T0 + 86_400_500) });
    const page = { entries: [ahead], cursor: '' };
    const now = unixMsFrom(T0 + 60_000);
    expect(unexplained(byOurClock(page, now), [act(1)], new Set())).toEqual(['1']);
    const clock = unixMsFrom(T0 + 86_460_000);
    expect(byOurClock({ ...page, clock }, now)).toEqual([{ ...ahead, at: T0 + 500 }]);
    expect(unexplained(byOurClock({ ...page, clock }, now), [act(1)], new Set())).toEqual([]);
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
    expect(notShownThere([act(1, { did: 'perhaps' })], new Set(), trail)).toEqual([]);
    expect(notShownThere([act(1, { endedAt: undefined })], new Set(), trail)).toEqual([]);
    expect(notShownThere([act(1)], new Set(), { ...trail, begunAt: T0 })).toEqual([]);
  });
});
