import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { commitmentOf } from '../audit/commit.ts';
import type { Id } from '../base/id.ts';
import { fail } from '../base/result.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import type { OwnAct } from '../core/act/reconcile.ts';
import { TRAIL_EVERY_MS } from '../core/act/reconcile.ts';
import { FAILURES, failureOf } from '../model/failure.ts';
import type { Receipt } from '../ports/responder.ts';
import { enqueue, hintPending } from '../store/log.ts';
import { looker } from './looker.ts';
import type { ExecutorWorld } from './pg-ports.ts';
import type { NewFinding, TrailLook, TrailPorts, TrailTurn } from './trail.ts';

/** Acts that one look is held against; what is beyond was begun longer ago. */
const ACTS_MAX = 10_000;
const SALT_BYTES = 32;

interface TurnRow {
  readonly turn: string;
  readonly cursor: string;
  readonly responder: string;
  readonly tried_at: Date;
  readonly begun_at: Date | null;
  readonly read_at: Date | null;
  readonly is_silence_found: boolean;
}

/** The looks at trails on PostgreSQL, the executor's own folder and the responders. */
export function trailPorts(
  world: ExecutorWorld,
  now: () => UnixMs = () => unixMsFrom(Date.now()),
  everyMs: number = TRAIL_EVERY_MS,
): TrailPorts {
  const { pool, storage, responders, startedSystems } = world;
  const { tenant } = storage.genesis;
  const connected = () => [...startedSystems, ...storage.systems()];
  return {
    now,
    systems: () =>
      connected()
        .map(({ config }) => config)
        .filter(({ responder }) => responders.get(responder)?.auditTrail !== undefined),
    async takeTurn({ system, responder }) {
      const { rows } = await pool.query<TurnRow>(
        `INSERT INTO target_trail AS t (tenant_id, system, responder, tried_at, asked_at) VALUES ($1, $2, $3, $4, $4)
           ON CONFLICT (tenant_id, system) DO UPDATE SET asked_at = excluded.asked_at, turn = t.turn + 1
             -- A clock that was put back keeps nobody from looking.
             WHERE t.asked_at <= excluded.asked_at - $5 * interval '1 millisecond' OR t.asked_at > excluded.asked_at + $5 * interval '1 millisecond'
         RETURNING turn, cursor, responder, tried_at, begun_at, read_at, is_silence_found`,
        [tenant, system, responder, new Date(now()), everyMs],
      );
      return rows[0] === undefined ? undefined : turnOf(rows[0]);
    },
    async ask(system, cursor) {
      const one = connected().find(({ config }) => config.system === system.system);
      const ours = responders.get(system.responder);
      if (one === undefined || ours?.auditTrail === undefined)
        return fail(failureOf('responder.not_configured', `${system.responder} has no system ${system.system}`));
      return ours.auditTrail(cursor, one.config, looker(one));
    },
    async known(system, ids) {
      const { rows } = await pool.query<{ id: string }>(
        'SELECT entry_id AS id FROM trail_entry WHERE tenant_id = $1 AND system = $2 AND entry_id = ANY ($3)',
        [tenant, system, ids],
      );
      return new Set(rows.map(({ id }) => id));
    },
    acts: (system, since) => readActs(pool, tenant, system, since),
    async taken(executions) {
      const { rows } = await pool.query<{ id: string }>(
        "SELECT DISTINCT execution_id AS id FROM trail_entry WHERE tenant_id = $1 AND execution_id = ANY ($2) AND execution_id <> ''",
        [tenant, executions],
      );
      return new Set(rows.map(({ id }) => id));
    },
    async foundMissing(executions) {
      const { rows } = await pool.query<{ id: string }>(
        "SELECT execution_id AS id FROM trail_finding WHERE tenant_id = $1 AND execution_id = ANY ($2) AND execution_id <> ''",
        [tenant, executions],
      );
      return new Set(rows.map(({ id }) => id));
    },
    keep: (system, turn, look) => keepLook(pool, tenant, system, turn, look, now()),
  };
}

function turnOf(row: TurnRow): TrailTurn {
  const at = (time: Date | null) => (time === null ? undefined : unixMsFrom(time.getTime()));
  return {
    number: row.turn,
    cursor: row.cursor,
    responder: row.responder,
    triedAt: unixMsFrom(row.tried_at.getTime()),
    begunAt: at(row.begun_at),
    readAt: at(row.read_at),
    isSilenceFound: row.is_silence_found,
  };
}

