import { vi } from 'vitest';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import type { coolingOf } from '../../src/core/decide/cooling.ts';
import { directoryOf } from '../../src/core/decide/directory.ts';
import type { changed, signaturesFault } from '../../src/core/decide/person-change.ts';
import type { standingDirectory } from '../../src/executor/people.ts';
import type { PersonChange } from '../../src/model/person-change.ts';
import type { Verdict } from '../../src/model/review.ts';
import { createAuthenticator } from '../authenticator.ts';
import {
  digestBytes,
  type Installation,
  invite,
  type Member,
  must,
  type Offered,
  ORIGIN,
  offer,
  RP_ID,
  signAs,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { changePerson, comeBack, tryBeginChange, trySignChange } from '../harness/person-changes.ts';
import { execute, intentFor, know, propose, signIntent, storeReview, tryReview } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/decide/cooling.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/cooling.ts')>(),
    'coolingOf',
  ),
);
vi.mock('../../src/core/decide/person-change.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/person-change.ts')>(),
    'changed',
    'signaturesFault',
  ),
);
vi.mock('../../src/executor/people.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/people.ts')>(),
    'standingDirectory',
  ),
);

/** A signature that reached the table without any rule of the server being asked. */
async function slip(world: Installation, by: Member, proposal: string, verdict: Verdict = 'approve'): Promise<void> {
  const intent = await intentFor(world, proposal, by.person.id, { verdict });
  await storeReview(world, intent, signIntent(by, intent));
}

/** A team whose passkeys are two days old, by the executor's own notes too. */
async function settledTeam(world: Installation): Promise<Team> {
  const team = await startTeam(world);
  world.ports.noteCredentials([]);
  await know(world, await propose(world, team.rosa));
  await execute(world, await propose(world, team.rosa, { targetName: 'app_kim' }));
  world.advance(48 * MS_PER_HOUR);
  return team;
}

const saidOf = (results: readonly { readonly ok: boolean; readonly failure?: { readonly code: string } }[]) =>
  results.map(one => (one.ok ? 'taken' : (one.failure?.code ?? '')));

attack({
  id: 'AUT-07',
  attack: 'the help desk has an approver’s passkey reset, and whoever opened the link votes at once',
  control: 'the day for which a reset passkey counts for no act of two people',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await settledTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner', 'responder']);
    world.ports.noteCredentials([olga.authenticator.credential.id]);
    world.advance(48 * MS_PER_HOUR);
    const mallory = await comeBack(world, await changePerson(world, [admin, olga], { kind: 'reset', about: sam }));
    const proposal = await propose(world, rosa, { targetName: 'svc_ci' });
    await tryReview(world, olga, proposal);
    const asked = await tryReview(world, mallory, proposal);
    if (!asked.ok) await slip(world, mallory, proposal);
    const outcome = await execute(world, proposal);
    const { tally } = await know(world, proposal);
    return outcomeOf(world, [...saidOf([asked]), outcome.kind, ...tally.notCounted.map(({ because }) => because)]);
  },
  without: () => takeOut<typeof coolingOf>('coolingOf', () => new Map()),
});

attack({
  id: 'AUT-07',
  attack: 'the passkey that was stolen signs on after its holder had it reset',
  control: 'the end of the old passkey with the reset',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    await changePerson(world, [admin, rosa], { kind: 'reset', about: sam });
    const proposal = await propose(world, rosa);
    await slip(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, outcome.kind);
  },
  without: () =>
    takeOut<typeof changed>('changed', (actual, person, change) => ({
      ...actual(person, change),
      credentials: person.credentials,
    })),
});

/** What the executor would believe that keeps nothing itself: everything as the database has it, in its order. */
const withoutOwnOrder = () =>
  takeOut<typeof standingDirectory>('standingDirectory', async (_actual, ports) => {
    const { invitations, statements } = await ports.readPeople();
    return directoryOf(ports.genesis, invitations, statements, ports.verify);
  });

attack({
  id: 'AUT-07',
  attack: 'a server that is taken over hides a reset, so that the old enrolment and its stolen passkey stand again',
  control: 'what the executor keeps itself of people',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const { statement } = await changePerson(world, [admin, rosa], { kind: 'reset', about: sam });
    // The executor looks every few seconds; this is one of its looks.
    await execute(world, await propose(world, rosa, { targetName: 'app_kim' }));
    await world.database.ownerPool.query('DELETE FROM person_change_signature WHERE change_id = $1', [
      statement.change,
    ]);
    const proposal = await propose(world, rosa);
    await slip(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, outcome.kind);
  },
  without: withoutOwnOrder,
});

