import { vi } from 'vitest';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { throughPlaybook } from '../../src/app/proposals/through-playbook.ts';
import type { fileDigest } from '../../src/core/decide/house-policy.ts';
import type { analysePlaybook } from '../../src/core/decide/playbook/analyse.ts';
import type { runState } from '../../src/core/decide/playbook/run.ts';
import type { effectTier } from '../../src/core/decide/playbook/tiers.ts';
import { addIncident } from '../harness/incidents.ts';
import { type Installation, invite, startTeam } from '../harness/installation.ts';
import { adopt, advance, asked, refresh, start as startRun, studyNaming } from '../harness/playbooks.ts';
import { execute, know, tryReview, withPlanner } from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/decide/playbook/analyse.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/playbook/analyse.ts')>(),
    'analysePlaybook',
  ),
);
vi.mock('../../src/core/decide/playbook/tiers.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/playbook/tiers.ts')>(),
    'effectTier',
  ),
);
vi.mock('../../src/core/decide/playbook/run.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/playbook/run.ts')>(),
    'runState',
  ),
);
vi.mock('../../src/core/decide/house-policy.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/house-policy.ts')>(),
    'fileDigest',
  ),
);
vi.mock('../../src/app/proposals/through-playbook.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/proposals/through-playbook.ts')>(),
    'throughPlaybook',
  ),
);

const HEAD = 'playbook: Contain\nversion: "1"\nsteps:\n';
const LOCK = '  - { step: ask-lock, ask: lock }\n  - { step: lock, act: disable_account, on: incident.user }\n';
const GRANT = '  - { step: ask-grant, ask: grant }\n  - { step: grant, act: grant_role, on: incident.user }\n';
const CLOSE = '  - { step: close, act: close_incident, on: incident.self }\n';
const CLOSE_TICKET = '  - { step: close, act: close_ticket, on: incident.user }\n';

/** Brings a playbook to people; what came of it. */
async function bring(world: Installation, text: string) {
  const { rosa } = await startTeam(world);
  const made = await withPlanner(
    world,
    requestProposal(world.context, async () => undefined, rosa.person, { kind: 'playbook', text }),
  );
  return { succeeded: made.ok, seen: made.ok ? 'put to people' : made.failure.code };
}

const withoutAnalysis = () =>
  takeOut<typeof analysePlaybook>('analysePlaybook', (actual, file) => ({ ...actual(file), bypasses: [] }));

attack({
  id: 'PBK-01',
  attack: 'a playbook contains with a signature and closes the incident on the way out, with none',
  control: 'the proof that no path reaches an effect without a human step of its own',
  run: async start => bring(await start(), HEAD + LOCK + CLOSE),
  without: withoutAnalysis,
});

attack({
  id: 'PBK-01',
  attack:
    'a playbook contains with a signature and closes the ticket in somebody else’s system on the way out, with none',
  control: 'the proof that no path reaches an effect without a human step of its own',
  run: async start => bring(await start(), HEAD + LOCK + CLOSE_TICKET),
  without: withoutAnalysis,
});

attack({
  id: 'PBK-01',
  attack: 'a playbook goes on to its act when nobody answered in time, by a handler inside a playbook that it runs',
  control: 'the proof that no path reaches an effect without a human step of its own',
  run: async start =>
    bring(
      await start(),
      `${HEAD}  - { step: go, run: inner }\nplaybooks:\n  inner:\n    steps:\n      - { step: ask, ask: lock, timeout: 1h, on_timeout: continue }\n      - { step: lock, act: disable_account, on: incident.user }\n`,
    ),
  without: withoutAnalysis,
});

/** A run of a playbook on the incident of the tests, waiting for its first answers. */
async function running(world: Installation, text: string) {
  const team = await startTeam(world);
  const olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
  await addIncident(world);
  const study = await studyNaming(world, ['grant']);
  const { sha256 } = await adopt(world, text, team.admin, [team.rosa, olga]);
  const run = await startRun(world, team.rosa, 'contain', sha256);
  return { ...team, olga, study, run, sha256 };
}

