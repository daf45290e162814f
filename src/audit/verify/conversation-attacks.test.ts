import { describe, expect, test } from 'vitest';
import { ANA, BEN, CLEO, codes, life, proposed } from '../../../test/process-log.ts';
import type { LifeOfALog } from '../../../test/signed-log.ts';
import type { AuditFact } from '../../model/audit-entry.ts';

type Written = Extract<AuditFact, { type: 'comment.written' }>;

function say(log: LifeOfALog, wish: Partial<Written> = {}): void {
  log.add({
    type: 'comment.written',
    comment: 'cmt_1',
    proposal: 'prp_1',
    revision: '1',
    by: ANA,
    about: '',
    textCommit: '0'.repeat(64),
    ...wish,
  });
}

/** Ben asks Cleo. */
function open(log: LifeOfALog, wish: Partial<Extract<AuditFact, { type: 'task.opened' }>> = {}): void {
  const review = wish.review ?? log.review(BEN, proposed('T2'), { verdict: 'ask_for_more' });
  log.add({
    type: 'task.opened',
    task: 'tsk_1',
    proposal: 'prp_1',
    revision: '1',
    by: BEN,
    owner: CLEO,
    dueAt: log.inMinutes(30),
    ...wish,
    review,
  });
}

/** Cleo brings a record, which the second revision cites. */
function settle(log: LifeOfALog, wish: Partial<Extract<AuditFact, { type: 'task.settled' }>> = {}): void {
  log.add({
    type: 'task.settled',
    task: 'tsk_1',
    proposal: 'prp_1',
    outcome: 'answered',
    by: CLEO,
    evidence: ['evd_1'],
    revision: '2',
    wordsCommit: '',
    ...wish,
  });
}

const ATTACKS: readonly (readonly [string, string, (log: LifeOfALog) => void])[] = [
  ['a comment by nobody who is enrolled', 'comment.nobody', log => say(log, { by: 'usr_eve' })],
  ['a comment on what was never proposed', 'comment.unknown_revision', log => say(log, { proposal: 'prp_9' })],
  ['a comment on a revision that is not there yet', 'comment.unknown_revision', log => say(log, { revision: '2' })],
  [
    'one comment that is written twice',
    'comment.again',
    log => {
      say(log);
      say(log);
    },
  ],
  ['a task that nobody signed for', 'task.not_signed', log => open(log, { review: 'rev_9' })],
  [
    'a task that rests on an approval',
    'task.not_signed',
    log => open(log, { review: log.review(BEN, proposed('T2')) }),
  ],
  ['a task in the name of somebody else', 'task.not_signed', log => open(log, { by: ANA })],
  ['a task of somebody who is not enrolled', 'task.nobody', log => open(log, { owner: 'usr_eve' })],
  ['an answer to what nobody asked', 'task.unknown', log => settle(log)],
  [
    'a second answer to one task',
    'task.settled_again',
    log => {
      open(log);
      settle(log, { outcome: 'unobtainable', evidence: [], revision: '' });
      settle(log, { outcome: 'unobtainable', evidence: [], revision: '' });
    },
  ],
  [
    'a task that somebody takes back who did not ask',
    'task.withdrawn_by_other',
    log => {
      open(log);
      settle(log, { outcome: 'withdrawn', by: ANA, evidence: [], revision: '' });
    },
  ],
  [
    'an answer without a record',
    'task.no_evidence',
    log => {
      open(log);
      settle(log, { evidence: [] });
    },
  ],
  [
    'an answer whose bringer does not count as a contributor',
    'task.not_contributed',
    log => {
      open(log);
      log.propose({ ...proposed('T2', '2'), contributors: [] });
      settle(log);
    },
  ],
];

describe('a server that has the log’s key cannot hide', () => {
  for (const [name, code, attack] of ATTACKS) {
    test(name, async () => {
      const log = life();
      log.propose(proposed('T2'));
      attack(log);
      expect(await codes(log)).toContain(code);
    });
  }

  test('and a comment of a person on what was proposed is no fault', async () => {
    const log = life();
    log.propose({ proposal: 'prp_1', revision: '1', tier: 'T2', contributors: [] });
    say(log);
    expect(await codes(log)).toEqual([]);
  });

  test('and a task that is signed for and answered is no fault', async () => {
    const log = life();
    log.propose(proposed('T2'));
    open(log);
    log.propose(proposed('T2', '2'));
    settle(log);
    expect(await codes(log)).toEqual([]);
  });
});
