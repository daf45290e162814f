import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaybookRow, RunView } from '../../src/model/api.ts';
import type { RunningProcess, ServerSecrets } from '../../src/ports/secrets.ts';
import { buildChild, type Child, startChild } from '../harness/child.ts';
import {
  type Answer,
  Browser,
  firstAdministrator,
  lines,
  send,
  startTestServer,
  type TestServer,
} from '../server/harness.ts';
import { startOwnExecutor } from '../server/own-executor.ts';
import { signReview } from '../server/signing.ts';

const WAIT_MS = 60_000;
/** Every place of a run, before and after, rather than some of them. */
const IS_LONG = process.env['COUNTERSIGN_PLAYBOOK_KILLS'] === 'all';
const PLACES_MAX = 60;
const CLOSE = `
playbook: Close what was looked at
version: "1"
steps:
  - { step: who, read: incident.user, as: account }
  - { step: ask-close, ask: close }
  - { step: close, act: close_incident, on: incident.self }
  - { step: said, notify: It is closed. }
`;
const REASON = 'read from start to end, it asks where it has to, and the team has gone through it';

/** Where a connection is killed: at the so-manieth statement of a run, before the database has it or once it has. */
interface Point {
  /** Or by what it is: the end of the transaction in which a review is stored. */
  readonly at: number | 'COMMIT of review';
  readonly when: 'before' | 'after';
}

/** Some of the places of a run: while it starts, while it asks, and while it goes on. */
const SHORT: readonly Point[] = [
  { at: 1, when: 'after' },
  { at: 6, when: 'before' },
  { at: 9, when: 'after' },
  { at: 'COMMIT of review', when: 'after' },
];
/** More than a run has: the test ends with the first that there is not. */
const ALL = Array.from({ length: PLACES_MAX }, (_, at): readonly Point[] => [
  { at, when: 'before' },
  { at, when: 'after' },
]).flat();

/**
 * Stands between a server and its database and sees each statement of a run: its facts, the proposal that it makes, and the end of
 * each of these transactions.
 */
