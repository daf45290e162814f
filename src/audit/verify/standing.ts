import { type Fault, fault } from './fault.ts';
import type { Leaf } from './leaf.ts';

export type Credential = Leaf<'person.enrolled'>['statement']['credential'];

/** What somebody may do, with which credentials. */
export interface Standing {
  readonly roles: ReadonlySet<string>;
  readonly credentials: readonly Credential[];
}

export interface Person extends Standing {
  readonly isActive: boolean;
  /** Digest of the last statement about them. */
  readonly head: string;
  /** The link of a reset that was not used yet. */
  readonly reset: Leaf<'person.changed'>['statement'] | undefined;
  /** What they were before, each until when. */
  readonly former: readonly (Standing & { readonly until: string })[];
}

export type Change = Leaf<'person.changed'>['statement'];
/** What is wrong with an invitation, whoever signed it. */
export function unlikeInvite({ change, roles, linkPublicKey, person }: Change): Fault | undefined {
  return roles.length === 0 || linkPublicKey === ''
    ? fault('change.unlike', `${change} invites ${person} to nothing, or by no link`)
    : undefined;
}

/** Somebody after a change that counts. */
export function after(known: Person, change: Change, head: string, until: string): Person {
  const { roles, credentials } = known;
  return {
    roles: new Set(change.roles),
    credentials: change.kind === 'roles' ? credentials : [],
    isActive: change.kind !== 'remove',
    head,
    reset: change.kind === 'reset' ? change : undefined,
    former: [...known.former, { roles, credentials, until }],
  };
}
