import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { commitmentOf } from '../audit/commit.ts';
import { newId, timeOrdered } from '../base/id.ts';
import { fail, type Result } from '../base/result.ts';
import { rfc3339, unixMsFrom } from '../base/time.ts';
import { type HousePolicy, housePolicyOf } from '../core/decide/house-policy.ts';
import { verifyKey } from '../keys/verify-key.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Responder } from '../ports/responder.ts';
import type { ConnectedSystem } from '../ports/secrets.ts';
import { readCustodies } from '../store/custody-facts.ts';
import { readDelegations } from '../store/delegation-facts.ts';
import { readGlassUses } from '../store/glass-facts.ts';
import { awaitInclusion, enqueue, hintPending } from '../store/log.ts';
import { readStoredPeople } from '../store/person-facts.ts';
import { countActs, proposalOfExecution, readProposal, readSessionEndorsements } from '../store/proposal-facts.ts';
import { readInventories, readInventoryText, readKillSwitch } from '../store/standing-facts.ts';
import { CapabilityRefused, createCapability, secretOf } from './capability.ts';
import { includedEntry, seeLog } from './log-sight.ts';
import { looker, TARGET_TIMEOUT_MS } from './looker.ts';
import type { ExecutorPorts, StoredFinding, UnfinishedExecution } from './ports.ts';
import type { Storage } from './storage.ts';
import { noteWent, type Went, wentOfLook, wentOfReceipt } from './went.ts';

/** What the ports stand on. */
export interface ExecutorWorld {
  /** Logged in as the executor's role. */
  readonly pool: pg.Pool;
  readonly storage: Storage;
  readonly responders: ReadonlyMap<string, Responder>;
  /** Systems that the supervisor started itself, besides those in the executor's storage. */
  readonly startedSystems: readonly ConnectedSystem[];
}

/** The sequencer answers in milliseconds; where it does not, nothing is done. */
const INCLUSION_TIMEOUT_MS = 15_000;
const INVENTORIES_LOOKED_AT = 20;
/** How long after an act its effect is looked at again. */
const WATCHED_MS = 4 * 3_600_000;
/** How long an act whose effect nothing proves is looked at again. Then that it was done is the last word: nobody asks a target for ever. */
const UNPROVEN_MS = 3_600_000;

