import type { Id } from '../../base/id.ts';
import type { UnixMs } from '../../base/time.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Slot } from '../../model/quorum.ts';

/** One seat of a quorum. Nobody named: whoever may review the tier, and for a responder's seat has that role. */
export interface Seat {
  readonly slot: Slot;
  readonly people: readonly Id<'person'>[];
}

/** Who owns what an act would touch, by the signed inventory; people of this installation alone. */
export interface TargetOwners {
  /** Of the account itself, or of the machine, service or cloud account. */
  readonly own: { readonly slot: 'identity_owner' | 'asset_owner'; readonly people: readonly Id<'person'>[] };
  /** Of business-critical services that rest on it. */
  readonly business: readonly Id<'person'>[];
}

const SEATS: { readonly [T in Tier]: readonly Seat[] } = {
  T1: [{ slot: 'responder', people: [] }],
  T2: [{ slot: 'responder', people: [] }],
  T3: [
    { slot: 'responder', people: [] },
    { slot: 'second_person', people: [] },
  ],
  TX: [],
};

/** The seats as data, for the digest that a review signs: with others, what was approved before is stale. */
export const QUORUM_TABLE = {
  T1: ['responder'],
  T2: ['responder'],
  T3: ['responder', 'business_owner or identity_owner or asset_owner or second_person'],
} as const;

/**
 * The seats of an act. The second seat of two is that of a business owner, else of the owner of the target, where the
 * inventory names one who is enrolled here; else of any second person. Naming never takes a seat away.
 */
export function quorumOf(tier: Tier, owners: TargetOwners | undefined): readonly Seat[] {
  const seats = SEATS[tier];
  if (tier !== 'T3' || owners === undefined) return seats;
  const second: Seat | undefined =
    owners.business.length > 0
      ? { slot: 'business_owner', people: owners.business }
      : owners.own.people.length > 0
        ? { slot: owners.own.slot, people: owners.own.people }
        : undefined;
  return second === undefined ? seats : [...seats.filter(({ slot }) => slot !== 'second_person'), second];
}

/** Somebody who said yes and counts. */
export interface Voter {
  readonly id: Id<'person'>;
  readonly isResponder: boolean;
  readonly at: UnixMs;
}

/** That somebody signs in somebody else's named seat, from then until then. */
export interface StandIn {
  readonly from: Id<'person'>;
  readonly to: Id<'person'>;
  readonly since: UnixMs;
  readonly until: UnixMs;
}

interface Taken {
  readonly slot: Slot;
  readonly filledBy: Id<'person'> | undefined;
  /** Whose seat it is, where they sign in somebody else's. */
  readonly insteadOf: Id<'person'> | undefined;
}

/**
 * Seats people so that as many seats as can be are filled, each by another person. Whoever may sign in somebody's stead and
 * whoever they may stand in for are one: where the one sits, in whichever seat, the other does not (controls LIF-05).
 */
export function fillSeats(
  seats: readonly Seat[],
  voters: readonly Voter[],
  standIns: readonly StandIn[],
): readonly Taken[] {
  const [seat, ...others] = seats;
  if (seat === undefined) return [];
  const empty: Taken = { slot: seat.slot, filledBy: undefined, insteadOf: undefined };
  let best: readonly Taken[] = [empty, ...fillSeats(others, voters, standIns)];
  for (const { voter, insteadOf } of candidates(seat, voters, standIns)) {
    const left = voters.filter(({ id }) => id !== voter.id && !areOne(standIns, id, voter.id));
    const withheld = standIns.filter(({ from, to }) => from !== voter.id && to !== voter.id && from !== insteadOf);
    const filled = [{ slot: seat.slot, filledBy: voter.id, insteadOf }, ...fillSeats(others, left, withheld)];
    if (countFilled(filled) > countFilled(best)) best = filled;
  }
  return best;
}

/** Whether one of the two may sign in the other's stead. */
function areOne(standIns: readonly StandIn[], a: Id<'person'>, b: Id<'person'>): boolean {
  return standIns.some(({ from, to }) => (from === a && to === b) || (from === b && to === a));
}

interface Candidate {
  readonly voter: Voter;
  readonly insteadOf: Id<'person'> | undefined;
}

function candidates(seat: Seat, voters: readonly Voter[], standIns: readonly StandIn[]): readonly Candidate[] {
  return voters.flatMap((voter): readonly Candidate[] => {
    if (seat.people.length === 0)
      return seat.slot !== 'responder' || voter.isResponder ? [{ voter, insteadOf: undefined }] : [];
    if (seat.people.includes(voter.id)) return [{ voter, insteadOf: undefined }];
    return standIns
      .filter(
        one => one.to === voter.id && seat.people.includes(one.from) && one.since <= voter.at && voter.at < one.until,
      )
      .map(one => ({ voter, insteadOf: one.from }));
  });
}

function countFilled(taken: readonly Taken[]): number {
  return taken.filter(({ filledBy }) => filledBy !== undefined).length;
}

/**
 * The seats as they stand among these people: a seat whose people can none of them sign is anybody's second seat. It is
 * never left out, so there are never fewer people than without names.
 */
export function standingSeats(
  seats: readonly Seat[],
  standIns: readonly StandIn[],
  canSign: (person: Id<'person'>) => boolean,
): readonly Seat[] {
  return seats.map(seat => {
    if (seat.people.length === 0) return seat;
    const able = [...seat.people, ...standIns.filter(one => seat.people.includes(one.from)).map(one => one.to)];
    return able.some(canSign) ? seat : { slot: 'second_person', people: [] };
  });
}
