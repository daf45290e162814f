import { readPeople } from '../../src/app/people.ts';
import { hasPower } from '../../src/core/decide/power.ts';
import type { Installation, Member } from './installation.ts';

/** Whoever was enrolled in each, so that somebody is there to sign second. */
const MEMBERS = new WeakMap<Installation, readonly Member[]>();

export function remember(world: Installation, member: Member): void {
  MEMBERS.set(world, [...(MEMBERS.get(world) ?? []), member]);
}

/** Somebody else who still may sign what `by` signed first. */
export async function secondTo(world: Installation, by: Member): Promise<Member> {
  const people = await readPeople(world.context);
  const may = ({ person, authenticator }: Member) => {
    const now = people.find(({ id }) => id === person.id);
    const holds = now?.credentials.some(({ id }) => id === authenticator.credential.id) === true;
    return person.id !== by.person.id && now !== undefined && holds && hasPower(now.roles) && now.isActive;
  };
  const second = MEMBERS.get(world)?.find(may);
  if (second === undefined) throw new Error('nobody is there who could sign the invitation second');
  return second;
}
