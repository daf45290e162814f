import type { Hono } from 'hono';
import { vi } from 'vitest';
import type { allowPerson } from '../../src/api/door.ts';
import { proposalRoutes } from '../../src/api/proposals.ts';
import type { isAgentDoor } from '../../src/app/agents.ts';
import { ProposalHistory } from '../../src/app/history.ts';
import type { throughAgent } from '../../src/app/proposals/through-agent.ts';
import type { Person } from '../../src/model/review.ts';
import { agentDoors, agentOfPerson, dataOf } from '../harness/agents.ts';
import { startTeam } from '../harness/installation.ts';
import { execute, INCIDENT, proposeAsking, studyFor, tryReview, withPlanner } from '../harness/proposals.ts';
import { reviewByToken } from '../harness/token-review.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/api/door.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/api/door.ts')>(), 'allowPerson'),
);
vi.mock('../../src/app/agents.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/app/agents.ts')>(), 'isAgentDoor'),
);
vi.mock('../../src/app/proposals/through-agent.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/proposals/through-agent.ts')>(),
    'throughAgent',
  ),
);

const ownerOf: { person: Person | undefined } = { person: undefined };
/** What an agent would call a tool that votes. */
const VOTING_TOOLS = ['approve', 'review', 'sign_review', 'countersign', 'approve_action', 'break_glass', 'execute'];

attack({
  id: 'AUT-05',
  attack:
    'an agent tries every tool that could vote, then takes its token and its owner’s passkey to the review itself',
  control: 'telling an agent from the person who answers for it',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const study = await studyFor(world);
    // Of which nobody is asked to judge first, which an agent could not do either.
    const proposal = await proposeAsking(world, rosa, sam, false, study);
    const app = agentDoors(world, study);
    const history = new ProposalHistory(world.context);
    app.route(
      '/api/v1/proposals',
      proposalRoutes({ context: world.context, readStudy: study, history }) as unknown as Hono,
    );
    const { client, token } = await agentOfPerson(world, app, sam);
    ownerOf.person = sam.person;
    const voted: string[] = [];
    for (const name of VOTING_TOOLS)
      await client.callTool({ name, arguments: { proposal, verdict: 'approve' } }).then(
        () => voted.push(name),
        () => undefined,
      );
    const answers = await reviewByToken(world, app, { proposal, token, passkey: sam });
    return outcomeOf(world, `${voted.length} tools, ${answers}`);
  },
  without() {
    takeOut<typeof isAgentDoor>('isAgentDoor', () => true);
    takeOut<typeof allowPerson>('allowPerson', async () => {
      if (ownerOf.person === undefined) throw new Error('nobody is there');
      return ownerOf.person;
    });
  },
});

attack({
  id: 'SOD-01',
  attack: 'a responder lets an agent of their own propose, and approves what it proposed',
  control: 'counting whoever answers for an agent as a contributor',
  async run(start) {
    const world = await start();
    const { sam } = await startTeam(world);
    const app = agentDoors(world, await studyFor(world));
    const { client } = await agentOfPerson(world, app, sam);
    const asked = client.callTool({ name: 'propose', arguments: { incident: INCIDENT, option: 'opt_suspend' } });
    const { proposal } = dataOf(await withPlanner(world, asked));
    const reviewed = await tryReview(world, sam, proposal);
    const { kind } = await execute(world, proposal);
    return outcomeOf(world, [reviewed.ok ? 'taken' : reviewed.failure.detail, kind]);
  },
  without: () =>
    takeOut<typeof throughAgent>('throughAgent', (actual, draft, owner, agent) => ({
      ...actual(draft, owner, agent),
      contributors: draft.contributors,
    })),
});
