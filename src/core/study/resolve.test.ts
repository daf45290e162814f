import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import type { BindingKind } from '../../model/binding.ts';
import { bindingsOf, createResolver, type Sought } from './resolve.ts';
import type { Sighting } from './sightings.ts';
import { timeOf } from './testing.ts';

const ADDRESS = 'ip:198.51.100.7';
const at = (clock: string) => timeOf(`2026-03-02T${clock}:00Z`);

/** One record's word, at a time of day; `until` where the record states it. */
function said(
  kind: BindingKind,
  object: string,
  clock: string,
  more: { readonly until?: string; readonly isEnd?: boolean; readonly subject?: string } = {},
): Sighting {
  const subject = more.subject ?? ADDRESS;
  const alert = `alr_${kind}_${object}_${clock}` as const;
  return {
    kind,
    subject,
    subjectLabel: subject.slice(subject.indexOf(':') + 1),
    object,
    objectLabel: object.slice(object.indexOf(':') + 1),
    at: at(clock),
    until: more.until === undefined ? undefined : at(more.until),
    isEnd: more.isEnd ?? false,
    alert,
    citations: [{ evidence: `evd_${object}_${clock}`, pointer: '/a', value: 'x' }],
  };
}

function resolved(sightings: readonly Sighting[], clock: string, sought: Sought = 'host', subject = ADDRESS) {
  const bindings = bindingsOf(sightings).map(one => one.binding);
  const { verdict, holders, text } = createResolver(bindings).at(subject, sought, at(clock));
  return { verdict, held: holders.map(({ binding, sure }) => `${binding.objectLabel} ${sure}`), text };
}

const DAY = [
  said('lease', 'host:ws-12', '09:02', { until: '17:40' }),
  said('lease', 'host:ws-31', '17:45', { until: '23:00' }),
];

describe('who held an address', () => {
  test('is told as of the time that is asked for', () => {
    expect(resolved(DAY, '12:00')).toMatchObject({ verdict: 'one', held: ['ws-12 fresh'] });
    expect(resolved(DAY, '20:00')).toMatchObject({ verdict: 'one', held: ['ws-31 fresh'] });
    expect(resolved(DAY, '08:00')).toMatchObject({ verdict: 'none', held: [], text: 'no record says' });
    expect(resolved(DAY, '23:30').verdict).toBe('none');
  });

  test('is never picked between two: both are shown', () => {
    const both = [...DAY, said('own_address', 'host:other', '11:50')];
    expect(resolved(both, '12:00')).toEqual({
      verdict: 'ambiguous',
      held: ['other fresh', 'ws-12 fresh'],
      text: 'cannot tell: other (its own sensor: said within 60 min) or ws-12 (DHCP, the name as its client gave it: for as long as the record says)',
    });
  });

  test('is both within a minute of a change of hands, since two clocks may differ by that much', () => {
    const change = [
      said('lease', 'host:ws-12', '09:00', { until: '12:00' }),
      said('lease', 'host:ws-31', '12:00', { until: '15:00' }),
    ];
    expect(resolved(change, '12:00')).toMatchObject({ verdict: 'ambiguous', held: ['ws-31 fresh', 'ws-12 edge'] });
    expect(resolved(change, '12:02').held).toEqual(['ws-31 fresh']);
  });

  test('ends with the next holder, with a recorded release, and with the lease, whichever is first', () => {
    const ends = (sightings: readonly Sighting[]) =>
      bindingsOf(sightings).map(({ binding }) => [binding.objectLabel, binding.until, binding.end]);
    expect(ends([said('lease', 'host:a', '09:00', { until: '18:00' }), said('lease', 'host:b', '12:00')])).toEqual([
      ['a', at('12:00'), 'next'],
      ['b', undefined, 'unknown'],
    ]);
    expect(
      ends([said('lease', 'host:a', '09:00', { until: '18:00' }), said('lease', 'host:a', '10:00', { isEnd: true })]),
    ).toEqual([['a', at('10:00'), 'recorded']]);
    expect(ends([said('lease', 'host:a', '09:00', { until: '10:00' }), said('lease', 'host:b', '12:00')])[0]).toEqual([
      'a',
      at('10:00'),
      'lease',
    ]);
  });

  test('a renewed lease is one span, and a sensor elsewhere does not end it', () => {
    const renewed = [
      said('lease', 'host:a', '09:00', { until: '11:00' }),
      said('lease', 'host:a', '10:00', { until: '12:00' }),
      said('own_address', 'host:b', '10:30'),
    ];
    expect(bindingsOf(renewed).map(({ binding }) => [binding.objectLabel, binding.count, binding.until])).toEqual([
      ['a', 2, at('12:00')],
      ['b', 1, undefined],
    ]);
    expect(resolved(renewed, '10:40').verdict).toBe('ambiguous');
  });

  test('is stale when it was said long before and nothing says that it ended', () => {
    const once = [said('own_address', 'host:a', '09:00')];
    expect(resolved(once, '09:30').verdict).toBe('one');
    expect(resolved(once, '15:00')).toMatchObject({ verdict: 'stale', held: ['a stale'] });
    expect(resolved(once, '15:00').text).toBe('perhaps a (its own sensor: last said 6 h before, and no end is known)');
  });

  test('tells nothing where many hold it at once, or where hosts are only seen behind it', () => {
    const gateway = ['a', 'b', 'c', 'd'].map((name, n) => said('own_address', `host:${name}`, `09:0${n}`));
    expect(resolved(gateway, '09:05')).toMatchObject({ verdict: 'shared', text: 'shared by 4 hosts, tells nothing' });
    const proxy = ['a', 'b'].map(name => said('behind', `host:${name}`, '09:00'));
    expect(resolved(proxy, '09:05').verdict).toBe('shared');
  });

  test('takes a short name and the one whole name of it for one host, and two domains for two', () => {
    const short = [said('lease', 'host:ws-12', '09:00'), said('own_address', 'host:ws-12.example.com', '09:10')];
    expect(resolved(short, '09:20')).toMatchObject({ verdict: 'one', held: ['ws-12.example.com fresh'] });
    const two = [...short, said('own_address', 'host:ws-12.evil.example', '09:10')];
    expect(resolved(two, '09:20').verdict).not.toBe('one');
    const people = ['user:dana@example.com', 'user:dana@evil.example'].map(user => said('sign_in', user, '09:00'));
    expect(resolved(people, '09:05', 'user').verdict).toBe('ambiguous');
  });

  test('a host leads to whoever was signed in, until they signed out', () => {
    const host = { subject: 'host:ws-12' };
    const shift = [
      said('logon', 'user:dana', '09:00', host),
      said('logon', 'user:dana', '09:40', { ...host, isEnd: true }),
      said('logon', 'user:ole', '10:00', host),
    ];
    expect(resolved(shift, '09:30', 'user', 'host:ws-12').held).toEqual(['dana fresh']);
    expect(resolved(shift, '10:10', 'user', 'host:ws-12').held).toEqual(['ole fresh']);
  });
});

