import { describe, expect, test } from 'vitest';
import { ANA, BEN, CLEO, codes, DAN, life } from '../../../test/process-log.ts';
import type { LifeOfALog } from '../../../test/signed-log.ts';
import { digestOf } from '../../base/canonical.ts';

const MINUTES_PER_DAY = 24 * 60;

interface Wish {
  readonly from?: `usr_${string}`;
  readonly to?: `usr_${string}`;
  readonly days?: number;
  readonly installation?: `ins_${string}`;
  readonly signer?: string;
}

/** Dan lets Cleo sign in his seats, but for what is wished otherwise. */
function delegate(log: LifeOfALog, wish: Wish = {}): void {
  const { from = DAN, to = CLEO, days = 2, installation = 'ins_test', signer = from } = wish;
  const statement = {
    v: '1' as const,
    installation,
    delegation: 'dlg_1' as const,
    from,
    to,
    since: log.inMinutes(0),
    until: log.inMinutes(days * MINUTES_PER_DAY),
    nonce: log.nonce(),
  };
  const signature = log.passkeyOf(signer).sign(digestOf('countersign/delegation/v1', statement));
  log.add({ type: 'delegation.made', statement, signature });
}

const end = (log: LifeOfALog, by: `usr_${string}`) => log.add({ type: 'delegation.ended', delegation: 'dlg_1', by });

const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  ['a delegation that another than its giver signed', 'delegation.not_signed', log => delegate(log, { signer: BEN })],
  ['a delegation of another installation', 'delegation.foreign', log => delegate(log, { installation: 'ins_other' })],
  ['a delegation for longer than fourteen days', 'delegation.bad_span', log => delegate(log, { days: 15 })],
  ['a delegation for no time', 'delegation.bad_span', log => delegate(log, { days: 0 })],
  ['a delegation to oneself', 'delegation.not_eligible', log => delegate(log, { to: DAN })],
  ['a delegation to nobody who is enrolled', 'delegation.not_eligible', log => delegate(log, { to: 'usr_eve' })],
  [
    'one delegation that is given twice',
    'delegation.again',
    log => {
      delegate(log);
      delegate(log);
    },
  ],
  ['an ending of what was never given', 'delegation.unknown', log => end(log, DAN)],
  [
    'an ending by somebody whom it does not concern',
    'delegation.ended_by_other',
    log => {
      delegate(log);
      end(log, BEN);
    },
  ],
];

describe('a server that has the log’s key cannot hide', () => {
  for (const [name, code, attack] of ATTACKS) {
    test(name, async () => {
      const log = life();
      attack(log);
      expect(await codes(log)).toContain(code);
    });
  }

  test.each([DAN, CLEO, ANA] as const)('and what %s may end is no fault', async by => {
    const log = life();
    delegate(log, { days: 14 });
    end(log, by);
    expect(await codes(log)).toEqual([]);
  });
});
