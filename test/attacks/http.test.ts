import { vi } from 'vitest';
import { admitAgent } from '../../src/app/agents.ts';
import type { differenceOf, pinsOf } from '../../src/app/gateway/pins.ts';
import type { sealed } from '../../src/core/decide/closed.ts';
import type { isPlainSegment, isSendable, overridesIn, queryOf, undeclaredOf } from '../../src/model/http-plain.ts';
import type { matchRoute } from '../../src/model/http-route.ts';
import { agentDoors } from '../harness/agents.ts';
import {
  askedOverTheWire,
  BANK,
  type HttpUpstream,
  interfaceBehindTheGate,
  startHttpUpstream,
} from '../harness/http-upstream.ts';
import { type Installation, must, startTeam } from '../harness/installation.ts';
import { execute, failedChecks, review, withPlanner } from '../harness/proposals.ts';
import { adoptTools } from '../harness/upstream.ts';
import { takeOut } from './seams.ts';
import { attack, type Outcome } from './twin.ts';

vi.mock('../../src/app/gateway/pins.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/gateway/pins.ts')>(),
    'differenceOf',
    'pinsOf',
  ),
);
vi.mock('../../src/model/http-plain.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/model/http-plain.ts')>(),
    'isPlainSegment',
    'isSendable',
    'overridesIn',
    'queryOf',
    'undeclaredOf',
  ),
);
vi.mock('../../src/model/http-route.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/model/http-route.ts')>(),
    'matchRoute',
  ),
);
vi.mock('../../src/core/decide/closed.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/closed.ts')>(),
    'sealed',
  ),
);

interface Scene {
  readonly world: Installation;
  readonly upstream: HttpUpstream;
  readonly ask: Awaited<ReturnType<typeof askedOverTheWire>>['ask'];
  readonly team: Awaited<ReturnType<typeof startTeam>>;
}

/** An agent in front of an interface of which people adopted one route that reads and one that acts. */
async function scene(start: () => Promise<Installation>, play: (scene: Scene) => Promise<Outcome>): Promise<Outcome> {
  const world = await start();
  const team = await startTeam(world);
  const upstream = await startHttpUpstream();
  const gateway = await interfaceBehindTheGate(world, 'bank', upstream);
  const adopted = { 'GET /notes/{id}': 'read', 'POST /transfers': 'effect' } as const;
  await adoptTools(world, gateway, 'bank', adopted, { by: team.admin, signer: team.sam });
  const { token } = must(await admitAgent(world.context, team.admin.person, { name: 'Helper', days: 7 }));
  const wire = await askedOverTheWire(
    agentDoors(world, async () => undefined, gateway),
    token,
  );
  try {
    const ask: Scene['ask'] = (method, path, more) =>
      withPlanner(world, wire.ask(method, `/gateway/bank/api${path}`, more));
    await ask('GET', '/notes/1');
    if (upstream.asked.length !== 1) throw new Error('an honest read passes');
    upstream.asked.splice(0);
    return await play({ world, upstream, ask, team });
  } finally {
    wire.stop();
    await gateway.stop();
    await upstream.stop();
  }
}

/** Whether the interface was made to do this by a request that nobody signed. */
function did(upstream: HttpUpstream, what: string): Outcome {
  const done = upstream.asked.map(({ method, path }) => `${method} ${path}`);
  return { succeeded: done.includes(what), seen: done.join(', ') || 'nothing reached its server' };
}

attack({
  id: 'AIB-10',
  attack: 'an interface changes its document, after people adopted a route of it, and has the route read by it',
  control: 'comparing the whole document with the pin before each call',
  run: start =>
    scene(start, async ({ upstream, ask }) => {
      upstream.document = { ...structuredClone(BANK), info: { title: 'Another', version: '1' } };
      await ask('GET', '/notes/2');
      return did(upstream, 'GET /notes/2');
    }),
  without: () => takeOut<typeof differenceOf>('differenceOf', () => undefined),
});

attack({
  id: 'AIB-10',
  attack: 'an interface changes its document, is seen to, and turns it back as if nothing had been',
  control: 'keeping a route aside until people adopt it again',
  run: start =>
    scene(start, async ({ upstream, ask }) => {
      upstream.document = { ...structuredClone(BANK), info: { title: 'Another', version: '1' } };
      await ask('GET', '/notes/2');
      upstream.document = structuredClone(BANK);
      await ask('GET', '/notes/3');
      return did(upstream, 'GET /notes/3');
    }),
  without: () =>
    takeOut<typeof pinsOf>('pinsOf', async (actual, context, upstream) => ({
      ...(await actual(context, upstream)),
      quarantined: new Set(),
    })),
});

