import { fail, ok, type Result } from '../base/result.ts';
import { readCustody } from '../core/decide/closed.ts';
import { custodyOf, firstOf, machineState } from '../core/decide/custody.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { CREDENTIAL_AGE_MS_MAX } from '../model/machine.ts';
import type { Person } from '../model/review.ts';
import type { ExecutorPorts } from './ports.ts';

/**
 * Whether the credential of a system may be opened: somebody who is here answers for it, that time is not over, and its secret is
 * not too old. By signatures, and never by an older one than this executor believed before; the age by when it saw the secret first.
 */
export async function credentialStands(
  system: string,
  people: ReadonlyMap<Person['id'], Person>,
  ports: ExecutorPorts,
): Promise<Result<true, Failure>> {
  const identity = `responder:${system}`;
  const { installation, rpId, origin, demo } = ports.genesis;
  const rules = { rpId, origin, isDemo: demo };
  const kept = ports.keptCustody(identity);
  const stored = [...(kept === undefined ? [] : [kept]), ...(await ports.readCustodies(identity))];
  const custody = await custodyOf(identity, installation, stored, people, rules, ports.verify);
  const newest = stored.find(({ statement }) => {
    const read = readCustody(statement);
    return read.ok && read.value.version === custody?.version;
  });
  if (newest !== undefined && newest.statement !== kept?.statement) ports.keepCustody(identity, newest);
  const facts = {
    custody,
    fallback: firstOf(people),
    madeAt: ports.secretKnownSince(system, ports.now()),
    lastUsedAt: undefined,
    isUseSeen: false,
    refusedAfterMs: CREDENTIAL_AGE_MS_MAX,
  };
  switch (machineState(facts, people, ports.now())) {
    case 'ownerless':
      return fail(failureOf('execution.credential_ownerless', `nobody who is here answers for ${identity}`));
    case 'expired':
      return fail(failureOf('execution.credential_expired', `${identity} was answered for until ${custody?.until}`));
    case 'overdue':
      return fail(failureOf('execution.credential_overdue', `the secret of ${identity} is too old`));
    default:
      return ok(true);
  }
}