/** From what executors wrote, which no server can: their intents, and what the target answered. */
async function readActs(pool: pg.Pool, tenant: string, system: string, since: UnixMs): Promise<readonly OwnAct[]> {
  const { rows } = await pool.query<{
    execution: Id<'execution'>;
    operation: string;
    target: string;
    key: string;
    at: Date;
    receipt: Receipt | null;
  }>(
    `SELECT i.execution_id AS execution, i.body #>> '{plan,operation}' AS operation, i.body #>> '{plan,target,immutableId}' AS target,
            i.body ->> 'idempotencyKey' AS key, i.at, r.body AS receipt
       FROM execution_fact i
       LEFT JOIN execution_fact r ON r.tenant_id = i.tenant_id AND r.execution_id = i.execution_id AND r.kind = 'receipt'
      WHERE i.tenant_id = $1 AND i.kind = 'intended' AND i.at > $3 AND i.body #>> '{plan,target,system}' = $2
      ORDER BY i.at DESC LIMIT $4`,
    [tenant, system, new Date(since), ACTS_MAX],
  );
  return rows.map(({ execution, operation, target, key, at, receipt }) => ({
    execution,
    operation,
    target,
    key,
    begunAt: unixMsFrom(at.getTime()),
    endedAt: receipt === null ? undefined : unixMsFrom(receipt.endedAt),
    did: receipt === null ? 'perhaps' : DID[receipt.outcome],
  }));
}

/** Nothing, where the target said so; of an error it is not known. What was done before under our key was not done by this act. */
const DID: { readonly [outcome in Receipt['outcome']]: OwnAct['did'] } = {
  applied: 'change',
  already_applied: 'nothing',
  refused: 'nothing',
  refused_drift: 'nothing',
  failed: 'perhaps',
  unknown: 'perhaps',
};

async function keepLook(
  pool: pg.Pool,
  tenant: string,
  { system, responder }: Parameters<TrailPorts['keep']>[0],
  turn: TrailTurn,
  look: TrailLook,
  now: UnixMs,
): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ findings: number }>(
      `UPDATE target_trail SET responder = $4, cursor = $5, begun_at = $6, read_at = $7, failure = $8, because = $9, is_silence_found = $10, findings = findings + $11
        WHERE tenant_id = $1 AND system = $2 AND turn = $3 RETURNING findings`,
      [
        tenant,
        system,
        turn.number,
        // A cursor belongs to whoever made it.
        look.failure === undefined ? responder : turn.responder,
        look.cursor,
        dateOf(look.begunAt),
        dateOf(look.readAt),
        look.failure?.code ?? '',
        look.failure === undefined ? '' : FAILURES[look.failure.code].shown,
        look.isSilenceFound,
        look.findings.length,
      ],
    );
    const [row] = rows;
    if (row === undefined) {
      await client.query('ROLLBACK');
      return false;
    }
    await client.query(
      `INSERT INTO trail_entry (tenant_id, system, entry_id, execution_id, at)
         SELECT $1, $2, e.id, e.execution, e.at FROM unnest($3::text[], $4::text[], $5::timestamptz[]) AS e (id, execution, at)`,
      [
        tenant,
        system,
        look.entries.map(({ id }) => id),
        look.entries.map(({ execution }) => execution),
        look.entries.map(({ at }) => new Date(at)),
      ],
    );
    const first = row.findings - look.findings.length + 1;
    for (const [at, finding] of look.findings.entries())
      await keepFinding(client, tenant, system, first + at, finding, now);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
  if (look.findings.length > 0) await hintPending(pool, tenant);
  return true;
}

/** What was found, its words under a salted commitment beside the log, and its entry in the log. */
async function keepFinding(
  client: pg.ClientBase,
  tenant: string,
  system: string,
  number: number,
  finding: NewFinding,
  now: UnixMs,
): Promise<void> {
  const [salt, bytes] = [randomBytes(SALT_BYTES), Buffer.from(JSON.stringify(finding), 'utf8')];
  const commit = commitmentOf(salt, bytes);
  await client.query(
    'INSERT INTO audit_blob (tenant_id, commit_hex, salt, media, bytes, at) VALUES ($1, $2, $3, $4, $5, $6)',
    [tenant, commit, salt, 'application/json', bytes, new Date(now)],
  );
  const pending = await enqueue(client, tenant, {
    v: '1',
    at: rfc3339(now),
    type: 'trail.found',
    system,
    number: String(number),
    kind: finding.kind,
    execution: finding.execution as Id<'execution'> | '',
    findingCommit: commit,
  });
  await client.query(
    'INSERT INTO trail_finding (tenant_id, system, number, kind, found_at, execution_id, body, pending_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
    [tenant, system, number, finding.kind, new Date(now), finding.execution, JSON.stringify(finding), pending],
  );
}

function dateOf(at: UnixMs | undefined): Date | null {
  return at === undefined ? null : new Date(at);
}
