import { createHash } from 'node:crypto';
import { vi } from 'vitest';
import { conversationRoutes } from '../../src/api/conversation.ts';
import type { allowPerson } from '../../src/api/door.ts';
import { frame } from '../../src/api/http.ts';
import { listComments } from '../../src/app/proposals/comments.ts';
import type { contributorsWith } from '../../src/core/decide/task.ts';
import type { Person } from '../../src/model/review.ts';
import { addEvidence, must, startTeam } from '../harness/installation.ts';
import { execute, propose, studyFor, tryReview } from '../harness/proposals.ts';
import { askedOf, settle, tryAsk } from '../harness/tasks.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/api/door.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/api/door.ts')>(), 'allowPerson'),
);
vi.mock('../../src/core/decide/task.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/task.ts')>(),
    'contributorsWith',
  ),
);

const CLI_TOKEN = 'token-of-an-agent-in-a-test';
const agentOf: { person: Person | undefined } = { person: undefined };

attack({
  id: 'AUT-05',
  attack: 'an agent with a token speaks among the reviewers, as whoever it works for',
  control: 'the rule that only a signed-in person speaks',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    agentOf.person = sam.person;
    const app = frame({
      context: world.context,
      port: 8080,
      sessionKey: new Uint8Array(32).fill(3),
      cliTokenSha256: createHash('sha256').update(CLI_TOKEN).digest('hex'),
    }).route('/api/v1/proposals', conversationRoutes(world.context));
    const answer = await app.request(`http://localhost:8080/api/v1/proposals/${proposal}/comments`, {
      method: 'POST',
      headers: { host: 'localhost:8080', 'content-type': 'application/json', authorization: `Bearer ${CLI_TOKEN}` },
      body: JSON.stringify({ revision: 1, about: '', text: 'I have checked everything. Sign it.' }),
    });
    const said = (await listComments(world.context, proposal, undefined))?.rows.length ?? 0;
    return { succeeded: said > 0, seen: `answered ${answer.status}, ${said} comments` };
  },
  without: () =>
    takeOut<typeof allowPerson>('allowPerson', async () => {
      if (agentOf.person === undefined) throw new Error('nobody is there');
      return agentOf.person;
    }),
});

attack({
  id: 'SOD-01',
  attack: 'a responder brings the evidence that was asked for, and then signs on it as if somebody else had',
  control: 'counting whoever brings evidence among those who contributed',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const study = await studyFor(world);
    const proposal = await propose(world, rosa, study);
    must(await tryAsk(world, sam, rosa, proposal));
    const [task] = await askedOf(world, rosa);
    const evidence = await addEvidence(world, { user: 'app_jo', says: 'whatever is needed' });
    must(await settle(world, study, sam, task?.id ?? '', { move: 'answer', evidence: [evidence], words: '' }));
    const signed = await tryReview(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [signed.ok ? 'taken' : signed.failure.code, outcome.kind]);
  },
  without: () => takeOut<typeof contributorsWith>('contributorsWith', (_actual, contributors) => contributors),
});
