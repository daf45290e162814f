import { expect, test, vi } from 'vitest';
import { printNoteKey } from '../../src/audit/note.ts';
import type { hiddenLeases } from '../../src/audit/verify/lease-rules.ts';
import { verifyLog } from '../../src/audit/verify/verify.ts';
import { ok } from '../../src/base/result.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { signatureChecks } from '../../src/cli/signature-checks.ts';
import type { sealed } from '../../src/core/decide/closed.ts';
import { leaseSentence, type leaseTrouble } from '../../src/core/decide/lease.ts';
import type { tierOf } from '../../src/core/decide/tier.ts';
import type { compareUndo } from '../../src/executor/residue.ts';
import type { Responder } from '../../src/ports/responder.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import { nativeSha256, verifyEd25519 } from '../../src/store/ed25519.ts';
import { readLogPath } from '../../src/store/log-tiles.ts';
import { type Installation, must, startInstallation, startTeam } from '../harness/installation.ts';
import { contained, LEASE_HOURS, look, passLease, releaseOf, turns } from '../harness/leases.ts';
import { execute, failedChecks, know, propose, review, storeRevision, tryUndo } from '../harness/proposals.ts';
import { type TestTarget, targetResponder } from '../harness/target.ts';
import { takeOut } from './seams.ts';
import { withoutChecks } from './taken-out.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/act/check.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/check.ts')>(),
    'checkExecution',
  ),
);
vi.mock('../../src/executor/residue.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/residue.ts')>(),
    'compareUndo',
  ),
);
vi.mock('../../src/core/decide/closed.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/closed.ts')>(),
    'sealed',
  ),
);
vi.mock('../../src/core/decide/lease.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/lease.ts')>(),
    'leaseTrouble',
  ),
);
vi.mock('../../src/core/decide/tier.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tier.ts')>(), 'tierOf'),
);
vi.mock('../../src/audit/verify/lease-rules.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/audit/verify/lease-rules.ts')>(),
    'hiddenLeases',
  ),
);

attack({
  id: 'EXE-06',
  attack: 'a lease ends, and one person releases, alone, what two people had to sign',
  control: 'the rule that an undo is at least as strict as its act',
  async run(start) {
    const world = await start();
    const team = await startTeam(world);
    // A required gap made it an act for two; the gap has closed since.
    const gap = { stream: 'web-1|edr', from: 0, to: 1_000, isRequired: true, because: '' } as never;
    const proposal = await propose(world, team.rosa, { leaseHours: LEASE_HOURS, coverage: 'gaps', gaps: [gap] });
    for (const by of [team.sam, team.admin]) await review(world, by, proposal, { acknowledged: ['web-1|edr'] });
    await execute(world, proposal);
    passLease(world);
    await look(world);
    const release = await releaseOf(world);
    const { tier } = (await know(world, release)).current;
    await review(world, team.sam, release);
    const outcome = await execute(world, release);
    return outcomeOf(world, [tier, outcome.kind, ...failedChecks(outcome)], 1);
  },
  without: () => takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, undoesTier: undefined })),
});

attack({
  id: 'EXE-06',
  attack: 'the owner of the database ends the lease years later than people signed, in the act and in what was shown',
  control: 'recomputing the digests of what is about to be done and of what was shown',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa, { leaseHours: LEASE_HOURS });
    const signed = (await know(world, proposal)).act.leaseEndsAt ?? '';
    await review(world, sam, proposal);
    await world.settleLog();
    const later = rfc3339(unixMsFrom(Date.parse(signed) + 500 * MS_PER_HOUR));
    await world.database.ownerPool.query(
      `UPDATE revision SET act = replace(act, $2, $3), presentation = replace(replace(presentation, $2, $3), $4, $5) WHERE proposal_id = $1`,
      [proposal, signed, later, leaseSentence(signed), leaseSentence(later)],
    );
    return outcomeOf(world, failedChecks(await execute(world, proposal)));
  },
  without: () => {
    const first = new Map<string, string>();
    takeOut<typeof sealed>('sealed', (actual, domain, value) => {
      const made = actual(domain, value);
      if (domain !== 'countersign/act/v1' && domain !== 'countersign/presentation/v1') return made;
      // The digest of what was proposed first stands for whatever is stored now.
      const digest = first.get(domain) ?? made.digest;
      first.set(domain, digest);
      return { text: made.text, digest };
    });
  },
});

