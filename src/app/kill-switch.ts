import { randomBytes } from 'node:crypto';
import { bytesToHex } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { rfc3339, unixMsFrom } from '../base/time.ts';
import { readKillSwitch, sealed } from '../core/decide/closed.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { Me } from '../model/api.ts';
import type { KillSwitchStatement, PersonSignature } from '../model/audit-entry.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Person } from '../model/review.ts';
import { keepBlob } from './blob.ts';
import { type Db, isTaken, record, type ServerContext, signingRules, transact } from './context.ts';
import { keepPending, PENDING_MS, takePending } from './pending.ts';

/** Whether acts are stopped, since when, by whom and why. */
export async function readKillSwitchState(
  context: ServerContext,
  names: ReadonlyMap<string, string>,
): Promise<Me['killSwitch']> {
  const { rows } = await context.pool.query<{ is_on: boolean; by: string; reason: string; at: Date }>(
    'SELECT is_on, by, reason, at FROM kill_switch WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1',
    [context.tenant],
  );
  const [row] = rows;
  if (row === undefined) return { isOn: false, since: '', by: '', reason: '' };
  return { isOn: row.is_on, since: row.at.toISOString(), by: names.get(row.by) ?? row.by, reason: row.reason };
}

async function nextStatement(context: ServerContext, db: Db, isOn: boolean, by: string): Promise<KillSwitchStatement> {
  const { rows } = await db.query<{ seq: number }>(
    'SELECT coalesce(max(seq), 0) + 1 AS seq FROM kill_switch WHERE tenant_id = $1',
    [context.tenant],
  );
  return {
    v: '1',
    installation: context.genesis.installation,
    seq: String(rows[0]?.seq ?? 1),
    isOn: isOn ? 'yes' : 'no',
    by,
    nonce: bytesToHex(randomBytes(16)),
    expiresAt: rfc3339(unixMsFrom(context.now() + PENDING_MS)),
  };
}

/** Stops every act at once. It needs no signature: whoever may work here may stop. Safe to repeat. */
export async function stopActs(context: ServerContext, by: string, reason: string): Promise<Result<true, Failure>> {
  for (;;) {
    try {
      const done = await transact<true>(context, async client => {
        await keepState(context, client, await nextStatement(context, client, true, by), undefined, by, reason);
        return ok(true);
      });
      context.live.publish({ kind: 'kill_switch', isOn: true });
      return done;
    } catch (error) {
      // Somebody else set it at the same moment: theirs stands, and ours comes after it.
      if (!isTaken(error)) throw error;
    }
  }
}

/** What an administrator signs to let acts go on. */
export interface ReleaseBegun {
  readonly statement: KillSwitchStatement;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

export async function beginRelease(context: ServerContext, by: Person): Promise<Result<ReleaseBegun, Failure>> {
  const statement = await nextStatement(context, context.pool, false, by.id);
  const { text, digest } = sealed('countersign/kill-switch/v1', statement);
  const read = readKillSwitch(text);
  if (!read.ok) return fail(failureOf('request.malformed', read.failure));
  await keepPending(context, context.pool, { nonce: statement.nonce, kind: 'kill_switch', person: by.id, body: text });
  return ok({
    statement,
    challenge: Buffer.from(digest, 'hex').toString('base64url'),
    credentialIds: by.credentials.map(credential => credential.id),
  });
}

export async function finishRelease(
  context: ServerContext,
  by: Person,
  nonce: string,
  signature: PersonSignature,
  reason: string,
): Promise<Result<true, Failure>> {
  try {
    const done = await transact<true>(context, async client => {
      const taken = await takePending(context, client, 'kill_switch', nonce, 'review.nonce_used');
      if (!taken.ok) return taken;
      if (taken.value.person !== by.id) return fail(failureOf('access.denied', 'somebody else began this'));
      const statement: KillSwitchStatement = JSON.parse(taken.value.body);
      const { digest } = sealed('countersign/kill-switch/v1', statement);
      const signed = await checkPersonSignature(
        signature,
        digest,
        by.credentials,
        signingRules(context),
        context.verify,
      );
      if (!signed.ok) return fail(failureOf('review.bad_signature', `kill switch: ${signed.failure}`));
      await keepState(context, client, statement, signature, by.id, reason);
      return ok(true);
    });
    if (done.ok) context.live.publish({ kind: 'kill_switch', isOn: false });
    return done;
  } catch (error) {
    if (isTaken(error))
      return fail(failureOf('review.nonce_used', 'the kill switch was set meanwhile: look at it again'));
    throw error;
  }
}

async function keepState(
  context: ServerContext,
  client: Db,
  statement: KillSwitchStatement,
  signature: PersonSignature | undefined,
  by: string,
  reason: string,
): Promise<void> {
  const kept = signature ?? ({ kind: 'none' } as const);
  const { text } = sealed('countersign/kill-switch/v1', statement);
  await client.query(
    'INSERT INTO kill_switch (tenant_id, seq, is_on, statement, signature, reason, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
    [
      context.tenant,
      Number(statement.seq),
      statement.isOn === 'yes',
      text,
      JSON.stringify(kept),
      reason,
      by,
      new Date(context.now()),
    ],
  );
  const reasonCommit = await keepBlob(context, client, reason, 'text/plain');
  await record(context, client, { type: 'kill_switch.set', statement, signature: kept, reasonCommit });
}
