// `npm run bench:responders`: what an act takes above what the target itself takes for it. JSON on the last line.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { executed, planned } from '../../src/connector/calls.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { startHostTarget } from './host-target.ts';
import { startPostgresTarget } from './postgres-target.ts';
import { connectRedis } from './redis-client.ts';
import { startRedisTarget } from './redis-target.ts';
import { notHere } from './server-process.ts';

const ROUNDS = 15;
const run = promisify(execFile);

interface Case {
  readonly name: string;
  readonly notHere: string | undefined;
  readonly start: () => Promise<ConformanceTarget>;
  /** The same change by the target's own client, with the same login: nothing of ours is between. */
  readonly direct: (target: ConformanceTarget) => Promise<(plan: Plan) => Promise<void>>;
}

const CASES: readonly Case[] = [
  {
    name: 'redis-user lock',
    notHere: notHere('redis-server', 'redis-server'),
    start: startRedisTarget,
    direct: async target => async () => {
      const client = await connectRedis(
        Number(target.system.settings['port']),
        'countersign-write',
        target.secrets.write,
      );
      await client.ask('ACL', 'SETUSER', target.victim, 'off');
      await client.ask('CLIENT', 'KILL', 'USER', target.victim);
      await client.close();
    },
  },
  {
    name: 'postgres-role lock',
    notHere: undefined,
    start: startPostgresTarget,
    direct: async target => async plan => {
      const { host, port, database } = target.system.settings;
      const login = { user: 'countersign_write', password: target.secrets.write };
      const client = new pg.Client({ host, port: Number(port), database, ...login });
      await client.connect();
      const oid = plan.target.immutableId.split(':')[1];
      const key = randomUUID();
      const expected = Object.fromEntries(
        plan.preconditions.map(({ path, value }) => [path.slice('role.'.length), value]),
      );
      for (const name of ['lock_role', 'end_role_sessions'])
        await client.query(`SELECT countersign.${name}($1::oid, $2::jsonb, $3)`, [oid, JSON.stringify(expected), key]);
      await client.end();
    },
  },
  {
    name: 'linux-host isolate',
    notHere:
      notHere('nft', 'nftables') ??
      notHere('sshd', 'openssh-server') ??
      (process.getuid?.() === 0 ? undefined : 'no root'),
    start: startHostTarget,
    direct: async target => {
      const home = await mkdtemp(join(tmpdir(), 'cs-bench-'));
      await writeFile(join(home, 'key'), target.secrets.write, { mode: 0o600 });
      process.once('exit', () => void rm(home, { recursive: true, force: true }));
      const options = 'StrictHostKeyChecking=no UserKnownHostsFile=/dev/null LogLevel=ERROR'.split(' ');
      const args = ['-i', join(home, 'key'), ...options.flatMap(option => ['-o', option])];
      return async plan =>
        void (await run('/usr/bin/ssh', [
          ...args,
          `root@${target.system.settings['host']}`,
          `isolate k ${plan.target.immutableId}`,
        ]));
    },
  },
];

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const rounded = (ms: number) => Math.round(ms * 10) / 10;

async function measured({ name, start, direct }: Case): Promise<object> {
  const target = await start();
  try {
    const byTheTarget = await direct(target);
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      await target.restore();
      const plan = await planned(target, target.responder);
      let began = performance.now();
      const { outcome, detail } = await executed(target, target.responder, plan);
      ours.push(performance.now() - began);
      if (outcome !== 'applied') throw new Error(`${name}: ${outcome}: ${detail}`);
      await target.restore();
      began = performance.now();
      await byTheTarget(plan);
      theirs.push(performance.now() - began);
      if (!(await target.isContained(target.victim)))
        throw new Error(`${name}: the target's own client changed nothing`);
    }
    const above = ours.map((ms, round) => ms - (theirs[round] ?? 0));
    return { name, oursMs: rounded(median(ours)), targetMs: rounded(median(theirs)), aboveMs: rounded(median(above)) };
  } finally {
    await target.close();
  }
}

process.env['COUNTERSIGN_TEST_SERVERS'] = '1';
const figures: object[] = [];
for (const one of CASES)
  figures.push(one.notHere === undefined ? await measured(one) : { name: one.name, notRun: one.notHere });
console.log(JSON.stringify({ rounds: ROUNDS, responders: figures }));
process.exit(0);
