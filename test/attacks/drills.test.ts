import { randomInt } from 'node:crypto';
import { vi } from 'vitest';
import type { feedbackOn } from '../../src/app/drills/open.ts';
import type { hiddenOf, isHidden, seenBy } from '../../src/app/drills/sight.ts';
import { viewBudget } from '../../src/app/proposals/budget.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import { listProposals, proposalsOfIncident, viewProposal } from '../../src/app/proposals/view.ts';
import { recordShown } from '../../src/app/reliance/recording.ts';
import { ok } from '../../src/base/result.ts';
import type { sealHolds } from '../../src/core/decide/seal.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { putDrill, settingFor, twoIncidents } from '../harness/drills.ts';
import { type Installation, type Member, must, startTeam } from '../harness/installation.ts';
import { execute, failedChecks, know, review, withPlanner } from '../harness/proposals.ts';
import { type Example, featuresOf, toldRight } from '../harness/tell-apart.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/decide/seal.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/seal.ts')>(),
    'sealHolds',
  ),
);

vi.mock('../../src/app/drills/open.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/drills/open.ts')>(),
    'feedbackOn',
  ),
);
vi.mock('../../src/app/drills/sight.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/drills/sight.ts')>(),
    'seenBy',
    'isHidden',
    'hiddenOf',
  ),
);

/** The executor, and how often it opened a credential to look at the target. */
function watched(world: Installation): { readonly ports: ExecutorPorts; readonly looks: () => number } {
  let looks = 0;
  const plan: ExecutorPorts['plan'] = (...args) => {
    looks += 1;
    return world.ports.plan(...args);
  };
  return { ports: { ...world.ports, plan }, looks: () => looks };
}

async function drillIn(world: Installation) {
  const { admin, rosa, sam } = await startTeam(world);
  const readStudy = await twoIncidents(world, admin);
  const proposal = must(await putDrill(world, readStudy, settingFor(rosa, sam)));
  return { admin, rosa, sam, readStudy, proposal };
}

attack({
  id: 'HUM-04',
  attack: 'a drill that somebody approved reaches the executor, and is begun or its target read',
  control: 'the seal',
  async run(start) {
    const world = await start();
    const { sam, proposal } = await drillIn(world);
    await review(world, sam, proposal);
    const { ports, looks } = watched(world);
    const outcome = await execute(world, proposal, ports);
    const { succeeded, seen } = outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
    return { succeeded: succeeded || looks() > 0, seen: `${seen}; ${looks()} looks` };
  },
  without: () => takeOut<typeof sealHolds>('sealHolds', () => ok(true)),
});

