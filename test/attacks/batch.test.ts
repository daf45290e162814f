import { expect, test, vi } from 'vitest';
import type { hasOpenedEvidence } from '../../src/app/proposals/opened.ts';
import type { VerifyReport } from '../../src/audit/verify/report.ts';
import { chosenOf, type isLike } from '../../src/core/decide/batch.ts';
import type { batchFault } from '../../src/core/decide/batch-list.ts';
import type { batchBroken } from '../../src/core/decide/batch-standing.ts';
import type { sealed } from '../../src/core/decide/closed.ts';
import type { BatchIntent } from '../../src/model/review.ts';
import { batchFor, proposeMany, signBatch, storeBatch, tryBatch } from '../harness/batches.ts';
import { checkLog } from '../harness/check-log.ts';
import { type Installation, must, startInstallation, startTeam } from '../harness/installation.ts';
import { execute, failedChecks, intentFor, know, revise, studyFor, tryReview } from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/app/proposals/opened.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/proposals/opened.ts')>(),
    'hasOpenedEvidence',
  ),
);
vi.mock('../../src/core/decide/batch.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/batch.ts')>(), 'isLike'),
);
vi.mock('../../src/core/decide/batch-list.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/batch-list.ts')>(),
    'batchFault',
  ),
);
vi.mock('../../src/core/decide/batch-standing.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/batch-standing.ts')>(),
    'batchBroken',
  ),
);
vi.mock('../../src/core/decide/closed.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/closed.ts')>(),
    'sealed',
  ),
);

const times = (n: number, operation: string) => Array.from({ length: n }, () => operation);

async function executeAll(world: Installation, proposals: readonly string[]): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (const id of proposals) {
    const outcome = await execute(world, id);
    for (const one of [outcome.kind, ...failedChecks(outcome)]) seen.add(one);
  }
  return [...seen];
}

/** Codes that the verifier finds, each once. */
function faultsIn(report: VerifyReport): readonly string[] {
  const codes = report.checks.flatMap(check => check.findings.map(({ code }) => code));
  return [...new Set(codes)].filter(code => code !== 'log.failed');
}

/** The same list with another nonce, so that the member which was opened is still the one that is chosen. */
function withChoice(batch: BatchIntent, members: BatchIntent['members']): BatchIntent {
  for (let n = 0; ; n++) {
    const nonce = n.toString(16).padStart(32, '0');
    if (chosenOf({ members, nonce }) === batch.opened) return { ...batch, members, nonce };
  }
}

/** Whatever list is signed has the digest of the first one. */
function withoutDigestOfList(): void {
  let first: string | undefined;
  takeOut<typeof sealed>('sealed', (actual, domain, value) => {
    const made = actual(domain, value);
    if (domain !== 'countersign/batch-intent/v1') return made;
    first ??= made.digest;
    return { text: made.text, digest: first };
  });
}

attack({
  id: 'HUM-02',
  attack: '19 blocks and, among them, the release of somebody who is contained, for one signature',
  control: 'the rule that only acts of one operation are signed together',
  timeoutMs: 120_000,
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, [...times(12, 'block'), 'unblock', ...times(7, 'block')]);
    const signed = await tryBatch(world, team.sam, proposals, { opens: 'all' });
    const seen = await executeAll(world, proposals.slice(11, 14));
    return outcomeOf(world, [signed.ok ? 'taken' : signed.failure.code, ...seen]);
  },
  without: () => takeOut<typeof isLike>('isLike', () => true),
});

test('HUM-02: 19 blocks and a role grant are not signed together, whoever stores the signature', {
  timeout: 120_000,
}, async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, [...times(19, 'block'), 'grant']);
    expect((await know(world, proposals[19] ?? '')).current.tier).toBe('T3');
    const asked = await tryBatch(world, team.sam, proposals, { opens: 'all' });
    expect(asked.ok ? 'taken' : asked.failure.code).toBe('batch.unlike');
    const { batch, intents } = await batchFor(world, team.sam, proposals);
    await storeBatch(world, intents, signBatch(team.sam, batch));
    expect(await executeAll(world, proposals)).toEqual(['not_approved']);
    expect(world.target.writes).toEqual([]);
  } finally {
    await world.stop();
  }
});

