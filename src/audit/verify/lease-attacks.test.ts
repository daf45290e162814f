import { describe, expect, test } from 'vitest';
import { BEN, carriedOut, life, proposed, rulesOf } from '../../../test/process-log.ts';
import type { LifeOfALog, Proposed } from '../../../test/signed-log.ts';
import type { ProcessRules } from './process-rules.ts';

const EXECUTION = 'exe_leased';
const RELEASE: Proposed = { ...proposed('T2'), proposal: 'prp_2' };

/** An act with a lease of an hour, seen in effect. */
function leased(): LifeOfALog {
  const log = life();
  const review = log.review(BEN, log.propose(proposed('T2')));
  log.add({ type: 'lease.granted', execution: EXECUTION, endsAt: log.inMinutes(60) });
  return log.conclude(log.execute(proposed('T2'), [review], { execution: EXECUTION }), proposed('T2'), 'verified');
}
const told = (log: LifeOfALog, release: `prp_${string}` | '', number = '1') =>
  log.add({ type: 'lease.ended', execution: EXECUTION, number, release, codes: release === '' ? ['not_found'] : [] });
/** Entries that are about something else, a while apart. */
function goOn(log: LifeOfALog, minutes: number): LifeOfALog {
  for (let passed = 0; passed < minutes; passed += 10) log.pass(10).add({ type: 'demo.played', scenario: 'none' });
  return log;
}

async function found(log: LifeOfALog): Promise<readonly string[]> {
  const rules: ProcessRules = await rulesOf(log);
  for (const entry of log.entries) rules.leases.heard(entry.at);
  rules.end();
  return rules.findings.kept.map(({ code }) => code);
}

describe('a log says of every lease that it ended', () => {
  test('with the release that was proposed, or that none could be', async () => {
    for (const release of ['prp_2', ''] as const) {
      const log = goOn(leased(), 70);
      if (release !== '') log.propose(RELEASE);
      expect(await found(goOn(told(log, release), 600))).toEqual([]);
    }
  });

  test('and while it runs, or nothing ran that could have said so, it says nothing', async () => {
    expect(await found(goOn(leased(), 50))).toEqual([]);
    expect(await found(goOn(leased().pass(60 * 24 * 30), 30))).toEqual([]);
  });

  test('and of what was undone before there is nothing to say', async () => {
    const log = leased();
    const undo: Proposed = { ...proposed('T2'), proposal: 'prp_3' };
    carriedOut(log, undo, BEN);
    const last = log.entries.at(-1);
    if (last?.type !== 'execution.concluded') throw new Error('it was concluded');
    log.add({
      type: 'execution.compared',
      execution: last.execution,
      undoes: EXECUTION,
      verdict: 'differs',
      differences: '1',
    });
    const rules = await rulesOf(goOn(log, 300));
    expect(rules.leases.differing).toEqual([last.execution]);
    expect(await found(log)).toEqual([]);
  });
});

describe('a log whose writer was taken over cannot', () => {
  test.each<readonly [string, string, (log: LifeOfALog) => void]>([
    ['hide the end of a lease', 'lease.hidden', log => goOn(log, 180)],
    ['end a lease before its time', 'lease.early', log => told(log.pass(30), '')],
    [
      'end a lease that nobody signed',
      'lease.unknown',
      log => log.add({ type: 'lease.ended', execution: 'exe_0', number: '1', release: '', codes: [] }),
    ],
    ['name a release that was never proposed', 'lease.no_release', log => told(goOn(log, 70), 'prp_9')],
    ['leave out that people kept it', 'lease.turn', log => told(goOn(log, 70), '', '2')],
    [
      'give a lease to what was begun',
      'lease.again',
      log => log.add({ type: 'lease.granted', execution: EXECUTION, endsAt: log.inMinutes(9) }),
    ],
    [
      'say of what was not seen that it undid',
      'undo.not_done',
      log =>
        log.add({
          type: 'execution.compared',
          execution: 'exe_0',
          undoes: EXECUTION,
          verdict: 'as_declared',
          differences: '0',
        }),
    ],
  ])('%s', async (_name, code, attack) => {
    const log = leased();
    attack(log);
    expect(await found(log)).toContain(code);
  });

  test('call a difference none', async () => {
    const log = leased();
    carriedOut(log, { ...proposed('T2'), proposal: 'prp_3' }, BEN);
    const last = log.entries.at(-1);
    const execution = last?.type === 'execution.concluded' ? last.execution : 'exe_0';
    log.add({ type: 'execution.compared', execution, undoes: EXECUTION, verdict: 'as_declared', differences: '2' });
    expect(await found(log)).toContain('undo.other_count');
  });
});
