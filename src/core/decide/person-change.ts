import type { Digest } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import type { PersonChange, PersonChangeSignature } from '../../model/person-change.ts';
import type { Person } from '../../model/review.ts';
import { sealed } from './closed.ts';
import { hasPower, maySignChange } from './power.ts';
import { checkPersonSignature, type SigningRules, type VerifyKey } from './signatures.ts';

/** A change of a person as it is stored, once it was signed twice. */
export interface StoredPersonChange {
  readonly statement: string;
  readonly signatures: readonly PersonChangeSignature[];
  /** When the second signature arrived, by whoever stored it. */
  readonly createdAt: number;
}

/** How many others sign a change of a person. */
export const CHANGE_SIGNATURES = 2;

/** Why a change cannot be made, whoever signs it. */
export type ChangeFault =
  | 'foreign'
  | 'not_enrolled'
  | 'enrolled_before'
  | 'overtaken'
  | 'roles_out_of_order'
  | 'link'
  | 'changes_nothing'
  | 'last_administrator';

/**
 * What is wrong with a change, before anybody signs it: it names the last statement about that person, says something new, and
 * leaves an administrator. Undefined where nothing is.
 */
export function changeFault(
  installation: string,
  change: PersonChange,
  people: ReadonlyMap<Id<'person'>, Person>,
): ChangeFault | undefined {
  const person = people.get(change.person);
  if (change.installation !== installation) return 'foreign';
  if (change.kind === 'invite') return inviteFault(change, person);
  if (person?.isActive !== true) return 'not_enrolled';
  if (change.previous !== person.head) return 'overtaken';
  if (change.roles.join() !== sorted(change.roles)) return 'roles_out_of_order';
  if ((change.kind === 'reset') !== (change.linkPublicKey !== '')) return 'link';
  const isSame = sorted(change.roles) === sorted(person.roles);
  const leavesNone = isLastAdministrator(person, people) && !change.roles.includes('administrator');
  switch (change.kind) {
    case 'reset':
      return isSame ? undefined : 'changes_nothing';
    case 'roles':
      if (isSame || change.roles.length === 0) return 'changes_nothing';
      return leavesNone ? 'last_administrator' : undefined;
    case 'remove':
      if (change.roles.length > 0) return 'changes_nothing';
      return leavesNone ? 'last_administrator' : undefined;
  }
}

/** Whoever is or was here comes back by a reset only: an invitation would add a key to them behind their back. */
function inviteFault(change: PersonChange, person: Person | undefined): ChangeFault | undefined {
  if (person !== undefined) return 'enrolled_before';
  if (change.previous !== '') return 'overtaken';
  if (change.roles.join() !== sorted(change.roles)) return 'roles_out_of_order';
  if (change.linkPublicKey === '') return 'link';
  return change.roles.length === 0 ? 'changes_nothing' : undefined;
}

const sorted = (roles: readonly string[]) => [...new Set(roles)].sort().join();

const isAdministrator = (person: Person) => person.isActive && person.roles.includes('administrator');

/** Whether nobody else is one. */
export function isLastAdministrator(person: Person, people: ReadonlyMap<Id<'person'>, Person>): boolean {
  return isAdministrator(person) && ![...people.values()].some(one => one.id !== person.id && isAdministrator(one));
}

/**
 * Whether nobody but one has, or ever had, a role by which people sign for others. Only then there is nobody who could be the
 * second on an invitation. Whoever left is still counted: removing the second person does not bring this time back.
 */
export function isAlone(people: Iterable<Person>): boolean {
  const hadPower = ({ roles, former }: Person) => hasPower([...roles, ...(former?.roles ?? [])]);
  return [...people].filter(hadPower).length <= 1;
}

/**
 * Whether these signatures make it count: two different people who may, and an administrator among them wherever there is one
 * besides whom it is about. `counts` says whether a credential, or what gave somebody a role, is old enough.
 */
export async function signaturesFault(
  change: PersonChange,
  digest: Digest,
  signatures: readonly PersonChangeSignature[],
  people: ReadonlyMap<Id<'person'>, Person>,
  rules: SigningRules,
  verify: VerifyKey,
  counts: (aged: string) => boolean,
): Promise<string | undefined> {
  const signers = new Map<Id<'person'>, Person>();
  for (const { by, signature } of signatures) {
    const person = people.get(by);
    if (person === undefined || !maySignChange(person, change.person)) return `${by} may not sign this`;
    const signed = await checkPersonSignature(signature, digest, person.credentials, rules, verify);
    if (!signed.ok) return `${by}: ${signed.failure}`;
    const aged = [signed.value.id, ...(person.news ?? [])];
    if (!aged.every(counts)) return `the passkey or a role of ${by} is too new`;
    signers.set(by, person);
  }
  if (signers.size < CHANGE_SIGNATURES) return 'fewer than two other people signed it';
  return administratorMissing(change, [...signers.values()], people)
    ? 'no administrator is among who signed it'
    : undefined;
}

/** Whether an administrator besides whom it is about could have signed, and none of these is one. */
export function administratorMissing(
  change: Pick<PersonChange, 'person'>,
  signers: readonly Person[],
  people: ReadonlyMap<Id<'person'>, Person>,
): boolean {
  const about = people.get(change.person);
  const isNobodyElse = about !== undefined && isLastAdministrator(about, people);
  return !isNobodyElse && !signers.some(isAdministrator);
}

/** Somebody after a change that counts. What they held before stops what it stopped, and signs nothing any more. */
export function changed(person: Person, change: PersonChange): Person {
  const ends = change.kind !== 'roles';
  const isGiven = change.roles.some(role => !person.roles.includes(role));
  const former = {
    roles: [...new Set([...(person.former?.roles ?? []), ...person.roles])],
    credentials: [...(person.former?.credentials ?? []), ...(ends ? person.credentials : [])],
  };
  return {
    ...person,
    // Whoever left keeps the names of their roles, for what is told of earlier; `isActive` is what counts.
    roles: change.kind === 'remove' ? person.roles : change.roles,
    credentials: ends ? [] : person.credentials,
    isActive: change.kind !== 'remove',
    head: sealed('countersign/person-change/v1', change).digest,
    news: [...(person.news ?? []), ...(isGiven ? [change.change] : [])],
    former,
  };
}
