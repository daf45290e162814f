import { transact } from '../../src/app/context.ts';
import { beginFinding, finishFinding } from '../../src/app/proposals/finding.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { ok } from '../../src/base/result.ts';
import { isLookedAtAgain } from '../../src/core/decide/second-look.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { type Installation, type Member, signAs } from './installation.ts';
import { execute } from './proposals.ts';

/** Carries a proposal out under an id that chance chooses for a second look, or one that it does not. */
export async function executeAs(world: Installation, proposal: string, kind: 'chosen' | 'not chosen') {
  const wanted = kind === 'chosen';
  const newId: ExecutorPorts['newId'] = of => {
    for (;;) {
      const id = world.ports.newId(of);
      if (of !== 'execution') return id;
      if (isLookedAtAgain(world.genesis.installation, id as `exe_${string}`, 'T2') === wanted) return id;
    }
  };
  const outcome = await execute(world, proposal, { ...world.ports, newId });
  await transact(world.context, async client => ok(await refreshProposal(world.context, client, proposal)));
  return outcome;
}

/** Says whether an act should have been done, signed, as the page does. */
export async function findAgain(
  world: Installation,
  by: Member,
  proposal: string,
  finds: 'justified' | 'unjustified' = 'justified',
) {
  const begun = await beginFinding(world.context, by.person, proposal, finds, 'I read the records and the timeline');
  if (!begun.ok) return begun;
  const signature = signAs(by, 'countersign/finding/v1', begun.value.statement);
  return finishFinding(world.context, by.person, proposal, begun.value.statement.nonce, signature);
}
