import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { beginEnrolment } from '../../src/app/enrolment.ts';
import { listPeople } from '../../src/app/people.ts';
import { listPersonChanges } from '../../src/app/person-changes.ts';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { standingDirectory } from '../../src/executor/people.ts';
import { standingInventory } from '../../src/executor/standing.ts';
import type { PersonChangeBegun } from '../../src/model/api.ts';
import { createAuthenticator, createLinkKey } from '../authenticator.ts';
import { checkLog } from '../harness/check-log.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  signAs,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { changePerson, comeBack, tryBeginChange, trySignChange } from '../harness/person-changes.ts';
import { execute, propose, review } from '../harness/proposals.ts';
import { Browser, firstAdministrator, startTestServer, type TestServer } from './harness.ts';

const codeOf = (result: { readonly ok: boolean; readonly failure?: { readonly code: string } }) =>
  result.ok ? 'taken' : result.failure?.code;

describe('a change of somebody who is enrolled', () => {
  let world: Installation;
  let team: Team;
  let abe: Member;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    abe = await invite(world, team.admin, 'Abe Second', ['administrator', 'responder']);
  });
  afterAll(() => world.stop());
  const rowOf = async (member: Member) => (await listPeople(world.context)).find(row => row.id === member.person.id);
  const people = async () => (await standingDirectory(world.ports)).people;

  test('waits for a second person, says who may be it, and changes nothing until then', async () => {
    const { admin, rosa, sam } = team;
    const { statement } = must(await tryBeginChange(world, rosa, { kind: 'remove', about: sam }));
    const seenBy = async (member: Member) => (await listPersonChanges(world.context, member.person))[0];
    expect(await seenBy(admin)).toMatchObject({ state: 'waits', maySign: true, because: '' });
    expect(await seenBy(rosa)).toMatchObject({ maySign: false, because: 'You signed it; somebody else signs next.' });
    expect(await seenBy(sam)).toMatchObject({ maySign: false, because: 'It is about you: two others sign it.' });
    expect(codeOf(await trySignChange(world, sam, statement.change))).toBe('person_change.not_eligible');
    expect(await rowOf(sam)).toMatchObject({ hasLeft: false });
    expect((await people()).get(sam.person.id)?.isActive).toBe(true);
  });

  test('takes an administrator among the two', async () => {
    const { admin, rosa, sam } = team;
    const { statement } = must(await tryBeginChange(world, rosa, { kind: 'reset', about: admin }));
    expect(codeOf(await trySignChange(world, sam, statement.change))).toBe('person_change.administrator_missing');
  });

  test('that was begun before another one counted is worth nothing', async () => {
    const { admin, rosa, sam } = team;
    const early = must(await tryBeginChange(world, admin, { kind: 'remove', about: sam }));
    await changePerson(world, [admin, rosa], { kind: 'roles', about: sam, roles: ['responder', 'analyst'] });
    expect(codeOf(await trySignChange(world, rosa, early.statement.change))).toBe('person_change.refused');
    expect((await rowOf(sam))?.roles).toEqual(['analyst', 'responder']);
    expect((await people()).get(sam.person.id)?.roles).toEqual(['analyst', 'responder']);
  });

  test('lets whoever lost a passkey come back by one link, under the same name and with the same roles', async () => {
    const { admin, rosa, sam } = team;
    const begun = must(await tryBeginChange(world, admin, { kind: 'reset', about: sam }));
    expect(codeOf(await beginEnrolment(world.context, begun.link.publicKey))).toBe('not_found');
    must(await trySignChange(world, rosa, begun.statement.change));
    expect((await people()).get(sam.person.id)?.credentials).toEqual([]);
    const again = await comeBack(world, begun);
    expect(again.person).toMatchObject({ id: sam.person.id, name: 'Sam Responder', roles: ['analyst', 'responder'] });
    expect((await people()).get(sam.person.id)?.credentials.map(({ id }) => id)).toEqual([
      again.authenticator.credential.id,
    ]);
    expect(codeOf(await beginEnrolment(world.context, begun.link.publicKey))).toBe('enrolment.link_used');
    const proposal = await propose(world, rosa);
    await review(world, again, proposal);
    expect((await execute(world, proposal)).kind).toBe('concluded');
  });

  test('leaves an administrator, and what one who left had signed stands', async () => {
    const { admin, rosa, sam } = team;
    await execute(world, await propose(world, rosa, { targetName: 'app_kim' }));
    await changePerson(world, [abe, rosa], { kind: 'remove', about: admin });
    const last = await tryBeginChange(world, rosa, { kind: 'roles', about: abe, roles: ['responder'] });
    expect(codeOf(last)).toBe('person_change.last_administrator');
    expect(codeOf(await tryBeginChange(world, sam, { kind: 'remove', about: abe }))).toBe(
      'person_change.last_administrator',
    );
    expect(await rowOf(admin)).toMatchObject({ hasLeft: true, credentialKinds: [] });
    expect(await standingInventory(world.ports, await people())).toMatchObject({ version: '1' });
  });

  test('stands in the log, which is verified', async () => {
    expect((await checkLog(world)).checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  test('is of no use a day after it was begun', async () => {
    const { rosa, sam } = team;
    const late = must(await tryBeginChange(world, abe, { kind: 'remove', about: sam }));
    world.advance(25 * MS_PER_HOUR);
    expect(codeOf(await trySignChange(world, rosa, late.statement.change))).toBe('person_change.expired');
  });
});

describe('the page of whoever was reset or removed', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  const member = async (by: Browser, name: string) => {
    const browser = new Browser(server);
    await browser.enrol(await by.invite(name, ['responder']), name);
    await browser.signIn();
    return browser;
  };
  const sign = async (by: Browser, { statement, challenge }: PersonChangeBegun) => {
    const assertion = by.passkey.assert(Buffer.from(challenge, 'base64url'));
    return by.post(`/api/v1/person-changes/${statement.change}/sign`, { signature: { kind: 'passkey', assertion } });
  };

  test.each(['reset', 'remove'] as const)(
    'is over at once after a %s, and the old passkey opens no other',
    async kind => {
      const admin = await firstAdministrator(server);
      const [rita, sven] = [await member(admin, 'Rita'), await member(admin, 'Sven')];
      const linkPublicKey = kind === 'reset' ? createLinkKey().publicKey : '';
      const person = sven.me?.person?.id;
      const begun = await admin.post('/api/v1/person-changes/begin', { kind, person, linkPublicKey });
      expect(begun.status).toBe(200);
      expect((await sign(admin, begun.body)).body[0]).toMatchObject({ state: 'waits', needed: 2 });
      expect((await sven.get('/api/v1/people')).status).toBe(200);
      const opened = await rita.post(`/api/v1/person-changes/${begun.body.statement.change}/begin`, {});
      expect((await sign(rita, opened.body)).body[0]).toMatchObject({ state: 'counts' });
      expect((await sven.get('/api/v1/people')).body.code).toBe('session.missing');
      const anew = new Browser(server);
      anew.passkey = sven.passkey;
      expect((await anew.signIn()).body.code).toBe('review.bad_signature');
    },
  );

  test('is refused a change by a signature that is not theirs, by a token, and by an unknown passkey', async () => {
    const admin = await firstAdministrator(server);
    const [rita, sven] = [await member(admin, 'Rita'), await member(admin, 'Sven')];
    const wish = { kind: 'remove', person: sven.me?.person?.id };
    const begun = await admin.post('/api/v1/person-changes/begin', wish);
    const stolen = createAuthenticator('localhost', server.origin);
    const assertion = stolen.assert(Buffer.from(begun.body.challenge, 'base64url'));
    const path = `/api/v1/person-changes/${begun.body.statement.change}/sign`;
    const answer = await admin.post(path, { signature: { kind: 'passkey', assertion } });
    expect(answer.body.code).toBe('review.bad_signature');
    expect((await sign(rita, begun.body)).body.code).toBe('access.denied');
    expect((await sven.post('/api/v1/person-changes/begin', wish)).body.code).toBe('person_change.not_eligible');
  });
});

test('whose signature is borrowed from another change, it does not count', async () => {
  const world = await startInstallation();
  try {
    const { admin, rosa, sam } = await startTeam(world);
    const one = must(await tryBeginChange(world, admin, { kind: 'remove', about: sam }));
    const other = must(await tryBeginChange(world, admin, { kind: 'remove', about: rosa }));
    const { signPersonChange } = await import('../../src/app/person-changes.ts');
    const signature = signAs(rosa, 'countersign/person-change/v1', other.statement);
    expect(codeOf(await signPersonChange(world.context, rosa.person, one.statement.change, signature))).toBe(
      'review.bad_signature',
    );
  } finally {
    await world.stop();
  }
});
