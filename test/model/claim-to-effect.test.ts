import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { buildChild, serveTarget, startChild } from '../harness/child.ts';
import { personRecord, signInventory, startInstallation, startTeam } from '../harness/installation.ts';
import { propose, review, storeRevision } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/*
 * So many acts are approved before an executor looks; then one executor, in a process of its own, finds them all. The
 * budget of acts of a kind in an hour is kept: each is signed by two people, which is what it asks for from the
 * twenty-first on. The target answers at once, so what is measured is ours.
 */

/** The bar of `npm run bench:acts` is measured with 100; a few are for every day. */
const ACTS = Number(process.env['COUNTERSIGN_ACTS'] ?? '8');

test(`${ACTS} acts that are approved at once are each done once; how long from claim to effect is printed (100 by npm run bench:acts)`, {
  timeout: 60_000 + ACTS * 2_000,
}, async () => {
  const world = await startInstallation();
  const program = await buildChild('executor-process');
  const socket = join(world.executorFolder, 'target');
  const server = await serveTarget(world.target, socket, () => undefined);
  let child: ReturnType<typeof startChild> | undefined;
  try {
    const { admin, rosa, sam } = await startTeam(world);
    const accounts = Array.from({ length: ACTS }, (_, i) => `app_${i}`);
    for (const name of accounts) world.target.add({ id: `id-${name}`, name });
    const records = [personRecord('Jo Known', 'app_jo'), ...accounts.map(name => personRecord(`Of ${name}`, name))];
    await signInventory(world, admin, records, 2);
    const first = await propose(world, admin);
    const accountOf = new Map<string, string>();
    for (const account of accounts) {
      const proposal = await storeRevision(world, first, {
        isNewProposal: true,
        tier: 'T3',
        act: {
          target: { type: 'database_role', system: world.connected.config.system, immutableId: `id-${account}` },
          startWithinSeconds: '600',
        },
        presentation: { targetName: account },
      });
      accountOf.set(proposal, account);
      await review(world, rosa, proposal);
      await review(world, sam, proposal);
    }
    await world.settleLog();

    const effectAt = new Map<string, number>();
    world.target.onWrite = ({ id }) => void effectAt.set(id, Date.now());
    child = startChild(program, {
      secrets: {
        v: 1,
        process: 'executor',
        installation: world.genesis.installation,
        tenant: TENANT,
        demo: false,
        databaseUrl: world.database.executorUrl,
        isIsolated: false,
        programVersion: '0.0.0-test',
        folder: world.executorFolder,
        startedSystems: [],
      },
      targetSocket: socket,
      victim: 'none',
      dieAt: 0,
      timeoutMs: 10_000,
      race: undefined,
    });
    const began = Date.now();
    const giveUpAt = began + 30_000 + ACTS * 2_000;
    while (effectAt.size < ACTS && Date.now() < giveUpAt) await sleep(20);
    const counts = accounts.map(account => world.target.effects.filter(({ id }) => id === `id-${account}`).length);
    expect(counts, child.errors()).toEqual(accounts.map(() => 1));

    const claims = await world.database.ownerPool.query<{ proposal: string; at: Date }>(
      'SELECT proposal_id AS proposal, claimed_at AS at FROM execution',
    );
    const took = claims.rows
      .map(({ proposal, at }) => (effectAt.get(`id-${accountOf.get(proposal)}`) ?? Number.NaN) - at.getTime())
      .sort((a, b) => a - b);
    expect(took).toHaveLength(ACTS);
    const at = (share: number) => took[Math.min(took.length - 1, Math.ceil(share * took.length) - 1)];
    const all = Math.max(...effectAt.values()) - began;
    console.log(
      `${ACTS} acts: claim to effect p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${took.at(-1)} ms; all of them ${all} ms after the executor began`,
    );
  } finally {
    await child?.kill();
    server.close();
    server.closeAllConnections();
    await rm(program, { force: true });
    await world.stop();
  }
});