/** The executor's world on PostgreSQL, its own folder and the responders. */
export function pgPorts(world: ExecutorWorld): ExecutorPorts {
  const { pool, storage } = world;
  const { tenant } = storage.genesis;
  const now = () => unixMsFrom(Date.now());
  return {
    genesis: storage.genesis,
    verify: verifyKey,
    now,
    newId: kind => newId(kind, () => timeOrdered(Date.now(), randomBytes(10))),
    sleep: ms => sleep(ms),
    timeoutMs: TARGET_TIMEOUT_MS,
    readProposal: id => readProposal(pool, tenant, id),
    readPeople: () => readStoredPeople(pool, tenant),
    keptPeople: () => storage.keptPeople(),
    keepPeople: people => storage.keepPeople(people),
    readSessions: ids => readSessionEndorsements(pool, tenant, ids),
    readInventories: () => readInventories(pool, tenant, INVENTORIES_LOOKED_AT),
    readInventoryText: version => readInventoryText(pool, tenant, version),
    readKillSwitch: () => readKillSwitch(pool, tenant),
    actsSince: (kind, since) => countActs(pool, tenant, kind, since),
    proposalOfExecution: execution => proposalOfExecution(pool, tenant, execution),
    // Through the ports' own clock, which a test may move.
    noteCredentials: ids => storage.noteCredentials(ids, now()),
    notedCredentials: () => storage.notedCredentials(),
    readCustodies: identity => readCustodies(pool, tenant, identity),
    keptCustody: identity => storage.keptCustody(identity),
    keepCustody: (identity, custody) => storage.keepCustody(identity, custody),
    wasAccepted: digest => storage.wasAccepted(digest),
    noteAccepted: digest => storage.noteAccepted(digest),
    inventoryVersion: () => storage.inventoryVersion(),
    keepInventoryVersion: version => storage.keepInventoryVersion(version),
    async readFindings(execution) {
      const { rows } = await pool.query<StoredFinding>(
        'SELECT statement, signature FROM finding WHERE tenant_id = $1 AND execution_id = $2 ORDER BY seq',
        [tenant, execution],
      );
      return rows;
    },
    housePolicy: housePolicyIn(storage),
    async readPolicyText(sha256) {
      const { rows } = await pool.query<{ text: string }>(
        'SELECT text FROM policy_file WHERE tenant_id = $1 AND sha256 = $2',
        [tenant, sha256],
      );
      return rows[0]?.text;
    },
    preparePolicy: text => storage.preparePolicy(text),
    adoptPolicy: sha256 => void storage.adoptPolicy(sha256),
    readDelegations: () => readDelegations(pool, tenant),
    glassUses: person => readGlassUses(pool, tenant, person),
    seeLog: () => seeLog(pool, storage),
    includedEntry: (seen, pendingId) => includedEntry(pool, storage, seen, pendingId),
    async awaitIncluded(pendingId) {
      const included = await awaitInclusion(pool, tenant, pendingId, INCLUSION_TIMEOUT_MS);
      if (!included.ok)
        return fail(
          failureOf('execution.not_in_log', `${pendingId} was not in the log after ${INCLUSION_TIMEOUT_MS} ms`),
        );
      const seen = await seeLog(pool, storage);
      return seen.ok ? includedEntry(pool, storage, seen.value, pendingId) : seen;
    },
    async claim(proposal, revision, execution) {
      const { rowCount } = await pool.query(
        'INSERT INTO execution (tenant_id, proposal_id, revision, id, claimed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
        [tenant, proposal, revision, execution, new Date()],
      );
      return rowCount === 1;
    },
    write: (execution, facts) => writeFacts(pool, tenant, execution, facts),
    async unfinished() {
      const { rows } = await pool.query<UnfinishedExecution>(
        `SELECT e.proposal_id AS proposal, e.id AS execution FROM execution e
          WHERE e.tenant_id = $1 AND NOT EXISTS (
            SELECT FROM execution_fact f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id
              AND (f.kind = 'concluded' AND f.body->>'outcome' IN ('failed', 'verified') OR f.kind = 'checked' AND f.body->>'verdict' <> 'ok'
                OR f.kind = 'concluded' AND f.body->>'outcome' = 'succeeded' AND EXISTS (
                  SELECT FROM execution_fact o WHERE o.tenant_id = e.tenant_id AND o.execution_id = e.id AND o.kind = 'observed' AND o.body->>'state' = 'not_seen')))
            AND NOT (e.claimed_at < now() - $2 * interval '1 millisecond'
              AND EXISTS (SELECT FROM execution_fact f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id AND f.kind = 'concluded' AND f.body->>'outcome' = 'succeeded')
              AND NOT EXISTS (SELECT FROM execution_fact f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id AND f.kind = 'concluded' AND f.body->>'outcome' = 'not_in_effect'))
          ORDER BY e.claimed_at`,
        [tenant, UNPROVEN_MS],
      );
      return rows;
    },
    async verifiedOfLate() {
      const { rows } = await pool.query<UnfinishedExecution>(
        `SELECT e.proposal_id AS proposal, e.id AS execution FROM execution e
          WHERE e.tenant_id = $1 AND e.claimed_at > now() - $2 * interval '1 millisecond'
            AND EXISTS (SELECT FROM execution_fact f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id AND f.kind = 'concluded' AND f.body->>'outcome' = 'verified')
            AND NOT EXISTS (SELECT FROM proposal p JOIN execution u ON u.tenant_id = p.tenant_id AND u.proposal_id = p.id
              WHERE p.tenant_id = e.tenant_id AND p.undoes_execution = e.id)`,
        [tenant, WATCHED_MS],
      );
      return rows;
    },
    idempotencyKey: (proposal, revision, target) =>
      createHmac('sha256', storage.idempotencySeed)
        .update(`${tenant}\n${proposal}\n${revision}\n${target}`)
        .digest('hex'),
    async keepBlob(text) {
      const salt = randomBytes(32);
      const bytes = Buffer.from(text, 'utf8');
      const commit = commitmentOf(salt, bytes);
      await pool.query(
        'INSERT INTO audit_blob (tenant_id, commit_hex, salt, media, bytes, at) VALUES ($1, $2, $3, $4, $5, $6)',
        [tenant, commit, salt, 'application/json', bytes, new Date()],
      );
      return commit;
    },
    ...targetPorts(world, now),
  };
}

/** Loaded once for each file that is found there. One that does not load stops everything that would be decided by it. */
function housePolicyIn(storage: Storage): () => HousePolicy {
  let known: HousePolicy | undefined;
  return () => {
    const text = storage.policyText();
    if (known?.text === text) return known;
    const loaded = housePolicyOf(text);
    if (!loaded.ok) throw new Error(`the policy that was adopted does not load: ${loaded.failure}`);
    known = loaded.value;
    return known;
  };
}

