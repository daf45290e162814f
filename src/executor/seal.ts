import { fail, type Result } from '../base/result.ts';
import { readAct } from '../core/decide/closed.ts';
import { sealHolds } from '../core/decide/seal.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { ProposalRevision } from '../store/proposal-facts.ts';
import type { ExecutorPorts } from './ports.ts';

export const SEAL_CHECK = 'it was sealed as an act when it was made';

/** Whether what is stored was an act from the beginning: by the salt that people signed, and by the seal in the signed log. */
export async function checkSeal(revision: ProposalRevision, ports: ExecutorPorts): Promise<Result<true, Failure>> {
  const act = readAct(revision.actText);
  if (!act.ok) return fail(failureOf('execution.digest_mismatch', act.failure));
  const { seal } = revision;
  const logged = seal === undefined ? undefined : await loggedSeal(revision, seal.pendingId, ports);
  if (logged !== undefined && !logged.ok) return logged;
  return sealHolds({ installation: ports.genesis.installation, act: act.value, seal, logged: logged?.value });
}

async function loggedSeal(
  revision: ProposalRevision,
  pendingId: string,
  ports: ExecutorPorts,
): Promise<Result<string, Failure>> {
  const seen = await ports.seeLog();
  if (!seen.ok) return seen;
  const included = await ports.includedEntry(seen.value, pendingId);
  if (!included.ok) return included;
  const { entry } = included.value;
  const isOfThis =
    entry.type === 'proposal.sealed' &&
    entry.proposal === revision.proposal &&
    entry.revision === String(revision.revision);
  return isOfThis
    ? { ok: true, value: entry.seal }
    : fail(failureOf('execution.not_in_log', 'the log holds another entry where the seal should be'));
}
