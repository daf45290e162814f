import { endedLeases } from '../../src/app/leases/due.ts';
import { leaseLook } from '../../src/app/leases/upkeep.ts';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import type { Installation, Team } from './installation.ts';
import { execute, INCIDENT, know, propose, review, type StudyWish, studyFor, withPlanner } from './proposals.ts';

export const LEASE_HOURS = 12;

/** An account that was closed with a lease, and was seen to be. */
export async function contained(world: Installation, { rosa, sam }: Team, wish: StudyWish = {}) {
  const proposal = await propose(world, rosa, { leaseHours: LEASE_HOURS, ...wish });
  await review(world, sam, proposal);
  const outcome = await execute(world, proposal);
  const { execution } = await know(world, proposal);
  if (execution === undefined) throw new Error(`it was not carried out: ${JSON.stringify(outcome)}`);
  return { proposal, execution: execution.id };
}

/** Until a moment after the lease has ended. */
export function passLease(world: Installation): void {
  world.advance(LEASE_HOURS * MS_PER_HOUR + 1_000);
}

/** A server that looks at its leases once, as one that was just started does. */
export async function look(world: Installation): Promise<number> {
  const study = await studyFor(world);
  return withPlanner(world, leaseLook(world.context, study)());
}

/** What the table of turns holds, oldest first. */
export async function turns(world: Installation) {
  const { rows } = await world.database.ownerPool.query<{ number: number; release_id: `prp_${string}`; code: string }>(
    'SELECT number, release_id, code FROM lease_turn ORDER BY execution_id, number',
  );
  return rows;
}

/** The newest release that waits or waited. */
export async function releaseOf(world: Installation): Promise<`prp_${string}`> {
  const id = (await turns(world)).findLast(({ release_id }) => release_id.startsWith('prp_'))?.release_id;
  if (id === undefined) throw new Error('no release was proposed');
  return id;
}

export const ended = (world: Installation) => endedLeases(world.context);
export { INCIDENT };
