import { expect, test, vi } from 'vitest';
import { beginFinding, finishFinding } from '../../src/app/proposals/finding.ts';
import { glassReviews } from '../../src/app/proposals/glass.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../src/base/time.ts';
import type { authorise } from '../../src/core/decide/authorise.ts';
import {
  type Installation,
  invite,
  KNOWN_RECORDS,
  type Member,
  must,
  signAs,
  signInventory,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import {
  execute,
  failedChecks,
  intentFor,
  know,
  propose,
  revise,
  signIntent,
  storeReview,
  studyFor,
  tryReview,
} from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { withoutBinding, withoutChecks } from './taken-out.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/act/check.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/check.ts')>(),
    'checkExecution',
  ),
);
vi.mock('../../src/core/decide/tally.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tally.ts')>(), 'tally'),
);
vi.mock('../../src/core/decide/authorise.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/authorise.ts')>(),
    'authorise',
  ),
);

/** A team whose inventory knows each account as a machine's, so that every act on one takes two people. */
async function twoPersonTeam(world: Installation): Promise<Team> {
  const team = await startTeam(world);
  const machines = KNOWN_RECORDS.map(record => ({ ...record, kind: 'nhi' as const }));
  await signInventory(world, team.admin, machines, 2);
  return team;
}

const breakGlass = (world: Installation, by: Member, proposal: string) =>
  tryReview(world, by, proposal, { verdict: 'break_glass' });

/** As somebody with the server's database role can: past every rule of the server. */
async function slip(world: Installation, by: Member, proposal: string): Promise<void> {
  const expiresAt = new Date(world.context.now() + 10 * MS_PER_MINUTE).toISOString();
  const intent = await intentFor(world, proposal, by.person.id, { verdict: 'break_glass', expiresAt });
  await storeReview(world, intent, signIntent(by, intent));
}

async function find(world: Installation, by: Member, proposal: string, finds: 'justified' | 'unjustified') {
  const begun = await beginFinding(world.context, by.person, proposal, finds, 'I read the timeline and the records');
  if (!begun.ok) return begun;
  const signature = signAs(by, 'countersign/finding/v1', begun.value.statement);
  return finishFinding(world.context, by.person, proposal, begun.value.statement.nonce, signature);
}

attack({
  id: 'LIF-04',
  attack: 'an emergency’s signature is used for a second target',
  control: 'the binding of the signature to one act',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await twoPersonTeam(world);
    const [first, second] = [await propose(world, rosa), await propose(world, rosa, { targetName: 'app_kim' })];
    must(await breakGlass(world, sam, first));
    await execute(world, first);
    const expiresAt = new Date(world.context.now() + 10 * MS_PER_MINUTE).toISOString();
    const { current } = await know(world, first);
    const { actDigest, presentationDigest } = current;
    const intent = await intentFor(world, second, sam.person.id, {
      verdict: 'break_glass',
      expiresAt,
      actDigest,
      presentationDigest,
    });
    await storeReview(world, intent, signIntent(sam, intent));
    const outcome = await execute(world, second);
    return outcomeOf(world, [outcome.kind, (await know(world, second)).tally.notCounted[0]?.because ?? 'counted'], 1);
  },
  without: () => withoutBinding(({ actDigest, presentationDigest }) => ({ actDigest, presentationDigest })),
});

attack({
  id: 'LIF-04',
  attack: 'somebody whose last emergency nobody reviewed breaks the glass again, past the server’s own check',
  control: 'the executor’s check that the last time was reviewed',
  timeoutMs: 120_000,
  async run(start) {
    const world = await start();
    const { rosa, sam } = await twoPersonTeam(world);
    const first = await propose(world, rosa);
    must(await breakGlass(world, sam, first));
    await execute(world, first);
    world.advance(24 * MS_PER_HOUR + MS_PER_MINUTE);
    const second = await propose(world, rosa, { targetName: 'app_kim' });
    const asked = await breakGlass(world, sam, second);
    await slip(world, sam, second);
    const outcome = await execute(world, second);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind, ...failedChecks(outcome)], 1);
  },
  without: () => withoutChecks('nobody breaks the glass whose last time was not reviewed'),
});

