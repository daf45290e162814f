import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Id } from '../../base/id.ts';
import { unixMsFrom } from '../../base/time.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { ownersOf } from './owners.ts';
import { fillSeats, QUORUM_TABLE, quorumOf, type Seat, type StandIn, standingSeats, type Voter } from './quorum.ts';

const PEOPLE = ['usr_a', 'usr_b', 'usr_c', 'usr_d', 'usr_e'] as const;
const anybody = fc.constantFrom<Id<'person'>>(...PEOPLE);
const named = fc.uniqueArray(anybody, { maxLength: 2 });
const seats: fc.Arbitrary<readonly Seat[]> = fc
  .record({ slot: fc.constantFrom('identity_owner', 'asset_owner'), own: named, business: named })
  .map(({ slot, own, business }) => quorumOf('T3', { own: { slot, people: own }, business }));
const voters: fc.Arbitrary<readonly Voter[]> = fc.uniqueArray(
  fc.record({ id: anybody, isResponder: fc.boolean(), at: fc.nat(20).map(unixMsFrom) }),
  { selector: ({ id }) => id, maxLength: 5 },
);
const standIns: fc.Arbitrary<readonly StandIn[]> = fc.array(
  fc
    .record({ from: anybody, to: anybody, since: fc.nat(10).map(unixMsFrom), until: fc.nat(20).map(unixMsFrom) })
    .filter(({ from, to }) => from !== to),
  { maxLength: 3 },
);
const filled = (taken: ReturnType<typeof fillSeats>) => taken.flatMap(({ filledBy }) => filledBy ?? []);

