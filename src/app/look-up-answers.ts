import type { Result } from '../base/result.ts';
import { MS_PER_DAY, rfc3339, type UnixMs } from '../base/time.ts';
import type { EnrichmentFact } from '../model/enrichment.ts';
import type { AskedEntity, Finding, LookUpConfig, LookUpFailure, LookUpManifest } from '../ports/look-up.ts';
import type { ServerContext } from './context.ts';
import { storedKey } from './sightings.ts';

const FINDING_CHARS_MAX = 400;
const FACTS_MAX = 20;
/** A failure is shown until somebody asks again, for so long at most. */
const KEEP_FAILURE_MS = MS_PER_DAY;
/** What is no longer fresh is shown as stale for so long, then it is forgotten. */
const KEEP_STALE_MS = 30 * MS_PER_DAY;

/** A failure stands beside the answer that it could not replace. No look-up can have such a name. */
const failureName = (name: string): string => `!${name}`;

const KEEP = `INSERT INTO look_up_answer (tenant_id, look_up, entity_key, facts, at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (tenant_id, look_up, entity_key) DO UPDATE SET facts = excluded.facts, at = excluded.at, expires_at = excluded.expires_at`;
const FORGET = 'DELETE FROM look_up_answer WHERE tenant_id = $1 AND look_up = $2 AND entity_key = $3';

/** Who says so, as facts name it. */
export function sourceText({ title }: LookUpManifest, { name }: LookUpConfig): string {
  return `${title} (${name})`;
}

/** Keeps an answer, "nothing known" included, for as long as it counts as fresh. A failure replaces no answer. */
export async function keepAnswer(
  context: ServerContext,
  config: LookUpConfig,
  manifest: LookUpManifest,
  entity: AskedEntity,
  answer: Result<readonly Finding[], LookUpFailure>,
): Promise<void> {
  const now = context.now();
  const source = sourceText(manifest, config);
  const key = storedKey(entity);
  const keep = (name: string, facts: readonly EnrichmentFact[], freshMs: number) =>
    context.pool.query(KEEP, [
      context.tenant,
      name,
      key,
      JSON.stringify(facts),
      new Date(now),
      new Date(now + freshMs),
    ]);
  if (!answer.ok) {
    await keep(failureName(config.name), [failedFact(entity, source, answer.failure.because, now)], KEEP_FAILURE_MS);
    return;
  }
  const found = answer.value.slice(0, FACTS_MAX).map(finding => factOf(entity, source, finding));
  if (found.length > 0) await keep(config.name, found, manifest.keepFoundMs);
  else await keep(config.name, [nothingFact(entity, source, now)], manifest.keepNothingMs);
  await context.pool.query(FORGET, [context.tenant, failureName(config.name), key]);
}

/** Whether there is an answer that counts as fresh. */
export async function isFresh(context: ServerContext, name: string, key: string): Promise<boolean> {
  const { rowCount } = await context.pool.query(
    'SELECT 1 FROM look_up_answer WHERE tenant_id = $1 AND look_up = $2 AND entity_key = $3 AND expires_at > $4',
    [context.tenant, name, key, new Date(context.now())],
  );
  return rowCount !== 0;
}

/** What these look-ups answered, by stored key. What is no longer fresh is stale, and says when it was answered. */
export async function readAnswers(
  context: ServerContext,
  names: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly EnrichmentFact[]>> {
  const now = context.now();
  const { rows } = await context.pool.query<{
    entity_key: string;
    facts: EnrichmentFact[];
    at: Date;
    expires_at: Date;
  }>(
    `SELECT entity_key, facts, at, expires_at FROM look_up_answer
      WHERE tenant_id = $1 AND entity_key = ANY($2) AND look_up = ANY($3) ORDER BY look_up DESC`,
    [context.tenant, keys, [...names, ...names.map(failureName)]],
  );
  const all = new Map<string, EnrichmentFact[]>();
  for (const row of rows) {
    const isOver = row.expires_at.getTime() <= now;
    const answered = `answered ${row.at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const list = all.get(row.entity_key) ?? [];
    all.set(row.entity_key, list);
    for (const fact of row.facts) {
      if (fact.status === 'failed') {
        if (!isOver) list.push(fact);
      } else if (isOver) list.push({ ...fact, status: 'stale', because: `${answered}: no longer fresh` });
      else list.push({ ...fact, because: fact.because === '' ? answered : fact.because });
    }
  }
  return all;
}

/** Forgets what has been stale for too long. */
export async function forgetStale(context: ServerContext): Promise<void> {
  await context.pool.query('DELETE FROM look_up_answer WHERE tenant_id = $1 AND expires_at < $2', [
    context.tenant,
    new Date(context.now() - KEEP_STALE_MS),
  ]);
}

function factOf(entity: AskedEntity, source: string, finding: Finding): EnrichmentFact {
  return {
    about: storedKey(entity),
    kind: 'reputation',
    value: finding.text.slice(0, FINDING_CHARS_MAX).toWellFormed().replaceAll('\u0000', '\ufffd'),
    source,
    asOf: finding.asOf,
    status: finding.partial === '' ? 'ok' : 'partial',
    because: finding.partial,
  };
}

function nothingFact(entity: AskedEntity, source: string, now: UnixMs): EnrichmentFact {
  const value = 'nothing known there, which does not make it harmless';
  return { about: storedKey(entity), kind: 'reputation', value, source, asOf: rfc3339(now), status: 'ok', because: '' };
}

function failedFact(entity: AskedEntity, source: string, because: string, now: UnixMs): EnrichmentFact {
  return {
    about: storedKey(entity),
    kind: 'reputation',
    value: '',
    source,
    asOf: rfc3339(now),
    status: 'failed',
    because,
  };
}
