import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { checkLog } from '../harness/check-log.ts';
import { buildChild, type Child, serveTarget, startChild } from '../harness/child.ts';
import type { ExecutorOrder } from '../harness/executor-process.ts';
import { type Installation, startInstallation, startTeam } from '../harness/installation.ts';
import { startOwnCluster } from '../harness/own-cluster.ts';
import { execute, know, propose, review } from '../harness/proposals.ts';
import type { SequencerOrder } from '../harness/sequencer-process.ts';
import { TENANT } from '../harness/tenant.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function until(isSo: () => Promise<boolean>, what: string, child?: Child): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  // The database may be away while we ask.
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > giveUpAt) throw new Error(`${what}: not within a minute\n${child?.errors()}`);
    await sleep(50);
  }
}

async function counts(world: Installation): Promise<string> {
  const { rows } = await world.serverPool.query<{ count: string }>(
    `SELECT concat_ws('/', (SELECT count(*) FROM review), (SELECT count(*) FROM revision), (SELECT count(*) FROM enrolment)) AS count`,
  );
  return rows[0]?.count ?? '';
}

test('kill -9 of PostgreSQL in the middle of a containment, on disk: done once, nothing that was said is lost, and the log verifies', async () => {
  const cluster = await startOwnCluster();
  const world = await startInstallation({ database: cluster.database });
  endings.push(() => world.stop());
  const { rosa, sam, admin } = await startTeam(world);
  const program = await buildChild('executor-process');
  endings.push(() => rm(program, { force: true }));
  const socket = join(world.executorFolder, 'target');
  let beforeAnswer: () => Promise<void> = async () => undefined;
  const server = await serveTarget(world.target, socket, () => beforeAnswer());
  endings.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  const order: ExecutorOrder = {
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
    timeoutMs: 200,
    race: undefined,
  };
  const found: string[] = [];
  const run = async (targetName: string, when: string, arm: () => void, by: readonly (typeof sam)[]) => {
    const proposal = await propose(world, rosa, { targetName });
    for (const member of by) await review(world, member, proposal);
    await world.settleLog();
    const said = await counts(world);
    arm();
    const child = startChild(program, order);
    endings.push(() => child.kill());
    await until(async () => ['verified', 'failed', 'stale'].includes((await know(world, proposal)).state), when, child);
    await child.kill();
    world.target.onWrite = () => undefined;
    beforeAnswer = async () => undefined;
    expect(await counts(world), when).toBe(said);
    const id = world.target.account(targetName).id;
    const writes = world.target.writes.filter(write => write.id === id).length;
    const { state } = await know(world, proposal);
    found.push(`${when}: ${state}, sent ${writes} time(s)`);
    expect(writes, when).toBe(1);
    expect(state, when).toBe('verified');
  };
  await run(
    'app_jo',
    'killed while the target works',
    () => {
      world.target.onWrite = () => cluster.killAndRestart();
    },
    [sam],
  );
  await run(
    'app_kim',
    'killed after the effect and before its answer',
    () => {
      beforeAnswer = () => cluster.killAndRestart();
    },
    [sam],
  );
  await run(
    'svc_ci',
    'killed as soon as the executor had started',
    () => {
      setTimeout(() => void cluster.killAndRestart(), 400);
    },
    [sam, admin],
  );
  console.log(found.join('\n'));
  const report = await checkLog(world);
  expect(report.checks.flatMap(check => check.findings)).toEqual([]);
}, 240_000);

test('kill -9 of the process that writes the log, again and again: no act without its intent, nothing twice, and the log verifies', async () => {
  const world = await startInstallation();
  endings.push(() => world.stop());
  const { rosa, sam } = await startTeam(world);
  await world.settleLog();
  await world.stopSequencer();
  const program = await buildChild('sequencer-process');
  endings.push(() => rm(program, { force: true }));
  const order: SequencerOrder = {
    databaseUrl: world.database.serverUrl,
    origin: world.genesis.logOrigin,
    seed: world.logSeed.toString('base64url'),
  };
  let sequencer = startChild(program, order);
  let isOver = false;
  let killed = 0;
  const killing = (async () => {
    for (let i = 0; !isOver; i++) {
      await until(async () => sequencer.lines().includes('begun'), 'the sequencer begins', sequencer);
      await sleep((i * 37) % 200);
      await sequencer.kill();
      killed++;
      sequencer = startChild(program, order);
    }
  })();
  const proposals: string[] = [];
  for (const [targetName, operation] of [
    ['app_jo', 'suspend'],
    ['app_kim', 'lock'],
  ] as const) {
    const proposal = await propose(world, rosa, { targetName, operation });
    await review(world, sam, proposal);
    expect(await execute(world, proposal)).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
    proposals.push(proposal);
  }
  isOver = true;
  await killing;
  endings.push(() => sequencer.kill());
  expect(killed).toBeGreaterThan(0);
  expect(world.target.effects).toHaveLength(proposals.length);
  const report = await checkLog(world);
  console.log(`the sequencer was killed ${killed} times; ${report.summary?.size} entries`);
  expect(report.checks.flatMap(check => check.findings)).toEqual([]);
}, 120_000);
