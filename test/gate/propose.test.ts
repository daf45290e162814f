import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProposalHistory, readOutcomes } from '../../src/app/history.ts';
import { type Explained, GATE_NUMBERS, type GateNumber } from '../../src/model/explained.ts';
import { type Installation, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { know, propose, review, revise, studyFor, tryPropose } from '../harness/proposals.ts';
import { TARGET_RESPONDER } from '../harness/target.ts';

let world: Installation;
let team: Team;

beforeAll(async () => {
  world = await startInstallation();
  team = await startTeam(world);
});
afterAll(() => world?.stop());

function explained(number: GateNumber, value: number, requiredAbsent: readonly string[] = []): Explained {
  return {
    measures: GATE_NUMBERS.map(one => ({
      number: one,
      value: one === number ? value : 1,
      because: `${one} was counted.`,
      fixes: [`Raise ${one}.`],
    })),
    requiredAbsent,
  };
}

describe('the server', () => {
  test('makes no proposal of an option that is not explained well enough, and says which number, and what would raise it', async () => {
    const refused = await tryPropose(world, team.rosa, { explained: explained('told', 0.79) });
    expect(refused).toMatchObject({ ok: false, failure: { code: 'proposal.not_explained' } });
    if (!refused.ok) expect(refused.failure.detail).toBe('told 0.79 of 0.80: told was counted. Raise told.');
  });

  test('asks for the numbers of the tier that the plan gives, not of the one that was expected', async () => {
    const wish = { targetName: 'svc_ci', explained: explained('consistency', 0.85) };
    expect(await tryPropose(world, team.rosa, wish)).toMatchObject({
      ok: false,
      failure: { code: 'proposal.not_explained' },
    });
    expect(await tryPropose(world, team.rosa, { ...wish, targetName: 'app_kim' })).toMatchObject({ ok: true });
  });

  test('makes none for two people where a source that it rests on was not there', async () => {
    const wish = { targetName: 'svc_ci', explained: explained('completeness', 0.95, ['Okta']) };
    const refused = await tryPropose(world, team.rosa, wish);
    expect(refused.ok).toBe(false);
    if (!refused.ok) expect(refused.failure.detail).toContain('Okta');
  });

  test('lets no edit put in what the gate would not have let through', async () => {
    const proposal = await propose(world, team.rosa, { targetName: 'app_jo' });
    const worse = await studyFor(world, {
      targetName: 'app_jo',
      operation: 'suspend',
      explained: explained('claims', 0),
    });
    expect(await revise(world, team.rosa, worse, proposal, 'opt_suspend')).toMatchObject({
      ok: false,
      failure: { code: 'proposal.not_explained' },
    });
  });

  test('does not let an open gate lower a tier: what takes two people takes two', async () => {
    const proposal = await propose(world, team.rosa, { targetName: 'svc_ci' });
    const known = await know(world, proposal);
    expect([known.current.tier, known.tally.needed]).toEqual(['T3', 2]);
  });

  test('counts what people decided, leaves out what nobody did, and shows no number below thirty', async () => {
    const before = await readOutcomes(world.context);
    expect(before).toEqual([]);
    const study = await studyFor(world, { targetName: 'app_jo' });
    const option = (await study('inc_test'))?.options[0];
    const waiting = await world.serverPool.query<{ id: string }>('SELECT id FROM proposal ORDER BY id');
    const ofJo = [];
    for (const { id } of waiting.rows) if ((await know(world, id)).presentation.targetName === 'app_jo') ofJo.push(id);
    await review(world, team.sam, ofJo[0] ?? '', { verdict: 'reject' });
    const outcomes = await readOutcomes(world.context);
    expect(outcomes).toEqual([
      { kind: `${TARGET_RESPONDER}.suspend`, cell: 'T2/complete', accepted: false, undone: false },
    ]);
    const history = new ProposalHistory(world.context);
    if (option === undefined) throw new Error('the study has an option');
    const complete = { verdict: 'complete', expected: 1, heard: 1, streams: [] } as const;
    const shown = await history.onOptions([{ ...option, expectedTier: 'T2' }], complete);
    expect(shown[0]?.history).toEqual({ kind: 'not_enough', decided: 1, text: 'not enough history (n=1)' });
  });
});