const anySighting = fc
  .record({
    kind: fc.constantFrom<BindingKind>('lease', 'own_address', 'behind'),
    object: fc.constantFrom('host:a', 'host:a.example.com', 'host:b', 'host:c', 'host:a.evil.example'),
    minute: fc.integer({ min: 0, max: 2_000 }),
    lasts: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
    isEnd: fc.boolean(),
  })
  .map(({ kind, object, minute, lasts, isEnd }) => ({
    ...said(kind, object, '00:00', { isEnd }),
    at: unixMsFrom(at('00:00') + minute * 60_000),
    until: lasts === undefined ? undefined : unixMsFrom(at('00:00') + (minute + lasts) * 60_000),
    alert: `alr_${kind}_${object}_${minute}_${String(lasts)}_${isEnd}` as const,
  }));

describe('any set of bindings', () => {
  test('is the same in any order of the records, and ends no earlier than it begins', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anySighting, { maxLength: 40, selector: one => one.alert }),
        fc.infiniteStream(fc.nat()),
        (sightings, dice) => {
          const shuffled = sightings
            .map(one => ({ one, key: dice.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const bindings = bindingsOf(sightings).map(({ binding }) => binding);
          expect(bindingsOf(shuffled).map(({ binding }) => binding)).toEqual(bindings);
          for (const { from, until, lastSeen } of bindings) {
            expect(lastSeen).toBeGreaterThanOrEqual(from);
            if (until !== undefined) expect(until).toBeGreaterThanOrEqual(from);
          }
          expect(new Set(bindings.map(({ claim }) => claim)).size).toBe(bindings.length);
        },
      ),
    );
  });

  test('never resolves to one where another record of that very moment names somebody else', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anySighting, { minLength: 2, maxLength: 12, selector: one => one.alert }),
        sightings => {
          const resolver = createResolver(bindingsOf(sightings).map(({ binding }) => binding));
          for (const one of sightings.filter(({ isEnd }) => !isEnd)) {
            const names = new Set(
              sightings.filter(other => !other.isEnd && other.at === one.at).map(other => other.object.split('.')[0]),
            );
            if (names.size > 1) expect(['ambiguous', 'shared']).toContain(resolver.at(ADDRESS, 'host', one.at).verdict);
          }
        },
      ),
    );
  });
});
