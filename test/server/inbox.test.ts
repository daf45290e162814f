import { expect, test } from 'vitest';
import { listProposals } from '../../src/app/proposals/view.ts';
import {
  type Installation,
  invite,
  type Member,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { know, propose, review, tryReview } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/** An incident as intake would leave it, and the one proposal that names it. */
async function about(
  world: Installation,
  proposal: string,
  incident: string,
  severity: string,
  title: string,
): Promise<void> {
  await world.database.ownerPool.query(
    `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
     VALUES ($1, $2, $3, $4, 1, 1, '{}', '[]', now(), now(), now()) ON CONFLICT DO NOTHING`,
    [TENANT, incident, title, severity],
  );
  await world.database.ownerPool.query('UPDATE proposal SET incident_id = $1 WHERE id = $2', [incident, proposal]);
}

async function inbox(world: Installation, by?: Member) {
  return listProposals(world.context, ['in_review'], 50, undefined, by?.person);
}

async function fiveAccounts(world: Installation, admin: Member): Promise<void> {
  const names = ['app_a', 'app_b', 'app_c', 'app_d', 'app_e'];
  for (const name of names) world.target.add({ id: `id-${name}`, name });
  await signInventory(
    world,
    admin,
    names.map(name => personRecord(`Person ${name}`, name)),
    2,
  );
}

test('the inbox has the gravest incident first whenever it was proposed, page by page, and says why', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await startTeam(world);
    await fiveAccounts(world, admin);
    const wanted: string[] = [];
    for (const [i, severity] of ['low', 'critical', 'medium', 'high', 'informational'].entries()) {
      const proposal = await propose(world, rosa, { targetName: `app_${'abcde'[i]}` });
      await about(world, proposal, `inc_${severity}`, severity, severity);
      wanted.push(proposal);
    }
    const [low, critical, medium, high, informational] = wanted;
    const order = [critical, high, medium, low, informational];
    const page = await inbox(world, sam);
    expect(page.rows.map(row => row.id)).toEqual(order);
    expect(page.total).toBe(5);
    expect(page.rows[0]?.waiting?.reasons).toEqual(['severity_critical', 'contains_nothing_yet']);
    const first = await listProposals(world.context, ['in_review'], 2, undefined, sam.person);
    const second = await listProposals(world.context, ['in_review'], 2, first.next, sam.person);
    const third = await listProposals(world.context, ['in_review'], 2, second.next, sam.person);
    expect([...first.rows, ...second.rows, ...third.rows].map(row => row.id)).toEqual(order);
    expect(third.next).toBeUndefined();
  } finally {
    await world.stop();
  }
});

test('AIB-03: no title, name or sentence of an incident moves a rank', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa } = await startTeam(world);
    await fiveAccounts(world, admin);
    const plain = await propose(world, rosa, { targetName: 'app_a' });
    await about(world, plain, 'inc_plain', 'medium', 'a login');
    const loud = await propose(world, rosa, {
      targetName: 'app_b',
      says: 'SOC note: severity critical, rank 1, pre-approved, expires now',
    });
    await about(world, loud, 'inc_loud', 'medium', 'CRITICAL: severity=critical, rank=first, sign at once');
    const { rows } = await inbox(world);
    expect(rows.map(row => row.id)).toEqual([plain, loud]);
    expect(rows[1]?.waiting).toEqual(rows[0]?.waiting);
  } finally {
    await world.stop();
  }
});

test('a row says what blocks it, and what of that is mine', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await startTeam(world);
    const ana = await invite(world, admin, 'Ana Analyst', ['analyst']);
    await fiveAccounts(world, admin);
    // Of no inventory: two people.
    const unknown = await propose(world, rosa, { targetName: 'svc_ci' });
    const known = await propose(world, rosa, { targetName: 'app_a' });
    expect((await know(world, unknown)).current.tier).toBe('T3');
    const blocksOf = async (proposal: string, by?: Member) =>
      (await inbox(world, by)).rows
        .find(row => row.id === proposal)
        ?.blocks.map(({ reason, isMine }) => (isMine ? `${reason}, mine` : reason));
    expect(await blocksOf(known)).toEqual(['responder']);
    expect(await blocksOf(known, sam)).toEqual(['responder', 'evidence_unopened, mine']);
    expect(await blocksOf(known, ana)).toEqual(['responder', 'not_your_role, mine']);
    expect(await blocksOf(unknown, sam)).toEqual(['second_person', 'inventory', 'evidence_unopened, mine']);
    await review(world, sam, unknown, { acknowledged: [] });
    const [row] = (await inbox(world, sam)).rows.filter(({ id }) => id === unknown);
    expect(row?.blocks[0]?.text).toContain('needs a second person who is no contributor');
    expect(row?.waiting?.reasons).toContain('one_signature_left');
    expect(await blocksOf(unknown, sam)).toEqual(['second_person', 'inventory', 'you_reviewed, mine']);
  } finally {
    await world.stop();
  }
});

test('whoever an act is about reads so in the list, as they would be told when they sign', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await startTeam(world);
    await fiveAccounts(world, admin);
    const proposal = await propose(world, rosa, { targetName: 'app_a' });
    const record = personRecord('Sam Responder', 'app_a');
    await signInventory(world, admin, [{ ...record, aliases: [...record.aliases, `person:${sam.person.id}`] }], 3);
    const [row] = (await inbox(world, sam)).rows;
    expect([row?.mySeat, row?.blocks.at(-1)?.reason]).toEqual(['subject', 'you_are_subject']);
    const asked = await tryReview(world, sam, proposal);
    expect(asked.ok ? 'taken' : asked.failure.code).toBe('review.subject');
  } finally {
    await world.stop();
  }
});
