import { describe, expect, test } from 'vitest';
import { viewProposal } from '../../src/app/proposals/view.ts';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import type { Responder } from '../../src/ports/responder.ts';
import { startPostgresTarget } from '../conformance/postgres-target.ts';
import { NO_REDIS, startRedisTarget } from '../conformance/redis-target.ts';
import {
  type Installation,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { contained, look, passLease, releaseOf, turns } from '../harness/leases.ts';
import { execute, know, review } from '../harness/proposals.ts';
import { TARGET_RESPONDER } from '../harness/target.ts';

/** The responder for a real server, where the harness has its own: with the server's credentials and address. */
function standingIn(real: ConformanceTarget): Responder {
  const { responder, system } = real;
  return {
    ...responder,
    manifest: { ...responder.manifest, name: TARGET_RESPONDER },
    async plan(request, ours, _context) {
      const plan = await responder.plan(request, { ...system, system: ours.system }, contextOf(real));
      return plan;
    },
    execute: (plan, ours, { idempotencyKey }) =>
      responder.execute(
        plan,
        { ...system, system: ours.system },
        // The kit's capability names its own act: the executor's was checked before it came here.
        capabilityOf(real, idempotencyKey),
        contextOf(real),
      ),
    observe: (plan, ours) => responder.observe(plan, { ...system, system: ours.system }, contextOf(real)),
  };
}

interface Real {
  readonly title: string;
  readonly start: () => Promise<ConformanceTarget>;
  readonly notHere: string | undefined;
}

const REAL: readonly Real[] = [
  { title: 'PostgreSQL', start: startPostgresTarget, notHere: undefined },
  { title: 'Redis', start: startRedisTarget, notHere: NO_REDIS },
];

async function withReal(
  start: Real['start'],
  work: (world: Installation, team: Team, real: ConformanceTarget) => Promise<void>,
): Promise<void> {
  const real = await start();
  try {
    await real.restore();
    const world = await startInstallation({ responder: () => standingIn(real) });
    try {
      const team = await startTeam(world);
      await signInventory(
        world,
        team.admin,
        [{ ...personRecord('Vic Known', real.victim), dependents: ['nightly report'] }],
        2,
      );
      await work(world, team, real);
    } finally {
      await world.stop();
    }
  } finally {
    await real.close();
  }
}

for (const { title, start, notHere } of REAL) {
  describe.skipIf(notHere !== undefined)(
    `a lease on a real ${title}${notHere === undefined ? '' : ` (${notHere})`}`,
    () => {
      test(
        'its undo is foreseen, its end asks, its release brings back what was, and that is looked at',
        { timeout: 60_000 },
        () =>
          withReal(start, async (world, team, real) => {
            const held = await real.hold();
            const { contain } = real;
            const { proposal } = await contained(world, team, { targetName: real.victim, operation: contain.name });
            expect(await real.isContained(real.victim)).toBe(true);
            const { presentation } = await know(world, proposal);
            expect(presentation.undo.check).toMatchObject({ verdict: 'planned', obstacles: [] });
            expect(presentation.undo.reversibility).toBe(contain.reversibility);
            expect(presentation.blast.unknown.length).toBeGreaterThan(0);
            expect(presentation.blast.dependents).toContain('nightly report');
            expect(presentation.blast.direct.length).toBeGreaterThan(0);
            passLease(world);
            expect(await look(world)).toBe(1);
            expect(await real.isContained(real.victim)).toBe(true);
            const release = await releaseOf(world);
            await review(world, team.sam, release);
            expect((await execute(world, release)).kind).toBe('concluded');
            expect(await real.isContained(real.victim)).toBe(false);
            const view = await viewProposal(world.context, proposal, team.sam.person);
            expect(view?.undoLeft).toMatchObject({ undo: release, verdict: 'as_declared' });
            await held.close();
          }),
      );

      test(
        'what somebody changed after the act stands in the way of its release, and that is said',
        { timeout: 60_000 },
        () =>
          withReal(start, async (world, team, real) => {
            const { proposal } = await contained(world, team, {
              targetName: real.victim,
              operation: real.contain.name,
            });
            const [change] = real.driftsAfter;
            await change?.apply();
            passLease(world);
            expect(await look(world)).toBe(0);
            expect((await turns(world)).map(({ code }) => code)).toEqual(['proposal.refused_by_plan']);
            expect((await viewProposal(world.context, proposal, team.sam.person))?.lease?.state).toBe('stuck');
          }),
      );
    },
  );
}