attack({
  id: 'HUM-04',
  attack:
    'a server that is taken over strips the flag off a drill that was approved: row, opening and entry of the log',
  control: 'the salt of the act, which the signatures cover',
  async run(start) {
    const world = await start();
    const { sam, proposal } = await drillIn(world);
    await review(world, sam, proposal);
    const { current } = await know(world, proposal);
    const { sealOf } = await import('../../src/core/decide/seal.ts');
    const drill = JSON.parse(current.seal?.opening ?? '') as Parameters<typeof sealOf>[0];
    const stripped = sealOf({ ...drill, is: 'act', fault: '' }, current.seal?.mask ?? '');
    const pendingId = await world.log({
      type: 'proposal.sealed',
      proposal,
      revision: '1',
      seal: stripped.digest,
    });
    // More than the server's role may: the rows are written over as the owner of the database would.
    await world.database.ownerPool.query('DELETE FROM drill');
    await world.database.ownerPool.query(
      'UPDATE revision SET seal_opening = $1, seal_pending_id = $2 WHERE proposal_id = $3',
      [stripped.opening, pendingId, proposal],
    );
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () =>
    takeOut<typeof sealHolds>('sealHolds', (actual, question) => {
      const said = JSON.parse(question.seal?.opening ?? '{}') as { is?: string };
      return said.is === 'act' ? ok(true) : actual(question);
    }),
});

/** Of each kind so many are looked at. */
const EACH = 15;
/** Whoever guesses is right in half; in so many of 30 less than once in 1,000 times. */
const TOLD_MIN = 0.8;

/** All that the server answers one of the team about a proposal, and how long it took. */
async function everythingOf(world: Installation, { person }: Member, proposal: string) {
  const before = performance.now();
  const view = await viewProposal(world.context, proposal, person);
  const took = performance.now() - before;
  const { rows } = await listProposals(world.context, ['in_review'], 50, undefined, person);
  const listed = await listProposals(world.context, [], 50, undefined, person);
  const incident = await proposalsOfIncident(world.context, view?.row.incident ?? '', person);
  await world.settleLog();
  const { rows: entries } = await world.serverPool.query<{ entry: string }>(
    `SELECT convert_from(entry, 'UTF8') AS entry FROM audit_entry WHERE position($1 in convert_from(entry, 'UTF8')) > 0 ORDER BY idx`,
    [proposal],
  );
  const shown = await recordShown(world.context, person, { proposal, revision: 1 });
  return {
    view,
    took,
    row: rows.find(({ id }) => id === proposal),
    place: rows.findIndex(({ id }) => id === proposal),
    placeInAll: listed.rows.findIndex(({ id }) => id === proposal),
    inIncident: incident.find(({ id }) => id === proposal),
    budget: await viewBudget(world.context, person),
    entries: entries.map(({ entry }) => JSON.parse(entry) as unknown),
    isShown: shown.ok,
  };
}

attack({
  id: 'HUM-04',
  attack:
    'one of the team tells drills from acts by any member, length, number, order or time of any answer, or by the log',
  control: 'saying nothing of a drill before it was decided',
  timeoutMs: 120_000,
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const readStudy = await twoIncidents(world, admin);
    const offered = await Promise.all(
      readStudy.ids.map(async incident =>
        ((await readStudy(incident))?.options ?? []).map(({ id }) => ({
          incident: incident as `inc_${string}`,
          option: id,
        })),
      ),
    );
    const acts = offered.flat();
    const examples: Example[] = [];
    // In an order that says nothing, each decided before the next: what is looked at is one that waits.
    const isDrills = shuffled([...Array(EACH).fill(true), ...Array(EACH).fill(false)] as boolean[]);
    for (const isDrill of isDrills) {
      const act = acts[randomInt(acts.length)];
      const request = { kind: 'option', ...(act ?? { incident: 'inc_' as const, option: '' }) } as const;
      const proposal = isDrill
        ? must(await putDrill(world, readStudy, settingFor(rosa, sam)))
        : must(await withPlanner(world, requestProposal(world.context, readStudy, rosa.person, request)));
      examples.push({ features: featuresOf(await everythingOf(world, sam, proposal)), isDrill });
      await review(world, sam, proposal, { verdict: 'reject', reason: 'the records do not say what is said of them' });
    }
    const { share, by } = toldRight(examples);
    return { succeeded: share >= TOLD_MIN, seen: `${Math.round(share * 100)} of 100 told right, by ${by.join(', ')}` };
  },
  // A page that shows at once what it was, as a naive one would.
  without: () =>
    takeOut<typeof feedbackOn>('feedbackOn', async (_actual, context, known) => {
      const { rowCount } = await context.pool.query('SELECT 1 FROM drill WHERE proposal_id = $1', [known.stored.id]);
      return rowCount === 1 ? { wasNoticed: false, wrong: '', shownBy: '', places: [] } : undefined;
    }),
});

attack({
  id: 'HUM-04',
  attack: 'somebody who is not of the team, or a token, finds a drill in a list, an incident or by its id',
  control: 'the audience of a drill',
  async run(start) {
    const world = await start();
    const { admin, proposal } = await drillIn(world);
    const seen: string[] = [];
    for (const person of [admin.person, undefined]) {
      const { context } = world;
      if ((await viewProposal(context, proposal, person)) !== undefined) seen.push('by its id');
      const inbox = await listProposals(context, ['in_review'], 50, undefined, person);
      if (inbox.rows.length > 0 || inbox.total !== 0) seen.push('in the inbox');
      if ((await listProposals(context, [], 50, undefined, person)).rows.length > 0) seen.push('in a list');
      for (const incident of ['inc_one', 'inc_two'])
        if ((await proposalsOfIncident(context, incident, person)).length > 0) seen.push('in an incident');
    }
    return { succeeded: seen.length > 0, seen: seen.length === 0 ? 'nothing seen' : seen.join(', ') };
  },
  without: () => {
    takeOut<typeof seenBy>('seenBy', (_actual, _proposal, viewer) => `(${viewer}::text IS NULL OR true)`);
    takeOut<typeof isHidden>('isHidden', async () => false);
    takeOut<typeof hiddenOf>('hiddenOf', async () => new Set());
  },
});

function shuffled<T>(list: readonly T[]): readonly T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(randomInt(left.length), 1));
}
