import { digestOf } from '../../base/canonical.ts';
import type { ProviderConfig } from '../../ports/model.ts';
import type { Db, ServerContext } from '../context.ts';
import type { Prompt } from './prompts.ts';
import { readRecord, type StoredRecord } from './records.ts';

/** Answers that are kept; the one that was used longest ago goes first. */
const ANSWERS_MAX = 10_000;

/** Everything that an answer depends on. */
export function cacheKey(from: {
  readonly prompt: Prompt;
  readonly schemaSha256: string;
  readonly packetSha256: string;
  readonly provider: ProviderConfig;
  readonly parameters: { readonly [name: string]: string };
}): string {
  const { prompt, schemaSha256, packetSha256, provider, parameters } = from;
  return digestOf('countersign/ai-cache/v1', {
    prompt: prompt.sha256,
    schemaSha256,
    packetSha256,
    provider: provider.name,
    kind: provider.kind,
    model: provider.model,
    baseUrl: provider.baseUrl ?? '',
    region: provider.region,
    parameters,
  });
}

/** The record whose answer was given to the very same question. */
export async function findAnswer(context: ServerContext, key: string): Promise<StoredRecord | undefined> {
  const { rows } = await context.pool.query<{ record_id: string }>(
    'UPDATE ai_cache SET used_at = $3 WHERE tenant_id = $1 AND key_sha256 = $2 RETURNING record_id',
    [context.tenant, key, new Date(context.now())],
  );
  return rows[0] === undefined ? undefined : readRecord(context, rows[0].record_id);
}

export async function keepAnswer(context: ServerContext, db: Db, key: string, record: string): Promise<void> {
  await db.query(
    `INSERT INTO ai_cache (tenant_id, key_sha256, record_id, used_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant_id, key_sha256) DO UPDATE SET record_id = excluded.record_id, used_at = excluded.used_at`,
    [context.tenant, key, record, new Date(context.now())],
  );
  await db.query(
    `DELETE FROM ai_cache WHERE tenant_id = $1 AND key_sha256 IN (
       SELECT key_sha256 FROM ai_cache WHERE tenant_id = $1 ORDER BY used_at DESC, key_sha256 OFFSET $2)`,
    [context.tenant, ANSWERS_MAX],
  );
}
