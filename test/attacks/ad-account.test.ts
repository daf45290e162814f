import { Attribute, Change, type Client } from 'ldapts';
import { vi } from 'vitest';
import type { Plan } from '../../src/ports/responder.ts';
import type { outOfReach, refusalsOfTarget } from '../../src/responders/ad-account/facts.ts';
import type { readSituation, workOf } from '../../src/responders/ad-account/situation.ts';
import type { lastingPreconditions } from '../../src/responders/ad-account/work.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import { BASE, NO_SAMBA } from '../conformance/samba.ts';
import { startSambaPasswordTarget } from '../conformance/samba-password-target.ts';
import { PEOPLE, type SambaTarget, startSambaTarget, VICTIM, VICTIM_DN } from '../conformance/samba-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/ad-account/facts.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/ad-account/facts.ts')>(),
    'outOfReach',
    'refusalsOfTarget',
  ),
);
vi.mock('../../src/responders/ad-account/situation.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/ad-account/situation.ts')>(),
    'readSituation',
    'workOf',
  ),
);
vi.mock('../../src/responders/ad-account/work.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/ad-account/work.ts')>(),
    'lastingPreconditions',
  ),
);

const TIMEOUT_MS = 120_000;

/** A domain in which the password of the victim is the only one that ever was reset. */
async function startForReset(): Promise<SambaTarget> {
  const target = await startSambaPasswordTarget();
  await target.restore();
  return target;
}

attack({
  id: 'BND-04',
  attack:
    'after the account of an intruder was signed for, somebody honest is given its name, and is disabled in its place',
  control: 'that an account is its objectGUID and its SID, and no name',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SAMBA,
  run: () =>
    onTarget(startSambaTarget, async target => {
      const signed = await planOf(target, 'disable');
      await target.edit('replace', VICTIM_DN, 'sAMAccountName', ['renamed']);
      await target.edit('replace', `CN=bystander,${PEOPLE}`, 'sAMAccountName', [VICTIM]);
      const said = await carriedOut(target, signed);
      const isDisabled = await target.isContained(VICTIM);
      return { succeeded: isDisabled, seen: `${said}; the honest account is ${isDisabled ? 'disabled' : 'as it was'}` };
    }),
  without: () => {
    takeOut<typeof readSituation>('readSituation', (actual, client, settings, work) =>
      actual(client, settings, work, { name: VICTIM }),
    );
    takeOut<typeof lastingPreconditions>('lastingPreconditions', () => []);
  },
});

attack({
  id: 'EXE-09',
  attack:
    'the built-in administrator of the domain was renamed and moved among people, and is proposed to be disabled by its new name',
  control: 'that the built-in administrator is known by its SID, and is out of reach',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SAMBA,
  run: () =>
    onTarget(startSambaTarget, async target => {
      const administrator = `CN=Administrator,${PEOPLE}`;
      await target.admin.modifyDN(`CN=Administrator,CN=Users,${BASE}`, administrator);
      await target.edit('replace', administrator, 'sAMAccountName', ['backup']);
      await target.edit('replace', administrator, 'userAccountControl', ['512']);
      const said = await carriedOut(target, await planOf(target, 'disable', 'backup'));
      const isDisabled = await target.isContained('backup');
      return { succeeded: isDisabled, seen: `${said}; it is ${isDisabled ? 'disabled' : 'as it was'}` };
    }),
  without: () => {
    takeOut<typeof outOfReach>('outOfReach', () => undefined);
    takeOut<typeof refusalsOfTarget>('refusalsOfTarget', (actual, ...of) =>
      actual(...of).filter(({ reason }) => reason !== 'not_expressible'),
    );
  },
});

/** No Kerberos pre-authentication: whoever asks gets something to guess the account's password by. */
const NO_PREAUTHENTICATION = 0x400000;

attack({
  id: 'BND-01',
  attack:
    'a plan that was made elsewhere disables an account and sets another bit with it, so that anybody can guess at its password',
  control: 'that a plan that changes more than the one bit is none',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SAMBA,
  run: () =>
    onTarget(startSambaTarget, async target => {
      const signed = await planOf(target, 'disable');
      const said = await carriedOut(target, typeof signed === 'string' ? signed : withMore(signed));
      const control = Number(await target.valueAt('account.userAccountControl'));
      return {
        succeeded: (control & NO_PREAUTHENTICATION) !== 0,
        seen: `${said}; its userAccountControl is ${control}`,
      };
    }),
  without: () =>
    takeOut<typeof workOf>('workOf', (actual, ...of) => {
      const work = actual(...of);
      return work === undefined ? undefined : { ...work, unfit: () => undefined };
    }),
});

/** The same plan, with its seal, of a change of one bit more. */
function withMore(plan: Plan): Plan {
  const changes = plan.changes.map(change => ({ ...change, to: String(Number(change.to) | NO_PREAUTHENTICATION) }));
  return sealPlan({ ...plan, changes });
}

attack({
  id: 'BND-05',
  attack:
    'whoever took an account over changes its own telephone number between signature and write, as often as it takes, so that it is never disabled',
  control: 'that nothing that the account may change of itself is what the act rests on',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SAMBA,
  run: () =>
    onTarget(startSambaTarget, async target => {
      const signed = await planOf(target, 'disable');
      const before = await target.version();
      const intruder = await target.bindAs(VICTIM_DN, target.passwords.victim);
      await intruder.modify(VICTIM_DN, telephone('555'));
      const said = await carriedOut(target, signed);
      const isDisabled = await target.isContained(VICTIM);
      const isMoved = (await target.version()) !== before;
      return {
        succeeded: isMoved && !isDisabled,
        seen: `${said}; the account is ${isDisabled ? 'disabled' : 'as it was'}`,
      };
    }),
  without: () =>
    takeOut<typeof workOf>('workOf', (actual, ...of) => {
      const work = actual(...of);
      if (work === undefined) return undefined;
      const preconditions: typeof work.preconditions = (operation, now) => [
        ...work.preconditions(operation, now),
        { path: 'account.version', value: now.account.version },
      ];
      return { ...work, preconditions };
    }),
});

function telephone(number: string): Change {
  return new Change({
    operation: 'replace',
    modification: new Attribute({ type: 'telephoneNumber', values: [number] }),
  });
}

attack({
  id: 'EXE-05',
  attack:
    'whoever took a password logs in with it after it was reset, as a domain goes on to take the one before the last',
  control: 'the second reset in the same act',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_SAMBA,
  run: () =>
    onTarget(startForReset, async target => {
      const said = await carriedOut(target, await planOf(target, 'reset-password'));
      const isIn = await target.bindAs(VICTIM_DN, target.passwords.victim).then(
        () => true,
        () => false,
      );
      return {
        succeeded: said === 'applied' && isIn,
        seen: `${said}; the old password ${isIn ? 'still opens it' : 'is refused'}`,
      };
    }),
  without: () =>
    takeOut<typeof workOf>('workOf', (actual, ...of) => {
      const work = actual(...of);
      if (work === undefined) return undefined;
      return { ...work, write: async (client, plan, now) => await work.write(onceOnly(client), plan, now) };
    }),
});

/** A client of which the first change reaches the directory. */
function onceOnly(client: Client): Client {
  let changes = 0;
  const modify: Client['modify'] = async (...change) => {
    changes += 1;
    if (changes === 1) await client.modify(...change);
  };
  return Object.assign(Object.create(client) as Client, { modify });
}
