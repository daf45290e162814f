import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import { withdrawProposal } from '../proposals/review.ts';
import { addFact, readFacts, readRun } from './running.ts';

/**
 * Ends a run at once: it asks nothing more. What it has asked and nobody decided is withdrawn where this person may withdraw it.
 * What people approved is theirs, and is taken back as every approval is.
 */
export async function stopRun(context: ServerContext, person: Person, id: Id<'run'>): Promise<Result<true, Failure>> {
  const run = await readRun(context, id);
  if (run === undefined) return fail(failureOf('not_found', id));
  const why = `stopped by ${person.name}`;
  // Another fact may take the same place in its order at the same moment: then there is still something to end.
  let isStopped = false;
  while (!isStopped) {
    if ((await readFacts(context, id)).some(({ key }) => key === 'end')) return fail(failureOf('playbook.over', id));
    isStopped = await addFact(context, run, 'end', { kind: 'ended', as: 'stopped', why }, person.id);
  }
  const facts = await readFacts(context, id);
  const decided = new Set(facts.map(({ key }) => key));
  for (const { key, body } of facts) {
    if (body.kind !== 'claimed' || decided.has(`${key}!`)) continue;
    // Refused where others have to: the proposal then stays in their inbox, as of any run that ended.
    await withdrawProposal(context, person, body.proposal, 'the run that asked was stopped');
  }
  context.live.publish({ kind: 'incident', id: run.incident });
  return ok(true);
}
