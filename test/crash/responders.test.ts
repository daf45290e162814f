import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { timeoutOf } from '../../src/connector/calls.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import { pgPorts } from '../../src/executor/pg-ports.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { settleUnfinished } from '../../src/executor/recover.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { TARGETS } from '../conformance/targets.ts';
import { checkLog } from '../harness/check-log.ts';
import { buildChild, type Child, startChild } from '../harness/child.ts';
import type { ExecutorOrder } from '../harness/executor-process.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { INCIDENT, know, review, studyFor, withPlanner } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';

/*
 * The whole executor, in a process of its own, carries out an approved act on a real server and is ended with SIGKILL
 * once that server has the first request, then the second, and so on until there is none left. Another executor settles
 * what is left, and only ever looks. What is so on the server is asked as its administrator.
 */

/** At each so many requests, so that it takes seconds; at every one in `npm run test:servers`. */
const EVERY = Number(process.env['COUNTERSIGN_KILL_EVERY'] ?? '9');
const REQUESTS_MAX = 200;
const FINAL = new Set(['verified', 'failed', 'stale', 'refused']);
/** Where nothing shows whether the effect came about, or not to whoever comes later, that it was done is the last word. */
const DONE = new Set(['verified', 'succeeded']);
const LAST_WORD_MS = 3_000;
/** An act of several changes that was cut off among them: it is told as not in effect, and looked at again for long. */
const UNFINISHED = 'not_in_effect';
/** In which an answer of a killed process could still take effect. */
const AFTER_KILL_MS = 100;

let program: string;

beforeAll(async () => {
  program = await buildChild('executor-process');
}, 60_000);

afterAll(() => rm(program, { force: true }));

for (const [name, { start, notHere }] of TARGETS) {
  const title = `kill -9 of the executor at ${EVERY === 1 ? 'every' : `each ${EVERY}th`} request to ${name}: nothing is doubled, lost or unlogged`;
  describe.skipIf(notHere !== undefined)(`${name}${notHere === undefined ? '' : ` (skipped: ${notHere})`}`, () => {
    test(title, { timeout: 900_000 }, async () => {
      const target = await start();
      const world = await startInstallation();
      try {
        const figures = await killedAtEach(await stageOf(world, target));
        console.log(`${name}: ${JSON.stringify(figures)}`);
        expect(figures.killed).toBeGreaterThan(0);
        expect(figures.done).toBeGreaterThan(0);
        const report = await checkLog(world);
        expect(report.checks.flatMap(check => check.findings)).toEqual([]);
        expect(report.outcome).toBe('verified');
      } finally {
        await world.stop();
        await target.close();
      }
    });
  });
}

interface Stage {
  readonly world: Installation;
  readonly target: ConformanceTarget;
  readonly rosa: Member;
  readonly reviewers: readonly Member[];
  /** Another executor: it answers for plans, and settles what the killed one left. */
  readonly ports: ExecutorPorts;
  readonly study: ReadStudy;
}

async function stageOf(world: Installation, target: ConformanceTarget): Promise<Stage> {
  const { admin, rosa, sam } = await startTeam(world);
  const olga = await invite(world, admin, 'Olga Responder', ['responder']);
  const { secrets, proxied, victim } = target;
  const record = personRecord('Victim Known', victim);
  await signInventory(world, admin, [{ ...record, accounts: [{ system: proxied.system, name: victim }] }], 2);
  const connected = {
    config: proxied,
    readCredential: secrets.read,
    writeCredential: secrets.write,
    probeCredential: secrets.probe,
  };
  await writeFile(join(world.executorFolder, 'systems.json'), JSON.stringify([connected]), { mode: 0o600 });
  const its = pgPorts({ pool: world.executorPool, storage: world.storage, responders: RESPONDERS, startedSystems: [] });
  const ports = { ...its, now: world.context.now, timeoutMs: timeoutOf(target) };
  const readOne = await studyFor(world, { targetName: victim, operation: target.contain.name });
  const study: ReadStudy = async incident => {
    const read = await readOne(incident);
    const named = { responder: proxied.responder, system: proxied.system };
    return read && { ...read, options: read.options.map(option => ({ ...option, ...named })) };
  };
  return { world, target, rosa, reviewers: [sam, olga], ports, study };
}

async function killedAtEach(stage: Stage): Promise<{ requests: number; killed: number; done: number }> {
  const figures = { requests: 0, killed: 0, done: 0 };
  for (let request = 0; request < REQUESTS_MAX; request += EVERY) {
    const { isOver, requests, state } = await killedAt(stage, request);
    if (DONE.has(state)) figures.done += 1;
    if (isOver) return { ...figures, requests };
    figures.killed += 1;
  }
  throw new Error(`an act took more than ${REQUESTS_MAX} requests`);
}

