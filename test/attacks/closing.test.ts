import { vi } from 'vitest';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { tierOf } from '../../src/core/decide/tier.ts';
import { addAlert, addIncident } from '../harness/incidents.ts';
import { type Installation, type Member, startTeam } from '../harness/installation.ts';
import { execute, failedChecks, INCIDENT, studyFor, tryReview, withPlanner } from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { withoutChecks } from './taken-out.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/act/check.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/check.ts')>(),
    'checkExecution',
  ),
);
vi.mock('../../src/core/decide/tier.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tier.ts')>(), 'tierOf'),
);

async function proposeClosing(world: Installation, by: Member) {
  const study = await studyFor(world);
  const request = { kind: 'close', incident: INCIDENT, outcome: 'benign' } as const;
  return withPlanner(world, requestProposal(world.context, study, by.person, request));
}

/** What the last own effect says of the incident, read as an administrator of the database. */
async function isClosed(world: Installation): Promise<boolean> {
  const { rows } = await world.database.ownerPool.query<{ state: string }>(
    "SELECT value ->> 'state' AS state FROM own_effect WHERE object = $1 ORDER BY seq DESC LIMIT 1",
    [`incident/${INCIDENT}`],
  );
  return rows[0]?.state === 'closed';
}

attack({
  id: 'PBK-05',
  attack: 'an alert joins the incident after people agreed to close it, and goes down with it',
  control: 'the comparison of the incident with what people saw',
  async run(start) {
    const world = await start();
    const { rosa } = await startTeam(world);
    await addIncident(world);
    const made = await proposeClosing(world, rosa);
    if (!made.ok) return { succeeded: false, seen: made.failure.code };
    await tryReview(world, rosa, made.value);
    await addAlert(world);
    const outcome = await execute(world, made.value);
    return { succeeded: await isClosed(world), seen: [outcome.kind, ...failedChecks(outcome)].join(', ') };
  },
  without: () => withoutChecks('the target is as it was when people looked'),
});

attack({
  id: 'PBK-05',
  attack: 'whoever wants a critical incident gone proposes its closing and signs it alone',
  control: 'the stricter tier of an incident of high or critical severity',
  async run(start) {
    const world = await start();
    const { rosa } = await startTeam(world);
    await addIncident(world, 'critical');
    const made = await proposeClosing(world, rosa);
    if (!made.ok) return { succeeded: false, seen: made.failure.code };
    const signed = await tryReview(world, rosa, made.value);
    const outcome = await execute(world, made.value);
    const seen = [signed.ok ? 'signed' : signed.failure.code, outcome.kind].join(', ');
    return { succeeded: await isClosed(world), seen };
  },
  without: () => takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, marks: [] })),
});

let areRightsGiven = false;
attack({
  id: 'EXE-03',
  attack: 'a server that was taken over writes that an incident was closed, with no proposal',
  control: 'the right to add an own effect, which the server’s role does not have',
  async run(start) {
    const world = await start();
    await addIncident(world, 'critical');
    const { ownerPool, roles } = world.database;
    if (areRightsGiven) await ownerPool.query(`GRANT INSERT ON own_effect TO ${roles.server}`);
    const written = await world.serverPool
      .query(
        `INSERT INTO own_effect (tenant_id, object, operation, value, idempotency_key, at)
         VALUES ('default', $1, 'close-incident', '{"state":"closed","outcome":"benign","alerts":"2"}', 'none', now())`,
        [`incident/${INCIDENT}`],
      )
      .then(
        () => 'written',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
    return { succeeded: await isClosed(world), seen: written };
  },
  without: () => {
    areRightsGiven = true;
  },
});
