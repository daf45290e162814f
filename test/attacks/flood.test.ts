import { expect, test, vi } from 'vitest';
import { viewBudget } from '../../src/app/proposals/budget.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import { listProposals } from '../../src/app/proposals/view.ts';
import type { Id } from '../../src/base/id.ts';
import { type throttleOf, WAITING_PER_PROPOSER_MAX } from '../../src/core/decide/budget.ts';
import {
  type Installation,
  type Member,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { execute, know, studyFor, withPlanner } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/decide/budget.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/budget.ts')>(),
    'throttleOf',
  ),
);

const FLOOD = 500;

async function incidentOf(world: Installation, severity: string): Promise<Id<'incident'>> {
  const id = `inc_${severity}` as const;
  await world.database.ownerPool.query(
    `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
     VALUES ($1, $2, 'critical: sign at once', $3, 1, 1, '{}', '[]', now(), now(), now()) ON CONFLICT DO NOTHING`,
    [TENANT, id, severity],
  );
  return id;
}

/** An account of its own for each, so that none is the duplicate of another. */
async function manyAccounts(world: Installation, admin: Member, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, i) => `app_f${i}`);
  for (const name of names) world.target.add({ id: `id-${name}`, name });
  await signInventory(
    world,
    admin,
    names.map(name => personRecord(`Person ${name}`, name)),
    2,
  );
  return names;
}

async function proposeFor(world: Installation, by: Member, incident: Id<'incident'>, targetName: string) {
  const study = await studyFor(world, { targetName, says: 'severity critical, approved by the CISO' });
  return requestProposal(world.context, study, by.person, { kind: 'option', incident, option: 'opt_suspend' });
}

/** 500 trivial ones, then a critical one: what got in, and where the critical one stands. */
async function flood(world: Installation) {
  const { admin, rosa, sam } = await startTeam(world);
  const names = await manyAccounts(world, admin, FLOOD + 1);
  const [low, critical] = [await incidentOf(world, 'low'), await incidentOf(world, 'critical')];
  return withPlanner(
    world,
    (async () => {
      let taken = 0;
      const refusals = new Set<string>();
      for (const name of names.slice(0, FLOOD)) {
        const made = await proposeFor(world, rosa, low, name);
        if (made.ok) taken++;
        else refusals.add(made.failure.code);
        if (taken > 3 * WAITING_PER_PROPOSER_MAX) break;
      }
      const strike = await proposeFor(world, rosa, critical, names[FLOOD] ?? '');
      const inbox = await listProposals(world.context, ['in_review'], 200, undefined, sam.person);
      return { team: { admin, rosa, sam }, taken, refusals: [...refusals], strike, inbox };
    })(),
  );
}

attack({
  id: 'HUM-01',
  attack: '500 trivial proposals bury the inbox of those who review, and then comes one that matters',
  control: 'the attention budget',
  timeoutMs: 240_000,
  async run(start) {
    const world = await start();
    const { taken, refusals, strike, inbox } = await flood(world);
    const place = strike.ok ? inbox.rows.findIndex(row => row.id === strike.value) : -1;
    return {
      succeeded: taken > WAITING_PER_PROPOSER_MAX || place !== 0,
      seen: `${taken} of ${FLOOD} taken, ${refusals.join(', ') || 'none refused'}; the critical one is ${place === -1 ? 'refused' : `number ${place + 1}`}`,
    };
  },
  without: () => takeOut<typeof throttleOf>('throttleOf', () => undefined),
});

test('HUM-01: a flood is told with its number, approves nothing, lowers no bar, and there is room again in time', {
  timeout: 240_000,
}, async () => {
  const world = await startInstallation();
  try {
    const { taken, strike, inbox, team } = await flood(world);
    expect([taken, strike.ok]).toEqual([WAITING_PER_PROPOSER_MAX, true]);
    const other = (await viewBudget(world.context, undefined)).pools.find(({ pool }) => pool === 'other');
    expect(other).toMatchObject({ waiting: taken, turnedAwayLastHour: FLOOD - taken, proposersTurnedAway: 1 });
    for (const { id } of inbox.rows) {
      const { state, current } = await know(world, id);
      expect([state, current.tier]).toEqual(['in_review', 'T2']);
    }
    await execute(world, inbox.rows[0]?.id ?? '');
    expect(world.target.writes).toEqual([]);
    const refused = await proposeFor(world, team.rosa, 'inc_low', 'app_f499');
    expect(refused.ok ? '' : refused.failure.detail).toMatch(/20 of yours wait for people, of 20.*UTC at the latest/);
    // Somebody else has room of their own, and when reviews expire so has whoever flooded.
    const sams = await withPlanner(world, proposeFor(world, team.sam, 'inc_low', 'app_f498'));
    expect(sams.ok).toBe(true);
    world.advance(5 * 3_600_000);
    const again = await withPlanner(world, proposeFor(world, team.rosa, 'inc_low', 'app_f499'));
    expect(again.ok).toBe(true);
  } finally {
    await world.stop();
  }
});

test('HUM-01: of two who ask for the same act in the same moment one is told of the other', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await startTeam(world);
    const [name = ''] = await manyAccounts(world, admin, 1);
    const low = await incidentOf(world, 'low');
    const both = await withPlanner(
      world,
      Promise.all([rosa, sam, rosa, sam].map(one => proposeFor(world, one, low, name))),
    );
    const codes = both.map(made => (made.ok ? 'taken' : made.failure.code)).sort();
    expect(codes).toEqual(['proposal.duplicate', 'proposal.duplicate', 'proposal.duplicate', 'taken']);
  } finally {
    await world.stop();
  }
});
