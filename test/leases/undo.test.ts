import { afterEach, expect, test } from 'vitest';
import { viewProposal } from '../../src/app/proposals/view.ts';
import { settleUnfinished } from '../../src/executor/recover.ts';
import type { Plan, Responder } from '../../src/ports/responder.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import { type Installation, must, startInstallation, startTeam } from '../harness/installation.ts';
import { execute, know, propose, review, tryUndo } from '../harness/proposals.ts';
import { type TestTarget, targetResponder } from '../harness/target.ts';

let world: Installation | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** The test target, whose plans of one operation are changed. */
const planning = (operation: string, change: (plan: Plan) => Plan) => (target: TestTarget) => {
  const plain = targetResponder(target);
  const plan: Responder['plan'] = async (request, system, context) => {
    const made = await plain.plan(request, system, context);
    return made.ok && request.operation === operation ? { ok: true, value: sealPlan(change(made.value)) } : made;
  };
  return { ...plain, plan };
};

test('an undo is planned before anybody is asked to sign its act, and what it takes back is signed', async () => {
  world = await startInstallation();
  const team = await startTeam(world);
  const { presentation } = await know(world, await propose(world, team.rosa));
  expect(presentation.undo).toMatchObject({
    operation: 'open',
    reversibility: 'exact',
    check: {
      verdict: 'planned',
      brings: [{ path: 'account.isOpen', from: 'false', to: 'true' }],
      leaves: [],
      obstacles: [],
    },
  });
});

test('an undo that something stands in the way of is none: the act counts as one that cannot be undone', async () => {
  const refusals = [{ reason: 'missing_scope' as const, text: 'The writer may not open accounts.' }];
  world = await startInstallation({ responder: planning('open', plan => ({ ...plan, refusals })) });
  const team = await startTeam(world);
  const { presentation, current } = await know(world, await propose(world, team.rosa));
  expect(presentation.undo.check).toMatchObject({
    verdict: 'obstructed',
    obstacles: ['The writer may not open accounts.'],
  });
  expect([current.tier, presentation.reasons.includes('cannot_be_undone')]).toEqual(['T3', true]);
});

test('what the undo leaves otherwise is declared before, and is no difference afterwards', async () => {
  let sessions = 3;
  const counted = (plan: Plan) => ({
    ...plan,
    changes: [...plan.changes, { path: 'account.sessions', from: String(sessions), to: '0' }],
  });
  world = await startInstallation({ responder: planning('suspend', counted) });
  const team = await startTeam(world);
  const proposal = await propose(world, team.rosa);
  await review(world, team.sam, proposal);
  await execute(world, proposal);
  expect((await know(world, proposal)).presentation.undo.check?.leaves).toEqual(['account.sessions']);
  sessions = 0;
  const undo = must(await tryUndo(world, team.rosa, proposal));
  await review(world, team.sam, undo);
  await execute(world, undo);
  for (const id of [undo, proposal])
    expect((await viewProposal(world.context, id, team.sam.person))?.undoLeft).toEqual({
      undo,
      verdict: 'as_declared',
      differences: [{ path: 'account.sessions', before: '3', now: '0', isDeclared: true }],
    });
});

test('what cannot be read after an undo is said not to be known', async () => {
  world = await startInstallation();
  const { target, ports } = world;
  const team = await startTeam(world);
  const proposal = await propose(world, team.rosa);
  await review(world, team.sam, proposal);
  await execute(world, proposal);
  const undo = must(await tryUndo(world, team.rosa, proposal));
  await review(world, team.sam, undo);
  await execute(world, undo, {
    ...ports,
    async observe(...args) {
      const seen = await ports.observe(...args);
      target.isUnreadable = true;
      return seen;
    },
  });
  const view = await viewProposal(world.context, undo, team.sam.person);
  expect([view?.row.state, view?.undoLeft?.verdict]).toEqual(['verified', 'not_read']);
});

test('an undo whose executor was killed before it was concluded is compared by the one that settles it', async () => {
  world = await startInstallation();
  const { ports } = world;
  const team = await startTeam(world);
  const proposal = await propose(world, team.rosa);
  await review(world, team.sam, proposal);
  await execute(world, proposal);
  const undo = must(await tryUndo(world, team.rosa, proposal));
  await review(world, team.sam, undo);
  const dying = {
    ...ports,
    observe: async () => {
      throw new Error('killed');
    },
  };
  await expect(execute(world, undo, dying)).rejects.toThrow('killed');
  await settleUnfinished(ports);
  const view = await viewProposal(world.context, undo, team.sam.person);
  expect([view?.row.state, view?.undoLeft?.verdict]).toEqual(['verified', 'as_declared']);
});
