import pg from 'pg';
import { pino } from 'pino';
import { unixMsFrom } from '../base/time.ts';
import { BUILT_IN_POLICIES, policyDigestOf } from '../core/decide/policy.ts';
import type { ExecutorSecrets, RunningProcess } from '../ports/secrets.ts';
import { RESPONDERS } from '../responders/index.ts';
import { carryOut } from './carry-out.ts';
import { coolingCredentials } from './cooling.ts';
import { standingDirectory } from './people.ts';
import { pgPorts } from './pg-ports.ts';
import { answerPlanRequests } from './planning.ts';
import type { ExecutorPorts } from './ports.ts';
import { PowerLooks } from './power-looks.ts';
import { createWatch, settleUnfinished } from './recover.ts';
import { openStorage } from './storage.ts';
import { followTrails } from './trail.ts';
import { trailPorts } from './trail-rows.ts';

/** Where the server says that there is something to look at. Only a hint: the executor looks by itself too. */
export const EXECUTOR_CHANNEL = 'cs_executor';
const LOOK_EVERY_MS = 1_000;
const SETTLE_EVERY_MS = 15_000;
const RETRY_AFTER_MS = 2_000;
const POOL_CONNECTIONS_MAX = 6;

/** For the crash tests: wraps the ports, so that a test can end the process at any call. */
export type WrapPorts = (ports: ExecutorPorts) => ExecutorPorts;

/**
 * The executor. It settles what an earlier run left, then answers plan requests and carries out what is approved,
 * believing nothing that the server concluded.
 */
export async function runExecutor(secrets: ExecutorSecrets, wrap: WrapPorts = ports => ports): Promise<RunningProcess> {
  const logger = pino({ name: 'executor' }, pino.destination(2));
  const storage = openStorage(secrets.folder);
  const builtIn = policyDigestOf(BUILT_IN_POLICIES);
  if (builtIn !== storage.genesis.policyDigest)
    logger.warn(
      { pinned: storage.genesis.policyDigest, builtIn },
      'this program has another built-in policy than the one that was pinned',
    );
  const { tenant } = storage.genesis;
  const pool = new pg.Pool({
    connectionString: secrets.databaseUrl,
    max: POOL_CONNECTIONS_MAX,
    options: `-c countersign.tenant=${tenant}`,
  });
  pool.on('error', error => logger.warn({ err: error.message }, 'lost a database connection'));
  const world = { pool, storage, responders: RESPONDERS, startedSystems: secrets.startedSystems };
  const ports = wrap(pgPorts(world));
  // Before anything is looked at: without its policy it does nothing, and says so at once.
  let reported = ports.housePolicy().sha256;
  const loop = createLoop();
  const lookedAt = new Map<string, string>();
  const watch = createWatch();
  // Beside the acts, since a target that does not answer may not hold them up.
  const trails = followTrails(trailPorts(world), (system, error) =>
    logger.error({ system, err: textOf(error) }, 'the log of a target could not be looked at'),
  );
  const looks = new PowerLooks({
    pool,
    storage,
    responders: RESPONDERS,
    startedSystems: secrets.startedSystems,
    now: () => unixMsFrom(Date.now()),
  });
  const done = work();
  return {
    async stop() {
      loop.stop();
      await done;
      await trails.stop();
      await pool.end();
    },
  };

  async function work(): Promise<void> {
    let settledAt = 0;
    let seesLog = false;
    while (!loop.isStopped()) {
      try {
        await loop.listen(pool);
        if (Date.now() - settledAt > SETTLE_EVERY_MS) {
          await settleUnfinished(ports, (execution, error) =>
            logger.error({ execution, err: textOf(error) }, 'could not be settled'),
          );
          await watch.again(ports);
          coolingCredentials((await standingDirectory(ports)).people, ports);
          seesLog = await reportStatus();
          // Not waited for: a target that does not answer holds up no act.
          looks.begin().catch(error => logger.warn({ err: textOf(error) }, 'the rights could not be looked at'));
          settledAt = Date.now();
        } else if (!seesLog) {
          // People wait for this to change: a log that has just begun, or one that was just put right.
          seesLog = await reportStatus();
        }
        await answerPlanRequests(pool, tenant, ports);
        if (await carryOutApproved()) settledAt = 0;
        await loop.wait(LOOK_EVERY_MS);
      } catch (error) {
        logger.error({ err: textOf(error) }, 'the round failed; nothing is sent twice');
        settledAt = 0;
        await loop.wait(RETRY_AFTER_MS);
      }
    }
  }

  /** Tries what has new reviews since it was last looked at. One that cannot be read does not hold up the others. */
  async function carryOutApproved(): Promise<boolean> {
    let hasActed = false;
    for (const { id, reviews } of await approvedOnes(pool, tenant)) {
      if (lookedAt.get(id) === reviews) continue;
      try {
        const outcome = await carryOut(id, ports);
        // More signatures may come; until then the answer stays the same.
        if (outcome.kind === 'not_approved') lookedAt.set(id, reviews);
        // Its turn comes with a later round.
        else if (outcome.kind !== 'waits') {
          hasActed = true;
          const conclusions = outcome.kind === 'concluded' ? outcome.conclusions : [];
          logger.info({ proposal: id, outcome: outcome.kind, conclusions }, 'carried out');
          // The server goes by what is reported, and people look at the page at once.
          if (ports.housePolicy().sha256 !== reported) await reportStatus();
          await tellPages(pool, id);
        }
      } catch (error) {
        hasActed = true;
        logger.error({ proposal: id, err: textOf(error) }, 'could not be carried out; nothing is sent twice');
      }
    }
    if (lookedAt.size > LOOKED_AT_MAX) lookedAt.clear();
    return hasActed;
  }

  /** Whether the log is one that it would act on. */
  async function reportStatus(): Promise<boolean> {
    const seen = await ports.seeLog();
    const systems = [...secrets.startedSystems, ...storage.systems()].map(({ config }) => {
      const responder = RESPONDERS.get(config.responder);
      const operations = responder?.offers?.(config.settings);
      const trail = responder?.manifest.trail ?? '';
      return { ...config, trail, ...(operations === undefined ? {} : { operations }) };
    });
    const policy = ports.housePolicy();
    const body = {
      systems,
      policy: { sha256: policy.sha256, text: policy.text },
      program: secrets.programVersion,
      log: seen.ok ? { ok: true, size: seen.value.size } : { ok: false, code: seen.failure.code },
    };
    await pool.query(
      `INSERT INTO executor_status (tenant_id, id, body, at) VALUES ($1, 1, $2, $3)
         ON CONFLICT (tenant_id, id) DO UPDATE SET body = excluded.body, at = excluded.at`,
      [tenant, JSON.stringify(body), new Date()],
    );
    reported = policy.sha256;
    return seen.ok;
  }
}

