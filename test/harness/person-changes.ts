import { beginPersonChange, openPersonChange, signPersonChange } from '../../src/app/person-changes.ts';
import type { Result } from '../../src/base/result.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { PersonChange, PersonChangeKind } from '../../src/model/person-change.ts';
import type { Role } from '../../src/model/review.ts';
import { createLinkKey, type LinkKey } from '../authenticator.ts';
import { enrolBy, type Installation, type Member, must, signAs } from './installation.ts';

/** What is changed of whom. */
export interface Wish {
  readonly kind: Exclude<PersonChangeKind, 'invite'>;
  readonly about: Member;
  readonly roles?: readonly Role[];
}

export interface Changed {
  readonly statement: PersonChange;
  readonly link: LinkKey;
}

/** The first signature, as the page asks for it. */
export async function tryBeginChange(
  world: Installation,
  by: Member,
  { kind, about, roles = [] }: Wish,
): Promise<Result<Changed, Failure>> {
  const link = createLinkKey();
  const request = { kind, person: about.person.id, roles, linkPublicKey: kind === 'reset' ? link.publicKey : '' };
  const begun = await beginPersonChange(world.context, by.person, request);
  if (!begun.ok) return begun;
  const { statement } = begun.value;
  const signature = signAs(by, 'countersign/person-change/v1', statement);
  const signed = await signPersonChange(world.context, by.person, statement.change, signature);
  return signed.ok ? { ok: true, value: { statement, link } } : signed;
}

/** The second signature. */
export async function trySignChange(
  world: Installation,
  by: Member,
  change: PersonChange['change'],
): Promise<Result<{ readonly counts: boolean }, Failure>> {
  const begun = await openPersonChange(world.context, by.person, change);
  if (!begun.ok) return begun;
  const signature = signAs(by, 'countersign/person-change/v1', begun.value.statement);
  return signPersonChange(world.context, by.person, change, signature);
}

/** Two others change somebody. */
export async function changePerson(
  world: Installation,
  [first, second]: readonly [Member, Member],
  wish: Wish,
): Promise<Changed> {
  const begun = must(await tryBeginChange(world, first, wish));
  must(await trySignChange(world, second, begun.statement.change));
  return begun;
}

/** Whoever holds the link of a reset makes a new passkey by it. */
export async function comeBack(world: Installation, { link }: Changed): Promise<Member> {
  return enrolBy(world, link, '');
}
