import { vi } from 'vitest';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import type { coolingOf } from '../../src/core/decide/cooling.ts';
import { directoryOf } from '../../src/core/decide/directory.ts';
import type { isAlone, signaturesFault } from '../../src/core/decide/person-change.ts';
import type { maySignChange } from '../../src/core/decide/power.ts';
import { coolingCredentials } from '../../src/executor/cooling.ts';
import { standingDirectory } from '../../src/executor/people.ts';
import type { PersonChange } from '../../src/model/person-change.ts';
import type { Person } from '../../src/model/review.ts';
import { type Installation, invite, type Member, signAs, startTeam, type Team } from '../harness/installation.ts';
import { expiresAt, type MadeUp, madeUp, storeByOne, storeEnrolment } from '../harness/invitations.ts';
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
    'isAlone',
    'signaturesFault',
  ),
);
vi.mock('../../src/core/decide/power.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/power.ts')>(),
    'maySignChange',
  ),
);
vi.mock('../../src/executor/people.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/people.ts')>(),
    'standingDirectory',
  ),
);

/**
 * What the attacker has in each: the machine of one administrator, so their passkey signs whatever is put before it, and the
 * server with its tables. What they are after: an act of two people, signed by that administrator and by somebody they made up.
 */
interface Taken {
  readonly world: Installation;
  readonly team: Team;
}

/** A team whose passkeys are two days old, by the executor's own notes too. */
async function settled(world: Installation): Promise<Taken> {
  const team = await startTeam(world);
  await look({ world, team });
  world.advance(48 * MS_PER_HOUR);
  return { world, team };
}

/** The executor looks every few seconds; this is one of its looks. */
async function look({ world }: Taken): Promise<void> {
  const { people } = await standingDirectory(world.ports);
  coolingCredentials(people, world.ports);
}

const statementFor = (world: Installation, { person, link }: MadeUp): PersonChange => ({
  v: '1',
  installation: world.genesis.installation,
  change: world.context.newId('person_change'),
  kind: 'invite',
  person,
  roles: ['responder'],
  linkPublicKey: link.publicKey,
  previous: '',
  nonce: 'cd'.repeat(16),
  expiresAt: expiresAt(world),
});

type Signature = ReturnType<typeof signAs>;

/** An invitation of two straight into the tables, with whatever signatures. */
async function storeByTwo(
  world: Installation,
  statement: PersonChange,
  signed: readonly { readonly as: Person['id']; readonly signature: Signature }[],
): Promise<void> {
  const { text } = sealed('countersign/person-change/v1', statement);
  const at = new Date(world.context.now());
  await world.serverPool.query(
    'INSERT INTO person_change (tenant_id, id, person_id, statement, begun_by, at, name) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [TENANT, statement.change, statement.person, text, signed[0]?.as, at, 'Mallory'],
  );
  for (const { as, signature } of signed)
    await world.serverPool.query(
      'INSERT INTO person_change_signature (tenant_id, change_id, person_id, signature, at) VALUES ($1, $2, $3, $4, $5)',
      [TENANT, statement.change, as, JSON.stringify(signature), at],
    );
}

/** A day later the administrator's machine and whoever was made up sign an act of two people. */
async function actWith(taken: Taken, mallory: Member) {
  const { world, team } = taken;
  await look(taken);
  world.advance(24.5 * MS_PER_HOUR);
  const proposal = await propose(world, team.rosa, { targetName: 'svc_ci' });
  await tryReview(world, team.admin, proposal);
  const intent = await intentFor(world, proposal, mallory.person.id, {});
  await storeReview(world, intent, signIntent(mallory, intent));
  const outcome = await execute(world, proposal);
  const { tally } = await know(world, proposal);
  return outcomeOf(world, [outcome.kind, ...tally.notCounted.map(({ because }) => because)]);
}

attack({
  id: 'AUT-07',
  attack: 'one administrator alone invites a responder, waits a day, and signs an act of two people with them',
  control: 'the second signature on an invitation of whoever may sign for others',
  async run(start) {
    const taken = await settled(await start());
    const { world, team } = taken;
    const made = madeUp(world);
    const invitation = await storeByOne(world, team.admin, made, 'responder', new Date(world.context.now()));
    return actWith(taken, await storeEnrolment(world, invitation, made, 'responder'));
  },
  without: () => takeOut<typeof isAlone>('isAlone', () => true),
});