attack({
  id: 'EXE-06',
  attack:
    'a server that was taken over shows a lease of hours, and has people sign an act whose lease ends weeks later',
  control: 'comparing the lease of the act with the one that was shown',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa, { leaseHours: LEASE_HOURS });
    await storeRevision(world, proposal, {
      act: { leaseEndsAt: rfc3339(unixMsFrom(world.context.now() + 500 * MS_PER_HOUR)) },
    });
    await review(world, sam, proposal);
    return outcomeOf(world, failedChecks(await execute(world, proposal)));
  },
  without: () => withoutChecks('its lease is the one that was shown'),
});

attack({
  id: 'EXE-06',
  attack: 'a server that was taken over has people sign a lease of years, so that nobody is ever asked',
  control: 'the longest lease of each kind, which the executor has of its own',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa, { leaseHours: LEASE_HOURS });
    const endsAt = '2099-01-01T00:00:00.000Z';
    await storeRevision(world, proposal, {
      act: { leaseEndsAt: endsAt },
      presentation: { lease: { endsAt, sentence: leaseSentence(endsAt) } },
    });
    await review(world, sam, proposal);
    return outcomeOf(world, failedChecks(await execute(world, proposal)));
  },
  without: () => takeOut<typeof leaseTrouble>('leaseTrouble', () => undefined),
});

/** What a stranger with the log and its key finds. */
async function verified(world: Installation) {
  await world.settleLog();
  return verifyLog({
    read: async path => (await readLogPath(world.database.serverPool, world.genesis.tenant, path))?.bytes,
    policy: `log ${printNoteKey(world.signer.key)}\nquorum none\n`,
    sha256: nativeSha256,
    verifyEd25519,
    signatures: signatureChecks,
  });
}

attack({
  id: 'EXE-06',
  attack: 'a server that was taken over hides that a lease ended: it goes on for hours, and asks nobody',
  control: 'the rule that a log tells of every lease that ended',
  async run(start) {
    const world = await start();
    await contained(world, await startTeam(world));
    passLease(world);
    for (let passed = 0; passed < 3; passed++) {
      await world.log({ type: 'demo.played', scenario: 'none' });
      world.advance(40 * MS_PER_MINUTE);
    }
    const report = await verified(world);
    const codes = report.checks.flatMap(({ findings }) => findings.map(({ code }) => code));
    return { succeeded: report.outcome === 'verified', seen: [report.outcome, ...codes].join(', ') };
  },
  without: () => takeOut<typeof hiddenLeases>('hiddenLeases', () => []),
});

attack({
  id: 'EXE-06',
  attack: 'an account is given rights while its lock is undone, and is shown as what it was before',
  control: 'looking at the target again after an undo, and holding it against what was declared',
  async run(start) {
    let rights = 'reads';
    const world = await start({ responder: target => withRights(target, () => rights) });
    const team = await startTeam(world);
    const { proposal } = await contained(world, team);
    const undo = must(await tryUndo(world, team.rosa, proposal));
    await review(world, team.sam, undo);
    world.target.onWrite = () => {
      rights = 'reads and writes';
    };
    await execute(world, undo);
    const known = await know(world, undo);
    const compared = known.execution?.facts.flatMap(fact => (fact.kind === 'compared' ? [fact.body] : [])) ?? [];
    const report = await verified(world);
    const said = compared.map(
      ({ verdict, differences }) => `${verdict} ${differences.map(({ path }) => path).join(' ')}`,
    );
    return {
      succeeded: compared.every(({ verdict }) => verdict === 'as_declared'),
      seen: [known.state, ...said, `log: ${report.outcome}, ${report.summary?.differing.length ?? 0} differing`].join(
        ', ',
      ),
    };
  },
  without: () => takeOut<typeof compareUndo>('compareUndo', () => ({ verdict: 'as_declared', differences: [] })),
});

/** The test target, whose plan of a lock reads what the account may do. */
function withRights(target: TestTarget, rights: () => string): Responder {
  const plain = targetResponder(target);
  return {
    ...plain,
    async plan(request, system, context) {
      const made = await plain.plan(request, system, context);
      if (!made.ok || request.operation !== 'suspend') return made;
      const preconditions = [...made.value.preconditions, { path: 'account.rights', value: rights() }];
      return ok(sealPlan({ ...made.value, preconditions }));
    },
  };
}

test('EXE-06: nobody who is no person releases: a release of a lease waits like every act, and its end signs nothing', async () => {
  const world = await startInstallation();
  try {
    const team = await startTeam(world);
    await contained(world, team);
    passLease(world);
    await look(world);
    const outcome = await execute(world, await releaseOf(world));
    expect(outcome.kind).toBe('not_approved');
    expect(world.target.account('app_jo').isOpen).toBe(false);
    expect(await turns(world)).toHaveLength(1);
  } finally {
    await world.stop();
  }
});
