import type { Id } from '../../base/id.ts';
import { invariant } from '../../base/invariant.ts';
import type { Person, Role } from '../../model/review.ts';
import { type Action, authorise, loadPolicies, type PolicySet } from './authorise.ts';

/** What others depend on not being done by one person, or by somebody whom one person brought here. */
const POWERS = [
  'review_t2',
  'review_t3',
  'break_glass',
  'invite',
  'sign_inventory',
  'release_stop',
  'change_policy',
] as const satisfies readonly Action[];

/** By the policies of the code alone: an installation's own only forbid, and change; who is invited stays. */
let builtIn: PolicySet | undefined;
/** There are five roles, so thirty-two answers at most. */
const ANSWERS = new Map<string, boolean>();

/**
 * Whether these roles may sign what others depend on: the same ask for two people to bring somebody here, and make whoever has
 * them one of the two. So nobody whom one person invited is ever the second signature on somebody else.
 */
export function hasPower(roles: readonly Role[]): boolean {
  const question = [...new Set(roles)].sort().join();
  const known = ANSWERS.get(question);
  if (known !== undefined) return known;
  const set = builtInPolicies();
  const principal = { kind: 'person', id: 'whoever', roles, isActive: true } as const;
  const answer = POWERS.some(
    action => authorise(set, principal, action, { isContributor: false, signedWith: 'passkey' }).isAllowed,
  );
  ANSWERS.set(question, answer);
  return answer;
}

/**
 * Whether somebody may be one of the two who sign a change of a person. Nobody signs what is about themselves, and nobody signs at all whom one
 * person could have invited.
 */
export function maySignChange(person: Person, about: Id<'person'>): boolean {
  return person.isActive && person.id !== about && hasPower(person.roles);
}

function builtInPolicies(): PolicySet {
  if (builtIn === undefined) {
    const loaded = loadPolicies({});
    invariant(loaded.ok, 'the built-in policies hold');
    builtIn = loaded.value;
  }
  return builtIn;
}
