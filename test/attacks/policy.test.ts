import { vi } from 'vitest';
import { transact } from '../../src/app/context.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import { ok } from '../../src/base/result.ts';
import { MS_PER_MINUTE } from '../../src/base/time.ts';
import { fileDigest, type housePolicyOf } from '../../src/core/decide/house-policy.ts';
import type { replayDecisions } from '../../src/core/decide/replay.ts';
import type { tally } from '../../src/core/decide/tally.ts';
import { type Installation, invite, type Member, must, startTeam } from '../harness/installation.ts';
import {
  execute,
  failedChecks,
  intentFor,
  propose,
  review,
  signIntent,
  storeReview,
  tryReview,
  withPlanner,
} from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';
import { ONE_FOR_ACCOUNTS, TWO_FOR_ACCOUNTS } from '../policy/files.ts';
import { takeOut } from './seams.ts';
import { withoutChecks } from './taken-out.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/act/check.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/check.ts')>(),
    'checkExecution',
  ),
);
vi.mock('../../src/core/decide/house-policy.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/house-policy.ts')>(),
    'housePolicyOf',
  ),
);
vi.mock('../../src/core/decide/tally.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tally.ts')>(), 'tally'),
);
vi.mock('../../src/core/decide/replay.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/replay.ts')>(),
    'replayDecisions',
  ),
);

interface Staff {
  readonly rosa: Member;
  readonly sam: Member;
  readonly admin: Member;
  readonly olga: Member;
}

function bring(world: Installation, by: Member, text: string) {
  return withPlanner(
    world,
    requestProposal(world.context, async () => undefined, by.person, { kind: 'policy', text }),
  );
}

/** Brings a policy, lets two others sign it, and has it carried out. */
async function adopt(world: Installation, { admin, rosa, olga }: Staff, text: string) {
  const proposal = must(await bring(world, admin, text));
  await review(world, rosa, proposal);
  await review(world, olga, proposal);
  const outcome = await execute(world, proposal);
  await transact(world.context, async client => ok(await refreshProposal(world.context, client, proposal)));
  return outcome;
}

async function startStrict(world: Installation): Promise<Staff> {
  const team = await startTeam(world);
  const staff = { ...team, olga: await invite(world, team.admin, 'Olga Owner', ['owner']) };
  await adopt(world, staff, TWO_FOR_ACCOUNTS);
  return staff;
}

/** From here on the database says that no policy was adopted. */
let isForged = false;

attack({
  id: 'POL-02',
  attack:
    'the database’s administrator writes that the built-in rules are in force again, and one person locks an account',
  control: 'the executor’s own copy of the policy that it adopted',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startStrict(world);
    await world.database.ownerPool.query(
      `INSERT INTO own_effect (tenant_id, object, operation, value, idempotency_key, at)
         VALUES ($1, 'policy/house', 'return-to-policy', '{"sha256": ""}', 'forged', now())`,
      [TENANT],
    );
    isForged = true;
    const restarted = world.anotherExecutor();
    // Server and executor begin anew: neither remembers what it went by.
    const anew = { ...world, context: { ...world.context, policy: () => restarted.ports.housePolicy().set } };
    const proposal = await propose(anew, rosa);
    await tryReview(anew, sam, proposal);
    const outcome = await execute(anew, proposal, restarted.ports);
    await restarted.end();
    isForged = false;
    return { succeeded: outcome.kind === 'concluded', seen: [outcome.kind, ...failedChecks(outcome)].join(', ') };
  },
  // By what the database says, that is the built-in rules alone.
  without: () => takeOut<typeof housePolicyOf>('housePolicyOf', (actual, text) => actual(isForged ? '' : text)),
});

attack({
  id: 'POL-02',
  attack: 'a server that is taken over shows a stricter policy than the file is, and two people sign it',
  control: 'the executor’s own reading of what the file changes',
  async run(start) {
    const world = await start();
    const staff = await startStrict(world);
    const sha256 = fileDigest(ONE_FOR_ACCOUNTS);
    const lines = [{ id: 'accounts-take-two', text: 'At least T3, two people, for every act.' }];
    await world.serverPool.query(
      `INSERT INTO policy_file (tenant_id, sha256, text, title, lines, brought_by, brought_at)
         VALUES ($1, $2, $3, 'stricter still 1', $4, $5, now())`,
      [TENANT, sha256, ONE_FOR_ACCOUNTS, JSON.stringify(lines), staff.admin.person.id],
    );
    const outcome = await adopt(world, staff, ONE_FOR_ACCOUNTS);
    return {
      succeeded: world.ports.housePolicy().sha256 === sha256,
      seen: [outcome.kind, ...failedChecks(outcome)].join(', '),
    };
  },
  without: () => withoutChecks('the policy that it sets loads here, and changes what was shown'),
});

attack({
  id: 'SOD-05',
  attack: 'an administrator brings a policy under which what they have in review takes fewer people',
  control: 'asking whether it makes something of theirs easier',
  async run(start) {
    const world = await start();
    const { admin } = await startStrict(world);
    await propose(world, admin);
    const made = await bring(world, admin, ONE_FOR_ACCOUNTS);
    return { succeeded: made.ok, seen: made.ok ? 'in review' : made.failure.code };
  },
  without: () =>
    takeOut<typeof replayDecisions>('replayDecisions', (actual, decisions, next, people) => ({
      ...actual(decisions, next, people),
      rows: [],
    })),
});

attack({
  id: 'LIF-04',
  attack: 'one responder breaks the glass over the rules themselves, and goes on alone under easier ones',
  control: 'no emergency in what is about this installation itself',
  async run(start) {
    const world = await start();
    const { admin, rosa } = await startStrict(world);
    const proposal = must(await bring(world, admin, ONE_FOR_ACCOUNTS));
    const asked = await tryReview(world, rosa, proposal, { verdict: 'break_glass' });
    const expiresAt = new Date(world.context.now() + 10 * MS_PER_MINUTE).toISOString();
    const intent = await intentFor(world, proposal, rosa.person.id, { verdict: 'break_glass', expiresAt });
    if (!asked.ok) await storeReview(world, intent, signIntent(rosa, intent));
    const outcome = await execute(world, proposal);
    return {
      succeeded: world.ports.housePolicy().sha256 === fileDigest(ONE_FOR_ACCOUNTS),
      seen: [asked.ok ? 'taken' : asked.failure.code, outcome.kind].join(', '),
    };
  },
  without: () =>
    takeOut<typeof tally>('tally', (actual, question, reviews, people, policy) =>
      actual({ ...question, isOwn: false }, reviews, people, policy),
    ),
});