attack({
  id: 'AUT-07',
  attack: 'a database dates a one-signature invitation back, and says that it is of an earlier version',
  control: 'that an executor goes by what it had believed itself before two had to invite',
  async run(start) {
    const taken = await settled(await start());
    const { world, team } = taken;
    const made = madeUp(world);
    const before = new Date(world.context.now() - 40 * MS_PER_HOUR);
    const invitation = await storeByOne(world, team.admin, made, 'responder', before);
    const mallory = await storeEnrolment(world, invitation, made, 'responder', { at: before, isByOne: true });
    return actWith(taken, mallory);
  },
  without: () =>
    takeOut<typeof standingDirectory>('standingDirectory', async (actual, ports) => {
      const { invitations, statements } = await ports.readPeople();
      if (statements.length === 0) return actual(ports);
      return directoryOf(ports.genesis, invitations, statements, ports.verify, { wasByOne: () => true });
    }),
});

/** Signed by the administrator, and second by what each attack has. */
async function bySecond(
  taken: Taken,
  second: (statement: PersonChange, made: MadeUp) => { readonly as: Person['id']; readonly signature: Signature },
) {
  const { world, team } = taken;
  const made = madeUp(world);
  const statement = statementFor(world, made);
  const first = { as: team.admin.person.id, signature: signAs(team.admin, 'countersign/person-change/v1', statement) };
  await storeByTwo(world, statement, [first, second(statement, made)]);
  return actWith(taken, await storeEnrolment(world, statement.change, made, 'responder'));
}

attack({
  id: 'AUT-07',
  attack: 'whoever is invited signs the invitation second, with the passkey that it is to enrol',
  control: 'that the two who sign are enrolled and may sign for others',
  async run(start) {
    return bySecond(await settled(await start()), (statement, { person, authenticator }) => ({
      as: person,
      signature: signAs(
        { person: { id: person, name: '', roles: [], credentials: [], isActive: true }, authenticator },
        'countersign/person-change/v1',
        statement,
      ),
    }));
  },
  without: () => takeOut<typeof signaturesFault>('signaturesFault', async () => undefined),
});

attack({
  id: 'AUT-07',
  attack: 'a made-up analyst, whom one administrator may invite alone, signs the invitation of a responder second',
  control: 'that nobody whom one person could invite is one of the two',
  async run(start) {
    const taken = await settled(await start());
    const { world, team } = taken;
    const puppet = await invite(world, team.admin, 'Nina Analyst', ['analyst']);
    await look(taken);
    world.advance(48 * MS_PER_HOUR);
    return bySecond(taken, statement => ({
      as: puppet.person.id,
      signature: signAs(puppet, 'countersign/person-change/v1', statement),
    }));
  },
  without: () => takeOut<typeof maySignChange>('maySignChange', (_actual, { isActive }) => isActive),
});

attack({
  id: 'AUT-07',
  attack: 'a responder whose passkey is an hour old signs the invitation of another one second',
  control: 'the day for which a new passkey signs nothing for others',
  async run(start) {
    const taken = await settled(await start());
    const { world, team } = taken;
    const olga = await invite(world, team.admin, 'Olga New', ['responder']);
    await look(taken);
    world.advance(MS_PER_HOUR);
    return bySecond(taken, statement => ({
      as: olga.person.id,
      signature: signAs(olga, 'countersign/person-change/v1', statement),
    }));
  },
  // Two hours in place of a day: the one that is made up has cooled for a day by the time it signs either way.
  without: () =>
    takeOut<typeof coolingOf>('coolingOf', (actual, since, now) => {
      const isRecent = (until: number) => until - now > 22 * MS_PER_HOUR;
      return new Map([...actual(since, now)].filter(([, until]) => !isRecent(until)));
    }),
});

attack({
  id: 'AUT-07',
  attack: 'the second signature is borrowed from another invitation that a colleague signed',
  control: 'that each of the two signs exactly this invitation',
  async run(start) {
    const taken = await settled(await start());
    const { world, team } = taken;
    const honest = statementFor(world, madeUp(world));
    const signature = signAs(team.sam, 'countersign/person-change/v1', honest);
    return bySecond(taken, () => ({ as: team.sam.person.id, signature }));
  },
  without: () => takeOut<typeof signaturesFault>('signaturesFault', async () => undefined),
});