attack({
  id: 'PBK-01',
  attack: 'an act of two people is put behind a small one, so that the small one is signed by one',
  control: 'the tier of the whole chain on each of its steps',
  async run(start) {
    const world = await start();
    const { study, run, sam } = await running(world, HEAD + LOCK + GRANT);
    const proposal = asked(await advance(world, study, run), 'ask-lock') ?? '';
    await tryReview(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return {
      succeeded: outcome.kind === 'concluded',
      seen: `${(await know(world, proposal)).current.tier}, ${outcome.kind}`,
    };
  },
  without: () =>
    takeOut<typeof throughPlaybook>('throughPlaybook', (actual, draft, starter, step) =>
      actual(draft, starter, { ...step, chainTier: undefined }),
    ),
});

attack({
  id: 'SOD-01',
  attack: 'a responder starts a playbook and signs what it asks',
  control: 'whoever started a run contributed to everything that it asks',
  async run(start) {
    const world = await start();
    const { study, run, rosa } = await running(world, HEAD + LOCK);
    const proposal = asked(await advance(world, study, run), 'ask-lock') ?? '';
    const reviewed = await tryReview(world, rosa, proposal);
    const outcome = await execute(world, proposal);
    return { succeeded: outcome.kind === 'concluded', seen: reviewed.ok ? outcome.kind : reviewed.failure.code };
  },
  without: () =>
    takeOut<typeof throughPlaybook>('throughPlaybook', (actual, draft, starter, step) => ({
      ...actual(draft, starter, step),
      contributors: [],
    })),
});

attack({
  id: 'PBK-02',
  attack: 'one of two human steps that wait at once is approved, and both are passed',
  control: 'an answer is the fact of one place in a run',
  async run(start) {
    const world = await start();
    const text = `${HEAD}  - step: both\n    parallel:\n      - - { step: ask-lock, ask: lock }\n        - { step: lock, act: disable_account, on: incident.user }\n      - - { step: ask-grant, ask: grant }\n        - { step: grant, act: grant_role, on: incident.user }\n`;
    const { study, run, sam, olga } = await running(world, text);
    const lock = asked(await advance(world, study, run), 'ask-lock') ?? '';
    await tryReview(world, sam, lock);
    await tryReview(world, olga, lock);
    await refresh(world, lock);
    const { steps } = await advance(world, study, run);
    const seen = steps.find(({ step }) => step === 'ask-grant')?.is ?? 'not reached';
    return { succeeded: seen === 'done', seen: `the other one: ${seen}` };
  },
  without: () =>
    takeOut<typeof runState>('runState', (actual, file, facts) => {
      const approved = facts.find(({ body }) => body.kind === 'decided' && body.verdict === 'approved');
      const claims = facts.filter(({ body }) => body.kind === 'claimed');
      const all = approved === undefined ? [] : claims.map(({ key }) => ({ ...approved, key: `${key}!` }));
      return actual(file, [...facts, ...all]);
    }),
});

attack({
  id: 'PBK-03',
  attack: 'a playbook sets a tag, with no signature, that a rule of another product listens for and isolates hosts by',
  control: 'a namespace that is not known to start nothing takes two people',
  run: async start => bring(await start(), `${HEAD}  - { step: mark, tag: contain-now }\n`),
  without: () => takeOut<typeof effectTier>('effectTier', () => 'inert'),
});

attack({
  id: 'PBK-04',
  attack: 'somebody with the database edits a playbook between its signatures and its run',
  control: 'the digest of the file, computed anew each time that a run goes on',
  async run(start) {
    const world = await start();
    const { study, run, sha256 } = await running(world, HEAD + LOCK);
    await world.database.ownerPool.query(
      `UPDATE playbook_file SET text = replace(text, 'act: disable_account', 'act: grant_role') WHERE sha256 = $1`,
      [sha256],
    );
    pinned = sha256;
    const view = await advance(world, study, run);
    const proposal = asked(view, 'ask-lock');
    const operation = proposal === undefined ? undefined : (await know(world, proposal)).act.operation;
    return { succeeded: operation === 'grant', seen: view.end?.why ?? operation ?? 'nothing' };
  },
  without: () => takeOut<typeof fileDigest>('fileDigest', (actual, text) => (pinned === '' ? actual(text) : pinned)),
});
let pinned = '';