type TargetPorts = Pick<
  ExecutorPorts,
  'operation' | 'system' | 'isStartedByUs' | 'secretKnownSince' | 'plan' | 'execute' | 'observe' | 'writeCapability'
>;

function targetPorts(world: ExecutorWorld, now: ExecutorPorts['now']): TargetPorts {
  const { responders, storage, startedSystems } = world;
  const note = (system: string, responder: string, went: Went) =>
    noteWent(world.pool, storage.genesis.tenant, { system, responder }, went);
  const find = (system: string) =>
    [...startedSystems, ...storage.systems()].find(candidate => candidate.config.system === system);
  const noting = async <T>(
    system: string,
    responder: string,
    doing: 'plan' | 'observe',
    work: Promise<Result<T, Failure>>,
  ): Promise<Result<T, Failure>> => {
    try {
      const done = await work;
      await note(system, responder, wentOfLook(doing, done));
      return done;
    } catch (error) {
      await note(system, responder, { doing, went: 'ill', code: 'responder.unreachable' });
      throw error;
    }
  };
  const unknown = (responder: string, system: string) =>
    fail(failureOf('responder.not_configured', `${responder} has no system ${system}`));
  return {
    operation: (responder, operation) =>
      responders.get(responder)?.manifest.operations.find(candidate => candidate.name === operation),
    system: (responder, system) => {
      const connected = find(system);
      return connected?.config.responder === responder ? connected.config : undefined;
    },
    isStartedByUs: system => startedSystems.some(candidate => candidate.config.system === system),
    secretKnownSince(system, at) {
      const connected = find(system);
      return connected === undefined ? undefined : storage.secretsKnownSince([connected.writeCredential], at)[0];
    },
    async plan(responder, system, request) {
      const [ours, connected] = [responders.get(responder), find(system)];
      if (ours === undefined || connected?.config.responder !== responder) return unknown(responder, system);
      return noting(system, responder, 'plan', ours.plan(request, connected.config, looker(connected)));
    },
    async execute(responder, system, plan, capability) {
      const [ours, connected] = [responders.get(responder), find(system)];
      const startedAt = now();
      const answer = (outcome: 'refused' | 'unknown', detail: string) => ({
        outcome,
        detail,
        before: {},
        startedAt,
        endedAt: now(),
      });
      if (ours === undefined || connected?.config.responder !== responder) return answer('refused', 'no such system');
      try {
        const receipt = await ours.execute(plan, connected.config, capability, looker(connected));
        await note(system, responder, wentOfReceipt(receipt));
        return receipt;
      } catch (error) {
        // Without the credential nothing was sent. With it, we cannot know.
        if (error instanceof CapabilityRefused) return answer('refused', error.message);
        const unsure = answer('unknown', error instanceof Error ? error.name : 'failed');
        await note(system, responder, wentOfReceipt(unsure));
        return unsure;
      }
    },
    async observe(responder, system, plan) {
      const [ours, connected] = [responders.get(responder), find(system)];
      if (ours === undefined || connected?.config.responder !== responder) return unknown(responder, system);
      return noting(system, responder, 'observe', ours.observe(plan, connected.config, looker(connected)));
    },
    writeCapability: (system, actDigest, idempotencyKey, stillAllowed) =>
      createCapability({
        actDigest,
        idempotencyKey,
        stillAllowed,
        open: async () => secretOf(find(system)?.writeCredential ?? ''),
      }),
  };
}

const writeFacts = async (
  pool: pg.Pool,
  tenant: string,
  execution: string,
  facts: Parameters<ExecutorPorts['write']>[1],
): Promise<readonly string[]> => {
  const client = await pool.connect();
  const pending: string[] = [];
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ next: number }>(
      'SELECT coalesce(max(seq) + 1, 0) AS next FROM execution_fact WHERE tenant_id = $1 AND execution_id = $2',
      [tenant, execution],
    );
    let seq = rows[0]?.next ?? 0;
    for (const { fact, entry } of facts) {
      const at = unixMsFrom(Date.now());
      const id = await enqueue(client, tenant, { v: '1', at: rfc3339(at), ...entry });
      pending.push(id);
      await client.query(
        'INSERT INTO execution_fact (tenant_id, execution_id, seq, kind, body, at, pending_id) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [tenant, execution, seq++, fact.kind, JSON.stringify(fact.body), new Date(at), id],
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
  await hintPending(pool, tenant);
  return pending;
};