/** Proposals whose reviews are remembered as not enough. */
const LOOKED_AT_MAX = 10_000;

/**
 * Proposals that somebody approved, or broke the glass for, of late and nobody started, each with what its reviews are now. Only
 * once all of them are in the log: a claim before that would be refused for good, and a server that was killed between a review
 * and its entry writes it when it is back.
 */
async function approvedOnes(pool: pg.Pool, tenant: string): Promise<readonly { id: string; reviews: string }[]> {
  const { rows } = await pool.query<{ id: string; reviews: string }>(
    `SELECT r.proposal_id AS id, count(*) || '/' || max(r.id) AS reviews FROM review r
      WHERE r.tenant_id = $1 AND r.received_at > now() - interval '1 day'
        AND NOT EXISTS (SELECT FROM execution e WHERE e.tenant_id = r.tenant_id AND e.proposal_id = r.proposal_id AND e.revision = r.revision)
      GROUP BY r.proposal_id HAVING bool_or(r.verdict IN ('approve', 'break_glass'))
        AND bool_and(EXISTS (SELECT FROM audit_entry a WHERE a.tenant_id = r.tenant_id AND a.pending_id = r.pending_id))
      -- In the order in which they were signed, which of a list is the list's.
      ORDER BY max(r.id)`,
    [tenant],
  );
  return rows;
}

async function tellPages(pool: pg.Pool, id: string): Promise<void> {
  await pool.query("SELECT pg_notify('cs_live', $1)", [JSON.stringify({ kind: 'proposal', id })]);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

interface Loop {
  isStopped(): boolean;
  stop(): void;
  wait(ms: number): Promise<void>;
  /** Keeps one connection that hears hints; makes a new one where it was lost. */
  listen(pool: pg.Pool): Promise<void>;
}

function createLoop(): Loop {
  let isStopped = false;
  let hasHint = false;
  let wake: () => void = () => {};
  let listener: pg.PoolClient | undefined;
  const ring = () => {
    hasHint = true;
    wake();
  };
  return {
    isStopped: () => isStopped,
    stop() {
      isStopped = true;
      listener?.release(true);
      listener = undefined;
      wake();
    },
    wait(ms) {
      if (hasHint || isStopped) {
        hasHint = false;
        return Promise.resolve();
      }
      return new Promise(resolve => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          hasHint = false;
          resolve();
        };
      });
    },
    async listen(pool) {
      if (listener !== undefined || isStopped) return;
      const client = await pool.connect();
      client.on('notification', ring);
      client.on('error', () => {
        if (listener === client) listener = undefined;
        client.release(true);
      });
      await client.query(`LISTEN ${EXECUTOR_CHANNEL}`);
      listener = client;
    },
  };
}
