import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printNoteKey } from '../../src/audit/note.ts';
import { printReport, type VerifyReport } from '../../src/audit/verify/report.ts';
import { verifyLog } from '../../src/audit/verify/verify.ts';
import { signatureChecks } from '../../src/cli/signature-checks.ts';
import { nativeSha256, verifyEd25519 } from '../../src/store/ed25519.ts';
import { readLogPath } from '../../src/store/log-tiles.ts';
import { type Installation, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { execute, know, propose, review, tryUndo } from '../harness/proposals.ts';

let world: Installation;
let team: Team;
beforeEach(async () => {
  world = await startInstallation();
  await world.log({
    type: 'installation.made',
    installation: world.genesis.installation,
    logOrigin: world.genesis.logOrigin,
    linkPublicKey: world.genesis.linkPublicKey,
    linkExpiresAt: world.genesis.linkExpiresAt,
    rpId: world.genesis.rpId,
    origin: world.genesis.origin,
    demo: 'no',
    policyDigest: world.genesis.policyDigest,
    inventoryDigest: world.genesis.inventoryDigest,
  });
  team = await startTeam(world);
});
afterEach(() => world.stop());

/** The log of the running product, as a stranger with its public key sees it. */
async function verify(): Promise<VerifyReport> {
  await world.settleLog();
  return verifyLog({
    read: async path => (await readLogPath(world.database.serverPool, world.genesis.tenant, path))?.bytes,
    policy: `log ${printNoteKey(world.signer.key)}\nquorum none\n`,
    sha256: nativeSha256,
    verifyEd25519,
    signatures: signatureChecks,
  });
}

/** A whole life: an act and its undo, an act by two people, one that was rejected. */
async function live(): Promise<`prp_${string}`> {
  const { admin, rosa, sam } = team;
  const proposal = await propose(world, rosa);
  await review(world, sam, proposal);
  await execute(world, proposal);
  const undo = await tryUndo(world, rosa, proposal);
  if (!undo.ok) throw new Error('the undo can be proposed');
  await review(world, sam, undo.value);
  await execute(world, undo.value);
  const ofMachine = await propose(world, rosa, { targetName: 'svc_ci' });
  await review(world, rosa, ofMachine);
  await review(world, admin, ofMachine);
  await execute(world, ofMachine);
  const rejected = await propose(world, rosa, { targetName: 'app_kim' });
  await review(world, sam, rejected, { verdict: 'reject' });
  return rejected;
}

describe('the log of what the product really did', () => {
  test('is verified by somebody who has nothing but it and the public key', async () => {
    await live();
    const report = await verify();
    expect(printReport(report)).toMatch(/3 executions, each with the signatures that it needed/);
    expect([report.outcome, report.summary?.unresolved]).toEqual(['verified', []]);
  }, 60_000);

  test('shows an act that the taken-over server forged, however well it is signed by the log', async () => {
    const rejected = await live();
    const { current } = await know(world, rejected);
    world.advance(60_000);
    await world.log({
      type: 'execution.intended',
      execution: 'exe_forged',
      proposal: rejected,
      revision: String(current.revision),
      actDigest: current.actDigest,
      tier: current.tier,
      reviews: [],
      idempotencyKey: 'forged',
    });
    const report = await verify();
    expect(report.outcome).toBe('failed');
    expect(report.checks.flatMap(({ findings }) => findings)[0]?.code).toBe('execution.rejected');
  }, 60_000);
});
