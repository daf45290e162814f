import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkLog } from '../harness/check-log.ts';
import { buildChild, type Child, serveTarget, startChild } from '../harness/child.ts';
import type { ExecutorOrder } from '../harness/executor-process.ts';
import {
  type Installation,
  KNOWN_RECORDS,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { know, propose, review } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/*
 * One containment makes some two dozen calls of ports. A real executor is ended with SIGKILL before each of them in
 * turn; the next one finds what is left, settles it, and is ended in its turn at the call after. What the target saw
 * is counted by the target itself.
 */

/** More than a containment makes; how many it is shows the first run, which nobody ends. */
const VICTIMS_MAX = 56;
/** In place of ten seconds, so that what was never answered is settled while the test looks. */
const TARGET_TIMEOUT_MS = 150;
const FINAL = new Set(['verified', 'failed', 'stale', 'refused']);

const ACCOUNTS = Array.from({ length: VICTIMS_MAX + 4 }, (_, i) => `acct_${i}`);

let version = 1;
let world: Installation;
let team: Team;
let program: string;
let server: Server;
let socket: string;
let child: Child | undefined;
let beforeAnswer: () => void | Promise<void> = () => undefined;
/** Writes that arrived while the log did not hold their intent. */
const unlogged: string[] = [];

beforeAll(async () => {
  world = await startInstallation();
  team = await startTeam(world);
  for (const name of ACCOUNTS) world.target.add({ id: `id-${name}`, name });
  world.target.onWrite = async ({ key }) => {
    const { rows } = await world.serverPool.query(
      `SELECT 1 FROM audit_entry WHERE position(convert_to($1, 'UTF8') in entry) > 0 AND position(convert_to('execution.intended', 'UTF8') in entry) > 0`,
      [key],
    );
    if (rows.length !== 1) unlogged.push(key);
  };
  program = await buildChild('executor-process');
  socket = join(world.executorFolder, 'target');
  server = await serveTarget(world.target, socket, () => beforeAnswer());
}, 120_000);

afterAll(async () => {
  await child?.kill();
  server?.close();
  server?.closeAllConnections();
  await world?.stop();
  await rm(program, { force: true });
});

const orderFor = (victim: string, dieAt: number): ExecutorOrder => ({
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
  victim,
  dieAt,
  timeoutMs: TARGET_TIMEOUT_MS,
  race: undefined,
});

/** An approved act on an account of its own, in the log. */
async function approved(i: number): Promise<`prp_${string}`> {
  // What was before was hours ago: no person proposes so much, and so many acts of a kind would take two people.
  await world.database.ownerPool.query(`UPDATE execution_fact SET at = at - interval '2 hours' WHERE kind = 'intended';
    UPDATE proposal SET created_at = created_at - interval '2 hours'`);
  await signNext();
  const proposal = await propose(world, team.rosa, { targetName: `acct_${i}` });
  await review(world, team.sam, proposal);
  await world.settleLog();
  return proposal;
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error(`${what}: not within 30 s\n${child?.errors()}`);
    await sleep(20);
  }
}

/** Each executor finds a newer inventory than the one before, so that each goes the whole way. */
function signNext(): Promise<void> {
  const records = [...KNOWN_RECORDS, ...ACCOUNTS.map(name => personRecord(name, name))];
  return signInventory(world, team.admin, records, ++version);
}

const isFinal = async (proposal: string) => FINAL.has((await know(world, proposal)).state);
const sentTo = (i: number) => ({
  writes: world.target.writes.filter(({ id }) => id === `id-acct_${i}`).length,
  effects: world.target.effects.filter(({ id }) => id === `id-acct_${i}`).length,
});

interface Row {
  readonly call: string;
  readonly proposal: `prp_${string}`;
  readonly account: number;
  readonly atDeath: string;
}

