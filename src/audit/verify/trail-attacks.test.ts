import { describe, expect, test } from 'vitest';
import { BEN, life, proposed, rulesOf } from '../../../test/process-log.ts';
import type { LifeOfALog } from '../../../test/signed-log.ts';
import type { AuditFact } from '../../model/audit-entry.ts';

type Found = Extract<AuditFact, { type: 'trail.found' }>;

const found = (number: string, changed: Partial<Found> = {}): Found => ({
  type: 'trail.found',
  system: 'orders-db',
  number,
  kind: 'unknown_change',
  execution: '',
  findingCommit: '0'.repeat(64),
  ...changed,
});

async function faults(log: LifeOfALog): Promise<readonly string[]> {
  return (await rulesOf(log)).findings.kept.map(({ code }) => code);
}

describe('what was found in a target’s own log', () => {
  test('is counted for each system by itself', async () => {
    const log = life()
      .add(found('1'))
      .add(found('1', { system: 'hr-db' }))
      .add(found('2', { kind: 'unread' }));
    expect(await faults(log)).toEqual([]);
    expect((await rulesOf(log)).trails.unsigned).toEqual(['orders-db/1', 'hr-db/1']);
  });

  test('cannot be left out of the log, put twice into it or begun anew unseen', async () => {
    expect(await faults(life().add(found('2')))).toEqual(['trail.gap']);
    expect(await faults(life().add(found('1')).add(found('3')))).toEqual(['trail.gap']);
    expect(await faults(life().add(found('1')).add(found('1')))).toEqual(['trail.gap']);
  });

  test('is looked at once by a person, and not before it was found', async () => {
    const seen = (number: string, system = 'orders-db') =>
      ({ type: 'trail.seen', system, number, by: 'usr_ana', whyCommit: '0'.repeat(64) }) as const;
    expect(await faults(life().add(found('1')).add(seen('1')))).toEqual([]);
    // Still a change that nobody signed: whoever says what it was does not sign it.
    expect((await rulesOf(life().add(found('1')).add(seen('1')))).trails.unsigned).toEqual(['orders-db/1']);
    expect(await faults(life().add(seen('1')).add(found('1')))).toEqual(['trail.not_found']);
    expect(await faults(life().add(found('1')).add(seen('2')))).toEqual(['trail.not_found']);
    expect(await faults(life().add(found('1')).add(seen('1', 'hr-db')))).toEqual(['trail.not_found']);
    expect(await faults(life().add(found('1')).add(seen('1')).add(seen('1')))).toEqual(['trail.seen_twice']);
  });

  test('names the act that is not shown there, which was begun, and no act otherwise', async () => {
    const log = life();
    const review = log.review(BEN, log.propose(proposed('T2')));
    log.execute(proposed('T2'), [review], { execution: 'exe_1' });
    expect(await faults(log.add(found('1', { kind: 'not_shown', execution: 'exe_1' })))).toEqual([]);
    expect(await faults(life().add(found('1', { kind: 'not_shown', execution: 'exe_2' })))).toEqual(['trail.no_act']);
    expect(await faults(life().add(found('1', { kind: 'not_shown' })))).toEqual(['trail.other_kind']);
    expect(await faults(life().add(found('1', { execution: 'exe_2' })))).toEqual(['trail.other_kind']);
  });
});
