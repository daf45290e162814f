import { describe, expect, test } from 'vitest';
import { ANA, codes, life } from '../../../test/process-log.ts';
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
];

describe('a server that has the log’s key cannot hide', () => {
  for (const [name, code, attack] of ATTACKS) {
    test(name, async () => {
      const log = life();
      log.propose({ proposal: 'prp_1', revision: '1', tier: 'T2', contributors: [] });
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
});