attack({
  id: 'HUM-02',
  attack: 'a program signs twenty at once by the API, with none of them opened',
  control: 'the server’s own account of what was opened',
  timeoutMs: 120_000,
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(20, 'block'));
    const signed = await tryBatch(world, team.sam, proposals, { opens: 'none' });
    const seen = await executeAll(world, proposals);
    return outcomeOf(world, [signed.ok ? 'taken' : signed.failure.code, ...seen]);
  },
  without: () => takeOut<typeof hasOpenedEvidence>('hasOpenedEvidence', async () => true),
});

attack({
  id: 'HUM-02',
  attack: 'six acts of T2 under one signature, stored past the server’s own check',
  control: 'the executor’s reading of the list',
  timeoutMs: 120_000,
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(6, 'suspend'));
    const asked = await tryBatch(world, team.sam, proposals, { opens: 'all' });
    const { batch, intents } = await batchFor(world, team.sam, proposals);
    await storeBatch(world, intents, signBatch(team.sam, batch));
    const seen = await executeAll(world, proposals);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, ...seen]);
  },
  without: () => takeOut<typeof batchFault>('batchFault', () => undefined),
});

attack({
  id: 'HUM-02',
  attack: 'two acts that take two people are signed by each of them as a batch',
  control: 'the executor’s reading of the list',
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, ['grant', 'grant']);
    const asked = await tryBatch(world, team.sam, proposals, { opens: 'all' });
    for (const by of [team.sam, team.rosa]) {
      const { batch, intents } = await batchFor(world, by, proposals);
      await storeBatch(world, intents, signBatch(by, batch));
    }
    const seen = await executeAll(world, proposals);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, ...seen]);
  },
  without: () => takeOut<typeof batchFault>('batchFault', () => undefined),
});

attack({
  id: 'BND-07',
  attack: 'a block is appended to a list of blocks after it was signed',
  control: 'the digest of the ordered list',
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(4, 'block'));
    const { batch, intents } = await batchFor(world, team.sam, proposals.slice(0, 3));
    const signature = signBatch(team.sam, batch);
    const strike = await intentFor(world, proposals[3] ?? '', team.sam.person.id);
    const { sealed: seal } = await import('../../src/core/decide/closed.ts');
    const added = { proposal: strike.proposal, intentDigest: seal('countersign/intent/v1', strike).digest };
    const longer = withChoice(batch, [...batch.members, added]);
    await storeBatch(world, [...intents, strike], { ...signature, batch: longer });
    return outcomeOf(world, await executeAll(world, proposals));
  },
  without: withoutDigestOfList,
});

attack({
  id: 'BND-07',
  attack: 'the members of a signed list are put into another order',
  control: 'the digest of the ordered list',
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(3, 'block'));
    const { batch, intents } = await batchFor(world, team.sam, proposals);
    const signature = signBatch(team.sam, batch);
    await storeBatch(world, intents, { ...signature, batch: withChoice(batch, batch.members.toReversed()) });
    return outcomeOf(world, await executeAll(world, proposals));
  },
  without: withoutDigestOfList,
});

attack({
  id: 'BND-07',
  attack: 'one member of a signed list is revised before any of it is carried out',
  control: 'reading each member anew',
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(3, 'block'));
    must(await tryBatch(world, team.sam, proposals, { opens: 'chosen' }));
    const { presentation } = await know(world, proposals[1] ?? '');
    const study = await studyFor(world, { targetName: presentation.targetName, operation: 'grant' });
    must(await revise(world, team.admin, study, proposals[1] ?? '', 'opt_grant'));
    return outcomeOf(world, await executeAll(world, proposals));
  },
  without: () => takeOut<typeof batchBroken>('batchBroken', () => undefined),
});

test('one signature over twenty blocks carries out each of them, and over five acts of T2', {
  timeout: 120_000,
}, async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    const blocks = await proposeMany(world, team, times(20, 'block'));
    must(await tryBatch(world, team.sam, blocks, { opens: 'chosen' }));
    expect(await executeAll(world, blocks)).toEqual(['concluded']);
    world.advance(3_600_001);
    const five = await proposeMany(world, team, times(5, 'suspend'), 3);
    const unread = await tryBatch(world, team.sam, five, { opens: 'chosen' });
    // Of T2 each one is opened, alone or together.
    expect(unread.ok ? 'taken' : unread.failure.code).toBe('review.evidence_unopened');
    must(await tryBatch(world, team.sam, five, { opens: 'all' }));
    expect(await executeAll(world, five)).toEqual(['concluded']);
    expect(world.target.effects).toHaveLength(25);
  } finally {
    await world.stop();
  }
});

