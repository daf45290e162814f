import { fail, ok, type Result } from '../base/result.ts';
import { principalOf } from '../core/decide/authorise.ts';
import { fileDigest, type HousePolicy, housePolicyOf } from '../core/decide/house-policy.ts';
import { locksOut } from '../core/decide/locks-out.ts';
import { checkPolicyFile } from '../core/decide/policy-check.ts';
import { policyChanges } from '../model/policy.ts';
import type { Presentation } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import type { Plan } from '../ports/responder.ts';
import type { ExecutorPorts } from './ports.ts';

/**
 * What an act would make the policy, by the executor's own reading of the file. The server stored that file and says what it
 * means; neither is believed: its digest is what was signed, it has to pass every check, and what it changes is told anew.
 */
export async function nextPolicy(
  plan: Plan,
  people: ReadonlyMap<Person['id'], Person>,
  ports: ExecutorPorts,
): Promise<Result<Presentation['changes'], string>> {
  const next = await policyOf(plan.params['sha256'], ports);
  if (!next.ok) return next;
  const actions = locksOut(next.value.set, [...people.values()].filter(person => person.isActive).map(principalOf));
  if (actions.length > 0) return fail(`too few people could ${actions.join(', ')} any more`);
  return ok(policyChanges(ports.housePolicy(), next.value));
}

async function policyOf(sha256: string | undefined, ports: ExecutorPorts): Promise<Result<HousePolicy, string>> {
  if (sha256 === '') return housePolicyOf('');
  const text = sha256 === undefined ? undefined : await ports.readPolicyText(sha256);
  if (text === undefined) return fail('there is no such policy file');
  if (fileDigest(text) !== sha256) return fail('the policy file is not the one that was signed');
  const checked = checkPolicyFile(text);
  if (!checked.ok) return fail(checked.failure.map(({ at, text: what }) => `${at}: ${what}`).join('; '));
  return housePolicyOf(text);
}

/** Keeps the file before the act that sets it is begun: what was not kept by then is never adopted, whatever the database says later. */
export async function keepForAdoption(plan: Plan, ports: ExecutorPorts): Promise<void> {
  const next = await policyOf(plan.params['sha256'], ports);
  if (next.ok) ports.preparePolicy(next.value.text);
}
