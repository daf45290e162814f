import { type Action, authorise, type PolicySet, type Principal } from './authorise.ts';

/** What at least so many people have to be able to do, or the installation could not be worked with or brought back. */
const NEEDED: readonly { readonly action: Action; readonly people: number }[] = [
  { action: 'read', people: 1 },
  { action: 'propose', people: 1 },
  { action: 'stop', people: 1 },
  { action: 'release_stop', people: 1 },
  { action: 'invite', people: 1 },
  { action: 'review_t1', people: 1 },
  { action: 'review_t2', people: 1 },
  // A change of the policy takes two, so also the one that would take this one back.
  { action: 'review_t3', people: 2 },
];

/** Somebody of each role alone, twice, as nobody in particular. */
export const ANYBODY: readonly Principal[] = (
  ['administrator', 'responder', 'owner', 'analyst', 'auditor'] as const
).flatMap(role =>
  ['1', '2'].map(n => ({ kind: 'person' as const, id: `usr_any${role}${n}`, roles: [role], isActive: true })),
);

/**
 * What too few of these people could still do under the policy, each signing with a passkey; empty where it locks nobody
 * out. A policy that nobody could change any more would be the last one.
 */
export function locksOut(set: PolicySet, people: readonly Principal[]): readonly Action[] {
  return NEEDED.filter(({ action, people: needed }) => {
    const able = people.filter(
      person => authorise(set, person, action, { isContributor: false, signedWith: 'passkey' }).isAllowed,
    );
    const hasResponder = able.some(person => person.kind === 'person' && person.roles.includes('responder'));
    return able.length < needed || (action === 'review_t3' && !hasResponder);
  }).map(({ action }) => action);
}
