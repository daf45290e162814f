import { describe, expect, test } from 'vitest';
import { ANA, BEN, CLEO, carriedOut, codes, DAN, life, proposed } from '../../../test/process-log.ts';
import { type LifeOfALog, SoftPasskey } from '../../../test/signed-log.ts';
import { digestOf } from '../../base/canonical.ts';

const EVE = 'usr_eve';
const two = [{ by: ANA }, { by: BEN }] as const;

/** Ana and Ben reset Dan's passkey, and Dan comes back by the link. */
function reset(log: LifeOfALog): void {
  const { id, link } = log.change({ kind: 'reset', person: DAN }, two);
  log.enrolBy({ id, link }, DAN, ['owner']);
}

/** Each is a server that is wholly taken over, with the log's key: it writes what it likes, and cannot sign for people. */
const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  [
    'a change that one person signed',
    'change.one_person',
    log => log.change({ kind: 'remove', person: DAN }, [{ by: ANA }]),
  ],
  [
    'a change that one person signed twice',
    'change.one_person',
    log => log.change({ kind: 'remove', person: DAN }, [{ by: ANA }, { by: ANA }]),
  ],
  [
    'a role that somebody gives themselves',
    'change.not_eligible',
    log => log.change({ kind: 'roles', person: BEN, roles: ['administrator', 'responder'] }, two),
  ],
  [
    'a reset that whose passkey it is signed along',
    'change.not_eligible',
    log => log.change({ kind: 'reset', person: DAN }, [{ by: ANA }, { by: DAN }]),
  ],
  [
    'a change with a signature that the attacker made',
    'change.bad_signature',
    log => log.change({ kind: 'remove', person: DAN }, [{ by: ANA }, { by: BEN, with: new SoftPasskey() }]),
  ],
  [
    'a change without an administrator',
    'change.no_administrator',
    log => log.change({ kind: 'remove', person: DAN }, [{ by: BEN }, { by: CLEO }]),
  ],
  [
    'a removal of the last administrator',
    'change.last_administrator',
    log => log.change({ kind: 'remove', person: ANA }, [{ by: BEN }, { by: CLEO }]),
  ],
  [
    'roles without administrator for the last one',
    'change.last_administrator',
    log => log.change({ kind: 'roles', person: ANA, roles: ['responder'] }, [{ by: BEN }, { by: CLEO }]),
  ],
  [
    'a change that does not follow the last statement',
    'change.overtaken',
    log => log.change({ kind: 'remove', person: DAN, previous: log.headOf(BEN) }, two),
  ],
  [
    'a change of another installation',
    'change.foreign',
    log => log.change({ kind: 'remove', person: DAN, installation: 'ins_other' }, two),
  ],
  [
    'a reset that raises the roles',
    'change.unlike',
    log => log.change({ kind: 'reset', person: DAN, roles: ['administrator', 'owner'] }, two),
  ],
  [
    'a change that had expired',
    'change.late',
    log => log.change({ kind: 'remove', person: DAN, expiresAt: log.inMinutes(-5) }, two),
  ],
  [
    'a change by somebody who was removed',
    'change.not_eligible',
    log => {
      log.change({ kind: 'remove', person: BEN }, [{ by: ANA }, { by: CLEO }]);
      log.change({ kind: 'remove', person: DAN }, two);
    },
  ],
  [
    'the old credential after a reset',
    'review.bad_signature',
    log => {
      const old = log.passkeyOf(DAN);
      reset(log);
      const act = log.propose({ ...proposed('T3'), contributors: [] });
      log.review(DAN, act, {}, digest => old.sign(digest));
    },
  ],
  [
    'the link of a reset that is used twice',
    'enrolment.no_invitation',
    log => {
      const { id, link } = log.change({ kind: 'reset', person: DAN }, two);
      log.enrolBy({ id, link }, DAN, ['owner']).enrolBy({ id, link }, DAN, ['owner']);
    },
  ],
  [
    'the link of a reset for somebody else',
    'enrolment.no_invitation',
    log => {
      const { id, link } = log.change({ kind: 'reset', person: DAN }, two);
      log.enrolBy({ id, link }, EVE, ['owner']);
    },
  ],
  [
    'an invitation of an administrator who was removed since',
    'enrolment.no_invitation',
    log => {
      log.enrol(ANA, 'usr_abe', 'administrator');
      const invitation = log.invite('usr_abe', EVE, ['responder']);
      log.change({ kind: 'remove', person: 'usr_abe' }, two);
      log.pass(1);
      log.enrolBy(invitation, EVE, ['responder']);
    },
  ],
  [
    'an act on the approval of somebody who was removed before it began',
    'execution.reviewer_not_eligible',
    log => {
      const act = log.propose({ ...proposed('T3'), contributors: [] });
      const reviews = [log.review(BEN, act), log.review(DAN, act)];
      log.change({ kind: 'remove', person: DAN }, [{ by: ANA }, { by: CLEO }]);
      log.pass(1);
      log.execute(act, reviews);
    },
  ],
  [
    'an act that somebody rejected who was removed since',
    'execution.rejected',
    log => {
      const act = log.propose({ ...proposed('T3'), contributors: [] });
      log.review(CLEO, act, { verdict: 'reject' });
      log.change({ kind: 'remove', person: CLEO }, two);
      log.pass(1);
      log.execute(act, [log.review(BEN, act), log.review(DAN, act)]);
    },
  ],
];

