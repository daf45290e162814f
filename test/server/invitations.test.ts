import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginEnrolment } from '../../src/app/enrolment.ts';
import { beginByOne, beginInvitation, finishInvitation } from '../../src/app/invitation.ts';
import { listPeople } from '../../src/app/people.ts';
import { listPersonChanges, signPersonChange } from '../../src/app/person-changes.ts';
import { beginRules } from '../../src/app/rules.ts';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { standingDirectory } from '../../src/executor/people.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import type { KeptPeople, Storage } from '../../src/executor/storage.ts';
import type { Role } from '../../src/model/review.ts';
import { createLinkKey, type LinkKey } from '../authenticator.ts';
import { checkLog } from '../harness/check-log.ts';
import {
  enrolBy,
  enrolFirst,
  type Installation,
  invite,
  type Member,
  must,
  offer,
  signAs,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { madeUp, storeByOne, storeEnrolment } from '../harness/invitations.ts';
import { trySignChange } from '../harness/person-changes.ts';

const codeOf = (result: { readonly ok: boolean; readonly failure?: { readonly code: string } }) =>
  result.ok ? 'taken' : result.failure?.code;

/** What the first of two signs, and the link that was made with it. */
async function beginTwo(world: Installation, by: Member, name: string, roles: readonly Role[]) {
  const link = createLinkKey();
  const begun = must(await beginInvitation(world.context, by.person, { name, roles, linkPublicKey: link.publicKey }));
  if (!('change' in begun)) throw new Error('one administrator alone may invite them');
  const { statement } = begun.change;
  const signature = signAs(by, 'countersign/person-change/v1', statement);
  const signed = await signPersonChange(world.context, by.person, statement.change, signature);
  return { statement, link, signed };
}

/** An invitation that one administrator signed, whatever the roles. */
async function byOne(world: Installation, by: Member, name: string, roles: readonly Role[]) {
  const link = createLinkKey();
  const request = { name, roles, linkPublicKey: link.publicKey };
  const { invitation } = must(await beginByOne(world.context, by.person, request));
  const signature = signAs(by, 'countersign/invitation/v1', invitation);
  return { link, finished: await finishInvitation(world.context, by.person, invitation.id, signature) };
}

const opens = async (world: Installation, link: LinkKey) => codeOf(await beginEnrolment(world.context, link.publicKey));

describe('an invitation of whoever may sign for others', () => {
  let world: Installation;
  let team: Team;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
  });
  afterAll(() => world.stop());
  const people = async () => (await standingDirectory(world.ports)).people;

  test('waits for a second person, names whom it is of to them, and its link opens nothing until they signed', async () => {
    const { admin, rosa } = team;
    const { statement, link, signed } = await beginTwo(world, admin, 'Olga Owner', ['owner']);
    expect(must(signed)).toEqual({ counts: false });
    const seenBy = async (member: Member) => (await listPersonChanges(world.context, member.person))[0];
    expect(await seenBy(rosa)).toMatchObject({
      kind: 'invite',
      personName: 'Olga Owner',
      roles: ['owner'],
      state: 'waits',
      maySign: true,
    });
    expect(await seenBy(admin)).toMatchObject({ maySign: false, because: 'You signed it; somebody else signs next.' });
    expect(await opens(world, link)).toBe('not_found');
    expect((await listPeople(world.context)).some(({ name }) => name === 'Olga Owner')).toBe(false);
    expect(codeOf(await trySignChange(world, admin, statement.change))).toBe('person_change.signed_before');
    must(await trySignChange(world, rosa, statement.change));
    expect((await listPeople(world.context)).at(-1)).toMatchObject({ name: 'Olga Owner', isPending: true });
    const olga = await enrolBy(world, link, 'somebody else');
    expect(olga.person).toMatchObject({ id: statement.person, name: 'Olga Owner', roles: ['owner'] });
    expect((await people()).get(statement.person)?.roles).toEqual(['owner']);
    expect((await listPeople(world.context)).filter(({ name }) => name === 'Olga Owner')).toHaveLength(1);
    expect(await opens(world, link)).toBe('enrolment.link_used');
  });

  test('is not made by one administrator, by whichever way they ask', async () => {
    const { finished, link } = await byOne(world, team.admin, 'Mallory', ['responder']);
    expect(codeOf(finished)).toBe('invitation.takes_two');
    expect(await opens(world, link)).toBe('not_found');
  });

  test('is not signed second by an analyst, whom one administrator invites', async () => {
    const nina = await invite(world, team.admin, 'Nina Analyst', ['analyst']);
    const { statement } = await beginTwo(world, team.admin, 'Mallory', ['responder']);
    expect(codeOf(await trySignChange(world, nina, statement.change))).toBe('person_change.not_eligible');
  });

  test('stands in the log, which is verified', async () => {
    const { checks } = await checkLog(world);
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  test('is of no use a day after it was begun, signed once or twice', async () => {
    const late = await beginTwo(world, team.admin, 'Late', ['owner']);
    const unused = await offer(world, team.admin, 'Unused', ['owner']);
    world.advance(25 * MS_PER_HOUR);
    expect(codeOf(await trySignChange(world, team.rosa, late.statement.change))).toBe('person_change.expired');
    expect(await opens(world, unused.link)).toBe('enrolment.link_expired');
  });

  test('is not signed by a passkey of today, once the first day is over', async () => {
    const young = await invite(world, team.admin, 'Yara Young', ['responder']);
    const { statement } = await beginTwo(world, team.admin, 'Mallory', ['responder']);
    expect(codeOf(await trySignChange(world, young, statement.change))).toBe('person_change.too_new');
  });
});

describe('the second person', () => {
  let world: Installation;
  let admin: Member;
  beforeAll(async () => {
    world = await startInstallation();
    admin = await enrolFirst(world);
  });
  afterAll(() => world.stop());

  test('is invited by the first one alone, and of two who were so only the first to come is somebody', async () => {
    const [rosa, sam] = [
      await byOne(world, admin, 'Rosa', ['responder']),
      await byOne(world, admin, 'Sam', ['responder']),
    ];
    const begun = [await beginEnrolment(world.context, sam.link.publicKey), await opens(world, rosa.link)];
    expect(begun).toMatchObject([{ ok: true }, 'taken']);
    await Promise.allSettled([enrolBy(world, rosa.link, ''), enrolBy(world, sam.link, '')]);
    const { people, rejected } = await standingDirectory(world.ports);
    expect([people.size, rejected]).toEqual([2, []]);
    const open = await Promise.all([rosa.link, sam.link].map(link => opens(world, link)));
    expect(open.sort()).toEqual(['enrolment.link_used', 'invitation.takes_two']);
    expect((await checkLog(world)).checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });
});

describe('an installation of an earlier version', () => {
  let world: Installation;
  beforeAll(async () => {
    world = await startInstallation();
  });
  afterAll(() => world.stop());

  /** An executor whose genesis does not say that two invite, with what it kept of people. */
  const upgraded = (kept: KeptPeople, of = world) => {
    const { invitedBy: _, ...genesis } = of.genesis;
    const storage: Storage = {
      ...of.storage,
      genesis,
      keptPeople: () => kept,
      keepPeople(people) {
        kept = people;
      },
    };
    return { ports: of.executorWith(storage), kept: () => kept };
  };

  /** Somebody whom one administrator invited, as an earlier version wrote it. */
  const comeByOne = async (by: Member) => {
    const made = madeUp(world);
    const invitation = await storeByOne(world, by, made, 'owner', new Date(world.context.now()));
    await storeEnrolment(world, invitation, made, 'owner', { isByOne: true });
    return made.person;
  };
  const believedBy = async (ports: ExecutorPorts) => [...(await standingDirectory(ports)).people.keys()];

  test('keeps whom one had invited, and takes nobody more by one', async () => {
    const { admin, rosa, sam } = await startTeam(world);
    const team = [admin, rosa, sam].map(({ person }) => person.id);
    const olga = await comeByOne(admin);
    const executor = upgraded({ invitations: [], statements: [] });
    expect(await believedBy(executor.ports)).toEqual([...team, olga]);
    await comeByOne(admin);
    expect(await believedBy(executor.ports)).toEqual([...team, olga]);
    expect(executor.kept()).toMatchObject({ invitedBy: 'two' });
    // One that starts again goes by what it kept, and one that kept some of them takes nobody more either.
    expect(await believedBy(upgraded(executor.kept()).ports)).toEqual([...team, olga]);
    const { invitations, statements } = executor.kept();
    const before = upgraded({ invitations, statements: statements.slice(0, -1) });
    expect(await believedBy(before.ports)).toEqual(team);
    // A new installation never had a time of one.
    expect(await believedBy(world.ports)).toEqual(team);
  });

  test('in which nobody was enrolled yet takes nobody by one either, but for the second person', async () => {
    const other = await startInstallation();
    try {
      const executor = upgraded({ invitations: [], statements: [] }, other);
      expect(await believedBy(executor.ports)).toEqual([]);
      const { admin, rosa, sam } = await startTeam(other);
      const made = madeUp(other);
      const invitation = await storeByOne(other, admin, made, 'owner', new Date(other.context.now()));
      await storeEnrolment(other, invitation, made, 'owner', { isByOne: true });
      expect(await believedBy(executor.ports)).toEqual([admin, rosa, sam].map(({ person }) => person.id));
    } finally {
      await other.stop();
    }
  });

  test('says once in its log that two invite from here on', async () => {
    await beginRules(world.context);
    await world.settleLog();
    const { rows } = await world.serverPool.query<{ said: number }>(
      `SELECT count(*)::int AS said FROM audit_entry WHERE position('"type":"rule.began"'::bytea in entry) > 0`,
    );
    expect(rows[0]?.said).toBe(1);
  });
});