async function startWatch(path: string, kill: () => void) {
  let point: Point | undefined;
  let seen = 0;
  let killedAt: string | undefined;
  const server = createServer(client => {
    const upstream = connect({ path });
    let within: string | undefined;
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
    upstream.on('data', piece => client.write(piece));
    client.on('data', piece => {
      const text = piece.toString('latin1');
      const statement = /INSERT INTO (playbook_run|playbook_fact|proposal|revision|plan_request|review)\b/.exec(
        text,
      )?.[1];
      const name = statement ?? (within !== undefined && text.includes('COMMIT') ? `COMMIT of ${within}` : undefined);
      if (name !== undefined) within = statement;
      const isHere = name !== undefined && killedAt === undefined && [seen++, name].some(one => one === point?.at);
      if (!isHere || point === undefined) return void upstream.write(piece);
      killedAt = `${point.when} ${name}`;
      if (point.when === 'before') return kill();
      upstream.write(piece, kill);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the watch listens on a port');
  return {
    port: address.port,
    arm(next: Point | undefined) {
      [point, seen, killedAt] = [next, 0, undefined];
    },
    killedAt: () => killedAt,
    async close() {
      server.close();
    },
  };
}

describe('kill -9 of the server in the middle of a run of a playbook', () => {
  let program: string;
  let server: TestServer;
  let executor: Awaited<ReturnType<typeof startOwnExecutor>>;
  let watch: Awaited<ReturnType<typeof startWatch>>;
  let child: Child | undefined;
  let isOver = false;
  let killed = 0;
  let people: { readonly starts: readonly Browser[]; readonly rosa: Browser; readonly olga: Browser };

  beforeAll(async () => {
    program = await buildChild('server-process');
    server = await startTestServer({ run });
    const admin = await firstAdministrator(server);
    const enrolled = async (name: string, role: 'responder' | 'owner') => {
      const browser = new Browser(server);
      await browser.enrol(await admin.invite(name, [role]), name);
      await browser.signIn();
      return browser;
    };
    const rosa = await enrolled('Rosa Responder', 'responder');
    const olga = await enrolled('Olga Owner', 'owner');
    people = { starts: [admin], rosa, olga };
    executor = await startOwnExecutor(server);
  }, WAIT_MS);
  afterAll(async () => {
    isOver = true;
    await executor?.stop();
    await server?.close();
    await watch?.close();
    await rm(program, { force: true });
  });

  /** The server in a process of its own; whenever it is killed, another is started on the same database. */
  async function run(secrets: ServerSecrets): Promise<RunningProcess> {
    const url = new URL(secrets.databaseUrl);
    watch ??= await startWatch(`${url.searchParams.get('host')}/.s.PGSQL.5432`, () => {
      killed += 1;
      child?.process.kill('SIGKILL');
    });
    url.searchParams.set('host', '127.0.0.1');
    url.searchParams.set('port', String(watch.port));
    const begin = async () => {
      const started = startChild(program, { ...secrets, databaseUrl: url.toString().replaceAll('+', '%20') });
      child = started;
      let isGone = false;
      void started.ended.then(async how => {
        isGone = true;
        if (how !== 'SIGKILL' && !isOver)
          console.error(`the server ended by itself: ${started.errors().slice(-2_000)}`);
        if (!isOver) await begin();
      });
      while (!isGone && !started.lines().includes('listening')) await sleep(20);
    };
    await begin();
    return {
      async stop() {
        isOver = true;
        child?.process.kill('SIGTERM');
        await child?.ended;
      },
    };
  }

  /** Asks until there is a server that answers. */
  async function asked(work: () => Promise<Answer>): Promise<Answer> {
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const answer = await work().catch((error: unknown) => error);
      if (!(answer instanceof Error)) return answer as Answer;
      if (Date.now() > until) throw answer;
      await sleep(50);
    }
  }
  const get = async (path: string) => (await asked(() => people.rosa.get(path))).body;
  const stateOf = async (id: string) => (await get(`/api/v1/proposals/${id}`)).row?.state;

  /** Signs until people have decided: what was cut off may have counted. */
  async function sign(id: string): Promise<void> {
    for (const until = Date.now() + WAIT_MS; Date.now() < until && (await stateOf(id)) === 'in_review'; ) {
      const view = await get(`/api/v1/proposals/${id}`);
      await signReview(people.rosa, view, { reason: REASON }).catch(() => undefined);
    }
  }

  async function incident(n: number): Promise<string> {
    const map = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');
    const alert = {
      id: `a${n}`,
      time: `2026-03-01T${String(n % 24).padStart(2, '0')}:00:00Z`,
      rule: `Login ${n}`,
      host: `pc-${n}`,
      user: `user-${n}`,
      severity: 'low',
      product: 'Examplar',
    };
    const headers = { authorization: `Bearer ${server.cliToken}` };
    await asked(() => send(server, 'POST', `/api/v1/ingest?map=${map}`, headers, lines([alert])));
    const { rows } = await server.db.ownerPool.query<{ id: string }>(
      `SELECT id FROM incident WHERE title LIKE $1 ORDER BY id DESC LIMIT 1`,
      [`%Login ${n}%`],
    );
    return rows[0]?.id ?? '';
  }

  /** Starts a run; where the answer was cut off, looks whether it was started. */
  async function startRun(row: PlaybookRow, on: string): Promise<string> {
    const { rows: before } = await runsOf(on);
    expect(before).toEqual([]);
    for (const until = Date.now() + WAIT_MS; Date.now() < until; ) {
      await people.starts[0]
        ?.post('/api/v1/playbooks/runs', { name: row.name, sha256: row.sha256, incident: on })
        .catch(() => undefined);
      const { rows } = await runsOf(on);
      expect(rows.length).toBeLessThan(2);
      if (rows[0] !== undefined) return rows[0].id;
      await sleep(100);
    }
    throw new Error('no run was started');
  }
  const runsOf = (on: string) =>
    server.db.ownerPool.query<{ id: string }>('SELECT id FROM playbook_run WHERE incident_id = $1', [on]);
  const count = async (sql: string, value: string): Promise<number> =>
    (await server.db.ownerPool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`, [value])).rows[0]?.n ?? 0;
  const effects = (on: string) => count('own_effect WHERE object = $1', `incident/${on}`);

  /** A run from its start to its end, killed at that point. False where the run has no such place. */
  async function survives(row: PlaybookRow, n: number, point: Point): Promise<boolean> {
    const on = await incident(n);
    watch.arm(point);
    const id = await startRun(row, on);
    const view = (): Promise<RunView> => get(`/api/v1/playbooks/runs/${id}`);
    const askedFor = async () => {
      const proposal = (await view()).steps.find(one => one.step === 'ask-close')?.proposal;
      return proposal !== undefined && (await stateOf(proposal)) === 'in_review' ? proposal : undefined;
    };
    await expect.poll(askedFor, { timeout: WAIT_MS, interval: 100 }).toBeDefined();
    const proposal = (await askedFor()) ?? '';
    expect([await effects(on), (await view()).end], 'nothing happens before somebody signed').toEqual([0, undefined]);
    await sign(proposal);
    await expect
      .poll(async () => (await view()).end, { timeout: WAIT_MS, interval: 100 })
      .toEqual({ as: 'done', why: '' });
    const wasAt = watch.killedAt();
    watch.arm(undefined);
    const steps = (await view()).steps.map(({ step, is }) => `${step} ${is}`);
    expect(steps, wasAt).toEqual(['who done', 'ask-close done', 'close done', 'said done']);
    const once = {
      proposals: await count(`proposal WHERE origin ->> 'run' = $1`, id),
      effects: await effects(on),
      executions: await count('execution WHERE proposal_id = $1', proposal),
      told: await count(`playbook_fact WHERE run_id = $1 AND key = 'said'`, id),
    };
    expect(once, wasAt).toEqual({ proposals: 1, effects: 1, executions: 1, told: 1 });
    // So that the runs of this test are no flood.
    await server.db.ownerPool.query('DELETE FROM proposal_index WHERE proposal_id = $1', [proposal]);
    return wasAt !== undefined;
  }

  test('each step takes effect exactly once, none is lost, and what nobody signed stays shut', {
    timeout: IS_LONG ? 900_000 : 150_000,
  }, async () => {
    const adoption = (await people.starts[0]?.post('/api/v1/proposals', { kind: 'playbook', text: CLOSE }))?.body.row
      .id;
    for (const by of [people.rosa, people.olga]) {
      const signed = await signReview(by, await get(`/api/v1/proposals/${adoption}`), { reason: REASON });
      expect(signed.status).toBe(200);
    }
    await expect.poll(() => stateOf(adoption), { timeout: WAIT_MS }).toBe('verified');
    const [row]: PlaybookRow[] = await get('/api/v1/playbooks');
    if (row === undefined) throw new Error('no version stands');
    // Beside all others one run waits, and is never signed.
    const beside = await incident(0);
    const waits = await startRun(row, beside);
    const killedAt: string[] = [];
    const begun = Date.now();
    for (const [n, point] of (IS_LONG ? ALL : SHORT).entries()) {
      if (!(await survives(row, n + 1, point))) break;
      killedAt.push(`${point.at} ${point.when}`);
    }
    console.log(
      `killed ${killed} times, at ${killedAt.length} places of a run (${killedAt.join(', ')}), in ${Math.round((Date.now() - begun) / 1_000)} s`,
    );
    expect(killedAt.length).toBeGreaterThanOrEqual(IS_LONG ? 30 : SHORT.length);
    expect(killed).toBe(killedAt.length);
    const still: RunView = await get(`/api/v1/playbooks/runs/${waits}`);
    expect([still.end, still.steps.at(-1)?.step, await effects(beside)]).toEqual([undefined, 'ask-close', 0]);
    expect(await count(`proposal WHERE origin ->> 'run' = $1`, waits)).toBe(1);
  });
});
