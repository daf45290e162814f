import { vi } from 'vitest';
import { endDelegation } from '../../src/app/delegations.ts';
import type { Audience } from '../../src/app/notices/audience.ts';
import { findEscalations } from '../../src/app/notices/escalations.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../src/base/time.ts';
import type { authorise } from '../../src/core/decide/authorise.ts';
import type { standingDelegations } from '../../src/core/decide/delegation.ts';
import type { fillSeats, quorumOf } from '../../src/core/decide/quorum.ts';
import { NOTICE_KINDS } from '../../src/model/notice.ts';
import { tryDelegate } from '../harness/delegations.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  personRecord,
  signInventory,
  startTeam,
} from '../harness/installation.ts';
import { execute, intentFor, know, propose, review, signIntent, storeReview } from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/decide/quorum.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/quorum.ts')>(),
    'quorumOf',
    'fillSeats',
  ),
);
vi.mock('../../src/core/decide/authorise.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/authorise.ts')>(),
    'authorise',
  ),
);
vi.mock('../../src/core/decide/delegation.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/delegation.ts')>(),
    'standingDelegations',
  ),
);

/** A machine identity of which this person is the owner. */
async function ownedBy(world: Installation, admin: Member, owner: Member): Promise<void> {
  const record = { ...personRecord('CI runner', 'svc_ci'), kind: 'nhi', owner: `person:${owner.person.id}` } as const;
  await signInventory(world, admin, [record], 2);
}

/** Signs as the page would and writes the row as a server would that checks nothing. */
async function slip(world: Installation, by: Member, proposal: string): Promise<void> {
  const intent = await intentFor(world, proposal, by.person.id);
  await storeReview(world, intent, signIntent(by, intent));
}

async function outcome(world: Installation, proposal: string) {
  const carried = await execute(world, proposal);
  const { slots } = (await know(world, proposal)).tally;
  const filled = slots.filter(({ filledBy }) => filledBy !== undefined).length;
  return { succeeded: carried.kind === 'concluded', seen: `${carried.kind}, ${filled} of ${slots.length}` };
}

attack({
  id: 'SOD-03',
  attack: 'a second responder fills the seat of the owner whom the inventory names',
  control: 'seats that are somebody’s by name',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner']);
    await ownedBy(world, admin, olga);
    const proposal = await propose(world, admin, { targetName: 'svc_ci' });
    await review(world, rosa, proposal);
    await slip(world, sam, proposal);
    return outcome(world, proposal);
  },
  without: () => takeOut<typeof quorumOf>('quorumOf', (actual, tier) => actual(tier, undefined)),
});

attack({
  id: 'LIF-05',
  attack: 'whoever stands in for an owner hands the seat on to a third person',
  control: 'standing in for those alone whom the seat names',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner']);
    const noor = await invite(world, admin, 'Noor Second', ['owner']);
    await ownedBy(world, admin, olga);
    must(await tryDelegate(world, olga, noor));
    must(await tryDelegate(world, noor, sam));
    const proposal = await propose(world, admin, { targetName: 'svc_ci' });
    await review(world, rosa, proposal);
    await slip(world, sam, proposal);
    return outcome(world, proposal);
  },
  without: () =>
    takeOut<typeof standingDelegations>('standingDelegations', async (actual, ...all) => {
      const given = await actual(...all);
      const further = given.flatMap(one =>
        given.filter(({ from }) => from === one.to).map(next => ({ ...one, to: next.to })),
      );
      return [...given, ...further];
    }),
});

