import { describe, expect, test } from 'vitest';
import { ANA, BEN, codes } from '../../../test/process-log.ts';
import { LifeOfALog, SoftPasskey } from '../../../test/signed-log.ts';

const [EVE, NINA] = ['usr_eve', 'usr_nina'] as const;

/** Ana administers, Ben responds and is the second person, Nina is an analyst whom Ana invited alone. The rule is in force. */
function life(): LifeOfALog {
  return new LifeOfALog()
    .enrolFirst(ANA)
    .add({ type: 'rule.began', rule: 'invited_by_two' })
    .enrol(ANA, BEN, 'responder')
    .enrol(ANA, NINA, 'analyst');
}

const invited = (log: LifeOfALog, ...signers: Parameters<LifeOfALog['change']>[1]) =>
  log.enrolBy(log.change({ kind: 'invite', person: EVE, roles: ['responder'] }, signers), EVE, ['responder']);

/** Each is a server that is wholly taken over, with the log's key and one administrator's passkey. */
const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  ['that one administrator alone invited a responder', 'enrolment.one_person', log => log.enrol(ANA, EVE, 'responder')],
  ['that one administrator alone invited an owner', 'enrolment.one_person', log => log.enrol(ANA, EVE, 'owner')],
  [
    'that one administrator alone invited another one who is an analyst too',
    'enrolment.one_person',
    log => log.enrol(ANA, EVE, 'administrator', 'analyst'),
  ],
  ['an invitation that one person signed', 'change.one_person', log => invited(log, { by: ANA })],
  ['an invitation that one person signed twice', 'change.one_person', log => invited(log, { by: ANA }, { by: ANA })],
  [
    'an invitation that an analyst signed second',
    'change.not_eligible',
    log => invited(log, { by: ANA }, { by: NINA }),
  ],
  [
    'an invitation that whoever is invited signed second',
    'change.not_eligible',
    log => {
      log.people.set(EVE, { passkey: new SoftPasskey(), roles: [] });
      invited(log, { by: ANA }, { by: EVE });
    },
  ],
  [
    'an invitation with a signature that the attacker made',
    'change.bad_signature',
    log => invited(log, { by: ANA }, { by: BEN, with: new SoftPasskey() }),
  ],
  [
    'an invitation without an administrator',
    'change.no_administrator',
    log => {
      invited(log, { by: ANA }, { by: BEN });
      const { id, link } = log.change({ kind: 'invite', person: 'usr_mallory', roles: ['owner'] }, [
        { by: BEN },
        { by: EVE },
      ]);
      log.enrolBy({ id, link }, 'usr_mallory', ['owner']);
    },
  ],
  [
    'an invitation of somebody who is here',
    'change.not_enrolled',
    log => log.change({ kind: 'invite', person: NINA, roles: ['responder'] }, [{ by: ANA }, { by: BEN }]),
  ],
  [
    'an invitation that says it follows a statement',
    'change.overtaken',
    log =>
      log.change({ kind: 'invite', person: EVE, roles: ['responder'], previous: log.headOf(BEN) }, [
        { by: ANA },
        { by: BEN },
      ]),
  ],
  [
    'an invitation without a link',
    'change.unlike',
    log =>
      log.change({ kind: 'invite', person: EVE, roles: ['responder'], linkPublicKey: '' }, [{ by: ANA }, { by: BEN }]),
  ],
  [
    'a link of two that is used twice',
    'enrolment.no_invitation',
    log => {
      const made = log.change({ kind: 'invite', person: EVE, roles: ['owner'] }, [{ by: ANA }, { by: BEN }]);
      log.enrolBy(made, EVE, ['owner']).enrolBy(made, EVE, ['owner']);
    },
  ],
  [
    'more roles than two offered',
    'enrolment.other_roles',
    log => {
      const made = log.change({ kind: 'invite', person: EVE, roles: ['responder'] }, [{ by: ANA }, { by: BEN }]);
      log.enrolBy(made, EVE, ['administrator']);
    },
  ],
  [
    'an invitation of which one of the two was removed since',
    'enrolment.no_invitation',
    log => {
      invited(log, { by: ANA }, { by: BEN });
      const made = log.change({ kind: 'invite', person: 'usr_mallory', roles: ['owner'] }, [{ by: ANA }, { by: BEN }]);
      log.change({ kind: 'remove', person: BEN }, [{ by: ANA }, { by: EVE }]);
      log.pass(1);
      log.enrolBy(made, 'usr_mallory', ['owner']);
    },
  ],
];

describe('a server that is taken over cannot hide', () => {
  for (const [name, code, attack] of ATTACKS)
    test(name, async () => {
      const log = life();
      attack(log);
      expect(await codes(log)).toContain(code);
    });
});

describe('nothing is said of', () => {
  test('whom two invited, the second person whom the first one did, and an analyst', async () => {
    expect(await codes(invited(life(), { by: ANA }, { by: BEN }))).toEqual([]);
  });

  test('whom one invited before the rule was in force, but of whom one invited after it', async () => {
    const log = new LifeOfALog().enrolFirst(ANA).enrol(ANA, BEN, 'responder').enrol(ANA, EVE, 'owner');
    expect(await codes(log)).toEqual([]);
    log.add({ type: 'rule.began', rule: 'invited_by_two' });
    expect(await codes(log)).toEqual([]);
    expect(await codes(log.enrol(ANA, 'usr_mallory', 'owner'))).toEqual(['enrolment.one_person']);
  });
});
