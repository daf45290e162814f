import { ok } from '../base/result.ts';
import { record, type ServerContext, transact } from './context.ts';

/**
 * Says in the log that a rule is in force, once: from there on whoever verifies it holds every entry against it. What an earlier
 * version wrote stands before it, and was right by the rules of its time.
 */
export async function beginRules(context: ServerContext): Promise<void> {
  await transact(context, async client => {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`countersign.begin.${context.tenant}`]);
    const begun = `position('"type":"rule.began"'::bytea in entry) > 0`;
    const { rows } = await client.query<{ is_said: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM audit_entry WHERE tenant_id = $1 AND ${begun}) OR EXISTS (SELECT 1 FROM audit_pending WHERE tenant_id = $1 AND ${begun}) AS is_said`,
      [context.tenant],
    );
    if (rows[0]?.is_said !== true) await record(context, client, { type: 'rule.began', rule: 'invited_by_two' });
    return ok(undefined);
  });
}
