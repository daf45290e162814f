import { createHash } from 'node:crypto';
import { vi } from 'vitest';
import { conversationRoutes } from '../../src/api/conversation.ts';
import type { allowPerson } from '../../src/api/door.ts';
import { frame } from '../../src/api/http.ts';
import { listComments } from '../../src/app/proposals/comments.ts';
import type { Person } from '../../src/model/review.ts';
import { startTeam } from '../harness/installation.ts';
import { propose } from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/api/door.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/api/door.ts')>(), 'allowPerson'),
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
