import { fail, ok, type Result } from '../../base/result.ts';
import type { PolicyFile, PolicyProblem, PolicyTest } from '../../model/policy.ts';
import { type Action, authorise, loadPolicies, type PolicySet } from './authorise.ts';
import { policyFloorOf } from './floor.ts';
import { ANYBODY, locksOut } from './locks-out.ts';
import { readPolicyFile } from './policy-file.ts';
import { type TierFacts, tierOf } from './tier.ts';

/** A policy file that may be put to people, and the set that it would make. */
export interface CheckedPolicy {
  readonly file: PolicyFile;
  readonly set: PolicySet;
}

/**
 * Everything that a policy file has to be before anybody is asked to sign it: well-formed, valid against the schema, only
 * stricter than the code, locking nobody out, with tests that hold and that each rule needs. All that is wrong is returned.
 *
 * Each rule has to be what decides in one of the tests: taken out, that test fails. A rule that nothing notices is one
 * whose author did not see what it does.
 */
export function checkPolicyFile(text: string): Result<CheckedPolicy, readonly PolicyProblem[]> {
  const read = readPolicyFile(text);
  if (!read.ok) return read;
  const file = read.value;
  const set = setOf(file);
  if (!set.ok) return fail([{ at: 'forbid', text: set.failure }]);
  const problems: PolicyProblem[] = locksOut(set.value, ANYBODY).map(action => ({
    at: 'forbid',
    text: `nobody could ${wordsOf(action)} any more, so nobody could take it back`,
  }));
  for (const [index, test] of file.tests.entries()) {
    const got = outcomeOf(set.value, test);
    if (got !== test.expect)
      problems.push({ at: `tests.${index}`, text: `${test.name}: expected ${shown(test.expect)}, got ${shown(got)}` });
  }
  // While a test fails, what the others notice says nothing.
  if (problems.length > 0) return fail(problems);
  for (const id of [...file.floors, ...file.forbids].map(rule => rule.id)) {
    const without = setOf({
      ...file,
      floors: file.floors.filter(floor => floor.id !== id),
      forbids: file.forbids.filter(forbid => forbid.id !== id),
    });
    if (without.ok && file.tests.every(test => outcomeOf(without.value, test) === test.expect))
      problems.push({ at: id, text: 'no test needs this rule: taken out, all of them still hold' });
  }
  return problems.length === 0 ? ok({ file, set: set.value }) : fail(problems);
}

/** The set that a file makes, together with everything that is built in. */
export function setOf(file: Pick<PolicyFile, 'floors' | 'forbids' | 'drills'>): Result<PolicySet, string> {
  const set = loadPolicies(
    Object.fromEntries(file.forbids.map(({ id, cedar }) => [`house-${id}`, cedar])),
    file.floors,
  );
  return !set.ok || file.drills === undefined ? set : ok({ ...set.value, drills: file.drills });
}

/** What a test comes to under a set. */
function outcomeOf(set: PolicySet, test: PolicyTest): PolicyTest['expect'] {
  if (test.of === 'act') {
    const facts = factsOf(test);
    return tierOf({ ...facts, policyFloor: policyFloorOf(set.floors, facts).tier }).tier;
  }
  const { roles, action, signedWith } = test;
  const person = { kind: 'person', id: 'usr_test', roles, isActive: true } as const;
  return authorise(set, person, action as Action, { isContributor: false, signedWith }).isAllowed
    ? 'allowed'
    : 'denied';
}

function factsOf(test: Extract<PolicyTest, { of: 'act' }>): Omit<TierFacts, 'policyFloor'> {
  return {
    kind: test.kind,
    touches: test.touches,
    reversibility: 'compensating',
    isPrivileged: test.marks.privileged,
    isMachine: test.marks.machine,
    isCritical: test.marks.critical,
    isLastAdministrator: false,
    isOwnIdentity: false,
    marks: [],
    actsOfLate: test.actsOfLate,
    dependentsKnown: true,
    coverage: test.hasGaps ? 'gaps' : 'complete',
    hasRequiredGap: false,
    undoesTier: undefined,
  };
}

function shown(outcome: PolicyTest['expect']): string {
  return outcome === 'TX' ? 'never' : outcome;
}

function wordsOf(action: Action): string {
  return action.replaceAll('_', ' ').replace(/\bt([123])\b/, 'a T$1');
}