attack({
  id: 'AIB-10',
  attack: 'an agent asks for a route that nobody adopted, as if its last part were the id of one that reads',
  control: 'looking for the route among all that the document has',
  run: start =>
    scene(start, async ({ upstream, ask }) => {
      await ask('GET', '/notes/purge');
      return did(upstream, 'GET /notes/purge');
    }),
  without: () =>
    takeOut<typeof matchRoute>('matchRoute', (actual, routes, method, path) =>
      actual(
        routes.filter(({ name }) => name === 'GET /notes/{id}' || name === 'POST /transfers'),
        method,
        path,
      ),
    ),
});

for (const [how, target] of [
  ['slashes that are escaped twice', '/notes/..%252fadmin%252fwipe'],
  ['escaped slashes', '/notes/..%2fadmin%2fwipe'],
] as const)
  attack({
    id: 'AIB-10',
    attack: `an agent leaves the route that it may read by ${how}`,
    control: 'taking no segment that two programs could read in two ways',
    run: start =>
      scene(start, async ({ upstream, ask }) => {
        await ask('GET', target);
        return did(upstream, 'GET /admin/wipe');
      }),
    without: () => takeOut<typeof isPlainSegment>('isPlainSegment', () => true),
  });

attack({
  id: 'AIB-10',
  attack: 'an agent has a read become a removal by X-HTTP-Method-Override, which the document declares',
  control: 'sending on no header that makes another request of it',
  run: start =>
    scene(start, async ({ upstream, ask }) => {
      await ask('GET', '/notes/1', { headers: { 'x-http-method-override': 'DELETE' } });
      return did(upstream, 'DELETE /notes/1');
    }),
  without() {
    takeOut<typeof overridesIn>('overridesIn', () => []);
    takeOut<typeof isSendable>('isSendable', () => true);
  },
});

attack({
  id: 'AIB-10',
  attack: 'an agent has a read become a removal by _method in the query',
  control: 'sending on no parameter that the route does not declare',
  run: start =>
    scene(start, async ({ upstream, ask }) => {
      await ask('GET', '/notes/1?_method=DELETE');
      return did(upstream, 'DELETE /notes/1');
    }),
  without: () => takeOut<typeof undeclaredOf>('undeclaredOf', () => []),
});

attack({
  id: 'AIB-10',
  attack: 'an agent gives a parameter twice, so that whoever looks first and whoever acts last differ',
  control: 'reading no query that holds a name twice',
  run: start =>
    scene(start, async ({ upstream, ask }) => {
      await ask('GET', '/notes/1?lang=de&lang=all');
      const sent = upstream.asked.map(({ target }) => target);
      return { succeeded: sent.length > 0, seen: sent.join(', ') || 'nothing reached its server' };
    }),
  without: () => takeOut<typeof queryOf>('queryOf', (_actual, raw) => Object.fromEntries(new URLSearchParams(raw))),
});

attack({
  id: 'BND-01',
  attack: 'two people sign a request with a small amount, and the database’s owner puts a larger one in its body',
  control: 'recomputing the digest of the request that is about to be sent',
  run: start =>
    scene(start, async ({ world, upstream, ask, team }) => {
      const { proposal } = (await ask('POST', '/transfers', { body: '{"amount":1,"to":"jo"}' })).body;
      for (const signer of [team.rosa, team.sam]) await review(world, signer, proposal);
      await world.settleLog();
      await world.database.ownerPool.query('UPDATE revision SET act = replace(act, $2, $3) WHERE proposal_id = $1', [
        proposal,
        '\\"amount\\":1,',
        '\\"amount\\":9000,',
      ]);
      const codes = failedChecks(await execute(world, proposal));
      const sent = upstream.asked.map(({ body }) => body);
      return { succeeded: sent.length > 0, seen: [...codes, ...sent].join(', ') };
    }),
  without() {
    const first = new Map<string, string>();
    takeOut<typeof sealed>('sealed', (actual, domain, value) => {
      const made = actual(domain, value);
      if (domain !== 'countersign/act/v1') return made;
      const { proposal, revision } = value as { proposal: string; revision: string };
      const digest = first.get(`${proposal}/${revision}`) ?? made.digest;
      first.set(`${proposal}/${revision}`, digest);
      return { text: made.text, digest };
    });
  },
});