describe('the seats of an act', () => {
  test('are those of the table that reviews sign', () => {
    for (const tier of ['T1', 'T2', 'T3'] as const)
      expect(quorumOf(tier, undefined)).toHaveLength(QUORUM_TABLE[tier].length);
    expect(quorumOf('TX', undefined)).toEqual([]);
  });

  test('are never fewer for being somebody’s by name', () => {
    fc.assert(
      fc.property(seats, all => {
        expect(all).toHaveLength(quorumOf('T3', undefined).length);
      }),
    );
  });

  test('a business owner comes before the owner of the account, and both before anybody', () => {
    const own = { slot: 'identity_owner', people: ['usr_a'] } as const;
    expect(quorumOf('T3', { own, business: ['usr_b'] }).at(-1)).toEqual({ slot: 'business_owner', people: ['usr_b'] });
    expect(quorumOf('T3', { own, business: [] }).at(-1)).toEqual({ slot: 'identity_owner', people: ['usr_a'] });
    expect(quorumOf('T2', { own, business: ['usr_b'] })).toEqual(quorumOf('T2', undefined));
  });

  test('are filled by different people, each who may sit there, and as many as can be', () => {
    fc.assert(
      fc.property(seats, voters, standIns, (all, who, instead) => {
        const taken = fillSeats(all, who, instead);
        const people = filled(taken);
        expect(new Set(people).size).toBe(people.length);
        for (const [at, { filledBy, insteadOf }] of taken.entries()) {
          const voter = who.find(({ id }) => id === filledBy);
          if (voter === undefined) continue;
          const seat = all[at];
          if (seat?.people.length === 0) expect(seat.slot !== 'responder' || voter.isResponder).toBe(true);
          else expect(seat?.people).toContain(insteadOf ?? voter.id);
        }
        expect(people.length).toBe(mostByTrying(all, who, instead));
      }),
      { numRuns: 500 },
    );
  });

  test('whoever signs in somebody’s stead and whoever they stand in for are one', () => {
    fc.assert(
      fc.property(seats, voters, standIns, (all, who, instead) => {
        const taken = fillSeats(all, who, instead);
        const seated = filled(taken);
        for (const { insteadOf } of taken) if (insteadOf !== undefined) expect(seated).not.toContain(insteadOf);
        for (const { from, to } of instead) expect(seated.includes(from) && seated.includes(to)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('standing in goes no further: whom somebody stands in for has to be named by the seat', () => {
    const all = quorumOf('T3', { own: { slot: 'asset_owner', people: ['usr_a'] }, business: [] });
    const chain: StandIn[] = [
      { from: 'usr_a', to: 'usr_b', since: unixMsFrom(0), until: unixMsFrom(9) },
      { from: 'usr_b', to: 'usr_c', since: unixMsFrom(0), until: unixMsFrom(9) },
    ];
    const at = unixMsFrom(5);
    const rosa = { id: 'usr_e', isResponder: true, at } as const;
    expect(filled(fillSeats(all, [rosa, { id: 'usr_c', isResponder: true, at }], chain))).toHaveLength(1);
    expect(filled(fillSeats(all, [rosa, { id: 'usr_b', isResponder: true, at }], chain))).toHaveLength(2);
    expect(filled(fillSeats(all, [rosa, { id: 'usr_b', isResponder: true, at: unixMsFrom(9) }], chain))).toHaveLength(
      1,
    );
  });

  test('a seat whose people can none of them sign is anybody’s, and not gone', () => {
    fc.assert(
      fc.property(seats, standIns, fc.subarray([...PEOPLE]), (all, instead, able) => {
        const standing = standingSeats(all, instead, id => (able as readonly string[]).includes(id));
        expect(standing).toHaveLength(all.length);
        for (const [at, seat] of standing.entries())
          if (seat.people.length > 0) expect(seat).toEqual(all[at]);
          else expect(['responder', 'second_person']).toContain(seat.slot);
      }),
    );
  });
});

/** The most seats that can be filled, by trying every way of seating people. */
function mostByTrying(all: readonly Seat[], who: readonly Voter[], instead: readonly StandIn[]): number {
  const isOneOf = (used: readonly string[], id: string) =>
    instead.some(({ from, to }) => (from === id && used.includes(to)) || (to === id && used.includes(from)));
  const ways = (at: number, used: readonly string[], stood: readonly string[]): number => {
    const seat = all[at];
    if (seat === undefined) return 0;
    let most = ways(at + 1, used, stood);
    for (const { id, isResponder, at: when } of who) {
      if (used.includes(id) || isOneOf(used, id)) continue;
      const next = [...used, id];
      if (seat.people.length === 0) {
        if (seat.slot !== 'responder' || isResponder) most = Math.max(most, 1 + ways(at + 1, next, stood));
        continue;
      }
      if (seat.people.includes(id)) most = Math.max(most, 1 + ways(at + 1, next, stood));
      for (const { from, to, since, until } of instead)
        if (to === id && seat.people.includes(from) && !stood.includes(from) && since <= when && when < until)
          most = Math.max(most, 1 + ways(at + 1, next, [...stood, from]));
    }
    return most;
  };
  return ways(0, [], []);
}

describe('owners', () => {
  const record = (changed: Partial<InventoryRecord>): InventoryRecord => ({
    kind: 'nhi',
    name: 'ci',
    aliases: [],
    accounts: [{ system: 'orders-db', name: 'svc_ci' }],
    owner: '',
    privileged: 'no',
    criticality: 'low',
    dependents: [],
    ...changed,
  });
  const inventory = (...records: readonly InventoryRecord[]): Inventory => ({ v: '1', version: '1', records });
  const dana = record({ kind: 'person', name: 'Dana', aliases: ['person:usr_dana'], accounts: [] });
  const account = { system: 'orders-db', name: 'svc_ci' };

  test('are people of this installation, by a link and not by a name alone', () => {
    expect(ownersOf(inventory(record({ owner: 'Dana' }), dana), account, [])).toEqual({
      own: { slot: 'identity_owner', people: ['usr_dana'] },
      business: [],
    });
    const unlinked = record({ kind: 'person', name: 'Dana', accounts: [] });
    expect(ownersOf(inventory(record({ owner: 'Dana' }), unlinked), account, []).own.people).toEqual([]);
    expect(ownersOf(inventory(record({ owner: 'person:usr_noor' })), account, []).own.people).toEqual(['usr_noor']);
    expect(ownersOf(inventory(record({ kind: 'service', owner: 'Dana' }), dana), account, []).own.slot).toBe(
      'asset_owner',
    );
  });

  test('of a business count where it is critical and rests on the target', () => {
    const shop = (criticality: InventoryRecord['criticality']) =>
      record({ kind: 'business_service', name: 'shop', accounts: [], owner: 'Dana', criticality });
    const target = record({ dependents: ['shop'] });
    expect(ownersOf(inventory(target, shop('critical'), dana), account, []).business).toEqual(['usr_dana']);
    expect(ownersOf(inventory(target, shop('low'), dana), account, []).business).toEqual([]);
    expect(ownersOf(inventory(record({}), shop('critical'), dana), account, []).business).toEqual([]);
  });

  test('whom the account itself belongs to owns no seat of it', () => {
    expect(ownersOf(inventory(record({ owner: 'Dana' }), dana), account, ['usr_dana']).own.people).toEqual([]);
  });

  test('there are none where there is no inventory', () => {
    expect(ownersOf(undefined, account, [])).toEqual({ own: { slot: 'asset_owner', people: [] }, business: [] });
  });
});