attack({
  id: 'LIF-05',
  attack: 'an owner signs as the responder, and whoever stands in for them as the owner',
  control: 'one person for whoever stands in and whom they stand in for',
  async run(start) {
    const world = await start();
    const { admin } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner', 'responder']);
    const noor = await invite(world, admin, 'Noor Second', ['owner']);
    await ownedBy(world, admin, olga);
    must(await tryDelegate(world, olga, noor));
    const proposal = await propose(world, admin, { targetName: 'svc_ci' });
    await review(world, olga, proposal);
    await slip(world, noor, proposal);
    return outcome(world, proposal);
  },
  without: () =>
    takeOut<typeof fillSeats>('fillSeats', (actual, seats, voters, standIns) => {
      const both = seats.map(seat => ({
        ...seat,
        people: [...seat.people, ...standIns.filter(({ from }) => seat.people.includes(from)).map(({ to }) => to)],
      }));
      return actual(both, voters, []);
    }),
});

attack({
  id: 'LIF-05',
  attack: 'a server writes a delegation that was ended once more, under another name',
  control: 'a delegation counting under the name alone that was signed with it',
  async run(start) {
    const world = await start();
    const { admin, rosa } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner']);
    const noor = await invite(world, admin, 'Noor Second', ['owner']);
    await ownedBy(world, admin, olga);
    const given = must(await tryDelegate(world, olga, noor));
    must(await endDelegation(world.context, olga.person, given));
    await world.serverPool.query(
      'INSERT INTO delegation (tenant_id, id, statement, signature, at) SELECT tenant_id, $2, statement, signature, at FROM delegation WHERE id = $1',
      [given, 'dlg_again'],
    );
    const proposal = await propose(world, admin, { targetName: 'svc_ci' });
    await review(world, rosa, proposal);
    await slip(world, noor, proposal);
    return outcome(world, proposal);
  },
  without: () =>
    takeOut<typeof standingDelegations>('standingDelegations', (actual, installation, stored, ...rest) => {
      const named = stored.map(one => ({ ...one, id: JSON.parse(one.statement).delegation as string }));
      return actual(installation, named, ...rest);
    }),
});

attack({
  id: 'LIF-05',
  attack: 'whoever stands in for an owner signs as the responder, and the owner as the owner',
  control: 'one person for whoever stands in and whom they stand in for',
  async run(start) {
    const world = await start();
    const { admin, sam } = await startTeam(world);
    const olga = await invite(world, admin, 'Olga Owner', ['owner']);
    await ownedBy(world, admin, olga);
    must(await tryDelegate(world, olga, sam));
    const proposal = await propose(world, admin, { targetName: 'svc_ci' });
    await slip(world, sam, proposal);
    await slip(world, olga, proposal);
    return outcome(world, proposal);
  },
  without: () => takeOut<typeof fillSeats>('fillSeats', (actual, seats, voters) => actual(seats, voters, [])),
});

attack({
  id: 'LIF-03',
  attack: 'an administrator who was told that nobody takes a proposal takes it, with a role that does not review',
  control: 'asking roles and policy who may, whoever was asked',
  async run(start) {
    const world = await start();
    const { admin, rosa } = await startTeam(world);
    const ada = await invite(world, admin, 'Ada Second', ['administrator']);
    const proposal = await propose(world, rosa);
    world.advance(3 * MS_PER_HOUR + MS_PER_MINUTE);
    const { settings, listener } = {
      settings: { channels: [] },
      listener: { person: ada.person, kinds: NOTICE_KINDS },
    };
    const audience = { settings, listeners: [{ ...listener, quiet: { from: 0, to: 0, zone: 'UTC' }, address: '' }] };
    const told = await findEscalations(world.context, audience as unknown as Audience);
    if (!told.some(({ recipients }) => recipients.includes(ada.person.id))) throw new Error('she was not told');
    await slip(world, ada, proposal);
    return outcome(world, proposal);
  },
  without: () => {
    takeOut<typeof authorise>('authorise', (actual, set, principal, action, context) => {
      const isAdministrator = principal.kind === 'person' && principal.roles.includes('administrator');
      return isAdministrator ? { isAllowed: true, reasons: [] } : actual(set, principal, action, context);
    });
    takeOut<typeof fillSeats>('fillSeats', (actual, seats, voters, standIns) =>
      actual(
        seats,
        voters.map(voter => ({ ...voter, isResponder: true })),
        standIns,
      ),
    );
  },
});
