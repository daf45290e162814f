import { describe, expect, test } from 'vitest';
import { BEN, codes, life, proposed } from '../../../test/process-log.ts';
import { INSTALLATION, type LifeOfALog, type Proposed } from '../../../test/signed-log.ts';
import { digestOf } from '../../base/canonical.ts';
import type { SealOpening } from '../../model/drill.ts';

const opening = (one: Proposed, is: SealOpening['is'], salt = 'a'): SealOpening => ({
  v: '1',
  installation: INSTALLATION,
  proposal: one.proposal,
  revision: one.revision,
  is,
  fault: is === 'drill' ? 'namesake' : '',
  salt: salt.repeat(64),
});

/** Proposes and seals, as the product does. */
function seal(log: LifeOfALog, one: Proposed, as: SealOpening): Proposed {
  log.propose(one);
  log.add({
    type: 'proposal.sealed',
    proposal: one.proposal,
    revision: one.revision,
    seal: digestOf('countersign/seal/v1', { ...as }),
  });
  return one;
}

function reject(log: LifeOfALog, one: Proposed): void {
  const review = log.review(BEN, one, { verdict: 'reject' });
  log.add({ type: 'proposal.decided', proposal: one.proposal, revision: '1', decision: 'rejected', reviews: [review] });
}

const drill = opening(proposed('T2'), 'drill');
const act = opening(proposed('T2'), 'act');

const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  [
    'an act that was carried out is called a drill afterwards',
    'drill.other_seal',
    log => {
      const one = seal(log, proposed('T2'), act);
      log.execute(one, [log.review(BEN, one)]);
      log.add({ type: 'drill.opened', opening: drill });
    },
  ],
  [
    'a rejected act is called a drill afterwards',
    'drill.other_seal',
    log => {
      reject(log, seal(log, proposed('T2'), act));
      log.add({ type: 'drill.opened', opening: drill });
    },
  ],
  [
    'what was never sealed is called a drill',
    'drill.never_sealed',
    log => {
      reject(log, log.propose(proposed('T2')));
      log.add({ type: 'drill.opened', opening: drill });
    },
  ],
  [
    'a drill is opened while people still decide on it',
    'drill.early',
    log => {
      seal(log, proposed('T2'), drill);
      log.add({ type: 'drill.opened', opening: drill });
    },
  ],
  [
    'a drill is carried out, and opened afterwards',
    'drill.begun',
    log => {
      const one = seal(log, proposed('T2'), drill);
      log.execute(one, [log.review(BEN, one)]);
      log.add({ type: 'proposal.withdrawn', proposal: one.proposal, revision: '1', by: 'usr_x' });
      log.add({ type: 'drill.opened', opening: drill });
    },
  ],
  [
    'an opened drill is carried out',
    'execution.drill',
    log => {
      const one = seal(log, proposed('T2'), drill);
      const review = log.review(BEN, one);
      log.add({
        type: 'proposal.decided',
        proposal: one.proposal,
        revision: '1',
        decision: 'approved',
        reviews: [review],
      });
      log.add({ type: 'drill.opened', opening: drill });
      log.execute(one, [review]);
    },
  ],
  [
    'an act is begun that has no seal, in a log that seals',
    'execution.unsealed',
    log => {
      seal(log, { ...proposed('T2'), proposal: 'prp_0' }, opening({ ...proposed('T2'), proposal: 'prp_0' }, 'act'));
      const one = log.propose(proposed('T2'));
      log.execute(one, [log.review(BEN, one)]);
    },
  ],
  [
    'a second seal for what is sealed',
    'seal.again',
    log => {
      const one = seal(log, proposed('T2'), drill);
      log.add({
        type: 'proposal.sealed',
        proposal: one.proposal,
        revision: '1',
        seal: digestOf('countersign/seal/v1', { ...act }),
      });
    },
  ],
];

describe('a server that was taken over is found out, where', () => {
  for (const [what, code, write] of ATTACKS)
    test(what, async () => {
      const log = life();
      write(log);
      expect(await codes(log)).toContain(code);
    });
});

test('a drill that was sealed, decided and then opened is what it says, and an act beside it stands', async () => {
  const log = life();
  const one = seal(log, proposed('T2'), drill);
  reject(log, one);
  log.add({ type: 'drill.opened', opening: drill });
  const other = { ...proposed('T2'), proposal: 'prp_2' } as const;
  seal(log, other, opening(other, 'act'));
  log.execute(other, [log.review(BEN, other)]);
  expect(await codes(log)).toEqual([]);
});