test('kill -9 at every call of a port: nothing is lost, doubled or unlogged', async () => {
  const first = await approved(0);
  child = startChild(program, orderFor(first, 0));
  await until(() => isFinal(first), 'the containment that nobody ends');
  await child.kill();
  const spoken = child.lines();
  const calls = spoken.slice(0, spoken.findLastIndex(line => line.endsWith(' write')) + 1);
  expect(calls.length).toBeGreaterThan(20);
  expect(calls.length).toBeLessThan(VICTIMS_MAX);

  const rows: Row[] = [];
  for (let account = 1; account <= calls.length; account++) {
    const proposal = await approved(account);
    child = startChild(program, orderFor(proposal, account));
    expect(await child.ended, child.errors()).toBe('SIGKILL');
    const { writes, effects } = sentTo(account);
    const call = child.lines().at(-1) ?? '';
    expect(call).toBe(calls[account - 1]);
    rows.push({ call, proposal, account, atDeath: `${(await know(world, proposal)).state}, ${writes}/${effects}` });
  }
  // Killed while the target is at work, before and after it took effect.
  for (const [offset, when] of [
    [1, 'inside execute, the request on its way'],
    [2, 'inside execute, after the effect and before the answer'],
  ] as const) {
    const account = VICTIMS_MAX + offset;
    const proposal = await approved(account);
    const victim = startChild(program, orderFor(proposal, 0));
    child = victim;
    const onWrite = world.target.onWrite;
    if (offset === 1)
      world.target.onWrite = async request => {
        await onWrite(request);
        await victim.kill();
      };
    else beforeAnswer = () => victim.kill();
    expect(await victim.ended).toBe('SIGKILL');
    world.target.onWrite = onWrite;
    beforeAnswer = () => undefined;
    const { writes, effects } = sentTo(account);
    rows.push({
      call: when,
      proposal,
      account,
      atDeath: `${(await know(world, proposal)).state}, ${writes}/${effects}`,
    });
  }
  // A last executor, which nobody ends, settles what is still open.
  await sleep(3 * TARGET_TIMEOUT_MS);
  child = startChild(program, orderFor('none', 0));
  for (const { proposal, call } of rows) await until(() => isFinal(proposal), call);
  await child.kill();

  const table: string[] = [];
  for (const row of rows) {
    const { state } = await know(world, row.proposal);
    const { writes, effects } = sentTo(row.account);
    table.push(`${row.call} | ${row.atDeath} | ${state}, ${writes}/${effects}`);
    expect(writes, `${row.call}: sent once at most`).toBeLessThanOrEqual(1);
    expect(effects > 0 ? 'verified' : 'nothing done', row.call).toBe(
      state === 'verified' ? 'verified' : 'nothing done',
    );
  }
  expect(unlogged).toEqual([]);
  await mkdir('test-results', { recursive: true });
  const head = 'killed before this call | found: state, writes/effects | after the restart: state, writes/effects';
  const text = `${head}\n--- | --- | ---\n${table.join('\n')}\n`;
  await writeFile('test-results/crash-executor.md', text);
  console.log(text);

  const report = await checkLog(world);
  expect(report.checks.flatMap(check => check.findings)).toEqual([]);
  expect(report.outcome).toBe('verified');
}, 300_000);

test('EXE-01: executors in several processes race for one act, and it happens once', async () => {
  const account = VICTIMS_MAX + 3;
  const proposal = await approved(account);
  const racers = [1, 2].map(() => startChild(program, { ...orderFor('none', 0), race: { proposal, attempts: 100 } }));
  await until(
    async () => racers.every(racer => racer.lines().some(line => line.startsWith('raced'))),
    'the race of two processes',
  );
  await until(() => isFinal(proposal), 'the act that was raced for');
  for (const racer of racers) await racer.kill();
  expect(sentTo(account)).toEqual({ writes: 1, effects: 1 });
  expect((await know(world, proposal)).stored.executions).toHaveLength(1);
}, 60_000);