/** A change as it stands in the tables, with signatures that no rule of the server saw. */
async function storeChange(
  world: Installation,
  statement: PersonChange,
  signed: readonly { readonly as: Member; readonly by: Member }[],
): Promise<void> {
  const { text } = sealed('countersign/person-change/v1', statement);
  const at = new Date(world.context.now());
  await world.serverPool.query(
    'INSERT INTO person_change (tenant_id, id, person_id, statement, begun_by, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
    [TENANT, statement.change, statement.person, text, signed[0]?.as.person.id, at],
  );
  for (const { as, by } of signed)
    await world.serverPool.query(
      'INSERT INTO person_change_signature (tenant_id, change_id, person_id, signature, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      [
        TENANT,
        statement.change,
        as.person.id,
        JSON.stringify(signAs(by, 'countersign/person-change/v1', statement)),
        at,
      ],
    );
}

attack({
  id: 'SOD-05',
  attack: 'an administrator makes an analyst an approver alone, by signing in a colleague’s name as well',
  control: 'the two others whose own signatures a change of roles takes',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const nina = await invite(world, admin, 'Nina Analyst', ['analyst']);
    const begun = must(await tryBeginChange(world, admin, { kind: 'roles', about: nina, roles: ['responder'] }));
    const again = await trySignChange(world, admin, begun.statement.change);
    const own = await tryBeginChange(world, admin, { kind: 'roles', about: admin, roles: ['administrator'] });
    await storeChange(world, begun.statement, [{ as: sam, by: admin }]);
    const proposal = await propose(world, rosa);
    await slip(world, nina, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [...saidOf([again, own]), outcome.kind]);
  },
  without: () => takeOut<typeof signaturesFault>('signaturesFault', async () => undefined),
});

attack({
  id: 'SOD-05',
  attack: 'an administrator who was removed has a friend enrolled by an invitation kept from before, dated back',
  control: 'the order in which the executor came to know of people',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const abe = await invite(world, admin, 'Abe Leaving', ['administrator']);
    const offered = await offer(world, abe, 'Mallory Friend', ['responder'], rosa);
    // Between the two signatures and the removal.
    const before = new Date(world.context.now() + 500);
    world.advance(1_000);
    await changePerson(world, [admin, sam], { kind: 'remove', about: abe });
    await execute(world, await propose(world, rosa, { targetName: 'app_kim' }));
    const mallory = await enrolBackdated(world, offered, before);
    const proposal = await propose(world, rosa);
    await slip(world, mallory, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, outcome.kind);
  },
  without: withoutOwnOrder,
});

/** A row of the table as the server would write it, dated before what is to be got around. */
async function enrolBackdated(world: Installation, { link, id, person, roles }: Offered, at: Date): Promise<Member> {
  const authenticator = createAuthenticator(RP_ID, ORIGIN);
  const { credential } = authenticator;
  const { installation, rpId, origin } = world.genesis;
  const { text, digest } = sealed('countersign/enrolment/v1', {
    v: '1',
    installation,
    invitation: id,
    person,
    credential,
    rpId,
    origin,
  });
  await world.serverPool.query(
    `INSERT INTO enrolment (tenant_id, person_id, credential_id, name, roles, statement, link_signature, invitation_id, created_at)
     VALUES ($1, $2, $3, 'Mallory Friend', $4, $5, $6, $7, $8)`,
    [TENANT, person, credential.id, roles, text, link.sign(digestBytes(digest)), id, at],
  );
  return {
    person: { id: person, name: 'Mallory Friend', roles, credentials: [credential], isActive: true },
    authenticator,
  };
}

attack({
  id: 'SOD-05',
  attack: 'somebody who was removed signs on, with a signature that reached the table',
  control: 'the end of every credential of whoever is removed',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner', 'responder']);
    const proposal = await propose(world, rosa);
    await slip(world, sam, proposal);
    await changePerson(world, [admin, olga], { kind: 'remove', about: sam });
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, (await know(world, proposal)).state]);
  },
  without: () =>
    takeOut<typeof changed>('changed', (actual, person, change) => ({
      ...actual(person, change),
      isActive: true,
      credentials: person.credentials,
    })),
});

attack({
  id: 'SOD-05',
  attack: 'two who want an act remove the colleague who rejected it',
  control: 'that what somebody stopped stays stopped when they are removed',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner', 'responder']);
    const proposal = await propose(world, rosa);
    must(await tryReview(world, sam, proposal, { verdict: 'reject' }));
    await changePerson(world, [admin, olga], { kind: 'remove', about: sam });
    const asked = await tryReview(world, olga, proposal);
    if (!asked.ok) await slip(world, olga, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [...saidOf([asked]), outcome.kind]);
  },
  without: () =>
    takeOut<typeof changed>('changed', (actual, person, change) => {
      const { former: _, ...rest } = actual(person, change);
      return rest;
    }),
});