test('rejecting together costs one signature too, and nothing has to be opened for it', async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(4, 'suspend'));
    must(await tryBatch(world, team.sam, proposals, { opens: 'none', verdict: 'reject' }));
    for (const id of proposals) expect((await know(world, id)).state).toBe('rejected');
  } finally {
    await world.stop();
  }
});

test('asking again for another choice does not take back what was chosen', async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(6, 'block'));
    const { beginBatch } = await import('../../src/app/proposals/batch.ts');
    const known = await Promise.all(proposals.map(id => know(world, id)));
    const members = known.map(({ current }) => ({ ...current, acknowledged: [] }));
    let before: readonly string[] = [];
    for (let n = 0; n < 12; n++) {
      const begun = must(await beginBatch(world.context, team.sam.person, { verdict: 'approve', reason: '', members }));
      expect(begun.toOpen).toEqual(expect.arrayContaining([...before]));
      before = begun.toOpen;
    }
    expect(before.length).toBeGreaterThan(1);
  } finally {
    await world.stop();
  }
});

test('one that was taken back or rejected alone does not hold up the others; one that somebody else signed is signed once', async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, times(3, 'block'));
    must(await tryBatch(world, team.sam, proposals, { opens: 'chosen' }));
    must(await tryReview(world, team.admin, proposals[0] ?? '', { verdict: 'reject' }));
    expect(await executeAll(world, proposals.slice(0, 1))).toEqual(['not_approved']);
    expect(await executeAll(world, proposals.slice(1))).toEqual(['concluded']);
    const again = await tryBatch(world, team.sam, proposals, { opens: 'chosen' });
    expect(again.ok ? 'taken' : again.failure.code).toBe('proposal.wrong_state');
    const lone = await proposeMany(world, team, ['suspend'], 3);
    const one = await tryBatch(world, team.sam, lone, { opens: 'all' });
    expect(one.ok ? 'taken' : one.failure.code).toBe('batch.size');
  } finally {
    await world.stop();
  }
});

test('BND-07: the verifier finds by itself a list that is longer than was signed, one of six acts of T2, and one that is not whole', async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    const blocks = await proposeMany(world, team, times(3, 'block'));
    must(await tryBatch(world, team.sam, blocks, { opens: 'chosen' }));
    expect(await executeAll(world, blocks)).toEqual(['concluded']);
    expect(faultsIn(await checkLog(world))).toEqual([]);

    const six = await proposeMany(world, team, times(6, 'suspend'), 3);
    const tooMany = await batchFor(world, team.sam, six);
    await storeBatch(world, tooMany.intents, signBatch(team.sam, tooMany.batch));
    expect(faultsIn(await checkLog(world))).toEqual(['review.bad_batch']);

    const signed = await batchFor(world, team.sam, six.slice(0, 2));
    const third = (await batchFor(world, team.sam, six.slice(1, 3))).batch.members.slice(1);
    const longer = withChoice(signed.batch, [...signed.batch.members, ...third]);
    await storeBatch(world, signed.intents, { ...signBatch(team.sam, signed.batch), batch: longer });
    expect(faultsIn(await checkLog(world))).toEqual(['review.bad_batch', 'review.bad_signature']);

    const part = await batchFor(world, team.sam, six.slice(3, 5));
    const [first] = part.intents;
    if (first === undefined) throw new Error('a batch has members');
    await storeBatch(world, [first], signBatch(team.sam, part.batch));
    const { hearing, current } = await know(world, first.proposal);
    expect(hearing.heard).toEqual([]);
    const id = hearing.rejected.at(-1)?.id ?? 'rev_none';
    await world.log({
      type: 'proposal.decided',
      proposal: current.proposal,
      revision: '1',
      decision: 'approved',
      reviews: [id],
    });
    expect(faultsIn(await checkLog(world))).toEqual([
      'review.bad_batch',
      'review.bad_signature',
      'decision.batch_incomplete',
    ]);
  } finally {
    await world.stop();
  }
});
