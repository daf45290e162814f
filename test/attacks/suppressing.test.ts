import { vi } from 'vitest';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { tierOf } from '../../src/core/decide/tier.ts';
import { addAlert, addIncident } from '../harness/incidents.ts';
import { type Installation, startTeam } from '../harness/installation.ts';
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

/** Every alert of the incident names this user, by a field that the source maps. */
async function addRule(world: Installation, title = 'a login'): Promise<`alr_${string}`> {
  await addIncident(world);
  await describeAlerts(world, title);
  const { rows } = await world.database.ownerPool.query<{ id: `alr_${string}` }>(
    'SELECT id FROM alert WHERE incident_id = $1 LIMIT 1',
    [INCIDENT],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no alert');
  return row.id;
}

const describeAlerts = (world: Installation, title: string, severity = 'low') =>
  world.database.ownerPool.query("UPDATE alert SET title = $1, severity = $2, body = $3 WHERE body = '{}'", [
    title,
    severity,
    JSON.stringify({ entities: [{ kind: 'user', value: 'lena', label: 'lena', role: 'actor', pointer: '/user' }] }),
  ]);

async function propose(world: Installation, title?: string) {
  const alert = await addRule(world, title);
  const { rosa, sam } = await startTeam(world);
  const request = {
    kind: 'suppress',
    alert,
    entity: { kind: 'user', value: 'lena' },
    days: 7,
    why: 'a job that logs in each night',
  } as const;
  const made = await withPlanner(world, requestProposal(world.context, await studyFor(world), rosa.person, request));
  return { made, sam };
}

async function isSuppressed(world: Installation): Promise<boolean> {
  const { rows } = await world.database.ownerPool.query(
    "SELECT FROM own_effect WHERE value ->> 'state' = 'suppressed'",
  );
  return rows.length > 0;
}

attack({
  id: 'EXE-09',
  attack: 'a responder proposes to suppress the rule that tells that the audit log was disabled',
  control: 'the tier of a rule that watches what is logged, which is never done',
  async run(start) {
    const world = await start();
    const { made } = await propose(world, 'Audit log was disabled');
    return { succeeded: made.ok, seen: made.ok ? 'proposed' : made.failure.code };
  },
  without: () => takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, marks: [] })),
});

attack({
  id: 'BND-05',
  attack: 'a rule that was mild when people agreed to suppress it reports something graver before it is done',
  control: 'the comparison of the rule’s gravest alert with what people saw',
  async run(start) {
    const world = await start();
    const { made, sam } = await propose(world);
    if (!made.ok) return { succeeded: false, seen: made.failure.code };
    await tryReview(world, sam, made.value);
    await addAlert(world);
    await describeAlerts(world, 'a login', 'medium');
    const outcome = await execute(world, made.value);
    return { succeeded: await isSuppressed(world), seen: [outcome.kind, ...failedChecks(outcome)].join(', ') };
  },
  without: () => withoutChecks('the target is as it was when people looked'),
});
