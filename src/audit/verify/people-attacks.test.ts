import { describe, expect, test } from 'vitest';
import { ANA, BEN, codes, life, proposed, stop } from '../../../test/process-log.ts';
import { type LifeOfALog, SoftLink } from '../../../test/signed-log.ts';

/** Each is a server that is wholly taken over, with the log's key: it writes what it likes, and cannot sign for people. */
const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  [
    'an invitation by somebody who is no administrator',
    'invitation.not_administrator',
    log => log.invite(BEN, 'usr_eve', ['responder']),
  ],
  [
    'an invitation that the administrator did not sign',
    'invitation.bad_signature',
    log => log.invite(ANA, 'usr_eve', ['responder'], BEN),
  ],
  [
    'an enrolment without an invitation',
    'enrolment.no_invitation',
    log => log.enrolBy({ id: 'inv_eve', link: new SoftLink() }, 'usr_eve', ['responder']),
  ],
  [
    'an enrolment by another key than the link’s',
    'enrolment.bad_signature',
    log => {
      const { id } = log.invite(ANA, 'usr_eve', ['responder']);
      log.enrolBy({ id, link: new SoftLink() }, 'usr_eve', ['responder']);
    },
  ],
  [
    'a link that is used twice',
    'enrolment.no_invitation',
    log => {
      const invitation = log.invite(ANA, 'usr_eve', ['responder']);
      log.enrolBy(invitation, 'usr_eve', ['responder']).enrolBy(invitation, 'usr_eve', ['responder']);
    },
  ],
  [
    'a link that is used by somebody else',
    'enrolment.other_person',
    log => {
      log.enrolBy(log.invite(ANA, 'usr_eve', ['responder']), 'usr_mallory', ['responder']);
    },
  ],
  [
    'a key for somebody who is enrolled already',
    'enrolment.other_person',
    log => {
      log.enrolBy(log.invite(ANA, BEN, ['responder']), BEN, ['responder']);
    },
  ],
  [
    'more roles than were offered',
    'enrolment.other_roles',
    log => {
      log.enrolBy(log.invite(ANA, 'usr_eve', ['analyst']), 'usr_eve', ['administrator']);
    },
  ],
  [
    'a link that had expired',
    'enrolment.late',
    log => {
      const invitation = log.invite(ANA, 'usr_eve', ['responder']);
      log.pass(61).enrolBy(invitation, 'usr_eve', ['responder']);
    },
  ],
  ['a second first administrator', 'enrolment.no_invitation', log => log.enrolFirst('usr_eve')],
  [
    'a second installation',
    'installation.again',
    log => {
      const [first] = log.entries;
      if (first !== undefined) log.entries.push(first);
    },
  ],
  [
    'an inventory that no administrator signed',
    'inventory.not_signed',
    log => {
      const inventoryDigest = 'e'.repeat(64);
      log.add({
        type: 'inventory.signed',
        version: '2',
        inventoryDigest,
        signature: log.passkeyOf(BEN).sign(inventoryDigest),
        by: BEN,
      });
    },
  ],
  [
    'a decision that the reviews do not carry',
    'decision.one_person',
    log => {
      log.propose(proposed('T3'));
      const review = log.review(BEN, proposed('T3'));
      log.add({ type: 'proposal.decided', proposal: 'prp_1', revision: '1', decision: 'approved', reviews: [review] });
    },
  ],
  [
    'an outcome of what was never intended',
    'execution.not_intended',
    log => log.conclude('exe_9', proposed('T2'), 'verified'),
  ],
  [
    'an execution while everything was stopped',
    'execution.stopped',
    log => {
      const review = log.review(BEN, log.propose(proposed('T2')));
      stop(log, 'yes');
      log.pass(1).execute(proposed('T2'), [review]);
    },
  ],
  ['a stop that was lifted without a signature', 'kill_switch.not_signed', log => stop(log, 'no')],
];

describe('nor can it hide', () => {
  for (const [name, code, attack] of ATTACKS) {
    test(name, async () => {
      const log = life();
      attack(log);
      expect(await codes(log)).toContain(code);
    });
  }
});