describe('changes of people that two others did not sign are found', () => {
  test.each(ATTACKS)('%s is %s', async (_what, code, forge) => {
    const log = life();
    forge(log);
    expect(await codes(log)).toContain(code);
  });
});

test('a reset, a new role and a removal by two others are no fault, and who came back reviews again', async () => {
  const log = life();
  reset(log);
  log.change({ kind: 'roles', person: DAN, roles: ['owner', 'responder'] }, two);
  log.change({ kind: 'remove', person: CLEO }, [{ by: ANA }, { by: DAN }]);
  carriedOut(log, { ...proposed('T3'), contributors: [] }, BEN, DAN);
  expect(await codes(log)).toEqual([]);
});

test('the only administrator is reset by two others who are none', async () => {
  const log = life();
  const { id, link } = log.change({ kind: 'reset', person: ANA }, [{ by: BEN }, { by: CLEO }]);
  log.enrolBy({ id, link }, ANA, ['administrator', 'owner', 'responder']);
  expect(await codes(log)).toEqual([]);
});

/** Dan answers for a source, but for what is wished otherwise. */
function own(
  log: LifeOfALog,
  wish: { readonly signer?: string; readonly days?: number; readonly installation?: string } = {},
) {
  const { signer = DAN, days = 90, installation = 'ins_test' } = wish;
  const statement = {
    v: '1' as const,
    installation,
    identity: 'source:okta',
    version: '1',
    owner: DAN,
    from: ['10.0.0.0/8'],
    since: log.now(),
    until: log.inMinutes(days * 24 * 60),
    nonce: log.nonce(),
  } as const;
  const signature = log.passkeyOf(signer).sign(digestOf('countersign/custody/v1', statement));
  log.add({ type: 'machine.owned', statement, signature });
}

describe('custody of a machine identity', () => {
  test.each([
    ['that somebody else signed', 'custody.not_signed', { signer: BEN }],
    ['of another installation', 'custody.foreign', { installation: 'ins_other' }],
    ['for more than a year', 'custody.bad_span', { days: 366 }],
    ['for no time', 'custody.bad_span', { days: 0 }],
  ] as const)('%s is %s', async (_what, code, wish) => {
    const log = life();
    own(log, wish);
    expect(await codes(log)).toEqual([code]);
  });

  test('by its owner’s signature is no fault', async () => {
    const log = life();
    own(log);
    expect(await codes(log)).toEqual([]);
  });
});