attack({
  id: 'LIF-04',
  attack: 'an analyst, who may not, breaks the glass past the server’s own check',
  control: 'the policy on who may',
  async run(start) {
    const world = await start();
    const { admin, rosa } = await twoPersonTeam(world);
    const anna = await invite(world, admin, 'Anna Analyst', ['analyst']);
    const proposal = await propose(world, rosa);
    const asked = await breakGlass(world, anna, proposal);
    await slip(world, anna, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind]);
  },
  without: () =>
    takeOut<typeof authorise>('authorise', (actual, set, principal, action, context) =>
      action === 'break_glass' ? { isAllowed: true, reasons: [] } : actual(set, principal, action, context),
    ),
});

attack({
  id: 'LIF-04',
  attack: 'an act that one person started alone is carried out an hour later',
  control: 'the quarter of an hour within which it has to start',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await twoPersonTeam(world);
    const proposal = await propose(world, rosa);
    must(await breakGlass(world, sam, proposal));
    const late = ports;
    world.advance(MS_PER_HOUR);
    const outcome = await execute(world, proposal, late(world));
    return outcomeOf(world, [(await know(world, proposal)).state, outcome.kind]);
  },
  without: () => {
    ports = world => {
      const now = () => (world.context.now() - MS_PER_HOUR) as ReturnType<Installation['context']['now']>;
      return { ...world.ports, now };
    };
  },
});
let ports: (world: Installation) => Installation['ports'] = world => world.ports;

test('one responder starts an act of two people alone, everybody is told, and two others say within a day whether it was right', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await twoPersonTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner']);
    const proposal = await propose(world, rosa, { targetName: 'svc_ci' });
    expect((await know(world, proposal)).current.tier).toBe('T3');
    must(await breakGlass(world, sam, proposal));
    expect((await know(world, proposal)).state).toBe('emergency');
    await refreshProposal(world.context, world.serverPool as never, proposal);
    expect(await execute(world, proposal)).toMatchObject({
      kind: 'concluded',
      conclusions: expect.arrayContaining(['verified']),
    });

    const owed = async () => (await glassReviews(world.context))[0];
    expect(await owed()).toMatchObject({ by: sam.person.id, review: { state: 'due', missing: 2 } });
    expect(await find(world, sam, proposal, 'justified')).toMatchObject({ failure: { code: 'review.not_eligible' } });
    must(await find(world, rosa, proposal, 'justified'));
    must(await find(world, rosa, proposal, 'justified'));
    expect(await owed()).toMatchObject({ review: { state: 'due', missing: 1 } });
    world.advance(25 * MS_PER_HOUR);
    expect(await owed()).toMatchObject({ review: { state: 'overdue', missing: 1 } });
    const next = await propose(world, rosa);
    expect(await breakGlass(world, sam, next)).toMatchObject({ failure: { code: 'execution.glass_locked' } });
    must(await find(world, olga, proposal, 'unjustified'));
    expect(await owed()).toMatchObject({ review: { state: 'reviewed', wasRight: false } });
    must(await breakGlass(world, sam, next));
    expect(await execute(world, next)).toMatchObject({ kind: 'concluded' });
  } finally {
    await world.stop();
  }
}, 120_000);

test('an act for which one signature would do is no emergency, for the server and for the executor', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    expect((await know(world, proposal)).current.tier).toBe('T2');
    expect(await breakGlass(world, sam, proposal)).toMatchObject({ failure: { code: 'review.not_eligible' } });
    await slip(world, sam, proposal);
    expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
    expect((await know(world, proposal)).state).toBe('in_review');
  } finally {
    await world.stop();
  }
});

test('one reject stops an emergency that has not started, whoever broke the glass', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await twoPersonTeam(world);
    const proposal = await propose(world, rosa);
    must(await breakGlass(world, sam, proposal));
    const { stored } = await know(world, proposal);
    expect(stored.reviews).toHaveLength(1);
    must(await tryReview(world, rosa, proposal, { verdict: 'reject' }));
    expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
    expect((await know(world, proposal)).state).toBe('rejected');
  } finally {
    await world.stop();
  }
});

test('a reason that says nothing breaks no glass, and whoever contributed breaks none', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await twoPersonTeam(world);
    const study = await studyFor(world, { otherOperations: ['lock'] });
    const proposal = await propose(world, rosa, study);
    must(await revise(world, rosa, study, proposal, 'opt_lock'));
    expect(await breakGlass(world, rosa, proposal)).toMatchObject({ failure: { code: 'review.contributor' } });
    const begun = await tryReview(world, sam, proposal, { verdict: 'break_glass', reason: 'aaaaaaaaaaaa' });
    expect(begun).toMatchObject({ failure: { code: 'review.reason_missing' } });
  } finally {
    await world.stop();
  }
});
