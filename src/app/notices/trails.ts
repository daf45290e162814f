import { MS_PER_DAY, MS_PER_MINUTE, rfc3339 } from '../../base/time.ts';
import type { NoticeKind } from '../../model/notice.ts';
import type { TrailFindingKind } from '../../model/trail.ts';
import type { ServerContext } from '../context.ts';
import { readTrailHealth } from '../trails.ts';
import { type Audience, type Found, plainFact, recipientsOf } from './audience.ts';

/** What was found longer ago stands on the pages, and is no news. */
const TOLD_MS = 2 * MS_PER_DAY;
const FINDINGS_MAX = 200;

/** A log that nobody can read is told by how it is now: also where no executor is there that could have found that. */
const KIND_OF: { readonly [K in TrailFindingKind]: NoticeKind } = {
  unknown_change: 'credential_misused',
  not_shown: 'act_not_shown',
  cut: 'trail_silent',
  unread: 'trail_silent',
};

/** What targets' own logs say that nobody signed, and what they do not say of what was signed. Once for each finding. */
export async function findTrails(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{
    system: string;
    number: number;
    kind: TrailFindingKind;
    proposal: string | null;
    count: number;
  }>(
    `SELECT t.system, t.number, t.kind, e.proposal_id AS proposal, (t.body ->> 'count')::int AS count FROM trail_finding t
       LEFT JOIN execution e ON e.tenant_id = t.tenant_id AND e.id = t.execution_id
      WHERE t.tenant_id = $1 AND t.found_at > $2 AND t.kind <> 'unread'
        AND NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = t.tenant_id
          AND f.key = ($4::jsonb ->> t.kind) || '/' || t.system || '/' || t.number)
      ORDER BY t.found_at LIMIT $3`,
    [context.tenant, new Date(context.now() - TOLD_MS), FINDINGS_MAX, JSON.stringify(KIND_OF)],
  );
  return rows.map(({ system, number, kind, proposal, count }) => ({
    fact: { ...plainFact(KIND_OF[kind], `${system}/${number}`, proposal ?? ''), count },
    recipients: recipientsOf(audience, KIND_OF[kind]),
  }));
}

/** After a start it is first looked what came meanwhile: then nothing was missed, and nobody has to be told. */
const FIRST_LOOKS_MS = 2 * MS_PER_MINUTE;

/** Systems whose own log was not read for too long: once a day while it lasts. */
export async function findSilentTrails(
  context: ServerContext,
  audience: Audience,
  startedAt: number,
): Promise<readonly Found[]> {
  if (context.now() - startedAt < FIRST_LOOKS_MS) return [];
  const day = rfc3339(context.now()).slice(0, 10);
  const keys = (await readTrailHealth(context))
    .filter(({ state }) => state === 'silent')
    .map(({ system, readAt }) => `${system}/since ${readAt}/${day}`);
  if (keys.length === 0) return [];
  const { rows } = await context.pool.query<{ key: string }>(
    'SELECT key FROM notice_fact WHERE tenant_id = $1 AND key = ANY ($2)',
    [context.tenant, keys.map(key => `trail_silent/${key}`)],
  );
  const kept = new Set(rows.map(({ key }) => key));
  return keys
    .filter(key => !kept.has(`trail_silent/${key}`))
    .map(key => ({ fact: plainFact('trail_silent', key, ''), recipients: recipientsOf(audience, 'trail_silent') }));
}