async function killedAt(stage: Stage, request: number): Promise<{ isOver: boolean; requests: number; state: string }> {
  const { world, target } = stage;
  const at = `${target.system.responder}, killed once request ${request} had arrived`;
  await target.restore();
  target.proxy.reset();
  const proposal = await approved(stage);
  target.proxy.reset();
  const child = startChild(program, orderFor(world, target));
  let wasKilled = false;
  target.proxy.afterPiece(request, () => {
    wasKilled = true;
    child.process.kill('SIGKILL');
  });
  await ended(world, proposal, child, () => wasKilled);
  await child.kill();
  if (wasKilled) await sleep(AFTER_KILL_MS);
  const [wasContained, version] = [await target.isContained(target.victim), await target.version()];
  // Whoever only looks from here on is not killed and not counted: where nothing shows the effect it looks again and again.
  const requests = target.proxy.pieces();
  target.proxy.reset();
  // Every later request is such a look: there would be no last one.
  const [begun] = (await know(world, proposal)).stored.executions;
  const isOver = !wasKilled || (begun?.facts ?? []).some(({ kind }) => kind === 'concluded');
  if (wasContained) expect(await isIntended(world, proposal), `${at}: in the log before it was sent`).toBe(true);

  // Where it had not begun the next executor does it all, as after any restart; where it had, it only looks.
  if ((await know(world, proposal)).stored.executions.length === 0) {
    const next = startChild(program, orderFor(world, target));
    await ended(world, proposal, next, () => false);
    await next.kill();
  }
  await settled(stage, proposal);
  const { state, stored } = await know(world, proposal);
  const isUnfinished = target.isOfSeveralChanges === true && state === UNFINISHED;
  expect(FINAL.has(state) || DONE.has(state) || isUnfinished, `${at}: ${state} is an end`).toBe(true);
  expect(stored.executions, at).toHaveLength(1);
  const isContained = await target.isContained(target.victim);
  expect(DONE.has(state) || isUnfinished, `${at}: ${state}, contained: ${isContained}`).toBe(isContained);
  if (wasContained) expect(await target.version(), `${at}: done once`).toBe(version);
  return { isOver, requests, state };
}

const SECONDS_MAX = 60;

/** Until the act has come to its end, or this process has. */
async function ended(world: Installation, proposal: string, child: Child, isKilled: () => boolean): Promise<void> {
  await until(world, proposal, isKilled, async () => undefined, child.errors);
}

/** The executor looks each fifteen seconds, until what was on its way must have arrived; here nobody waits between. */
async function settled({ world, target, ports }: Stage, proposal: string): Promise<void> {
  await until(
    world,
    proposal,
    () => false,
    () => settleUnfinished(ports),
    () => '',
    target.isOfSeveralChanges === true ? new Set([...DONE, UNFINISHED]) : DONE,
  );
}

async function until(
  world: Installation,
  proposal: string,
  isOver: () => boolean,
  each: () => Promise<void>,
  errors: () => string,
  lastWords: ReadonlySet<string> = DONE,
): Promise<void> {
  const giveUpAt = Date.now() + SECONDS_MAX * 1_000;
  let doneAt: number | undefined;
  while (!isOver()) {
    const { state } = await know(world, proposal);
    if (FINAL.has(state)) return;
    if (lastWords.has(state)) doneAt ??= Date.now();
    if (doneAt !== undefined && Date.now() > doneAt + LAST_WORD_MS) return;
    if (Date.now() > giveUpAt) throw new Error(`${proposal} is ${state}: ${errors()}`);
    await each();
    await sleep(20);
  }
}

function orderFor(world: Installation, target: ConformanceTarget): ExecutorOrder {
  return {
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
    targetSocket: '',
    victim: 'none',
    dieAt: 0,
    timeoutMs: timeoutOf(target),
    race: undefined,
  };
}

/**
 * An approved act on the victim, in the log. What was before was hours ago, as no people act so often on one account, and
 * was looked at for the last time.
 */
async function approved({ world, rosa, reviewers, ports, study }: Stage): Promise<`prp_${string}`> {
  await world.database.ownerPool.query(`UPDATE execution_fact SET at = at - interval '2 hours' WHERE kind = 'intended';
    UPDATE proposal SET created_at = created_at - interval '2 hours';
    UPDATE execution SET claimed_at = claimed_at - interval '2 days'`);
  const option = (await study(INCIDENT))?.options[0]?.id ?? '';
  const asked = { kind: 'option', incident: INCIDENT, option } as const;
  const proposal = must(await withPlanner(world, requestProposal(world.context, study, rosa.person, asked), ports));
  for (const person of reviewers)
    if ((await know(world, proposal)).state === 'in_review') await review(world, person, proposal);
  expect((await know(world, proposal)).state).toBe('approved');
  await world.settleLog();
  return proposal;
}

async function isIntended(world: Installation, proposal: string): Promise<boolean> {
  const [execution] = (await know(world, proposal)).stored.executions;
  const { rows } = await world.serverPool.query(
    `SELECT 1 FROM audit_entry WHERE position(convert_to($1, 'UTF8') in entry) > 0 AND position(convert_to('execution.intended', 'UTF8') in entry) > 0`,
    [execution?.id ?? ''],
  );
  return rows.length === 1;
}
